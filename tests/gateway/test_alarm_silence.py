"""Silence is an alarm of its own."""

from __future__ import annotations

from tests.gateway.alarm_world import BAD, Person
from tests.gateway.rules_world import code, judged, rule, unknown

STALE = rule("stale", point="river", levels={"L1": True, "L2": 3_600})
FLOODED = {"id": "flood", "kind": "high", "point": "river", "scale": "internal", "levels": {"L3": 350}}


def test_silence_rings_by_itself_while_the_alarm_of_the_value_stands_still() -> None:
    world = judged(STALE, FLOODED)
    world.read("river", 400)
    world.wait(899)
    assert code(world) == ""
    world.wait(1)
    assert (code(world), code(world, "flood"), unknown(world, "flood"), unknown(world)) == ("L1", "L3", True, False)
    world.wait(2_699)
    assert code(world) == "L1"
    world.wait(1)
    assert (code(world), world.rings) == ("L2", 3)
    world.read("river", 100)
    assert (code(world), code(world, "flood")) == ("", "")


def test_a_point_that_has_never_spoken_is_silent() -> None:
    world = judged(STALE)
    world.wait(900)
    assert code(world) == "L1"


def test_readings_in_the_band_keep_silence_away() -> None:
    world = judged(STALE, FLOODED)
    for _ in range(20):
        world.read("river", 100)
        world.wait(800)
    assert world.changes == []


def test_bad_readings_are_silence() -> None:
    world = judged(STALE)
    world.read("river", 100)
    for _ in range(10):
        world.wait(90)
        world.read("river", 100, **BAD)
    assert code(world) == "L1"
    world.read("river", 100)
    assert code(world) == ""


def test_a_shorter_silence_than_that_of_the_point_clears_too() -> None:
    world = judged(STALE | {"levels": {"L1": 100}}, FLOODED)
    world.read("river", 50)
    world.wait(100)
    assert (code(world), unknown(world, "flood")) == ("L1", False)
    world.read("river", 51)
    assert code(world) == ""


def test_our_own_outage_is_no_silence_of_the_sensor() -> None:
    world = judged(STALE)
    world.read("tank", 50)
    world.read("river", 100)
    world.wait(500)
    world.read("tank", 50)
    world.restart(after=86_400)
    assert world.rings == 0
    world.wait(399)
    assert code(world) == ""
    world.wait(1)
    assert code(world) == "L1"


def test_a_silence_that_stood_stands_over_a_restart_and_rings_nothing_again() -> None:
    world = judged(STALE)
    world.read("river", 100)
    world.wait(900)
    world.engine.acknowledge("it", Person())
    world.restart(after=60)
    world.wait(100)
    assert (world.state("it"), world.rings) == ("ACKED", 1)
    world.read("river", 100)
    assert (world.state("it"), world.rings) == ("NORM", 1)


def test_a_device_is_silent_when_all_of_its_points_are() -> None:
    world = judged(rule("stale", device="plc", levels={"L2": 300}))
    world.read("tank", 50)
    world.wait(200)
    world.read("pump", True)
    world.wait(299)
    assert code(world) == ""
    world.wait(1)
    assert (code(world), world.rules[0].device) == ("L2", "plc")
    world.read("wanted", 20)
    assert code(world) == ""


def test_a_demonstration_is_silent_in_its_own_time() -> None:
    world = judged(STALE, pace=60.0)
    world.read("river", 100)
    world.wait(15)
    assert (code(world), world.engine.alarm("it").value) == ("L1", 900)
