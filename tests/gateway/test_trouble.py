"""What stands between a sink and its server: shown at once, told when a person must act or when it lasts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drivers.errors import BadConfig, LinkError, Refused
from gateway.forward.errors import TakesNothing
from gateway.forward.mqtt_publisher import REPAIRS, Obstacle
from gateway.forward.replies import PROBE_S, Answer
from gateway.forward.status import SinkState
from gateway.forward.trouble import AWAY_AFTER_S, Trouble
from gateway.repairs import KINDS, Repairs
from gateway.store.spool import Backlog
from tests.fakes import FakeClock
from tests.gateway.publisher_world import World

AWAY = Obstacle(Answer.AWAY, "192.0.2.5:1883 cannot be reached")
LOGIN = Obstacle(Answer.CREDENTIALS, "the broker refuses the login")


def made() -> tuple[Trouble, Repairs, FakeClock]:
    clock = FakeClock()
    repairs = Repairs(clock=clock, publish=lambda _: None)
    return Trouble("mqtt", kinds=REPAIRS, repairs=repairs, clock=clock), repairs, clock


async def test_silence_is_shown_at_once_and_told_after_half_a_minute() -> None:
    trouble, repairs, clock = made()
    began = clock.mono()
    while not repairs.open():
        await trouble.rest(AWAY)
        assert (trouble.state, trouble.reason) == (SinkState.AWAY, AWAY.text)
    assert clock.mono() - began >= AWAY_AFTER_S
    assert [(one.kind, one.detail) for one in repairs.open()] == [("broker.away", AWAY.text)]
    trouble.stands(SinkState.WRITING)
    assert trouble.state is SinkState.AWAY, "what is in trouble stands in trouble until it is over"
    trouble.over()
    trouble.stands(SinkState.WRITING)
    assert (trouble.state, trouble.reason, repairs.open()) == (SinkState.WRITING, "", [])


async def test_what_a_person_must_mend_is_told_at_once_probed_and_not_waited_for_in_a_hurry() -> None:
    trouble, repairs, clock = made()
    began = clock.mono()
    await trouble.rest(LOGIN)
    assert (round(clock.mono() - began), [one.kind for one in repairs.open()]) == (PROBE_S, ["broker.login"])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(trouble.rest(AWAY), name="rest")
        await clock.sleep(0.0)
        trouble.hurry()
    assert clock.mono() - began < PROBE_S + 1.0


def test_what_is_refused_while_the_rest_is_taken_is_told_once() -> None:
    trouble, repairs, _ = made()
    for _ in range(3):
        trouble.partly(Answer.REFUSED, "a/b: Not authorized")
    assert (trouble.state, [one.kind for one in repairs.open()]) == (SinkState.REFUSES, ["broker.refuses"])


def test_every_answer_that_a_broker_gives_has_its_repair() -> None:
    assert set(REPAIRS.values()) <= set(KINDS)


@pytest.mark.parametrize(
    ("error", "answer", "told"),
    [
        (LinkError("the wire broke"), Answer.AWAY, "the wire broke"),
        (Refused("Not authorized"), Answer.CREDENTIALS, "Not authorized; check username and password"),
        (Refused("identifier not valid"), Answer.CREDENTIALS, "our name 'semarak-hall-mqtt'"),
        (BadConfig("ca.pem: no such file"), Answer.CREDENTIALS, "ca.pem: no such file"),
        (TakesNothing("no reading at all"), Answer.REFUSED, "no reading at all"),
    ],
)
async def test_every_failure_of_a_connection_is_said_in_words(
    error: Exception, answer: Answer, told: str, tmp_path: Path
) -> None:
    world = World(tmp_path, clock=FakeClock())
    obstacle = world.make(1883)._obstacle(error)
    assert (obstacle.answer, told in obstacle.text) == (answer, True)
    await world.store.close()


@pytest.mark.parametrize(("backlog", "told"), [("latest", []), ("all", ["sink.filling", "broker.behind"])])
async def test_only_who_wants_the_whole_backlog_can_be_behind(backlog: str, told: list[str], tmp_path: Path) -> None:
    clock = FakeClock()
    world = World(tmp_path, clock=clock)
    publisher = world.make(1883, backlog=backlog)
    publisher.watch()
    full = Backlog(1_000_000, 400_000, clock.now())
    publisher._lag._spool = type("Full", (), {"backlog": lambda *_: full})()
    clock.advance(3_600.0)
    publisher.watch()
    assert world.open == told
    await world.store.close()
