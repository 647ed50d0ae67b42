"""Commands, news and escalations that alarms set in motion: each once, each with its outcome, each given back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from drivers.model import Result
from gateway.actions.actions import UNANSWERED
from gateway.actions.course import Stage
from gateway.actions.response import Until
from tests.gateway.actions_world import CALL, NOW, SOUND, Scene, settled
from tests.gateway.alarm_world import Person

ON, OFF = ("horn", "power", {"on": True}), ("horn", "power", {"on": False})


async def test_a_command_leaves_before_the_reading_is_done_with_and_its_outcome_comes_later() -> None:
    scene = Scene(SOUND)
    async with scene.running():
        scene.door.answers.clear()
        scene.world.read("river", 360)
        assert scene.door.sent == [ON]
        assert (scene.actions.steps("flood")[0].stage, scene.steps()) == (Stage.SENT, [])
        scene.door.answers.set()
    assert scene.actions.steps("flood")[0].stage is Stage.DONE
    assert scene.steps() == [("action.command", "verified")]


async def test_a_command_is_taken_back_once_when_the_alarm_clears() -> None:
    scene = Scene(SOUND)
    async with scene.running():
        scene.world.read("river", 360)
        await settled()
        scene.world.read("river", 460)
        scene.world.read("river", 100)
        scene.world.read("river", 90)
    assert scene.door.sent == [ON, OFF]
    assert scene.steps() == [("action.command", "verified"), ("action.release", "verified")]
    assert scene.world.store.kept("action") == {}


async def test_an_alarm_that_clears_before_the_answer_takes_its_command_back_all_the_same() -> None:
    scene = Scene(SOUND)
    async with scene.running():
        scene.door.answers.clear()
        scene.world.read("river", 360)
        scene.world.read("river", 100)
        scene.door.answers.set()
    assert scene.door.sent == [ON, OFF]
    assert sorted(scene.steps()) == [("action.command", "verified"), ("action.release", "verified")]
    assert scene.world.store.kept("action") == {}


@pytest.mark.parametrize(("result", "sent"), [(Result.REFUSED, [ON]), (Result.UNSURE, [ON, OFF])])
async def test_only_what_may_have_been_done_is_taken_back(result: Result, sent: list[object]) -> None:
    scene = Scene(SOUND)
    scene.door.result = result
    async with scene.running():
        scene.world.read("river", 360)
        await settled()
        scene.world.read("river", 100)
    assert scene.door.sent == sent
    assert scene.steps()[0] == ("action.command", str(result))


async def test_a_command_whose_answer_a_stop_cut_off_is_unsure_and_not_sent_again() -> None:
    scene = Scene(SOUND)
    async with scene.running():
        scene.door.answers.clear()
        scene.world.read("river", 360)
    sent = list(scene.door.sent)
    scene.door.answers.set()
    scene.restart(after=5)
    async with scene.running():
        pass
    assert scene.door.sent == sent == [ON]
    assert scene.steps() == [("action.command", UNANSWERED)]


async def test_a_command_wished_for_before_anything_runs_is_sent_once_it_does() -> None:
    scene = Scene(SOUND)
    scene.world.read("river", 360)
    assert scene.door.sent == []
    async with scene.running():
        pass
    assert scene.door.sent == [ON]


def test_an_escalation_tells_the_one_who_decides_and_the_next_one_when_it_gets_worse() -> None:
    scene = Scene(CALL)
    scene.world.read("river", 360)
    scene.wait(119)
    assert scene.bell.told == {}
    scene.wait(1)
    assert list(scene.bell.told.values()) == ["sekda"]
    scene.world.read("river", 460)
    scene.world.read("river", 360)
    scene.world.read("river", 470)
    assert list(scene.bell.told.values()) == ["sekda", "gubernur"]
    assert scene.bell.asked == 2
    assert scene.steps() == [
        ("action.notify", "sent: sekda, for 900 s"), ("action.notify", "sent: gubernur, for 900 s"),
    ]  # fmt: skip


def test_acknowledging_cancels_what_waits_for_it_and_leaves_the_rest() -> None:
    scene = Scene(NOW, CALL)
    scene.world.read("river", 360)
    scene.world.engine.acknowledge("flood", Person())
    scene.wait(1000)
    assert scene.bell.told == {}
    assert scene.wall.claims
    assert scene.steps() == [("action.claim", "claimed"), ("action.cancel", "cancelled")]
    assert scene.world.audit.entries[-1].why == "acknowledged by sari"


def test_acknowledging_withdraws_what_has_not_gone_out_and_gives_back_what_it_ends() -> None:
    scene = Scene(replace(NOW, until=Until.ACKNOWLEDGED), CALL)
    scene.world.read("river", 360)
    scene.wait(120)
    scene.world.engine.acknowledge("flood", Person())
    assert (scene.wall.claims, scene.bell.withdrawn) == ({}, ["sekda"])


def test_an_alarm_that_gets_worse_after_it_was_acknowledged_escalates_anew() -> None:
    scene = Scene(CALL)
    scene.world.read("river", 360)
    scene.world.engine.acknowledge("flood", Person())
    scene.world.read("river", 460)
    scene.wait(119)
    assert scene.bell.told == {}
    scene.wait(1)
    assert list(scene.bell.told.values()) == ["gubernur"]


def test_news_that_cannot_be_queued_is_refused_in_the_audit_and_asked_again_only_when_it_gets_worse() -> None:
    scene = Scene(CALL)
    scene.bell.refuses = True
    scene.world.read("river", 360)
    scene.wait(120)
    scene.world.read("river", 365)
    assert scene.steps() == [("action.notify", "refused: nobody is on call")]
    scene.bell.refuses = False
    scene.world.read("river", 460)
    assert list(scene.bell.told.values()) == ["gubernur"]


def test_a_restart_neither_repeats_nor_forgets_a_step() -> None:
    scene = Scene(CALL)
    scene.world.read("river", 360)
    scene.wait(100)
    scene.restart(after=10)
    scene.wait(9)
    assert scene.bell.asked == 0
    scene.wait(1)
    scene.restart(after=10)
    scene.wait(500)
    assert list(scene.bell.told.values()) == ["sekda"]
    scene.world.read("river", 100)
    assert scene.bell.withdrawn == ["sekda"]


def test_a_step_lasts_no_longer_than_it_says_and_does_not_come_back_while_the_alarm_stands() -> None:
    scene = Scene(replace(NOW, lasts=60.0))
    scene.world.read("river", 360)
    scene.wait(59)
    scene.restart(after=0)
    assert scene.wall.claims
    scene.wait(1)
    assert (scene.wall.claims, scene.actions.steps("flood")[0].stage) == ({}, Stage.OVER)
    scene.world.read("river", 460)
    scene.restart(after=1)
    scene.wait(1000)
    assert scene.wall.claims == {}
    scene.world.read("river", 100)
    assert scene.steps() == [("action.claim", "claimed"), ("action.release", "released")]
    scene.world.read("river", 360)
    assert scene.wall.claims


def test_a_claim_with_a_priority_of_its_own_does_not_follow_the_severity() -> None:
    show = NOW.show
    assert show is not None
    scene = Scene(replace(NOW, show=replace(show, priority=2)))
    for value in (360, 460, 360):
        scene.world.read("river", value)
    assert (scene.wall.claims, scene.wall.asked) == ({"alarm:flood": ("banjir", "tanggap", 2)}, 1)


async def test_the_answer_to_a_command_of_before_is_not_taken_for_that_of_now() -> None:
    scene = Scene(SOUND)
    async with scene.running():
        scene.door.answers.clear()
        scene.world.read("river", 360)
        scene.world.read("river", 100)
        scene.door.result, first = Result.REFUSED, scene.door.answers
        scene.door.answers = asyncio.Event()
        scene.world.clock.advance(1)
        scene.world.read("river", 360)
        first.set()
        await settled()
        assert scene.actions.steps("flood")[0].stage is Stage.SENT
        scene.door.answers.set()
    assert scene.actions.steps("flood")[0].stage is Stage.REFUSED


def test_what_is_heard_of_an_alarm_before_its_steps_are_known_again_begins_nothing_anew() -> None:
    scene = Scene(CALL)
    scene.world.read("river", 360)
    scene.wait(120)
    scene.start()
    scene.actions.on_changes([scene.world.changes[-1]])
    scene.actions.restore(scene.world.engine.alarms())
    scene.wait(500)
    assert (scene.bell.asked, scene.actions.steps("flood")[0].stage) == (1, Stage.DONE)
