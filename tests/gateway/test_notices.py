"""Notices: alarms that belong together are told together, in good time, again, and never twice over a restart."""

from __future__ import annotations

from tests.gateway.handling_world import HOUR, SARI, Hall, high
from tests.gateway.rules_world import rule

LEVELS = {"L1": 10.0, "L2": 20.0, "L4": 40.0}
GROUP = "process.internal"


def hall(**more: object) -> Hall:
    return Hall(*(high(point, levels=LEVELS) for point in ("hall", "tank", "wanted")), **more)


def test_what_begins_within_the_wait_is_told_together_the_worst_first() -> None:
    world = hall()
    world.rise("hall", 15.0)
    world.wait(20)
    world.rise("tank", 25.0)
    world.wait(9.9)
    assert world.notices == []
    world.wait(0.1)
    assert world.notices == [(GROUP, "begin", ["tank", "hall"])]


def test_a_high_one_waits_for_nothing() -> None:
    world = hall()
    world.rise("hall", 50.0)
    assert world.notices == [(GROUP, "begin", ["hall"])]
    world.rise("tank", 50.0)
    assert world.notices[1:] == [(GROUP, "more", ["hall", "tank"])]


def test_what_joins_is_told_after_the_interval_and_what_gets_high_at_once() -> None:
    world = hall()
    world.rise("hall", 15.0)
    world.wait(30)
    world.rise("tank", 15.0)
    world.wait(299.9)
    assert len(world.notices) == 1
    world.wait(0.1)
    assert world.notices[1:] == [(GROUP, "more", ["hall", "tank"])]
    world.rise("hall", 50.0)
    assert world.notices[2:] == [(GROUP, "more", ["hall", "tank"])]


def test_it_is_told_again_while_somebody_has_not_acknowledged() -> None:
    world = hall()
    world.rise("hall", 50.0)
    world.wait(4 * HOUR)
    assert [why for _, why, _ in world.notices] == ["begin", "repeat"]
    world.engine.acknowledge("hall", SARI)
    world.wait(24 * HOUR)
    assert len(world.notices) == 2


def test_that_it_is_over_is_told_once() -> None:
    world = hall()
    world.rise("hall", 50.0)
    world.fall("hall")
    world.engine.acknowledge("hall", SARI)
    world.wait(300)
    assert world.notices[1:] == [(GROUP, "over", [])]
    world.wait(24 * HOUR)
    assert len(world.notices) == 2


def test_that_it_was_over_before_a_restart_is_told_after_it() -> None:
    world = hall()
    world.rise("hall", 50.0)
    world.fall("hall")
    world.engine.acknowledge("hall", SARI)
    world.restart(after=60)
    world.wait(240)
    assert world.notices[1:] == [(GROUP, "over", [])]


def test_what_went_before_its_notice_and_what_is_shelved_is_not_told() -> None:
    world = hall()
    world.rise("hall", 15.0)
    world.engine.acknowledge("hall", SARI)
    world.handling.shelve("tank", SARI, why="test")
    world.rise("tank", 15.0)
    world.wait(HOUR)
    assert world.notices == []


def test_silence_and_the_world_are_told_apart_and_a_group_of_the_rules_own_too() -> None:
    world = Hall(
        high("hall", levels=LEVELS, group="trip"), high("tank", levels=LEVELS),
        rule("stale", id="no-tank", point="tank", levels={"L3": 60.0}),
    )  # fmt: skip
    world.rise("hall", 50.0)
    world.rise("tank", 50.0)
    world.wait(60)
    world.wait(0)
    assert [(group, ids) for group, _, ids in world.notices] == [
        ("trip", ["hall"]), (GROUP, ["tank"]), ("comm.internal", ["no-tank"]),
    ]  # fmt: skip


def test_a_restart_tells_nothing_twice_and_forgets_nothing() -> None:
    world = hall()
    world.rise("hall", 50.0)
    world.rise("tank", 15.0)
    world.restart(after=200)
    world.wait(0)
    assert len(world.notices) == 1
    world.wait(100)
    assert world.notices[1:] == [(GROUP, "more", ["hall", "tank"])]
    world.store.keep("notice", GROUP, {"at": "yesterday"})
    world.restart()
    world.wait(0)
    assert world.notices[2:] == [(GROUP, "begin", ["hall", "tank"])]


def test_a_site_sets_its_own_times() -> None:
    world = hall(grouping={"wait": "5s", "interval": "1m", "repeat": "10m"})
    world.rise("hall", 15.0)
    world.wait(5)
    world.rise("tank", 15.0)
    world.wait(60)
    world.wait(600)
    assert [why for _, why, _ in world.notices] == ["begin", "more", "repeat"]
