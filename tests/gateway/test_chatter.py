"""Alarms that come and go all the time: marked with advice, shelved once where the site wants it."""

from __future__ import annotations

import pytest

from tests.gateway.handling_world import SARI, Hall, high


def chatter(world: Hall, times: int = 3, *, on: float = 5.0, off: float = 5.0, value: float = 50.0) -> None:
    for n in range(times):
        if n:
            world.wait(off)
        world.rise("hall", value)
        world.wait(on)
        world.fall("hall")


def test_three_activations_within_a_minute_are_chatter_and_the_advice_would_have_held_it() -> None:
    world = Hall(high("hall"))
    chatter(world, 2, off=18.5)
    assert not world.engine.alarm("hall").chattering
    world.wait(12)
    world.rise("hall")
    alarm = world.engine.alarm("hall")
    assert (alarm.chattering, alarm.steadier) == (True, 19.0)
    assert world.why("alarm.mark") == [
        "hall comes and goes: off_delay: 19 would have held it; a larger deadband may as well"
    ]
    held = Hall(high("hall", off_delay=19.0))
    chatter(held, 2, off=18.5)
    held.wait(12)
    held.rise("hall")
    assert held.sounded == ["hall"]


def test_the_advice_is_about_this_spell_only() -> None:
    world = Hall(high("hall"))
    chatter(world, 2, off=30.0)
    world.wait(100)
    chatter(world, 3, off=2.0)
    assert world.engine.alarm("hall").steadier == 3.0


def test_three_activations_in_more_than_a_minute_are_none() -> None:
    world = Hall(high("hall"))
    chatter(world, 4, on=5.0, off=25.1)
    assert not world.engine.alarm("hall").chattering


def test_it_counts_whoever_acknowledges_in_between() -> None:
    world = Hall(high("hall"))
    for _ in range(3):
        world.rise("hall")
        world.engine.acknowledge("hall", SARI)
        world.fall("hall")
        world.wait(5)
    assert (world.state("hall"), world.engine.alarm("hall").chattering) == ("NORM", True)


def test_ten_minutes_of_rest_end_it_also_over_a_restart() -> None:
    world = Hall(high("hall"))
    chatter(world)
    world.engine.acknowledge("hall", SARI)
    world.restart(after=60)
    assert world.engine.alarm("hall").chattering
    world.wait(599)
    assert world.engine.alarm("hall").chattering
    world.wait(1)
    assert (world.engine.alarm("hall").chattering, world.store.kept("alarm")) == (False, {})


def test_a_site_may_have_it_shelved_once_and_what_still_chatters_then_is_heard() -> None:
    world = Hall(high("hall"), chatter={"shelve": True})
    chatter(world)
    assert len(world.sounded) == 2 + 1
    shelf = world.engine.alarm("hall").shelf
    assert shelf is not None
    assert (shelf.by, shelf.why) == ("alarms", "it comes and goes all the time")
    for _ in range(6):
        chatter(world, 4, on=10.0, off=20.0)
    chatter(world, 3, on=5.0, off=24.0)
    assert len(world.sounded) > 3, "the shelf ended after ten minutes, and was not put up again"
    assert world.audit.actions.count("alarm.shelve") == 1


def test_it_is_shelved_for_no_longer_than_a_person_might() -> None:
    world = Hall(high("hall"), chatter={"shelve": True}, shelving={"2": "5m"})
    chatter(world)
    shelf = world.engine.alarm("hall").shelf
    assert shelf is not None
    assert shelf.until - shelf.at == 300 * 10**9


def test_the_highest_severity_is_never_shelved_by_itself() -> None:
    world = Hall(high("hall", levels={"L4": 10.0}), chatter={"shelve": True})
    chatter(world)
    assert (world.engine.alarm("hall").chattering, world.engine.alarm("hall").shelf) == (True, None)


def test_without_the_sites_word_nothing_is_shelved() -> None:
    world = Hall(high("hall"))
    chatter(world, 9)
    assert world.engine.alarm("hall").shelf is None


@pytest.mark.parametrize("pace", [1.0, 60.0])
def test_a_demonstration_counts_in_its_own_time(pace: float) -> None:
    world = Hall(high("hall"), pace=pace)
    chatter(world, on=5.0 / pace, off=5.0 / pace)
    assert world.engine.alarm("hall").chattering
    world.wait(600 / pace)
    assert not world.engine.alarm("hall").chattering
