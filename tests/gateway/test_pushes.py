"""How the audit tells of machines that push: counted for a minute, so that the chain does not grow with the sensors."""

from __future__ import annotations

from typing import Any

from gateway.api.pushes import Pushes
from gateway.audit.audit import Audit
from gateway.auth.roles import Actor, Role
from tests.fakes import FakeClock
from tests.gateway.api_fakes import Paper

ONLY = frozenset({"readings.push"})
MACHINE = Actor("logger 1", frozenset({Role.TECHNICIAN}), "token", "7", ONLY, "logger")
PROGRAM = Actor("importer", frozenset({Role.TECHNICIAN}), "token", "8", ONLY)


def told(audit: Audit) -> list[tuple[str, str, Any]]:
    return [(event.actor, event.subject, event.after) for event in audit.recent()]


async def test_a_machine_that_pushes_often_is_one_event_a_minute() -> None:
    clock = FakeClock()
    audit = Audit(Paper(), clock)
    pushes = Pushes({}, audit)
    for _ in range(1_195):
        pushes.note(MACHINE, accepted=2, refused=1, batch=True, request="r")
        await clock.sleep(0.1)
    assert len(told(audit)) == 1
    pushes.settle()
    assert [(who, subject) for who, subject, _ in told(audit)] == [("logger 1", "logger")] * 2
    assert [sum(after[key] for *_, after in told(audit)) for key in ("pushes", "accepted", "refused")] == [
        1_195, 2_390, 1_195,
    ]  # fmt: skip
    await clock.sleep(120)
    assert len(told(audit)) == 2


async def test_a_programs_batches_are_told_at_once_and_its_single_readings_are_counted() -> None:
    audit = Audit(Paper(), FakeClock())
    pushes = Pushes({}, audit)
    pushes.note(PROGRAM, accepted=90, refused=10, batch=True, request="r1")
    for _ in range(3):
        pushes.note(PROGRAM, accepted=1, refused=0, batch=False, request="r2")
    assert told(audit) == [("importer", "readings", {"accepted": 90, "pushes": 1, "refused": 10})]
    pushes.settle()
    assert told(audit)[1:] == [("importer", "readings", {"accepted": 3, "pushes": 3, "refused": 0})]
