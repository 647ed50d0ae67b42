"""What must not ring, and must not clear: doubt, silence, lateness, tests."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from msgspec import structs

from drivers.model import Quality, Reason
from tests.gateway.alarm_world import BAD, DRY, FLOOD, World

NOW_FLOOD = replace(FLOOD, on_delay=0.0)
MINUTE = 60_000_000_000


@pytest.mark.parametrize("reason", [Reason.RANGE, Reason.SOURCE, Reason.STUCK])
def test_a_doubtful_reading_can_never_raise_an_alarm(reason: Reason) -> None:
    world = World(NOW_FLOOD)
    world.read("river", 690, quality=Quality.UNCERTAIN, reason=reason)
    assert (world.state(), world.engine.alarm("flood").cond_unknown, world.rings) == ("NORM", True, 0)


@pytest.mark.parametrize(
    "more",
    [BAD, {"quality": Quality.UNCERTAIN, "reason": Reason.STUCK}, {"retained": True}],
    ids=["bad", "doubtful", "retained"],
)
def test_no_such_reading_clears_an_alarm(more: dict[str, object]) -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    world.wait(1)
    world.read("river", 0, **more)
    world.wait(10_000)
    assert (world.state(), world.engine.alarm("flood").cond_unknown) == ("UNACK", True)


def test_what_a_person_read_is_judged() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260, quality=Quality.UNCERTAIN, reason=Reason.MANUAL)
    assert world.state() == "UNACK"


@pytest.mark.parametrize("value", [math.nan, math.inf, "tinggi", 10**400])
def test_what_is_no_number_makes_the_condition_unknown(value: float | str) -> None:
    world = World(NOW_FLOOD)
    world.read("river", value)
    assert (world.state(), world.engine.alarm("flood").cond_unknown) == ("NORM", True)
    assert world.engine.counters["untrusted"] == 1


def test_a_test_reading_changes_nothing_at_all() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 690, reason=Reason.TEST)
    assert (world.state(), world.changes, world.engine.counters["test"]) == ("NORM", [], 1)


def test_r18_a_backlog_that_arrives_after_newer_data_neither_rings_nor_clears() -> None:
    world = World(NOW_FLOOD)
    world.clock.advance(3600)
    now = world.clock.now()
    world.read("river", 100)
    world.give(world.reading("river", 690, source_at=now - MINUTE))
    assert (world.state(), world.rings) == ("NORM", 0)
    world.read("river", 260, source_at=now + MINUTE)
    world.give(world.reading("river", 100, source_at=now))
    assert (world.state(), world.engine.alarm("flood").value) == ("UNACK", 260)
    assert world.engine.counters["late"] == 2


def test_r18_a_backlog_stays_late_after_a_restart() -> None:
    world = World(NOW_FLOOD)
    world.clock.advance(3600)
    now = world.clock.now()
    world.read("river", 100)
    world.restart(after=5)
    world.give(world.reading("river", 690, source_at=now - MINUTE))
    assert (world.state(), world.rings) == ("NORM", 0)


def test_r19_a_time_stamp_from_the_future_does_not_silence_what_follows() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 100, source_at=world.clock.now() + 1440 * MINUTE)
    world.wait(60)
    world.read("river", 260)
    assert world.state() == "UNACK"


def test_r19_our_own_clock_stepping_a_day_ahead_and_back_changes_no_delay_and_blinds_nothing() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.wait(100)
    world.clock._start_ns += 1440 * MINUTE
    world.read("river", 261)
    world.wait(100)
    world.clock._start_ns -= 1440 * MINUTE
    world.read("river", 262)
    world.wait(99)
    assert world.state() == "NORM"
    world.wait(1)
    assert world.state() == "UNACK"
    world.read("river", 100)
    assert world.state() == "RTNUN"


def test_a_backlog_does_not_make_a_silent_sensor_look_alive() -> None:
    world = World(NOW_FLOOD)
    world.clock.advance(3600)
    world.read("river", 100)
    world.wait(890)
    world.give(world.reading("river", 100, source_at=world.clock.now() - 3000 * 1_000_000_000))
    world.wait(10)
    assert world.engine.alarm("flood").cond_unknown


def test_a_message_delivered_twice_is_judged_the_same() -> None:
    world = World(NOW_FLOOD)
    reading = world.reading("river", 260)
    world.give(reading)
    world.give(reading)
    assert (world.state(), world.rings) == ("UNACK", 1)


def test_the_broker_repeating_its_retained_message_after_a_reconnect_casts_no_doubt() -> None:
    world = World(NOW_FLOOD)
    reading = world.reading("river", 260)
    world.give(reading)
    world.give(structs.replace(reading, retained=True))
    assert not world.engine.alarm("flood").cond_unknown


def test_silence_makes_the_condition_unknown_and_clears_nothing() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    world.wait(899)
    assert not world.engine.alarm("flood").cond_unknown
    world.wait(1)
    assert (world.engine.alarm("flood").cond_unknown, world.state()) == (True, "UNACK")
    world.wait(100_000)
    assert (world.state(), world.rings) == ("UNACK", 1)


def test_a_point_that_has_never_spoken_becomes_unknown() -> None:
    world = World(NOW_FLOOD)
    world.wait(900)
    assert world.engine.alarm("flood").cond_unknown


def test_a_point_that_speaks_only_on_change_is_never_stale() -> None:
    world = World(DRY)
    world.read("tank", 50)
    world.wait(1_000_000)
    assert not world.engine.alarm("dry").cond_unknown


def test_good_readings_in_the_band_keep_a_point_alive() -> None:
    world = World(NOW_FLOOD)
    for _ in range(10):
        world.read("river", 100)
        world.wait(600)
    assert world.changes == []


def test_a_bad_reading_pauses_the_delay_and_the_time_does_not_count() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.wait(200)
    world.read("river", 260, **BAD)
    world.wait(400)
    assert world.state() == "NORM"
    world.read("river", 260)
    assert not world.engine.alarm("flood").cond_unknown
    world.wait(99)
    assert world.state() == "NORM"
    world.wait(1)
    assert world.state() == "UNACK"


def test_silence_pauses_the_delay_from_the_moment_it_is_silence() -> None:
    world = World(replace(FLOOD, on_delay=1000.0))
    world.read("river", 260)
    world.wait(5000)
    world.read("river", 260)
    world.wait(99)
    assert world.state() == "NORM"
    world.wait(1)
    assert world.state() == "UNACK"


def test_the_demo_runs_faster_than_life() -> None:
    world = World(FLOOD, pace=60.0)
    world.read("river", 260)
    world.wait(5)
    assert world.state() == "UNACK"
