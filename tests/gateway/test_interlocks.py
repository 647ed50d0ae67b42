"""What must be true before a device may be commanded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs
from pydantic import ValidationError

from drivers.model import Command, Device, Name, Quality, Reading, Reason, Value
from gateway.interlocks import InterlockConfig, Interlocks
from tests.fakes import EPOCH_NS, FakeClock
from tests.gateway.alarm_world import RIVER, TANK

PANEL = Device("panel-1", Name("Panel", "Panel"), "samsung_mdc", "tcp://127.0.0.1:1515", tags=("wall",))
ON = Command("c1", "panel-1", "power", {"on": True}, "sari", "", EPOCH_NS, 5.0)
LOCK: dict[str, Any] = {
    "id": "cool-enough",
    "devices": ["panel-1"],
    "verb": "power",
    "args": {"on": True},
    "when": {"point": "river", "below": 30},
    "reason": "the panels may be switched on only below 30",
}


def locks(reading: Reading | None, **changes: Any) -> tuple[Interlocks, FakeClock]:
    clock = FakeClock()
    latest = {} if reading is None else {reading.point: reading}
    lock = InterlockConfig.model_validate(LOCK | changes).interlock()
    return Interlocks([lock], points=[RIVER, TANK], latest=latest, clock=clock), clock


def read(value: Value, **more: Any) -> Reading:
    return structs.replace(Reading("river", value, EPOCH_NS, EPOCH_NS, 0.0), **more)


def forbids(reading: Reading | None, command: Command = ON, device: Device = PANEL, **changes: Any) -> str:
    return locks(reading, **changes)[0].forbids(command, device)


@pytest.mark.parametrize(
    ("when", "good", "bad"),
    [
        ({"below": 30}, 29.9, 30),
        ({"above": 30}, 30.1, 30),
        ({"equals": True}, True, False),
        ({"equals": "on"}, "on", "off"),
        ({"equals": False}, False, True),
        ({"below": 30}, 0, "hot"),
    ],
    ids=str,
)
def test_a_command_is_allowed_only_while_the_point_reads_so(when: dict[str, Any], good: Value, bad: Value) -> None:
    assert forbids(read(good), when={"point": "river"} | when) == ""
    assert forbids(read(bad), when={"point": "river"} | when) == (
        f"interlock cool-enough: the panels may be switched on only below 30 (river reads {bad})"
    )


@pytest.mark.parametrize(
    "reading",
    [
        None,
        read(20, quality=Quality.BAD, reason=Reason.COMM),
        read(20, quality=Quality.UNCERTAIN, reason=Reason.STUCK),
        read(20, reason=Reason.TEST),
        read(20, retained=True),
    ],
    ids=["none", "bad", "uncertain", "test", "retained"],
)
def test_what_is_not_known_for_certain_forbids(reading: Reading | None) -> None:
    assert "river is not known for certain" in forbids(reading)


def test_a_stale_reading_forbids_by_either_clock() -> None:
    interlocks, clock = locks(read(20))
    clock.advance(899)
    assert interlocks.forbids(ON, PANEL) == ""
    clock.advance(1)
    assert "not known for certain" in interlocks.forbids(ON, PANEL)
    assert "not known" in forbids(read(20, received_at=EPOCH_NS - 900_000_000_000))
    assert "not known" in forbids(read(20, received_mono=-900.0))


def test_a_reading_of_a_point_that_speaks_only_on_change_does_not_age() -> None:
    reading = structs.replace(read(20, received_at=0), point="tank")
    assert forbids(reading, when={"point": "tank", "below": 30}) == ""


@pytest.mark.parametrize(
    "command",
    [replace(ON, args={"on": False}), replace(ON, verb="mute")],
    ids=["other argument", "other verb"],
)
def test_an_interlock_has_no_say_in_other_commands(command: Command) -> None:
    assert forbids(None, command) == ""


def test_an_interlock_without_arguments_covers_all_of_a_verb() -> None:
    assert forbids(None, replace(ON, args={"on": False}), args={})


def test_an_interlock_by_tag_covers_every_device_with_it() -> None:
    assert forbids(None, devices=None, tag="wall")
    assert forbids(None, device=replace(PANEL, tags=("door",)), devices=None, tag="wall") == ""
    assert forbids(None, device=replace(PANEL, id="panel-2")) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"when": {"point": "river"}},
        {"when": {"point": "river", "above": 1, "below": 2}},
        {"tag": "wall"},
        {"devices": None},
        {"verb": "toggle"},
        {"reason": ""},
        {"because": "no"},
    ],
    ids=str,
)
def test_an_interlock_that_says_nothing_certain_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        InterlockConfig.model_validate(LOCK | wrong)
