"""A broker that refuses: what it does not take waits, is tried again, set aside or held, and the rest goes on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from gateway.forward.errors import NotNow
from gateway.forward.outlet import WINDOW
from gateway.forward.status import SinkState
from tests.gateway.publisher_world import Strict, World, alarm, running, until

pytestmark = pytest.mark.real

NOT_AUTHORIZED, QUOTA_EXCEEDED, BAD_LOGIN = 0x87, 0x97, 0x86
RIVER_TOPIC = "semarak/v1/hall/points/awlr-1/reading"
SIREN_TOPIC = "semarak/v1/hall/points/siren/reading"
ALARM_TOPIC = "semarak/v1/hall/alarms/banjir/state"
STATUS_TOPIC = "semarak/v1/hall/status"


async def test_a_topic_that_is_refused_waits_with_its_newest_and_everything_else_is_told(tmp_path: Path) -> None:
    world, broker = World(tmp_path), Strict(refuses=lambda topic: NOT_AUTHORIZED if topic == ALARM_TOPIC else 0)
    async with broker.serving() as port, running(publisher := world.make(port, protocol=5)):
        await world.read(271.5)
        await until(lambda: RIVER_TOPIC in broker.held and broker.held.get(STATUS_TOPIC) == b"online")
        publisher.board.on_alarm(alarm(severity=4))
        await until(world.caught_up)
        await world.read(272.0)
        await until(world.caught_up)
        status = publisher.status()
        assert (status.state, status.reason) == (SinkState.REFUSES, f"{ALARM_TOPIC}: Not authorized")
        assert (world.open, status.counters["refused"], ALARM_TOPIC in broker.held) == (["broker.refuses"], 1, False)
        broker.refuses = lambda _: 0
        await publisher.replay()
        await until(lambda: ALARM_TOPIC in broker.held)
        assert json.loads(broker.held[ALARM_TOPIC])["severity"] == 4
        await world.read(272.0)
        await until(world.caught_up)
        assert publisher.status().state is SinkState.WRITING
        assert [(one.kind, one.over) for one in world.told] == [("broker.refuses", False), ("broker.refuses", True)]
    await world.store.close()


async def test_with_the_whole_backlog_a_refused_reading_is_set_aside_and_can_be_published_again(tmp_path: Path) -> None:
    world, broker = World(tmp_path), Strict(refuses=lambda topic: NOT_AUTHORIZED if topic == SIREN_TOPIC else 0)
    async with broker.serving() as port, running(publisher := world.make(port, protocol=5, backlog="all")):
        await until(lambda: broker.held.get(STATUS_TOPIC) == b"online")
        await world.read(271.5)
        await until(world.caught_up)
        await world.read(True, point="siren")
        await until(world.caught_up)
        (entry,) = publisher.quarantine.entries()
        topic, _, payload = entry.lines[0].partition(" ")
        assert (entry.why, topic, json.loads(payload)["value"]) == ("Not authorized", SIREN_TOPIC, True)
        assert world.open == ["broker.quarantine"]
        assert (await publisher.replay()).left == 1
        broker.refuses = lambda _: 0
        assert (await publisher.replay()).written == 1
        assert (world.open, json.loads(broker.held[SIREN_TOPIC])["value"]) == ([], True)
    await world.store.close()


async def test_with_the_whole_backlog_a_broker_that_takes_no_reading_loses_none(tmp_path: Path) -> None:
    world = World(tmp_path)
    broker = Strict(refuses=lambda topic: NOT_AUTHORIZED if topic.endswith("/reading") else 0)
    async with broker.serving() as port, running(publisher := world.make(port, protocol=5, backlog="all")):
        await until(lambda: broker.held.get(STATUS_TOPIC) == b"online")
        await world.read(1.0, 2.0)
        await until(lambda: publisher.status().state is SinkState.REFUSES)
        assert f"the broker takes no reading at all: {RIVER_TOPIC}: Not authorized" in publisher.status().reason
        assert (world.open, publisher.status().rows, publisher.quarantine.rows) == (["broker.refuses"], 2, 0)
    broker.refuses = lambda _: 0
    async with broker.serving() as port, running(world.make(port, protocol=5, backlog="all")):
        await until(world.caught_up)
        assert [topic for topic, _ in broker.retained].count(RIVER_TOPIC) >= 3
        assert world.open == []
    await world.store.close()


@pytest.mark.parametrize("backlog", ["latest", "all"])
async def test_a_broker_that_is_full_is_tried_again_and_nothing_is_lost(backlog: str, tmp_path: Path) -> None:
    world, broker = World(tmp_path), Strict()
    async with broker.serving() as port, running(publisher := world.make(port, protocol=5, backlog=backlog)):
        await until(lambda: broker.held.get(STATUS_TOPIC) == b"online")
        broker.refuses = lambda topic: QUOTA_EXCEEDED if topic == RIVER_TOPIC else 0
        await world.read(1.0)
        await until(lambda: publisher.status().state is SinkState.AWAY)
        assert "the broker cannot take more now: Quota exceeded" in publisher.status().reason
        broker.refuses = lambda _: 0
        await until(lambda: RIVER_TOPIC in broker.held and world.caught_up())
        await until(lambda: publisher.status().state is SinkState.WRITING)
        assert publisher.quarantine.rows == 0
    await world.store.close()


@pytest.mark.parametrize(("terms", "most"), [(b"", WINDOW), (b"\x21\x00\x03", 3)])
async def test_no_more_is_on_its_way_than_the_broker_takes_and_an_unanswered_reading_stays_ours(
    terms: bytes, most: int, tmp_path: Path
) -> None:
    world, broker = World(tmp_path), Strict(terms=terms)
    async with broker.serving() as port, running(publisher := world.make(port, protocol=5, backlog="all")):
        await until(lambda: broker.held.get(STATUS_TOPIC) == b"online")
        broker.refuses = lambda _: None
        before = publisher.counters["published"]
        await world.read(*map(float, range(300)))
        await until(lambda: publisher.counters["published"] == before + most)
        await until(lambda: [topic for topic, _ in broker.retained].count(RIVER_TOPIC) == most)
        assert publisher.status().rows == 300
    assert [topic for topic, _ in broker.retained].count(RIVER_TOPIC) == most
    await world.store.close()


async def test_a_reading_larger_than_the_broker_takes_is_told_and_holds_nothing_up(tmp_path: Path) -> None:
    world, broker = World(tmp_path), Strict(terms=b"\x27\x00\x00\x04\x00")
    async with broker.serving() as port, running(publisher := world.make(port, protocol=5)):
        await world.read("x" * 1_000, point="note")
        await world.read(1.0)
        await until(lambda: RIVER_TOPIC in broker.held and world.caught_up())
        assert "note/reading: the broker takes no more than 1024 bytes" in publisher.status().reason
        await world.read("short", point="note")
        await until(world.caught_up)
        await publisher.replay()
        await until(lambda: "semarak/v1/hall/points/note/reading" in broker.held)
    await world.store.close()


async def test_what_cannot_be_told_is_dropped_and_counted_by_reason(tmp_path: Path) -> None:
    world, broker = World(tmp_path), Strict()
    async with broker.serving() as port, running(publisher := world.make(port, protocol=5)):
        await until(lambda: broker.held.get(STATUS_TOPIC) == b"online")
        await world.read(1.0, point="panel.a/b")
        await world.read(float("nan"))
        await world.read(1.0)
        await until(lambda: RIVER_TOPIC in broker.held and world.caught_up())
        counters = publisher.status().counters
        assert (counters["dropped.topic"], counters["dropped.value"]) == (1, 1)
        assert all("a/b" not in topic for topic in broker.held)
    await world.store.close()


async def test_a_login_that_is_refused_is_told_at_once_with_what_to_look_at(tmp_path: Path) -> None:
    world, broker = World(tmp_path), Strict(welcome=BAD_LOGIN)
    async with broker.serving() as port, running(publisher := world.make(port, protocol=5)):
        await until(lambda: world.open == ["broker.login"])
        assert publisher.status().state is SinkState.CREDENTIALS
        assert "Bad user name or password; check username and password" in publisher.status().reason
    await world.store.close()


async def test_a_certificate_file_that_is_missing_stops_nobody_but_this_sink(tmp_path: Path) -> None:
    world = World(tmp_path)
    publisher = world.make(1883, url="mqtts://127.0.0.1:8883", ca=str(tmp_path / "ca.pem"))
    async with running(publisher) as part:
        await until(lambda: world.open == ["broker.login"])
        assert (part.done(), "ca.pem: No such file" in publisher.status().reason) == (False, True)
    await world.store.close()


async def test_without_a_connection_nothing_can_be_published_again_and_a_broker_has_no_bucket(tmp_path: Path) -> None:
    world = World(tmp_path)
    publisher = world.make(1883)
    with pytest.raises(NotNow, match="no connection to the broker"):
        await publisher.replay()
    with pytest.raises(NotNow, match="no bucket"):
        await publisher.create()
    assert publisher.discard() == 0
    await world.store.close()


async def test_it_waits_for_nothing_but_its_own_broker(tmp_path: Path) -> None:
    """Two sinks of one journal: one broker answers nothing, the other has everything at once."""
    world, mute, well = World(tmp_path), Strict(refuses=lambda _: None), Strict()
    async with mute.serving() as silent, well.serving() as port:
        deaf = world.make(silent, id="deaf", protocol=5)
        async with running(deaf), running(world.make(port, protocol=5)):
            await world.read(*map(float, range(50)))
            await until(lambda: RIVER_TOPIC in well.held)
            async with asyncio.timeout(5.0):
                await until(world.caught_up)
            assert deaf.counters["acknowledged"] == 0
    await world.store.close()
