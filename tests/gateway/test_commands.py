"""The one door down."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from drivers.model import Command, Device, Name, Outcome, Priority, Result
from gateway.commands import Commands
from tests.fakes import EPOCH_NS, FakeClock
from tests.gateway.alarm_world import Audit, Person

PANEL = Device("panel-1", Name("Panel", "Panel"), "samsung_mdc", "tcp://127.0.0.1:1515", tags=("panel",))
OFF = replace(PANEL, id="panel-2", enabled=False)
ON = Command("c1", "panel-1", "power", {"on": True}, "sari", "pagi", EPOCH_NS, 5.0, Priority.OPERATOR)

SARI = Person()


class Session:
    """Answers every command, or never."""

    def __init__(self) -> None:
        self.asked: list[Command] = []
        self.answers = True
        self.reached = asyncio.Event()

    async def ask(self, command: Command) -> Outcome:
        self.asked.append(command)
        self.reached.set()
        if not self.answers:
            await asyncio.Event().wait()
        return Outcome(command.id, Result.VERIFIED, "power reads on", EPOCH_NS)


class Locks:
    """Interlocks that forbid what they are told to."""

    def __init__(self) -> None:
        self.why = ""

    def forbids(self, command: Command, device: Device) -> str:
        return self.why


class Door:
    def __init__(self) -> None:
        self.session, self.locks, self.audit, self.clock = Session(), Locks(), Audit(), FakeClock()
        self.published: list[object] = []
        self.commands = Commands(
            {"panel-1": self.session}, devices={"panel-1": PANEL, "panel-2": OFF}, audit=self.audit,
            interlocks=self.locks, clock=self.clock, publish=self.published.extend,
        )  # fmt: skip

    def issue(self, command: Command = ON, actor: Person = SARI) -> Outcome:
        return asyncio.run(self.commands.issue(command, actor))

    def written(self) -> list[tuple[str, str, str]]:
        return [(entry.action, entry.subject, entry.outcome) for entry in self.audit.entries]


def test_a_command_is_written_down_sent_and_its_outcome_written_down_and_published() -> None:
    door = Door()
    outcome = door.issue()
    assert outcome == Outcome("c1", Result.VERIFIED, "power reads on", EPOCH_NS)
    assert door.session.asked == [ON]
    assert door.published == [outcome]
    assert door.written() == [("command", "panel-1", ""), ("command.outcome", "panel-1", "verified")]
    first, second = door.audit.entries
    assert (first.actor, first.why, first.request) == ("sari", "pagi", "c1")
    assert first.after == {"verb": "power", "args": {"on": True}, "priority": "operator"}
    assert (second.why, second.request) == ("power reads on", "c1")


def test_nothing_is_awaited_before_the_session_is_asked() -> None:
    door = Door()
    issuing = door.commands.issue(ON, Person())
    with pytest.raises(StopIteration):
        issuing.send(None)
    assert door.session.asked == [ON]


REFUSED = [
    ("an unknown verb", replace(ON, verb="toggle"), Person(), "there is no verb 'toggle'"),
    ("a wrong argument", replace(ON, args={"on": "yes"}), Person(), "on must be bool"),
    ("an unknown device", replace(ON, device="panel-9"), Person(), "there is no device 'panel-9'"),
    ("a disabled device", replace(ON, device="panel-2"), Person(), "panel-2 is disabled"),
    ("a person without the permission", ON, Person("tamu", allowed=False), "tamu may not command devices"),
]


@pytest.mark.parametrize(
    ("command", "actor", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_is_forbidden_never_reaches_a_session_and_is_written_down(
    command: Command, actor: Person, words: str
) -> None:
    door = Door()
    outcome = door.issue(command, actor)
    assert outcome.result is Result.REFUSED
    assert words in outcome.detail
    assert (door.session.asked, door.published) == ([], [outcome])
    (entry,) = door.audit.entries
    assert (entry.action, entry.outcome, entry.why) == ("command", "refused", outcome.detail)


def test_an_interlock_forbids() -> None:
    door = Door()
    door.locks.why = "interlock lampu: the projector is on"
    assert door.issue().detail == "interlock lampu: the projector is on"
    assert door.session.asked == []


def test_a_command_whose_deadline_has_passed_expires_unsent() -> None:
    door = Door()
    door.clock.advance(5.1)
    assert door.issue().result is Result.EXPIRED
    assert (door.session.asked, door.written()) == ([], [("command", "panel-1", "expired")])


def test_a_closed_door_refuses() -> None:
    door = Door()
    door.commands.close()
    assert "the service is stopping" in door.issue().detail


def test_a_salvo_is_written_down_as_plain_data() -> None:
    door = Door()
    door.issue(replace(ON, verb="route", args={"routes": {"1": 4}}))
    assert door.audit.entries[0].after["args"] == {"routes": {"1": 4}}


async def test_a_command_whose_issuer_stops_waiting_is_unsure() -> None:
    door = Door()
    door.session.answers = False
    async with asyncio.TaskGroup() as tasks:
        issuing = tasks.create_task(door.commands.issue(ON, Person()), name="issue")
        await door.session.reached.wait()
        issuing.cancel()
    assert issuing.cancelled()
    assert door.written()[-1] == ("command.outcome", "panel-1", "unsure")
