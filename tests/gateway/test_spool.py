"""The spool: every committed reading reaches every sink that holds, whatever the journal had to let go meanwhile."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from msgspec import structs

from drivers.model import Value
from gateway.store.columns import to_readings
from gateway.store.limits import Limits
from gateway.store.spool import Backlog, Owed, Spooled
from gateway.store.store import Store
from tests.fakes import EPOCH_NS
from tests.gateway.stores import S, opened, reading

NONE_KEPT = Limits(spool_bytes=0)
Told = tuple[str, float, Value]


async def put(store: Store, *seconds: float, point: str = "tma.1", value: Value = 1.0) -> None:
    store.on_readings([reading(second, value, point=point) for second in seconds])
    await store.flush()


def told(spooled: Spooled) -> list[Told]:
    readings = to_readings(spooled.columns, spooled.points, mono_zero=0.0)
    return [(one.point, (one.source_at - EPOCH_NS) / S, one.value) for one in readings]


async def drained(store: Store, sink: str, *, most: int = 3) -> list[Told]:
    """Take everything that a sink has not had yet, a little at a time."""
    found: list[Told] = []
    while (batch := await store.committed(store.cursor(sink), most=most)).upto > store.cursor(sink):
        found += told(batch)
        store.hold(sink, batch.upto)
    return found


async def test_what_was_committed_comes_in_its_order_at_least_one_commit_at_a_time(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await put(store, 5, 1)
    await put(store, 3, point="ups.load")
    await put(store, 9)
    first = await store.committed(0, most=1)
    rest = await store.committed(first.upto, most=100)
    assert (first.upto, told(first)) == (1, [("tma.1", 5.0, 1.0), ("tma.1", 1.0, 1.0)])
    assert (rest.upto, told(rest)) == (3, [("ups.load", 3.0, 1.0), ("tma.1", 9.0, 1.0)])
    assert (store.newest_seq, rest.refilled) == (3, False)
    assert told(await store.committed(3, most=100)) == []
    await store.close()


async def test_a_held_cursor_outlives_the_process_and_keeps_its_rows_through_a_compaction(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await put(store, 1)
    store.hold("influx", store.newest_seq)
    await put(store, 2)
    await store.compact()
    await put(store, 3)
    await store.close()
    store = opened(tmp_path)
    assert (store.cursor("influx"), store.cursor("another"), store.newest_seq) == (1, 0, 3)
    assert store.query("SELECT seq FROM journal") == [(2,), (3,)]
    assert await drained(store, "influx") == [("tma.1", 2.0, 1.0), ("tma.1", 3.0, 1.0)]
    assert len(await store.readings("tma.1", since=0, until=2**62, limit=9)) == 3
    await store.close()


async def test_what_no_sink_waits_for_any_more_goes_with_the_next_compaction(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.hold("influx", 0)
    store.hold("archive", 0)
    await put(store, 1)
    store.hold("influx", 1)
    await put(store, 2)
    await store.compact()
    assert store.query("SELECT seq FROM journal") == [(1,), (2,)]
    store.release("archive")
    await put(store, 3)
    await store.compact()
    assert store.query("SELECT seq FROM journal") == [(2,), (3,)]
    await store.close()


async def test_the_backlog_says_how_much_and_since_when(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.backlog("influx") == Backlog(0, 0, 0)
    store.hold("influx", 0)
    await put(store, 1, 2)
    await put(store, 3)
    sizes = [size for (size,) in store.query("SELECT length(blob) FROM journal")]
    assert store.backlog("influx") == Backlog(3, sum(sizes), EPOCH_NS + S + 8_000_000)
    store.hold("influx", 1)
    await store.flush()
    await store.compact()
    assert store.backlog("influx") == Backlog(1, sizes[1], EPOCH_NS + 3 * S + 8_000_000)
    store.hold("influx", 2)
    assert store.backlog("influx") == Backlog(0, 0, 0)
    await store.close()


@pytest.mark.parametrize("most", [1, 4, 1_000])
async def test_beyond_its_bytes_the_journal_lets_go_and_a_sink_gets_all_of_it_from_chunks(
    tmp_path: Path, most: int
) -> None:
    store = opened(tmp_path, NONE_KEPT)
    store.hold("influx", 0)
    for second in range(0, 40, 2):
        await put(store, second, second + 1, point=f"p{second % 3}")
    await put(store, 7, point="p1", value=7.0)
    await store.compact()
    await put(store, 50)
    assert store.query("SELECT first, seq, n FROM owed") == [(1, 21, 41)]
    assert (store.counters["spool.owed"], store.backlog("influx").rows) == (41, 42)
    assert store.backlog("influx").oldest == EPOCH_NS + 8_000_000
    first = await store.committed(0, most=most)
    assert first.refilled
    await store.close()
    store = opened(tmp_path, NONE_KEPT)
    found = await drained(store, "influx", most=most)
    expected = [(f"p{second // 2 * 2 % 3}", float(second), 1.0) for second in range(40)]
    assert sorted(found) == sorted([*expected, ("p1", 7.0, 7.0), ("tma.1", 50.0, 1.0)])
    await store.flush()
    await put(store, 51)
    await store.compact()
    assert store.query("SELECT first, seq FROM owed") == [(23, 23)]
    await store.close()


async def test_only_the_owed_is_sent_again_although_it_lies_in_a_chunk_with_others(tmp_path: Path) -> None:
    store = opened(tmp_path, NONE_KEPT)
    await put(store, 1, 2)
    store.hold("influx", store.newest_seq)
    await put(store, 3, 4)
    await store.compact()
    await put(store, 5)
    assert [at for _, at, _ in await drained(store, "influx")] == [3.0, 4.0, 5.0]
    await store.close()


async def test_what_is_owed_is_never_paid_once_the_raw_tier_has_lost_it_and_that_is_counted(tmp_path: Path) -> None:
    store = opened(tmp_path, Limits(spool_bytes=0, raw_days=1))
    store.hold("influx", 0)
    store.on_readings([structs.replace(reading(-90_000), received_at=EPOCH_NS)])
    await store.flush()
    await store.compact()
    assert store.counters["spool.expired"] == 1
    await put(store, 1)
    assert [at for _, at, _ in await drained(store, "influx")] == [1.0]
    await store.close()


async def test_r12_a_row_that_cannot_be_read_is_served_from_its_chunk(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.hold("influx", 0)
    for second in (1, 2, 3):
        await put(store, second)
    await store.compact()
    await store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE journal SET blob = substr(blob, 1, 20) WHERE seq = 2")
    db.close()
    store = opened(tmp_path)
    assert [at for _, at, _ in await drained(store, "influx", most=99)] == [1.0, 2.0, 3.0]
    await store.close()


async def test_a_row_that_cannot_be_read_before_its_compaction_is_waited_for(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.hold("influx", 0)
    await put(store, 1)
    await put(store, 2)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE journal SET crc = crc + 1 WHERE seq = 2")
    db.close()
    assert [at for _, at, _ in await drained(store, "influx")] == [1.0]
    await store.compact()
    assert [at for _, at, _ in await drained(store, "influx")] == [2.0]
    await store.close()


async def test_a_number_that_a_sink_holds_is_never_used_again(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await put(store, 1)
    store.hold("influx", 1)
    await store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE journal SET crc = crc + 1")
    db.close()
    await opened(tmp_path).close()
    store = opened(tmp_path)
    await put(store, 2)
    assert [at for _, at, _ in await drained(store, "influx")] == [2.0]
    await store.close()


def test_a_stretch_is_shared_out_without_a_gap_or_an_overlap() -> None:
    owed = Owed(first=10, seq=14, n=100, t0=0, t1=0, r0=1_000, r1=1_003)
    assert [owed.arrived_until(seq) for seq in range(9, 15)] == [999, 999, 1_000, 1_001, 1_002, 1_003]
