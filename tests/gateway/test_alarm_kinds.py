"""What each kind of rule rings for, and what it does while nobody knows: comparisons of what is read now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.model import Quality, Reason
from gateway.alarms.lifecycle import Cue
from tests.gateway.alarm_world import BAD, Person
from tests.gateway.rules_world import POINTS, code, judged, rule, told, unknown

OUTSIDE = rule("outside", point="hall", levels={"L1": [15, 27], "L2": [10, 30], "L3": [None, 35]}, deadband=1)


def test_a_value_may_be_too_high_or_too_low() -> None:
    world = judged(OUTSIDE)
    assert told(world, "hall", 20, 15, 16, 16.1, 9, 11.1, 27, 30, 35, 26, 25.9) == [
        "", "L1", "L1", "", "L2", "L1", "L1", "L2", "L3", "L1", "",
    ]  # fmt: skip


def test_the_side_is_said_with_the_level() -> None:
    world = judged(OUTSIDE)
    told(world, "hall", 9)
    assert world.engine.alarm("it").label.id == "Tingkat 2, rendah"
    told(world, "hall", 31)
    assert world.engine.alarm("it").label.en == "Tingkat 2, high"


def test_who_goes_from_one_side_to_the_other_has_been_normal_between() -> None:
    world = judged(OUTSIDE)
    told(world, "hall", 9)
    world.engine.acknowledge("it", Person())
    world.changes.clear()
    told(world, "hall", 28)
    assert [change.cue for change in world.changes] == [Cue.OFF, Cue.ON]
    assert (world.state("it"), world.rings) == ("UNACK", 1)
    assert world.engine.alarm("it").peak == 28.0


def test_a_side_that_is_held_by_its_delay_goes_when_the_other_comes() -> None:
    world = judged(OUTSIDE | {"off_delay": 600, "on_delay": 30})
    told(world, "hall", 28, 28)
    assert code(world) == "L1"
    world.read("hall", 9)
    world.wait(30)
    alarm = world.engine.alarm("it")
    assert (alarm.code, alarm.label.id, alarm.peak) == ("L2", "Tingkat 2, rendah", 9.0)
    world.wait(3_600)
    assert code(world) == "L2"


def test_a_restart_knows_which_side_stood() -> None:
    world = judged(OUTSIDE)
    told(world, "hall", 11)
    world.restart(after=5)
    assert world.engine.alarm("it").label.id == "Tingkat 1, rendah"
    world.read("hall", 15.5)
    assert (code(world), world.rings) == ("L1", 1)
    world.read("hall", 16.5)
    assert code(world) == ""


def test_a_restart_does_not_take_one_side_for_the_other() -> None:
    world = judged(OUTSIDE)
    told(world, "hall", 28)
    world.restart(after=5)
    assert world.engine.alarm("it").label.id == "Tingkat 1, tinggi"
    world.read("hall", 26.5)
    assert (code(world), world.rings) == ("L1", 1)


def test_a_deadband_may_be_a_part_of_the_range() -> None:
    world = judged(rule("high", point="hall", levels={"L1": 30}, deadband_percent=5))
    assert told(world, "hall", 30, 26.5, 26.4) == ["L1", "L1", ""]


MODES = rule("discrete", point="mode", levels={"L1": "bypass", "L3": ["battery", "off"]})


def test_a_text_stands_for_a_level() -> None:
    world = judged(MODES)
    assert told(world, "mode", "online", "bypass", "battery", "off", "online") == ["", "L1", "L3", "L3", ""]


def test_a_text_alarm_shows_the_text_and_has_no_worst_value() -> None:
    world = judged(MODES)
    told(world, "mode", "battery")
    alarm = world.engine.alarm("it")
    assert (alarm.value, alarm.peak) == ("battery", None)


def test_a_code_may_be_one_of_several() -> None:
    world = judged(rule("discrete", point="code", levels={"L2": [3, 7.5]}))
    assert told(world, "code", 2, 3, 4, 7.5) == ["", "L2", "", "L2"]


def test_a_text_that_is_not_trusted_changes_nothing() -> None:
    world = judged(MODES)
    told(world, "mode", "battery")
    world.read("mode", "online", **BAD)
    assert (code(world), unknown(world)) == ("L3", True)


def test_a_number_from_a_text_point_is_no_text() -> None:
    world = judged(MODES)
    world.read("mode", 3)
    assert (code(world), unknown(world), world.engine.counters["untrusted"]) == ("", True, 1)


DEVIATION = rule("deviation", point="hall", setpoint="wanted", levels={"L1": 2, "L2": 5}, deadband=0.5)
DISCREPANCY = rule("discrepancy", point="pump", feedback="runs", on_delay=10)


def test_a_deviation_is_judged_whichever_of_the_two_moves() -> None:
    world = judged(DEVIATION)
    world.read("hall", 22)
    assert (code(world), unknown(world)) == ("", False)
    world.read("wanted", 22)
    assert told(world, "hall", 24, 23.6, 23.4) == ["L1", "L1", ""]
    assert told(world, "wanted", 16) == ["L2"]
    assert world.engine.alarm("it").value == pytest.approx(7.4)


def test_a_deviation_from_a_number() -> None:
    world = judged(DEVIATION | {"setpoint": -5})
    assert told(world, "hall", -5, -8, -2.4, -3.6) == ["", "L1", "L1", ""]


def test_both_moving_in_one_batch_is_no_deviation() -> None:
    world = judged(DEVIATION)
    world.engine.on_readings([world.reading("hall", 20), world.reading("wanted", 20)])
    world.wait(1)
    world.engine.on_readings([world.reading("hall", 30), world.reading("wanted", 30)])
    assert world.rings == 0


def test_a_crossing_within_one_batch_is_seen() -> None:
    world = judged(DEVIATION | {"setpoint": 20})
    now = world.clock.now()
    batch = [world.reading("hall", value, source_at=now + n) for n, value in enumerate((20, 30, 20))]
    world.engine.on_readings(batch)
    assert (world.rings, world.state("it")) == (1, "RTNUN")


def test_without_the_setpoint_nothing_is_known() -> None:
    world = judged(DEVIATION)
    told(world, "hall", 20)
    world.read("wanted", 20)
    told(world, "hall", 30)
    world.read("wanted", 30, **BAD)
    assert (code(world), unknown(world)) == ("L2", True)
    world.read("wanted", 30)
    assert (code(world), unknown(world)) == ("", False)


def test_a_command_that_is_not_followed_rings_after_its_delay() -> None:
    world = judged(DISCREPANCY)
    world.read("runs", False)
    world.read("pump", False)
    world.read("pump", True)
    world.wait(9)
    assert code(world) == ""
    world.wait(1)
    assert code(world) == "L2"
    world.read("runs", True)
    assert code(world) == ""


def test_a_command_that_is_followed_in_time_rings_nothing() -> None:
    world = judged(DISCREPANCY)
    world.read("runs", False)
    world.read("pump", True)
    world.wait(9)
    world.read("runs", True)
    world.wait(100)
    assert world.rings == 0


def test_a_delay_of_two_points_outlives_a_restart() -> None:
    world = judged(DISCREPANCY)
    world.read("runs", False)
    world.read("pump", True)
    world.wait(4)
    world.restart(after=3)
    world.wait(100)
    assert code(world) == ""
    world.read("runs", False)
    assert code(world) == ""
    world.read("pump", True)
    assert (code(world), world.rings) == ("L2", 1)


def test_a_doubt_about_one_of_two_points_pauses_the_delay() -> None:
    world = judged(DISCREPANCY)
    world.read("runs", False)
    world.read("pump", True)
    world.wait(6)
    world.read("runs", False, quality=Quality.UNCERTAIN, reason=Reason.STUCK)
    world.wait(100)
    world.read("runs", False)
    world.wait(3)
    assert code(world) == ""
    world.wait(1)
    assert code(world) == "L2"


def test_texts_can_be_compared() -> None:
    twice = [*POINTS, replace(next(point for point in POINTS if point.id == "mode"), id="asked")]
    world = judged(rule("discrepancy", point="asked", feedback="mode"), points=twice)
    world.read("asked", "online")
    world.read("mode", "battery")
    assert code(world) == "L2"
    world.read("mode", "online")
    assert code(world) == ""
