"""Who may do what: one table.

It follows the permission matrix of the site (`peran_izin.csv`), row by row. Its columns are our roles: `operator` is
operator, `supervisor` supervisor, `teknisi` technician, `pimpinan` leader, `auditor` auditor, `admin` administrator.
The columns `penghubung_opd` and `ppid_humas` belong to incidents and public releases and have no role here yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What a person or a program is in the hall."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    TECHNICIAN = "technician"
    LEADER = "leader"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


EVERYBODY = frozenset(Role)
WATCH = frozenset({Role.OPERATOR, Role.SUPERVISOR})
DESK = WATCH | {Role.TECHNICIAN, Role.ADMINISTRATOR}
PLANT = frozenset({Role.TECHNICIAN, Role.ADMINISTRATOR})
OFFICE = frozenset({Role.ADMINISTRATOR})

PERMISSIONS: Mapping[str, frozenset[Role]] = {
    "view": EVERYBODY,  # lihat dinding, peta, alarm
    "alarm.ack": WATCH,  # akui alarm, isi log piket; a latch is reset by whom it told
    "alarm.shelve": frozenset({Role.SUPERVISOR, Role.TECHNICIAN}),  # tunda (shelve) alarm maks 8 jam
    "alarm.service": PLANT,  # who repairs it takes it out of service, and returns it
    "scene.recall": DESK,  # pindah tata letak / adegan biasa
    "scene.emergency": WATCH | {Role.LEADER},  # jalankan adegan darurat
    "wall.take": DESK,  # pindah tata letak / adegan biasa
    "device.command": PLANT,  # uji driver, konsol serial mentah
    "device.log": PLANT,  # uji driver, konsol serial mentah
    "config.read": PLANT | {Role.AUDITOR},  # who changes it or proves it reads it
    "config.apply": PLANT,  # ubah ambang sensor
    "threshold.approve": PLANT | {Role.SUPERVISOR},  # ubah ambang sensor (dua orang): the second one
    "users": OFFICE,  # kelola pengguna
    "tokens": OFFICE,  # kelola pengguna: a token is a program's account
    "audit.read": frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR}),  # baca jejak audit
    "history.import": PLANT,  # the plant's own archive; it rings nothing
    "readings.push": PLANT,  # a sensor's program, under a token narrowed to this
    "notify.test": PLANT,  # uji saluran pemberitahuan
    "notify.reply": PLANT,  # a messaging program, under a token narrowed to this
    "demo.play": EVERYBODY - {Role.AUDITOR},  # only where a simulator is attached
}

Via = Literal["session", "token", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `id` is the session's or the token's number, `only` narrows a token to some of its permissions."""

    name: str
    roles: frozenset[Role]
    via: Via
    id: str = ""
    only: frozenset[str] = frozenset()
    device: str = ""
    """The device whose token it is: it pushes that device's points only."""

    def may(self, permission: str) -> bool:
        """Return whether one of the roles allows it; an unknown permission is a KeyError, never a yes."""
        allowed = PERMISSIONS[permission]
        if self.via == "system":
            return True
        return bool(allowed & self.roles) and (not self.only or permission in self.only)

    def permissions(self) -> list[str]:
        """Return everything that this actor may do."""
        return [permission for permission in PERMISSIONS if self.may(permission)]


SYSTEM = Actor("system", frozenset(), "system")
"""The gateway itself: alarms, schedules, reconciliation."""


def roles_of(text: str) -> frozenset[Role]:
    """Return roles from how they are kept: separated by blanks."""
    return frozenset(Role(word) for word in text.split())


def text_of(words: frozenset[Role] | frozenset[str]) -> str:
    """Return how roles or permissions are kept."""
    return " ".join(sorted(words))
