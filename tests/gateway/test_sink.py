"""A sink: every row reaches the server, the newest first, whatever the server says meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.forward import sink as sinks
from gateway.forward.replies import Reply
from gateway.forward.status import SinkState
from gateway.store.spool import Backlog
from tests.gateway.sink_world import POINTS, Server, World

AWAY = Reply(0, b"connection refused")
FULL = Reply(503, b'{"code":"unavailable","message":"queue is full"}')


async def test_what_is_committed_is_written_with_its_tags_and_acknowledged(tmp_path: Path) -> None:
    world = World(tmp_path, Server())
    async with world.running():
        await world.read(1.5, 2.5)
        await world.until(world.caught_up)
    line = world.server.order[0]
    assert line.measurement == "reading"
    assert dict(line.tags) == {
        "device": "broker", "owner": "BPBD", "point": "p1", "room": "server", "site": "hall",
    }  # fmt: skip
    assert world.server.values() == [1.5, 2.5]
    assert world.sink.status().state is SinkState.WRITING
    await world.store.close()


async def test_only_the_points_that_it_wants_go_to_it(tmp_path: Path) -> None:
    world = World(tmp_path, Server(), points=["p2*"])
    await world.read(1.0, point="p1")
    await world.read(2.0, point="p2")
    async with world.running():
        await world.until(world.caught_up)
    assert [line.point for line in world.server.order] == ["p2"]
    await world.store.close()


@pytest.mark.parametrize("reply", [AWAY, FULL, Reply(500, b"oops"), Reply(302), Reply(429, b"", 90.0)])
async def test_nothing_is_lost_while_the_server_is_away_and_a_person_hears_of_it(tmp_path: Path, reply: Reply) -> None:
    world = World(tmp_path, Server(away=reply))
    async with world.running():
        await world.read(1.0, 2.0)
        await world.until(lambda: "sink.away" in world.open)
        assert world.sink.status().state in (SinkState.AWAY, SinkState.BUSY)
        await world.read(3.0)
        world.server.away = None
        await world.until(world.caught_up)
        await world.read(4.0)
        await world.until(world.caught_up)
    assert world.server.values() == [1.0, 2.0, 3.0, 4.0]
    assert world.raised() == [("sink.away", False), ("sink.away", True)]
    await world.store.close()


async def test_an_outage_is_one_outage_however_much_is_left_behind_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "READ", 1)
    world = World(tmp_path, Server(away=Reply(401)))
    async with world.running():
        await world.read(1.0, 2.0)
        await world.until(lambda: len(world.server.asked) == 1)
        await world.until(lambda: len(world.server.asked) == 2)
        since = world.sink.status().since
        for n in (3, 4, 5):
            await world.read(*map(float, range(n)))
            await world.until(lambda n=n: len(world.server.asked) >= n)  # type: ignore[misc] # mypy cannot infer it
            assert (world.sink.status().since, world.sink.status().state) == (since, SinkState.CREDENTIALS)
    await world.store.close()


async def test_a_server_that_asks_for_a_rest_gets_it(tmp_path: Path) -> None:
    world = World(tmp_path, Server(replies=[Reply(429, b"", 300.0)]))
    await world.read(1.0)
    began = world.clock.mono()
    async with world.running():
        await world.until(world.caught_up)
    assert 300.0 <= world.clock.mono() - began < 301.0
    assert len(world.server.asked) == 2
    await world.store.close()


@pytest.mark.parametrize(
    ("reply", "state", "repair"),
    [
        (Reply(401, b'{"error":"authorization failed"}'), SinkState.CREDENTIALS, "sink.credentials"),
        (Reply(403, b"forbidden"), SinkState.CREDENTIALS, "sink.credentials"),
        (Reply(404, b'{"error":"database not found"}'), SinkState.MISSING, "sink.missing"),
    ],
)
async def test_what_a_person_must_mend_is_told_at_once_and_probed_every_half_minute(
    tmp_path: Path, reply: Reply, state: SinkState, repair: str
) -> None:
    world = World(tmp_path, Server(away=reply))
    await world.read(1.0)
    began = world.clock.mono()
    async with world.running():
        await world.until(lambda: len(world.server.asked) == 5)
        assert round(world.clock.mono() - began) == 120
        assert (world.sink.status().state, world.open) == (state, [repair])
        world.server.away = None
        await world.until(world.caught_up)
    assert (world.server.values(), world.open) == ([1.0], [])
    await world.store.close()


async def test_a_missing_bucket_can_be_created(tmp_path: Path) -> None:
    world = World(tmp_path, Server(away=Reply(404)))
    await world.read(1.0)
    async with world.running():
        await world.until(lambda: world.open)
        assert world.repairs.open()[0].action == "sinks/influx/bucket"
        began = world.clock.mono()
        await world.sink.create()
        await world.until(world.caught_up)
        assert world.clock.mono() - began < 1.0
    assert world.server.created == 1
    await world.store.close()


async def test_after_an_outage_the_newest_go_first_and_the_backlog_follows_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "READ", 10)
    world = World(tmp_path, Server(), backlog_rate=100)
    for n in range(60):
        await world.read(*(float(10 * n + each) for each in range(10)))
    world.clock.advance(3600.0)
    async with world.running():
        await world.until(lambda: len(world.server.order) >= 10)
        await world.read(1000.0)
        await world.until(lambda: 1000.0 in world.server.values())
        written = len(world.server.order)
        await world.until(lambda: world.sink.status().rows == 601 - len(world.server.order))
        assert world.sink.status().state is SinkState.BEHIND
        await world.until(world.caught_up)
        assert world.sink.status().rows == 0
    assert written < 400, "what is new did not wait for the backlog"
    old = [dict(line.fields)["value"] for line in world.server.order if dict(line.fields)["value"] != 1000.0]
    assert old == [float(n) for n in range(600)]
    await world.store.close()


async def test_the_backlog_is_written_no_faster_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "READ", 100)
    world = World(tmp_path, Server(), backlog_rate=100)
    for _ in range(10):
        await world.read(*map(float, range(100)))
    world.clock.advance(3600.0)
    began = world.clock.mono()
    async with world.running():
        await world.until(world.caught_up)
    assert 9.0 <= world.clock.mono() - began <= 12.0
    await world.store.close()


async def test_a_restart_in_the_middle_of_a_backlog_loses_nothing_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "READ", 10)
    world = World(tmp_path, Server(), backlog_rate=100)
    for n in range(10):
        await world.read(*(float(10 * n + each) for each in range(10)))
    world.clock.advance(3600.0)
    async with world.running():
        await world.until(lambda: len(world.server.order) >= 30)
        await world.read(1000.0)
        await world.until(lambda: 1000.0 in world.server.values())
    await world.store.close()
    again = World(tmp_path, world.server, backlog_rate=1_000_000)
    again.clock.advance(7200.0)
    before = len(world.server.order)
    async with again.running():
        await again.until(again.caught_up)
    assert world.server.values() == [*map(float, range(100)), 1000.0]
    assert len(world.server.order) - before <= 80
    await again.store.close()


async def test_a_batch_that_is_too_large_is_halved_and_the_size_is_remembered(tmp_path: Path) -> None:
    world = World(tmp_path, Server(most=30))
    await world.read(*map(float, range(100)))
    async with world.running():
        await world.until(world.caught_up)
        assert world.sink.status().batch == 25
        world.server.asked.clear()
        await world.read(*map(float, range(50)))
        await world.until(world.caught_up)
    assert world.server.asked == [25, 25]
    assert len(world.server.values()) == 150
    await world.store.close()


async def test_a_changed_token_is_used_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    world = World(tmp_path, Server(away=Reply(401)))
    await world.read(1.0, 2.0)
    async with world.running():
        await world.until(lambda: world.open == ["sink.credentials"])
    world.server.away = None
    began = world.clock.mono()
    other = world.make(token="new")
    async with world.running(other):
        await world.until(world.caught_up)
        assert world.clock.mono() - began < 1.0
    assert (world.server.values(), world.open) == ([1.0, 2.0], [])
    await world.store.close()


async def test_a_sink_that_is_taken_out_leaves_nothing_behind(tmp_path: Path) -> None:
    world = World(tmp_path, Server(away=Reply(401)))
    await world.read(1.0)
    async with world.running():
        await world.until(lambda: world.open)
    world.sink.forget()
    await world.store.flush()
    assert (world.open, world.store.cursor("influx"), world.store.backlog("influx").rows) == ([], 0, 1)
    await world.store.close()


async def test_a_journal_that_fills_up_tells_when_it_will_be_full(tmp_path: Path) -> None:
    world = World(tmp_path, Server(away=AWAY))
    await world.read(1.0)
    world.sink.watch()
    assert world.open == []
    backlog = Backlog(1_000_000, 400_000, world.clock.now())
    world.sink._lag._spool = type("Full", (), {"backlog": lambda *_: backlog})()
    world.clock.advance(3600.0)
    world.sink.watch()
    assert world.open == ["sink.filling", "sink.behind"]
    assert world.repairs.open()[0].detail == "1,000,000 rows wait, the oldest for 60 min; the journal is full in 90 min"
    assert world.sink.status().time_to_full == pytest.approx(600_000 / 400_000 * 3600, rel=0.01)
    await world.store.close()


async def test_every_hour_of_the_journal_goes_to_a_new_sink(tmp_path: Path) -> None:
    world = World(tmp_path, Server())
    world.store.hold("influx", 0)
    await world.read(1.0)
    await world.store.compact()
    await world.read(2.0)
    async with world.running():
        await world.until(world.caught_up)
    assert world.server.values() == [1.0, 2.0]
    await world.store.close()


async def test_a_point_that_nobody_describes_any_more_is_written_all_the_same(tmp_path: Path) -> None:
    world = World(tmp_path, Server())
    await world.read(1.0, point="broker.input")
    async with world.running(world.make(described={name: POINTS[name] for name in ("p2",)})):
        await world.until(world.caught_up)
    assert dict(world.server.order[0].tags)["device"] == "broker"
    await world.store.close()
