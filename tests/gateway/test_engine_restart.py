"""What survives a restart, and that nothing rings because of one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from msgspec import structs

from tests.gateway.alarm_world import BAD, DRY, FLOOD, Person, World

NOW_FLOOD = replace(FLOOD, on_delay=0.0)


def test_r21_a_restart_inside_the_deadband_changes_nothing() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    before = world.engine.acknowledge("flood", Person(), "seen")
    world.read("river", 247)
    world.changes.clear()
    world.restart(after=30)
    assert world.engine.alarm("flood") == structs.replace(before, value=247)
    world.read("river", 246)
    assert (world.state(), world.changes) == ("ACKED", [])
    world.read("river", 244)
    assert world.state() == "NORM"


def test_r21_a_restart_below_the_limit_but_inside_the_deadband_does_not_raise() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 247)
    world.restart(after=30)
    world.read("river", 247)
    assert (world.state(), world.rings) == ("NORM", 0)


def test_r21_a_restart_in_mid_delay_does_not_begin_it_anew() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.wait(200)
    world.restart(after=50)
    assert world.state() == "NORM"
    world.wait(20)
    world.read("river", 261)
    world.wait(29)
    assert world.state() == "NORM"
    world.wait(1)
    assert (world.state(), world.rings) == ("UNACK", 1)


def test_r21_after_a_restart_nothing_is_decided_before_the_first_good_reading() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.restart(after=299)
    world.wait(300)
    assert world.state() == "NORM"
    world.read("river", 260, **BAD)
    assert world.state() == "NORM"
    world.read("river", 262)
    assert world.state() == "UNACK"


def test_r21_a_contrary_first_reading_after_a_restart_resets_the_delay() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.restart(after=400)
    world.read("river", 100)
    world.wait(1000)
    assert (world.state(), world.rings) == ("NORM", 0)


def test_r21_an_outage_longer_than_the_point_may_be_silent_counts_as_silence() -> None:
    world = World(replace(FLOOD, on_delay=1000.0))
    world.read("river", 260)
    world.restart(after=86_400)
    assert world.engine.alarm("flood").cond_unknown
    world.read("river", 260)
    assert world.state() == "NORM"
    world.wait(100)
    assert world.state() == "UNACK"


def test_r21_unavailable_and_back_does_not_ring_again() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    world.engine.acknowledge("flood", Person())
    world.read("river", 260, **BAD)
    world.restart(after=10)
    assert world.engine.alarm("flood").cond_unknown
    world.read("river", 260)
    assert (world.state(), world.rings) == ("ACKED", 1)


def test_a_restart_is_written_down_for_what_stands() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    world.restart()
    assert world.audit.actions == ["alarm.raise", "alarm.restore"]


def test_a_clock_set_back_during_the_outage_does_no_harm() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.clock._start_ns -= 86_400_000_000_000
    world.restart(after=10)
    world.give(structs.replace(world.reading("river", 260), source_at=world.latest["river"].source_at + 1))
    world.wait(300)
    assert world.state() == "UNACK"


def test_a_document_that_cannot_be_read_is_forgotten_and_told() -> None:
    world = World(NOW_FLOOD)
    world.store.keep("alarm", "flood", {"facts": "yes"})
    world.restart()
    assert (world.state(), world.store.kept("alarm")) == ("NORM", {})
    assert (world.audit.entries[-1].outcome, world.audit.entries[-1].subject) == ("forgotten", "flood")


def test_an_alarm_whose_rule_left_the_files_during_the_outage_is_forgotten_and_told() -> None:
    world = World(NOW_FLOOD, DRY)
    world.read("river", 260)
    world.rules = (DRY,)
    world.restart()
    assert (world.engine.alarms(), world.store.kept("alarm")) == ([], {})
    assert world.audit.entries[-1].action == "alarm.retire"


def test_a_restart_with_other_levels_finds_the_level_of_the_same_severity() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 360)
    levels = (replace(FLOOD.levels[0], code="KUNING"), replace(FLOOD.levels[1], code="JINGGA"))
    world.rules = (replace(NOW_FLOOD, levels=levels),)
    world.restart()
    assert (world.engine.alarm("flood").code, world.state()) == ("JINGGA", "UNACK")
    world.read("river", 300)
    assert world.engine.alarm("flood").code == "KUNING"


def test_an_alarm_at_rest_leaves_nothing_in_the_store() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.read("river", 100)
    for _ in range(100):
        world.read("river", 100, **BAD)
        world.read("river", 100)
    assert (world.store.kept("alarm"), world.store.writes) == ({}, 2)


async def test_a_delay_that_is_over_but_waits_for_a_reading_does_not_keep_the_engine_busy() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.restart(after=400)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(world.engine.run(), name="alarms")
        await world.clock.sleep(100)
        assert world.state() == "NORM"
        running.cancel()
