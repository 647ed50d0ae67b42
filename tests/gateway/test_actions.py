"""What alarms set in motion, and give back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from msgspec import structs

from gateway.alarms.lifecycle import Cue, after
from tests.gateway.actions_world import LATER, NOW, SECOND, Scene
from tests.gateway.alarm_world import DRY, Person


def test_a_claim_that_needs_no_waiting_is_made_before_the_reading_is_done_with() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    assert scene.wall.claims == {"alarm:flood": ("banjir", "tanggap", 3)}
    assert scene.steps() == [("action.claim", "claimed")]


def test_an_alarm_that_is_not_bad_enough_claims_nothing() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 260)
    assert (scene.wall.claims, scene.steps()) == ({}, [])


def test_the_wall_is_given_back_when_the_condition_has_gone_though_nobody_acknowledged() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    scene.world.read("river", 346)
    assert scene.wall.claims
    scene.world.read("river", 100)
    assert (scene.world.state(), scene.wall.claims) == ("RTNUN", {})
    assert scene.steps() == [("action.claim", "claimed"), ("action.release", "released")]
    assert scene.world.store.kept("action") == {}


def test_the_claim_stays_while_the_alarm_falls_to_a_milder_level_and_follows_its_severity() -> None:
    scene = Scene(NOW)
    for value, priority in [(360, 3), (460, 4), (360, 3), (260, 2)]:
        scene.world.read("river", value)
        assert scene.wall.claims == {"alarm:flood": ("banjir", "tanggap", priority)}


def test_acknowledging_leaves_the_wall_as_it_is() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    scene.world.engine.acknowledge("flood", Person())
    assert scene.wall.asked == 1


def test_a_claim_waits_its_time() -> None:
    scene = Scene(LATER)
    scene.world.read("river", 360)
    scene.wait(599)
    assert scene.wall.claims == {}
    scene.wait(1)
    assert scene.wall.claims == {"alarm:flood": ("banjir", "tanggap", 3)}


def test_the_wait_is_divided_by_the_pace() -> None:
    scene = Scene(LATER, pace=60.0)
    scene.world.read("river", 360)
    scene.wait(10)
    assert scene.wall.claims


@pytest.mark.parametrize("value", [100, 260])
def test_an_alarm_that_is_no_longer_bad_enough_within_the_wait_claims_nothing(value: float) -> None:
    scene = Scene(LATER)
    scene.world.read("river", 360)
    scene.wait(300)
    scene.world.read("river", value)
    scene.wait(1000)
    assert (scene.wall.asked, scene.steps()) == (0, [("action.cancel", "cancelled")])


def test_an_alarm_that_worsens_within_the_wait_does_not_wait_longer() -> None:
    scene = Scene(LATER)
    scene.world.read("river", 360)
    scene.wait(300)
    scene.world.read("river", 460)
    scene.wait(300)
    assert scene.wall.claims == {"alarm:flood": ("banjir", "tanggap", 4)}


def test_an_alarm_that_goes_and_comes_back_waits_anew() -> None:
    scene = Scene(LATER)
    scene.world.read("river", 360)
    scene.wait(590)
    scene.world.read("river", 100)
    scene.world.read("river", 360)
    scene.wait(590)
    assert scene.wall.claims == {}
    scene.wait(10)
    assert scene.wall.claims


def test_each_action_of_a_rule_has_a_claim_of_its_own() -> None:
    scene = Scene(NOW, SECOND)
    scene.world.read("river", 460)
    assert scene.wall.claims == {"alarm:flood": ("banjir", "tanggap", 4), "alarm:flood:1": ("evakuasi", "", 4)}
    scene.world.read("river", 0)
    assert scene.wall.claims == {}


async def test_the_actions_wake_by_themselves() -> None:
    scene, claimed = Scene(LATER), asyncio.Event()
    scene.wall.claimed = claimed.set
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(scene.actions.run(), name="actions")
        scene.world.read("river", 360)
        await claimed.wait()
        assert scene.world.clock.mono() == pytest.approx(600)
        running.cancel()


def test_a_wall_that_refuses_is_written_down_and_asked_again_only_when_the_alarm_changes() -> None:
    scene = Scene(NOW)
    scene.wall.refuses = True
    scene.world.read("river", 360)
    scene.world.read("river", 365)
    assert scene.steps() == [("action.claim", "refused: the region is for leaders only")]
    scene.wall.refuses = False
    scene.world.read("river", 460)
    assert scene.wall.claims == {"alarm:flood": ("banjir", "tanggap", 4)}


def test_a_release_that_is_refused_is_written_down_and_forgotten() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    scene.wall.refuses = True
    scene.world.read("river", 100)
    assert scene.steps()[-1] == ("action.release", "refused: the wall is gone")
    assert scene.world.store.kept("action") == {}


def test_a_quiet_alarm_moves_no_wall() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    track = scene.world.changes[-1]
    shelved = structs.replace(track.alarm, facts=after(track.alarm.facts, Cue.SHELVE, until=1).facts)
    scene.actions.on_changes([structs.replace(track, alarm=shelved)])
    assert scene.wall.claims == {}


def test_after_a_restart_the_claim_is_made_again_once_and_not_told_again() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    scene.wall.claims.clear()
    scene.restart(after=10)
    assert scene.wall.claims == {"alarm:flood": ("banjir", "tanggap", 3)}
    assert scene.steps() == [("action.claim", "claimed")]
    scene.world.read("river", 100)
    assert scene.wall.claims == {}


def test_after_a_restart_the_wait_goes_on_where_it_was() -> None:
    scene = Scene(LATER)
    scene.world.read("river", 360)
    scene.wait(500)
    scene.restart(after=40)
    scene.wait(59)
    assert scene.wall.claims == {}
    scene.wait(1)
    assert scene.wall.claims


def test_a_claim_whose_alarm_is_over_when_the_service_comes_back_is_released() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    scene.world.rules = (DRY,)
    scene.restart(after=10)
    assert (scene.wall.claims, scene.steps()[-1]) == ({}, ("action.release", "released"))


def test_a_document_that_cannot_be_read_is_forgotten_and_told() -> None:
    scene = Scene(NOW)
    scene.world.store.keep("action", "alarm:flood", {"since": "yesterday"})
    scene.wall.claims["alarm:flood"] = ("banjir", "tanggap", 3)
    scene.restart(after=1)
    assert (scene.world.store.kept("action"), scene.steps()) == ({}, [("action.restore", "unreadable")])
    assert scene.wall.claims == {}


def test_a_rule_that_loses_its_action_gives_the_wall_back() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    scene.actions.adopt({}, scene.world.engine.alarms())
    assert scene.wall.claims == {}


def test_the_same_rules_again_claim_nothing_again() -> None:
    scene = Scene(NOW, replace(LATER, id="alarm:flood:1"))
    scene.world.read("river", 360)
    scene.wait(300)
    scene.actions.adopt(dict(scene.plans), scene.world.engine.alarms())
    assert scene.wall.asked == 1
    scene.wait(300)
    assert scene.wall.asked == 2


def test_a_rule_that_is_taken_out_while_its_alarm_stands_gives_the_wall_back() -> None:
    scene = Scene(NOW)
    scene.world.read("river", 360)
    scene.world.engine.adopt([], points=scene.world.points)
    assert scene.wall.claims == {}
