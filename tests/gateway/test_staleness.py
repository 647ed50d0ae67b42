"""Silence is measured on the clock that never jumps, and a screen hears of it although no reading comes."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.model import Reading
from gateway.api import views
from tests.fakes import FakeClock
from tests.gateway.api_fakes import RIVER, Hall, serving
from tests.gateway.test_hub import VIEWER, drain, pass_time

DAY_NS = 86_400_000_000_000


def told(hall: Hall) -> tuple[str, str]:
    latest = views.point(hall.gateway, RIVER).latest
    assert latest is not None
    return latest.quality, latest.reason


def rivers(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what was told of the river."""
    readings = [each for message in messages if message["kind"] == "readings" for each in message["data"]]
    return [(each["quality"], each["reason"]) for each in readings if each["point"] == "river"]


def test_a_point_that_falls_silent_is_told_as_stale_once_and_as_good_when_it_speaks() -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    outbox = hall.api.hub.join(VIEWER)
    hall.read("river", 100.0)
    pass_time(hall, clock, ticks=1)
    assert rivers(drain(outbox)) == [("good", "")]
    clock.advance(RIVER.stale_after)
    pass_time(hall, clock, ticks=30)
    assert rivers(drain(outbox)) == [("uncertain", "stale")]
    hall.read("river", 101.0)
    pass_time(hall, clock, ticks=10)
    assert rivers(drain(outbox)) == [("good", "")]


@pytest.mark.parametrize("step", [DAY_NS, -DAY_NS])
def test_r19_a_clock_that_is_set_makes_nothing_stale_and_nothing_fresh(step: int) -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    hall.read("river", 100.0)
    clock.advance(RIVER.stale_after - 1)
    clock._start_ns += step
    assert told(hall) == ("good", "")
    clock.advance(2)
    assert told(hall) == ("uncertain", "stale")


def test_what_was_old_when_it_came_is_stale_at_once() -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    hall.read("river", 100.0, at=clock.now() - DAY_NS)
    assert told(hall) == ("uncertain", "stale")


def test_a_reading_from_a_clock_that_runs_ahead_has_no_age() -> None:
    clock = FakeClock()
    at = clock.now()
    assert views.age(Reading("river", 1.0, at + DAY_NS, at, clock.mono()), clock.mono() + 5.0) == 5.0


@pytest.mark.real
async def test_what_is_calculated_cannot_be_pushed() -> None:
    hall = Hall()
    hall.points["slope"] = views.model.Point("slope", "derived", RIVER.name)
    async with serving(hall) as nobody:
        answer = await nobody.as_program("program").ask("POST", "readings", {"point": "slope", "value": 1.0})
    assert answer.status == 422
    assert answer.body["errors"][0]["message"] == "slope is calculated; push what it is derived from"
