"""Composites: conditions of other alarms and points, in three-valued logic."""

from __future__ import annotations

from gateway.alarms.lifecycle import Effect
from tests.gateway.alarm_world import BAD, Person
from tests.gateway.rules_world import RIVER, code, judged, rule, told, unknown

STALE = rule("stale", point="river", levels={"L1": True, "L2": 3_600})
FLOODED = {"id": "flood", "kind": "high", "point": "river", "scale": "internal", "levels": {"L3": 350}}
RATE = rule("rate", point="hall", levels={"L1": 0.5, "L2": 2}, window="10m")
UP = {"id": "up", "kind": "high", "point": "river", "scale": "internal", "levels": {"L1": 250, "L2": 350}}
LOW = {"id": "low", "kind": "low", "point": "tank", "scale": "internal", "levels": {"L1": 20}, "deadband": 5}
OF_BOTH = {"hulu": {"alarm": "up", "level": "L2"}, "kosong": {"alarm": "low"}}
BOTH = rule("composite", name="Keduanya", say="hulu and kosong", of=OF_BOTH)


def test_a_composite_needs_what_its_formula_says() -> None:
    world = judged(BOTH, UP, LOW)
    world.read("river", 300)
    world.read("tank", 10)
    assert code(world) == ""
    world.read("river", 360)
    assert (code(world), world.engine.alarm("it").value) == ("L2", True)
    world.read("tank", 24)
    assert code(world) == "L2"
    world.read("tank", 26)
    assert code(world) == ""


def test_a_composite_looks_at_conditions_and_not_at_what_people_have_done() -> None:
    world = judged(BOTH, UP, LOW)
    world.read("river", 360)
    world.engine.acknowledge("up", Person())
    world.read("tank", 10)
    assert code(world) == "L2"


def test_what_is_not_known_leaves_a_composite_unknown_unless_the_rest_decides() -> None:
    world = judged(BOTH, UP, LOW)
    world.read("river", 100)
    world.read("tank", 10)
    world.read("tank", 10, **BAD)
    assert (code(world), unknown(world)) == ("", False)
    world.read("river", 360)
    assert (code(world), unknown(world)) == ("", True)
    world.read("tank", 10)
    assert (code(world), unknown(world)) == ("L2", False)
    world.wait(900)
    assert (code(world), unknown(world)) == ("L2", True)


def test_two_of_three_are_enough_and_points_may_take_part() -> None:
    three = {"a": {"alarm": "up"}, "b": {"point": "door"}, "c": {"point": "hall"}}
    world = judged(rule("composite", name="Dua", say="at_least(2, a, b, c > 30)", of=three), UP)
    world.read("river", 100)
    world.read("door", True)
    assert code(world) == ""
    world.read("hall", 31)
    assert code(world) == "L2"
    world.read("river", 300)
    world.read("door", False)
    assert code(world) == "L2"
    world.read("hall", 20)
    assert code(world) == ""


def test_composites_of_composites_follow_in_the_same_turn_and_ring_once() -> None:
    world = judged(
        rule("composite", name="Atas", say="x and not y", of={"x": {"alarm": "mid"}, "y": {"point": "door"}}),
        rule("composite", name="Tengah", say="a or b", of={"a": {"alarm": "up"}, "b": {"alarm": "low"}}, id="mid"),
        UP,
        LOW,
    )
    world.read("door", False)
    world.engine.on_readings([world.reading("river", 360), world.reading("tank", 10)])
    assert [change.alarm.id for change in world.changes if Effect.ANNUNCIATE in change.effects] == [
        "up", "low", "mid", "it",
    ]  # fmt: skip


def test_what_a_composite_needs_is_judged_first() -> None:
    world = judged(
        rule("composite", name="Atas", say="y and not x", of={"x": {"alarm": "mid"}, "y": {"alarm": "up"}}),
        rule("composite", name="Tengah", say="a or b", of={"a": {"alarm": "up"}, "b": {"alarm": "low"}}, id="mid"),
        UP,
        LOW,
    )
    world.read("tank", 50)
    for level in (100, 360, 100, 360):
        world.wait(1)
        world.read("river", level)
    assert [change.alarm.id for change in world.changes if change.alarm.id == "it"] == []


def test_a_composite_knows_as_soon_as_a_measure_that_it_needs_does() -> None:
    calm = {"fast": {"alarm": "fast"}}
    world = judged(RATE | {"id": "fast"}, rule("composite", name="Tenang", say="not fast", of=calm))
    assert told(world, "hall", *[20] * 6) == ["", "", "", "", "", "L2"]


def test_the_delays_of_its_parts_count_and_then_its_own() -> None:
    world = judged(BOTH | {"on_delay": 20}, UP | {"on_delay": 60}, LOW)
    world.read("tank", 10)
    world.read("river", 360)
    world.wait(79)
    assert (code(world, "up"), code(world)) == ("L2", "")
    world.wait(1)
    assert code(world) == "L2"


def test_a_delay_that_a_late_tick_ends_counts_from_its_own_time() -> None:
    world = judged(BOTH | {"on_delay": 20}, UP | {"on_delay": 60}, LOW)
    world.read("tank", 10)
    world.read("river", 360)
    world.wait(500)
    assert code(world) == "L2"


def test_a_composite_over_a_restart_waits_for_what_it_needs_and_rings_nothing_again() -> None:
    world = judged(BOTH, UP, LOW)
    world.read("river", 360)
    world.read("tank", 10)
    world.engine.acknowledge("it", Person())
    world.restart(after=30)
    assert (world.state("it"), unknown(world)) == ("ACKED", False)
    world.read("river", 360)
    assert world.state("it") == "ACKED"
    world.read("tank", 24)
    assert (world.state("it"), world.rings) == ("ACKED", 3)
    world.read("tank", 30)
    assert world.state("it") == "NORM"


def test_a_composite_is_never_late_because_of_the_order_in_the_file() -> None:
    for order in ((BOTH, UP, LOW), (LOW, UP, BOTH), (UP, BOTH, LOW)):
        world = judged(*order)
        world.read("river", 360)
        world.read("tank", 10)
        assert code(world) == "L2"
        assert [one.id for one in world.rules] == [each["id"] for each in order]


def test_rules_that_measure_leave_readings_in_the_band_alone() -> None:
    world = judged(STALE, FLOODED, rule("composite", id="c", name="C", say="a", of={"a": {"alarm": "flood"}}))
    world.read("river", 100)
    watch = world.engine._judging.watches[RIVER.id]
    assert (watch.low, watch.high) == (float("-inf"), 350.0)
