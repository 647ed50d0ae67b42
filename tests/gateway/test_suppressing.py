"""Rules that silence alarms: by another alarm, by a point, by a device that is silent; and how they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.model import Place, Point, PointKind, Reason
from gateway.alarms.policy import SHELVING, Grouping
from gateway.alarms.rule import RuleError
from tests.gateway.alarm_world import BAD, name
from tests.gateway.handling_world import HOUR, SARI, Hall, high, policy_of
from tests.gateway.rules_world import compiled

FLOW = Point("flow", "plc", name("Flow"), unit="l/s", place=Place(-3.8, 102.3), owner="PU")
HEAD = Point("head", "plc", name("Head"), unit="m", place=Place(-3.8, 102.3), owner="PU")
FAR = Point("far", "plc", name("Far"), unit="m", place=Place(-3.9, 102.3), owner="BPBD")
PUMP = Point("pump", "plc", name("Pump"), kind=PointKind.FLAG, stale_after=60.0)
VALVE = Point("valve", "plc", name("Valve"), kind=PointKind.FLAG)
POINTS = (FLOW, HEAD, FAR, PUMP, VALVE)
OFF: dict[str, Any] = {"id": "pump-off", "when": {"point": "pump", "equals": False}, "rules": ["flow"]}
RULES = (high("flow"), high("head"), high("far"))


def hall(*suppress: dict[str, Any], points: tuple[Point, ...] = POINTS, **more: Any) -> Hall:
    return Hall(*RULES, points=points, suppress=list(suppress), **more)


def by(world: Hall, id: str) -> tuple[str, ...]:
    return world.engine.alarm(id).facts.suppressed_by


# ── by an alarm ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_alarm_silences_others_while_it_is_active_and_lets_them_speak_when_it_has_gone() -> None:
    world = hall({"id": "cause", "when": {"alarm": "head"}, "rules": ["flow", "far"]})
    world.rise("head")
    world.rise("flow")
    assert (world.sounded, world.state("flow"), by(world, "flow")) == (["head"], "UNACK", ("cause",))
    world.engine.acknowledge("head", SARI)
    assert by(world, "flow") == ("cause",)
    world.fall("head")
    assert (world.sounded, by(world, "flow"), by(world, "far")) == (["head", "flow"], (), ())


def test_a_suppression_is_one_event_and_one_more_for_each_alarm_that_stands() -> None:
    world = hall({"id": "cause", "when": {"alarm": "head"}, "rules": ["flow", "far"]})
    world.rise("flow")
    world.rise("head")
    assert world.audit.actions == ["alarm.raise", "alarm.raise", "suppression.on", "alarm.suppress"]
    assert world.audit.entries[2].after == {"alarms": ["flow", "far"], "count": 2}
    assert world.audit.entries[3].after["suppressed_by"] == ["cause"]


def test_only_a_level_that_is_bad_enough_silences() -> None:
    rules = (high("head", levels={"L1": 10.0, "L3": 30.0}), high("flow"))
    world = Hall(
        *rules, points=POINTS, suppress=[{"id": "c", "when": {"alarm": "head", "level": "L3"}, "rules": ["flow"]}]
    )
    world.rise("head", 15.0)
    assert by(world, "flow") == ()
    world.rise("head", 35.0)
    assert by(world, "flow") == ("c",)
    world.rise("head", 15.0)
    assert by(world, "flow") == ()


def test_an_alarm_that_is_out_of_service_silences_nobody() -> None:
    world = hall({"id": "cause", "when": {"alarm": "head"}, "rules": ["flow"]})
    world.rise("head")
    world.handling.take_out("head", SARI, why="repair", due=world.clock.now() + 10**12)
    assert by(world, "flow") == ()


def test_a_pattern_stands_for_each_alarm_and_all_must_be_over() -> None:
    world = hall({"id": "c", "when": {"alarm": "[hf]*a*"}, "rules": ["flow"]})
    world.rise("head")
    world.rise("far")
    world.fall("head")
    assert by(world, "flow") == ("c:far",)
    world.fall("far")
    assert by(world, "flow") == ()


@pytest.mark.parametrize(("same", "silenced"), [("place", ["flow"]), ("owner", ["flow"]), ("device", ["flow", "far"])])
def test_only_what_has_the_same_place_owner_or_device_is_silenced(same: str, silenced: list[str]) -> None:
    world = hall({"id": "c", "when": {"alarm": "head"}, "rules": ["*"], "same": same})
    world.rise("head")
    assert world.aside == silenced


# ── by a point ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_point_silences_while_it_reads_so() -> None:
    world = hall(OFF)
    world.read("pump", False)
    world.rise("flow")
    assert (world.sounded, by(world, "flow")) == ([], ("pump-off",))
    world.read("pump", True)
    assert world.sounded == ["flow"]


@pytest.mark.parametrize(
    "doubt", [BAD, {"retained": True}, {"reason": Reason.STALE, "quality": BAD["quality"]}], ids=["bad", "kept", "old"]
)
def test_what_is_not_known_for_certain_silences_nothing(doubt: dict[str, Any]) -> None:
    world = hall(OFF)
    world.read("pump", False)
    world.rise("flow")
    world.read("pump", False, **doubt)
    assert world.sounded == ["flow"]


def test_a_point_that_has_fallen_silent_silences_nothing() -> None:
    world = hall(OFF)
    world.read("pump", False)
    world.rise("flow")
    world.wait(59.9)
    assert world.sounded == []
    world.wait(0.1)
    assert (world.sounded, world.why("suppression.off")) == (["flow"], ["pump is silent"])


def test_a_test_reading_and_a_late_one_change_nothing() -> None:
    world = hall(OFF)
    world.read("pump", True)
    world.read("pump", False, reason=Reason.TEST)
    world.read("pump", False, source_at=world.clock.now() - 10**9)
    assert by(world, "flow") == ()


@pytest.mark.parametrize(("point", "patience"), [("pump", 60.0), ("valve", 300.0)])
def test_a_restart_tells_nothing_anew_until_the_point_has_spoken_or_had_its_time(point: str, patience: float) -> None:
    rule = {**OFF, "when": {"point": point, "equals": False}}
    world = hall(rule)
    world.read(point, False)
    world.rise("flow")
    world.restart(after=HOUR)
    world.wait(patience - 1)
    assert (world.sounded, by(world, "flow")) == ([], ("pump-off",))
    world.read(point, False)
    world.wait(patience - 1)
    assert world.sounded == []
    world.restart(after=HOUR)
    world.wait(patience)
    assert world.sounded == ["flow"]


# ── by a device that is silent ────────────────────────────────────────────────────────────────────────────────────────

SILENT: dict[str, Any] = {"id": "no-plc", "kind": "stale", "device": "plc", "scale": "internal", "levels": {"L3": 60.0}}
EACH: dict[str, Any] = {"id": "no-flow", "kind": "stale", "point": "flow", "scale": "internal", "levels": {"L2": 90.0}}


def device() -> Hall:
    return Hall(SILENT, EACH, *RULES, points=POINTS)


def test_a_silent_device_is_one_alarm_of_its_own_sort_and_its_points_have_none() -> None:
    world = device()
    world.read("flow", 1.0)
    world.wait(60)
    world.wait(30)
    alarm = world.engine.alarm("no-plc")
    assert (world.sounded, str(alarm.category), str(world.engine.alarm("flow").category)) == (
        ["no-plc"],
        "comm",
        "process",
    )
    assert by(world, "no-flow") == by(world, "head") == ("device:plc",)
    assert world.state("no-flow") == "UNACK"
    world.read("head", 1.0)
    assert by(world, "head") == ()
    assert world.sounded == ["no-plc", "no-flow"], "flow itself is silent still"


def test_what_a_sensor_told_before_its_device_fell_silent_still_stands_for_all_to_see() -> None:
    world = device()
    world.rise("flow")
    world.wait(90)
    assert (world.state("flow"), by(world, "flow"), by(world, "head")) == ("UNACK", (), ("device:plc",))


def test_a_restart_finds_everything_silenced_as_it_was() -> None:
    world = device()
    world.read("flow", 1.0)
    world.wait(90)
    world.restart(after=5)
    world.wait(0)
    assert (by(world, "no-flow"), world.sounded) == (("device:plc",), ["no-plc"])


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_suppression_that_is_taken_out_of_the_files_lets_everything_speak() -> None:
    world = hall(OFF)
    world.read("pump", False)
    world.rise("flow")
    world.adopt(*RULES)
    assert (world.sounded, world.why("alarm.unsuppress")) == (["flow"], ["its rule is no longer configured"])


def test_a_suppression_that_did_not_change_goes_on_when_the_files_do() -> None:
    world = hall(OFF)
    world.read("pump", False)
    world.rise("flow")
    world.adopt(*RULES, high("pump", id="new", kind="flag", levels={"L2": True}), suppress=[OFF])
    world.wait(0)
    assert (world.sounded, by(world, "flow")) == ([], ("pump-off",))


def test_a_silenced_rule_may_go_and_come_again() -> None:
    world = hall({"id": "c", "when": {"alarm": "head"}, "rules": ["flow"]})
    world.rise("head")
    world.adopt(high("head"))
    world.adopt(*RULES, suppress=[{"id": "c", "when": {"alarm": "head"}, "rules": ["flow"]}])
    world.rise("flow")
    assert (world.sounded, by(world, "flow")) == (["head"], ("c",))


REFUSED: list[tuple[list[dict[str, Any]], str]] = [
    ([{"id": "c", "when": {"alarm": "heat"}, "rules": ["flow"]}], "there is no rule 'heat'; did you mean 'head'"),
    ([{"id": "c", "when": {"alarm": "head"}, "rules": ["flows"]}], "there is no rule 'flows'"),
    ([{"id": "c", "when": {"alarm": "head", "level": "L9"}, "rules": ["flow"]}], "no level of rule head: 'L9'"),
    ([{"id": "c", "when": {"point": "pomp", "equals": True}, "rules": ["flow"]}], "there is no point 'pomp'"),
    ([{**OFF, "same": "place"}], "a point stands for itself"),
    ([OFF, OFF], "pump-off is there twice"),
    (
        [
            {"id": "a", "when": {"alarm": "head"}, "rules": ["flow"]},
            {"id": "b", "when": {"alarm": "flow"}, "rules": ["*"]},
        ],
        "would silence each other",
    ),
]


@pytest.mark.parametrize(("written", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_a_suppression_that_cannot_work_is_refused(written: list[dict[str, Any]], why: str) -> None:
    rules = compiled(*RULES, points=POINTS)
    with pytest.raises(RuleError, match=why):
        policy_of(rules, POINTS, suppress=written)


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"alarm": "a", "point": "pump", "equals": True},
        {"alarm": "a", "above": 1.0},
        {"point": "pump"},
        {"point": "pump", "above": 1.0, "below": 2.0},
        {"point": "pump", "above": 1.0, "level": "L1"},
    ],
)
def test_a_suppression_says_one_thing(when: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"either|exactly one|belongs to an alarm"):
        policy_of((), suppress=[{**OFF, "when": when}])


@pytest.mark.parametrize("written", [{"4": "9h"}, {"0": "1h"}, {"5": "1h"}, {"2": "0s"}])
def test_no_site_may_shelve_for_longer_than_eight_hours(written: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="shelving"):
        policy_of((), shelving=written)


def test_what_the_site_does_not_say_has_its_default() -> None:
    policy = policy_of((), shelving={"4": "10m"})
    assert policy.shelving == {**SHELVING, 4: 600.0}
    assert (policy.realarm, policy.shelve_chatter, policy.grouping) == ({}, False, Grouping())
