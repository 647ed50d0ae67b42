"""A batch reaches the server around the rows that it will not have, and these are kept to be written again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.model import Reading, Value
from gateway.forward import quarantine
from gateway.forward.delivery import FIRST_MOST, Body, Delivered, Delivery, packed
from gateway.forward.errors import Held
from gateway.forward.line_protocol import encoded, head
from gateway.forward.quarantine import Quarantine, RefusedRow
from gateway.forward.replies import Reply
from gateway.forward.rows import settled
from gateway.forward.status import SinkState
from gateway.store.columns import Columns, of_readings
from tests.fakes import EPOCH_NS, FakeClock, VirtualLoop
from tests.gateway.line_parser import Line
from tests.gateway.sink_world import S, Server, World
from tests.gateway.stores import opened

CONFLICT = "partial write: field type conflict"


def batch(*cells: tuple[str, Value]) -> Columns:
    """Return rows of points, a second apart."""
    rows = [Reading(point, value, EPOCH_NS + n * S, EPOCH_NS + n * S, 0.0) for n, (point, value) in enumerate(cells)]
    names = {name: n for n, name in enumerate(sorted({point for point, _ in cells}))}
    return settled(of_readings(rows, names.__getitem__))


def delivery(server: Server, rows: Columns, names: Sequence[str]) -> Delivery:
    tags = dict.fromkeys(("device", "owner", "room", "site"), "x")
    heads = {n: head("m", {**tags, "point": name}) for n, name in enumerate(sorted(set(names)))}

    async def encode(part: Columns) -> Body:
        return packed(encoded(part, heads))

    return Delivery(encode=encode, write=server.write)


async def delivered(server: Server, *cells: tuple[str, Value], most: int = FIRST_MOST) -> Delivered:
    rows = batch(*cells)
    one = delivery(server, rows, [point for point, _ in cells])
    one.most = most
    return await one.deliver(rows)


def text(line: Line) -> str:
    return CONFLICT if "text" in dict(line.fields) else ""


def negative(line: Line) -> str:
    return "negative" if float(dict(line.fields).get("value", 0.0)) < 0 else ""


@pytest.mark.parametrize("partial", [True, False])
async def test_one_bad_row_of_many_is_found_and_everything_else_is_stored(partial: bool) -> None:
    server = Server(refuses=negative, partial=partial)
    cells = [(f"p{n % 7}", -1.0 if n == 432 else float(n)) for n in range(700)]
    done = await delivered(server, *cells)
    assert [row.why for row in done.refused] == ["negative"]
    assert b"value=-1.0" in done.refused[0].line
    assert len(server.rows) == 699
    assert len(server.asked) < 30


async def test_a_point_that_is_refused_as_a_whole_costs_few_questions() -> None:
    server = Server(refuses=text)
    cells: list[tuple[str, Value]] = [(f"p{n % 20}", "kata" if n % 20 == 7 else float(n)) for n in range(2_000)]
    done = await delivered(server, *cells)
    assert (len(done.refused), len(server.rows)) == (100, 1_900)
    assert len(server.asked) < 40


async def test_the_rows_that_the_server_names_are_asked_about_first() -> None:
    server = Server(replies=[Reply(400, b'{"line": 3, "message": "bad"}')], refuses=negative)
    done = await delivered(server, *((f"p{n}", -1.0 if n == 2 else float(n)) for n in range(10)))
    assert (len(done.refused), len(server.rows), len(server.asked)) == (1, 9, 4)


async def test_when_everything_is_refused_it_is_not_the_rows_that_are_wrong() -> None:
    server = Server(refuses=lambda _: CONFLICT)
    with pytest.raises(Held, match="field type conflict"):
        await delivered(server, *((f"p{n % 50}", float(n)) for n in range(5_000)))
    assert len(server.asked) < 110


async def test_a_single_point_that_is_refused_is_set_aside() -> None:
    done = await delivered(Server(refuses=text), ("p1", "a"), ("p1", "b"))
    assert len(done.refused) == 2


async def test_rows_that_are_older_than_the_server_keeps_are_counted_and_not_asked_about() -> None:
    server = Server(replies=[Reply(400, b'{"error":"partial write: points beyond retention policy dropped=2"}')])
    done = await delivered(server, *(("p1", float(n)) for n in range(5)))
    assert (done.stored, done.old, done.refused, len(server.asked)) == (3, 2, [], 1)


async def test_a_row_that_is_too_large_alone_is_set_aside_and_the_size_is_learnt() -> None:
    server = Server(longest=20)
    rows = batch(("p1", 1.0), ("p2", "x" * 21), ("p3", 3.0))
    one = delivery(server, rows, ["p1", "p2", "p3"])
    done = await one.deliver(rows)
    assert (len(server.rows), len(done.refused), one.most) == (2, 1, 1)


async def test_a_server_that_goes_away_in_the_middle_of_a_search_leaves_nothing_aside() -> None:
    replies = [Reply(400, b"bad"), Reply(204), Reply(400, b"bad"), Reply(503, b"busy")]
    with pytest.raises(Held, match="busy"):
        await delivered(Server(replies=replies), *((f"p{n}", float(n)) for n in range(8)))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(-2, 10, allow_nan=False)), min_size=1, max_size=60),
    st.integers(1, 70), st.integers(1, 70), st.booleans(),
)  # fmt: skip
def test_every_row_is_stored_or_set_aside_exactly_once(
    cells: list[tuple[str, float]], most: int, taken: int, partial: bool
) -> None:
    server = Server(refuses=negative, partial=partial, most=taken)
    loop = VirtualLoop()
    try:
        done = loop.run_until_complete(delivered(server, *cells, most=most))
    except Held:
        assert all(value < 0 for _, value in cells)
        return
    finally:
        loop.close()
    good = sorted(value for _, value in cells if value >= 0)
    assert sorted(float(dict(line.fields)["value"]) for line in server.rows.values()) == good
    assert len(done.refused) == sum(value < 0 for _, value in cells)


# ── quarantine ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_refused_rows_are_kept_over_a_restart_and_written_again_when_asked(tmp_path: Path) -> None:
    world = World(tmp_path, Server(refuses=text))
    await world.read("satu", "dua", point="p1")
    await world.read(1.0, 2.0, point="p2")
    async with world.running():
        await world.until(world.caught_up)
    world.sink.watch()
    assert (world.sink.status().quarantined, world.open) == (2, ["sink.quarantine"])
    assert world.repairs.open()[0].action == "sinks/influx/replay"
    await world.store.close()
    again = World(tmp_path, world.server)
    (entry,) = again.sink.quarantine.entries()
    assert (entry.why, len(entry.lines)) == (CONFLICT, 2)
    async with again.running():
        again.server.news.clear()
        await again.read(3.0, point="p2")
        await again.until(again.caught_up)
        told = await again.sink.replay()
        assert (told.written, told.left) == (0, 2)
        again.server.refuses = lambda _: ""
        told = await again.sink.replay()
        assert (told.written, told.left, again.open) == (2, 0, [])
    texts = [dict(line.fields)["text"] for line in world.server.rows.values() if line.point == "p1"]
    assert texts == ["satu", "dua"]
    await again.store.close()


async def test_a_replay_while_the_server_is_away_changes_nothing_and_says_why(tmp_path: Path) -> None:
    world = World(tmp_path, Server(refuses=text))
    await world.read("satu", point="p1")
    with pytest.raises(Held, match="not connected"):
        world.sink.quarantine.put([RefusedRow(b"m v=1 1", "x")])
        await world.sink.replay()
    async with world.running():
        await world.until(world.caught_up)
        world.server.away = Reply(503, b"busy")
        with pytest.raises(Held, match="busy"):
            await world.sink.replay()
    assert world.sink.status().quarantined == 2
    assert world.sink.discard() == 2
    assert world.open == []
    await world.store.close()


async def test_a_sink_whose_every_row_is_refused_keeps_its_place_and_tells_the_servers_sentence(tmp_path: Path) -> None:
    world = World(tmp_path, Server(refuses=lambda _: CONFLICT))
    await world.read(1.0, point="p1")
    await world.read(2.0, point="p2")
    async with world.running():
        await world.until(lambda: world.open == ["sink.refuses"])
        status = world.sink.status()
        assert (status.state, status.reason, status.quarantined) == (SinkState.REFUSES, CONFLICT, 0)
        world.server.refuses = lambda _: ""
        await world.until(world.caught_up)
    assert len(world.server.rows) == 2
    await world.store.close()


async def test_the_quarantine_is_bounded_and_counts_what_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST_ROWS", 3)
    store = opened(tmp_path)
    one = Quarantine("influx", store, clock=FakeClock())
    one.put([RefusedRow(b"a 1", "x"), RefusedRow(b"b 2", "x")])
    one.put([RefusedRow(b"c 3", "y"), RefusedRow(b"d 4", "y")])
    assert [(each.why, each.lines) for each in one.entries()] == [("x", ("b 2",)), ("y", ("c 3", "d 4"))]
    assert (one.rows, one.dropped) == (3, 1)
    assert Quarantine("influx", store, clock=FakeClock()).entries() == one.entries()
    assert Quarantine("other", store, clock=FakeClock()).entries() == []
    one.forget()
    assert (one.rows, store.kept(quarantine.KIND)) == (0, {})
    await store.close()
