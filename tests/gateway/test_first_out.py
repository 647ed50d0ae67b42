"""Which alarm of a group was first, by the time of its source; and what is told when nobody can say."""

from __future__ import annotations

from tests.gateway.handling_world import SARI, Hall, high

SECOND = 10**9


def group(*points: str, **more: object) -> Hall:
    return Hall(*(high(point, group="trip", **more) for point in points or ("hall", "tank", "wanted")))


def marks(world: Hall) -> dict[str, str]:
    return {alarm.id: str(alarm.first_out) for alarm in world.engine.alarms()}


def test_the_first_of_a_group_is_marked_and_the_others_are_not() -> None:
    world = group()
    for point in ("tank", "hall", "wanted"):
        world.rise(point)
        world.wait(5)
    assert marks(world) == {"hall": "", "tank": "first", "wanted": ""}


def test_whose_source_saw_it_sooner_was_first_although_it_came_later() -> None:
    world = group()
    world.rise("tank")
    world.rise("hall", source_at=world.clock.now() - 5 * SECOND)
    assert marks(world) == {"tank": "", "hall": "first"}


def test_within_the_tolerance_of_the_clocks_nobody_was_first() -> None:
    world = group()
    world.rise("tank")
    world.rise("hall", source_at=world.clock.now() - SECOND)
    assert marks(world) == {"tank": "uncertain", "hall": "uncertain"}
    world.rise("wanted", source_at=world.clock.now() - 3 * SECOND)
    assert marks(world) == {"tank": "", "hall": "", "wanted": "first"}


def test_what_counts_is_when_it_began_not_when_its_delay_was_over() -> None:
    world = Hall(high("tank", group="trip"), high("hall", group="trip", on_delay=30.0))
    world.rise("hall")
    world.wait(20)
    world.rise("tank")
    world.wait(10)
    assert marks(world) == {"tank": "", "hall": "first"}


def test_the_first_stays_the_first_until_the_whole_group_is_normal() -> None:
    world = group()
    world.rise("tank")
    world.wait(5)
    world.rise("hall")
    world.engine.acknowledge("tank", SARI)
    world.fall("tank")
    world.wait(5)
    world.rise("wanted")
    assert marks(world) == {"hall": "", "wanted": ""}
    for id in ("hall", "wanted"):
        world.engine.acknowledge(id, SARI)
        world.fall(id)
    world.rise("wanted")
    assert marks(world) == {"wanted": "first"}


def test_a_restart_changes_no_mark() -> None:
    world = group()
    world.rise("tank")
    world.wait(5)
    world.rise("hall")
    world.restart(after=60)
    world.rise("wanted")
    assert marks(world) == {"tank": "first", "hall": "", "wanted": ""}


def test_the_same_alarm_may_be_the_first_again() -> None:
    world = group()
    for _ in range(2):
        world.rise("tank")
        world.wait(5)
        assert marks(world) == {"tank": "first"}
        world.engine.acknowledge("tank", SARI)
        world.fall("tank")


def test_the_mark_moves_after_a_restart_as_before() -> None:
    world = group()
    world.rise("tank")
    world.restart(after=60)
    world.rise("hall", source_at=world.clock.now() - 90 * SECOND)
    assert marks(world) == {"tank": "", "hall": "first"}


def test_after_a_restart_nobody_becomes_the_first_whose_first_is_over() -> None:
    world = group()
    world.rise("tank")
    world.wait(5)
    world.rise("hall")
    world.engine.acknowledge("tank", SARI)
    world.fall("tank")
    world.restart(after=60)
    world.rise("wanted")
    assert marks(world) == {"hall": "", "wanted": ""}


def test_what_is_out_of_service_is_not_the_first() -> None:
    world = group()
    world.handling.take_out("tank", SARI, why="repair", due=world.clock.now() + 10**12)
    world.rise("tank")
    world.wait(5)
    world.rise("hall")
    assert marks(world) == {"tank": "", "hall": "first"}


def test_alarms_without_a_group_have_no_first() -> None:
    world = Hall(high("hall"), high("tank"))
    world.rise("hall")
    assert marks(world) == {"hall": ""}


def test_a_first_that_is_configured_no_longer_leaves_nobody_in_its_place() -> None:
    world = group()
    world.rise("tank")
    world.wait(5)
    world.rise("hall")
    world.adopt(high("hall", group="trip"), high("wanted", group="trip"))
    world.rise("wanted")
    assert marks(world) == {"hall": "", "wanted": ""}
