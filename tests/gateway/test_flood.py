"""A flood of alarms: ten in ten minutes begin it, fewer than five end it; low ones are listed, high ones heard."""

from __future__ import annotations

import pytest

from drivers.model import Point
from gateway.alarms.annunciation import Annunciation
from gateway.alarms.flood import Flood
from tests.gateway.alarm_world import name
from tests.gateway.handling_world import SARI, Hall, high

POINTS = tuple(Point(f"p{n}", "plc", name(f"P{n}")) for n in range(40))
LEVELS = {"L1": 10.0, "L3": 100.0}


def hall(**more: object) -> Hall:
    return Hall(*(high(point.id, levels=LEVELS) for point in POINTS), points=POINTS, **more)


def ring(world: Hall, first: int, last: int, *, every: float = 0.0, value: float = 50.0) -> None:
    for n in range(first, last):
        world.rise(f"p{n}", value)
        world.wait(every)


def test_the_tenth_annunciation_in_ten_minutes_begins_it() -> None:
    world = hall()
    ring(world, 0, 9, every=66.6)
    assert world.floods == []
    ring(world, 9, 10)
    assert world.floods == [True]
    assert world.handling.flood == Flood(
        on=True, since=world.told(Annunciation)[0].at, counts={1: 10}, listed=1
    )  # fmt: skip
    assert world.why("flood.start") == ["10 annunciations in 599 s"]


def test_ten_annunciations_in_more_than_ten_minutes_are_none() -> None:
    world = hall()
    ring(world, 0, 20, every=66.7)
    assert world.floods == []


def test_in_a_flood_low_alarms_are_listed_only_and_high_ones_are_heard() -> None:
    world = hall()
    ring(world, 0, 11)
    ring(world, 11, 13, value=200.0)
    assert world.sounded[8:] == ["p8", "p9*", "p10*", "p11", "p12"]
    assert (world.handling.flood.counts, world.handling.flood.listed) == ({1: 11, 3: 2}, 2)
    assert world.state("p10") == "UNACK", "it is on the list"


def test_it_ends_once_fewer_than_five_lie_within_ten_minutes() -> None:
    world = hall()
    ring(world, 0, 10)
    world.wait(300)
    ring(world, 10, 15, every=10)
    world.wait(549.9)
    assert world.handling.flood.on
    world.wait(0.1)
    assert world.handling.flood == Flood()
    assert world.audit.entries[-1].after == {"counts": {"1": 15}, "listed": 6}
    ring(world, 15, 16)
    assert world.sounded[-1] == "p15"


def test_what_is_shelved_makes_no_flood() -> None:
    world = hall()
    for point in POINTS:
        world.handling.shelve(point.id, SARI, why="test")
    ring(world, 0, 20)
    assert (world.sounded, world.floods) == ([], [])


@pytest.mark.parametrize(("away", "on"), [(300.0, True), (600.0, False)])
def test_a_restart_goes_on_with_it_and_ends_it_when_its_time_was_over(away: float, on: bool) -> None:
    world = hall()
    ring(world, 0, 12)
    flood = world.handling.flood
    world.restart(after=away)
    world.wait(0)
    assert world.handling.flood == (flood if on else Flood())


def test_what_was_kept_and_cannot_be_read_is_forgotten() -> None:
    world = hall()
    world.store.keep("flood", "flood", {"flood": {"on": "perhaps"}})
    world.restart()
    assert world.handling.flood == Flood()
