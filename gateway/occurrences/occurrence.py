"""One time that an alarm rang, from NORM until it is over, and the spells in which it was put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from drivers.model import Name, Place
from gateway.alarms.alarm import Alarm


class Ended(StrEnum):
    """How an occurrence came to its end."""

    OPEN = ""
    CLOSED = "closed"
    """The condition went, and somebody acknowledged or reset it where that is asked."""
    RETIRED = "retired"
    """Its rule is no longer configured."""
    UNKNOWN = "unknown"
    """Nobody was there when it ended: `closed_at` is when it was last known."""


class Kind(StrEnum):
    """Why an alarm was not heard, or could neither come nor go."""

    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"
    UNKNOWN = "unknown"
    """Its input was silent or bad."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A row of the table `occurrence`: its columns, in this order and with these meanings; times are UTC ns."""

    id: str
    alarm: str
    point: str
    name_id: str
    name_en: str
    category: str
    scale: str
    scale_id: str
    scale_en: str
    unit: str
    place: str
    lat: float | None
    lon: float | None
    code: str
    label_id: str
    label_en: str
    severity_first: int
    severity: int
    raised_at: int
    onset: int | None = None
    annunciated_at: int | None = None
    annunciations: int = 0
    acked_at: int | None = None
    acked_by: str = ""
    station: str = ""
    acks: int = 0
    cleared_at: int | None = None
    closed_at: int | None = None
    ended: str = Ended.OPEN
    peak: float | None = None
    peak_at: int | None = None
    active_since: int | None = None
    active_ns: int = 0
    note: str = ""
    disposition: str = ""
    chatter: int = 0
    in_flood: int = 0
    first_out: str = ""
    asides: str = ""
    words: str = ""

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Self:
        """Return the occurrence that a row of `COLUMNS` holds."""
        return cls(*row)

    def row(self) -> tuple[Any, ...]:
        """Return its cells, ready to be searched."""
        said = (
            self.alarm, self.point, self.name_id, self.name_en, self.scale_id, self.scale_en, self.code, self.label_id,
            self.label_en, self.place, self.acked_by, self.note,
        )  # fmt: skip
        return astuple(replace(self, words="\n".join(said).casefold()))

    @property
    def open(self) -> bool:
        """Whether it is not over."""
        return self.closed_at is None

    @property
    def name(self) -> Name:
        """Return what people call the alarm."""
        return Name(self.name_id, self.name_en)

    @property
    def label(self) -> Name:
        """Return the name of the worst level."""
        return Name(self.label_id, self.label_en)

    @property
    def stands_on(self) -> Place | None:
        """Return where its point stands."""
        return None if self.lat is None or self.lon is None else Place(self.lat, self.lon)

    @property
    def time_to_ack(self) -> float | None:
        """Return the seconds from its first sound to the first acknowledgement; None: there was none of the two."""
        if self.annunciated_at is None or self.acked_at is None:
            return None
        return max(0, self.acked_at - self.annunciated_at) / 1e9

    @property
    def last_known(self) -> int:
        """Return the latest time (UTC ns) at which something was written down of it."""
        return max(
            self.raised_at, *(at or 0 for at in (self.annunciated_at, self.acked_at, self.cleared_at, self.peak_at))
        )

    def active_s(self, now: int) -> float:
        """Return for how many seconds its condition has stood by `now` (UTC ns)."""
        running = 0 if self.active_since is None else max(0, (self.closed_at or now) - self.active_since)
        return (self.active_ns + running) / 1e9

    def standing_s(self, now: int) -> float:
        """Return for how many seconds it stood in the list, or stands by `now` (UTC ns)."""
        return max(0, (self.closed_at or now) - self.raised_at) / 1e9


COLUMNS = ", ".join(field.name for field in fields(Occurrence))
_UPDATES = ", ".join(f"{field.name} = excluded.{field.name}" for field in fields(Occurrence) if field.name != "id")
_PLACES = ", ".join("?" for _ in fields(Occurrence))
WRITE = f"INSERT INTO occurrence ({COLUMNS}) VALUES ({_PLACES}) ON CONFLICT (id) DO UPDATE SET {_UPDATES}"  # noqa: S608 - constants
"""One row an occurrence, however often it is written."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A row of the table `spell`: a stretch of time in which an alarm was not heard, or not known; UTC ns."""

    id: str
    alarm: str
    kind: str
    whose: str
    why: str
    severity: int
    since: int
    due: int | None = None
    until: int | None = None
    ended_by: str = ""


SPELL_COLUMNS = ", ".join(field.name for field in fields(Spell))
WRITE_SPELL = f"INSERT OR REPLACE INTO spell ({SPELL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants


def begun(alarm: Alarm, *, at: int, where: str) -> Occurrence:
    """Return the occurrence of an alarm that stands; raised at `at` (UTC ns), unless it says when; `where` it is."""
    raised = alarm.raised_at or at
    lat, lon = (None, None) if alarm.place is None else (alarm.place.lat, alarm.place.lon)
    return Occurrence(
        alarm.occurrence, alarm.id, alarm.point, alarm.name.id, alarm.name.en, str(alarm.category), alarm.scale,
        alarm.scale_name.id, alarm.scale_name.en, alarm.unit, where, lat, lon,
        alarm.code, alarm.label.id, alarm.label.en, alarm.severity, alarm.severity, raised,
        onset=alarm.onset, active_since=raised if alarm.active else None, peak=alarm.peak,
        peak_at=raised if alarm.peak is not None else None,
    )  # fmt: skip
