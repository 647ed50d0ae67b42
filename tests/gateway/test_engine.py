"""The alarm engine: what rings, what does not, and what survives."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.alarms.alarm import Disposition, NoSuchAlarm
from gateway.alarms.lifecycle import Cue, Effect, NotAllowed
from tests.gateway.alarm_world import DRY, FLOOD, OPEN_DOOR, RIVER, Person, World

NOW_FLOOD = replace(FLOOD, on_delay=0.0)
MINUTE = 60_000_000_000


def cues(world: World) -> list[Cue]:
    return [change.cue for change in world.changes]


def test_a_river_that_rises_through_two_levels_is_one_occurrence_that_rings_twice_and_falls_silently() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    first = world.engine.alarm("flood")
    world.engine.acknowledge("flood", Person())
    world.read("river", 355)
    second = world.engine.alarm("flood")
    assert (first.code, first.severity, second.code, second.severity) == ("SIAGA3", 2, "SIAGA2", 3)
    assert (second.occurrence, str(second.state), second.acked_by) == (first.occurrence, "UNACK", "")
    assert world.rings == 2
    world.engine.acknowledge("flood", Person())
    world.read("river", 300)
    fallen = world.engine.alarm("flood")
    assert (fallen.code, str(fallen.state), world.rings) == ("SIAGA3", "ACKED", 2)
    assert world.audit.actions == [
        "alarm.raise", "alarm.ack", "alarm.severity", "alarm.ack", "alarm.severity",
    ]  # fmt: skip


def test_an_alarm_says_everything_that_the_screen_needs() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 412)
    alarm = world.engine.alarm("flood")
    assert (alarm.id, alarm.point, alarm.unit, alarm.value, alarm.peak) == ("flood", "river", "cm", 412, 412.0)
    assert (alarm.scale, alarm.scale_name.id, alarm.label.id) == ("banjir_siaga", "banjir", "Siaga II")
    assert alarm.raised_at == alarm.since == world.clock.now()
    assert alarm.occurrence == f"flood@{world.clock.now()}"
    assert world.engine.alarms() == [alarm]


def test_the_delay_ends_although_no_message_comes() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.wait(299)
    assert world.state() == "NORM"
    world.wait(1)
    assert world.state() == "UNACK"


async def test_the_engine_wakes_by_itself_when_a_delay_ends() -> None:
    world, rung = World(FLOOD), asyncio.Event()
    world.heard = lambda _batch: rung.set()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(world.engine.run(), name="alarms")
        await world.clock.sleep(10)
        world.read("river", 260)
        await rung.wait()
        assert world.clock.mono() == pytest.approx(310)
        running.cancel()


def test_a_value_that_falls_back_within_the_delay_never_rings() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.wait(200)
    world.read("river", 249)
    world.wait(1000)
    assert (world.state(), world.rings) == ("NORM", 0)


def test_a_contrary_reading_that_is_handled_after_the_delay_has_ended_does_not_undo_it() -> None:
    world = World(FLOOD)
    world.read("river", 260)
    world.clock.advance(301)
    world.read("river", 200)
    assert cues(world) == [Cue.ON, Cue.OFF]


def test_the_deadband_acts_on_the_way_back_only() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 249.9)
    assert world.state() == "NORM"
    world.read("river", 250)
    world.read("river", 245)
    assert world.state() == "UNACK"
    world.read("river", 244.9)
    assert world.state() == "RTNUN"


def test_an_acknowledged_alarm_goes_without_a_sound_and_the_occurrence_ends() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    world.engine.acknowledge("flood", Person("budi"), "patroli berangkat", Disposition.SOME_IMPACT)
    assert world.engine.alarm("flood").acked_by == "budi"
    world.read("river", 100)
    closed = world.changes[-1]
    assert (str(closed.alarm.state), closed.effects, closed.alarm.cleared_at) == (
        "NORM", {Effect.CLOSE}, world.clock.now(),
    )  # fmt: skip
    assert (closed.alarm.note, closed.alarm.disposition) == ("patroli berangkat", Disposition.SOME_IMPACT)
    assert world.engine.alarms() == []
    ack = world.audit.entries[1]
    assert (ack.actor, ack.action, ack.why, ack.after["disposition"]) == (
        "budi", "alarm.ack", "patroli berangkat", "some_impact",
    )  # fmt: skip


def test_an_alarm_that_went_unseen_waits_to_be_acknowledged_and_chatters_when_it_returns() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    occurrence = world.engine.alarm("flood").occurrence
    world.read("river", 100)
    world.wait(1)
    world.read("river", 270)
    again = world.engine.alarm("flood")
    assert (str(again.state), again.chatter, again.occurrence, again.cleared_at) == ("UNACK", 1, occurrence, None)


def test_a_new_occurrence_starts_afresh() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 460)
    first = world.engine.acknowledge("flood", Person(), "seen")
    world.read("river", 100)
    world.wait(1)
    world.read("river", 260)
    alarm = world.engine.alarm("flood")
    assert alarm.occurrence != first.occurrence
    assert (alarm.note, alarm.acked_by, alarm.peak, alarm.code) == ("", "", 260.0, "SIAGA3")


def test_a_new_peak_is_told_and_rings_nothing() -> None:
    world = World(NOW_FLOOD)
    for value in (260, 258, 270, 265):
        world.read("river", value)
    assert (world.engine.alarm("flood").peak, world.engine.alarm("flood").value) == (270.0, 265)
    assert (cues(world), world.rings) == ([Cue.ON, Cue.ON], 1)
    assert world.audit.actions == ["alarm.raise"]


def test_acknowledging_what_does_not_stand_is_refused_with_a_sentence() -> None:
    world = World(FLOOD)
    with pytest.raises(NotAllowed, match="nothing to acknowledge"):
        world.engine.acknowledge("flood", Person())
    with pytest.raises(NoSuchAlarm, match="'storm'"):
        world.engine.acknowledge("storm", Person())


def test_a_latch_outlives_its_condition_until_it_is_acknowledged_and_reset() -> None:
    world = World(DRY)
    world.read("tank", 15)
    with pytest.raises(NotAllowed, match="still active"):
        world.engine.reset("dry", Person())
    world.read("tank", 50)
    assert world.state("dry") == "LATCH_UNACK"
    with pytest.raises(NotAllowed, match="not acknowledged"):
        world.engine.reset("dry", Person())
    world.engine.acknowledge("dry", Person())
    assert world.state("dry") == "LATCH_ACK"
    world.engine.reset("dry", Person("budi"))
    assert (world.state("dry"), world.audit.entries[-1].action) == ("NORM", "alarm.reset")


def test_a_low_alarm_keeps_the_lowest_value() -> None:
    world = World(DRY)
    for value in (15, 8, 12):
        world.read("tank", value)
    assert (world.engine.alarm("dry").peak, world.engine.alarm("dry").code) == (8.0, "L2")


@pytest.mark.parametrize("value", [True, 1])
def test_a_flag_rings_after_its_delay(value: bool | int) -> None:
    world = World(OPEN_DOOR)
    world.read("door", value)
    world.wait(60)
    assert (world.state("open-door"), world.engine.alarm("open-door").peak) == ("UNACK", None)
    world.read("door", False)
    assert world.state("open-door") == "RTNUN"


def test_r23_a_rule_that_is_taken_out_during_its_delay_does_not_fire() -> None:
    world = World(FLOOD, DRY)
    world.read("river", 260)
    world.wait(200)
    world.engine.adopt([DRY], points=world.points)
    world.wait(1000)
    world.read("river", 690)
    assert (world.rings, world.store.kept("alarm")) == (0, {})
    with pytest.raises(NoSuchAlarm):
        world.engine.alarm("flood")


def test_r23_acknowledging_one_alarm_of_a_point_leaves_the_other() -> None:
    sinking = replace(DRY, id="sinking", point="river", levels=(replace(DRY.levels[0], limit=300.0),))
    world = World(NOW_FLOOD, sinking)
    world.read("river", 260)
    assert len({alarm.occurrence for alarm in world.engine.alarms()}) == 2
    world.engine.acknowledge("flood", Person())
    assert (world.state("flood"), world.state("sinking")) == ("ACKED", "UNACK")


def test_an_alarm_whose_rule_is_taken_out_while_it_stands_is_closed_and_told() -> None:
    world = World(NOW_FLOOD)
    world.read("river", 260)
    world.engine.adopt([], points=world.points)
    assert (world.changes[-1].cue, str(world.changes[-1].alarm.state)) == (Cue.RETIRE, "NORM")
    assert (world.engine.alarms(), world.store.kept("alarm")) == ([], {})


def test_the_same_rules_again_change_nothing() -> None:
    world = World(FLOOD, DRY)
    world.read("river", 260)
    world.read("tank", 5)
    before, docs = world.engine.alarms(), dict(world.store.docs)
    world.changes.clear()
    world.engine.adopt(world.rules, points=world.points)
    assert (world.engine.alarms(), world.store.docs, world.changes) == (before, docs, [])
    world.wait(300)
    assert world.state() == "UNACK"


def test_a_rule_with_another_limit_starts_its_delay_anew_and_keeps_what_stands() -> None:
    world = World(FLOOD, replace(DRY, point="tank"))
    world.read("river", 260)
    world.read("tank", 5)
    higher = tuple(replace(level, limit=level.limit + 50) for level in FLOOD.levels)
    world.engine.adopt([replace(FLOOD, levels=higher), DRY], points=world.points)
    world.wait(400)
    assert (world.state(), world.state("dry")) == ("NORM", "UNACK")


def test_it_is_written_down_before_anybody_hears_of_it_and_kept_in_the_same_turn() -> None:
    world = World(NOW_FLOOD)
    seen: list[list[str]] = []
    world.heard = lambda _batch: seen.append(list(world.audit.actions))
    world.read("river", 260)
    assert seen == [["alarm.raise"]]
    assert world.store.kept("alarm")["flood"]["occurrence"] == world.engine.alarm("flood").occurrence


def test_a_storm_of_a_thousand_alarms_in_one_batch_loses_none() -> None:
    rules = [replace(NOW_FLOOD, id=f"flood-{n}", point=f"river-{n}") for n in range(1000)]
    points = [replace(RIVER, id=f"river-{n}") for n in range(1000)]
    world = World(*rules, points=points)
    world.engine.on_readings([world.reading(point.id, 460) for point in points])
    assert len(world.engine.alarms()) == world.rings == len(world.audit.entries) == 1000
