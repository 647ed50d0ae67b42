"""The journal under a store: full disks, garbled rows, compaction, retention, one writer."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from gateway.store.errors import StoreBroken, StoreLocked, StoreUnavailable
from gateway.store.limits import Limits
from gateway.store.store import Store
from tests.fakes import FakeClock
from tests.gateway.stores import TOKEN, S, full_disk, opened, reading, told


@pytest.mark.real
async def test_r02_a_full_disk_acknowledges_nothing_loses_nothing_and_recovers_by_itself(tmp_path: Path) -> None:
    store, durable = opened(tmp_path), asyncio.Event()
    store.on_readings([reading(1)])
    await store.flush()
    with full_disk(store.path):
        store.on_readings([reading(second, "x" * 5000) for second in range(2, 40)])
        store.when_durable(durable.set)
        with pytest.raises(StoreUnavailable, match=r"cannot write: .*; what waits stays in memory"):
            await store.run()
        assert len(await told(store)) == 39
        assert (durable.is_set(), store.pending) == (False, 38)
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(store.run())
        await durable.wait()
        run.cancel()
    assert (store.counters["rows"], store.pending) == (39, 0)
    await store.close()
    again = opened(tmp_path)
    assert len(await told(again)) == 39
    await again.close()


@pytest.mark.real
async def test_a_write_that_failed_is_not_written_later(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with full_disk(store.path), pytest.raises(StoreUnavailable):
        await store.write(TOKEN, (1, "x" * 90_000))
    await store.flush()
    assert store.query("SELECT count(*) FROM token") == [(0,)]
    await store.close()


async def test_a_disk_that_fills_up_in_the_middle_of_a_commit_refuses_all_of_it(tmp_path: Path) -> None:
    store = opened(tmp_path)
    pages = store.query("PRAGMA page_count")[0][0]
    store._journal._db.execute(f"PRAGMA max_page_count = {pages}")
    store.on_readings([reading(1)])
    store.submit(TOKEN, (1, "x" * 90_000))
    with pytest.raises(StoreUnavailable, match="full"):
        await store.flush()
    assert (store.pending, store.query("SELECT count(*) FROM journal")) == (1, [(0,)])
    store._journal._db.execute(f"PRAGMA max_page_count = {2**30}")
    await store.flush()
    assert (store.pending, store.query("SELECT count(*) FROM token"), store.counters["refused"]) == (0, [(1,)], 0)
    await store.close()


@pytest.mark.real
async def test_a_compaction_that_the_disk_refuses_changes_nothing_and_is_done_later(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(second, "x" * second) for second in range(300)])
    await store.flush()
    with full_disk(store.path), pytest.raises(StoreUnavailable):
        await store.compact()
    store.on_readings([reading(300)])
    await store.flush()
    assert len(await told(store)) == 301
    await store.compact()
    assert len(await told(store)) == 301
    assert (store.counters["rows"], store.query("SELECT count(*) FROM journal")) == (301, [(0,)])
    await store.close()


async def test_r11_while_too_much_waits_readings_are_dropped_counted_and_never_acknowledged(tmp_path: Path) -> None:
    store, durable = opened(tmp_path, Limits(pending_rows=2)), []
    store.on_readings([reading(1), reading(2)])
    store.when_durable(lambda: durable.append("taken"))
    store.on_readings([reading(3)])
    store.when_durable(lambda: durable.append("dropped"))
    await store.flush()
    store.on_readings([reading(3)])
    store.when_durable(lambda: durable.append("redelivered"))
    await store.flush()
    assert durable == ["taken", "redelivered"]
    assert await told(store) == [(1 * S, 1.0), (2 * S, 1.0), (3 * S, 1.0)]
    assert (store.counters["dropped"], store.counters["unacknowledged"]) == (1, 1)
    await store.close()


async def test_r12_a_garbled_journal_row_is_set_aside_and_everything_else_goes_on(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for second in range(3):
        store.on_readings([reading(second)])
        await store.flush()
    await store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE journal SET blob = substr(blob, 1, 20) WHERE seq = 2")
    db.close()
    store = opened(tmp_path)
    assert await told(store) == [(0, 1.0), (2 * S, 1.0)]
    assert store.counters["quarantined"] == 1
    assert store.query("SELECT origin, n, length(blob) FROM quarantine") == [("journal 2", 1, 20)]
    store.on_readings([reading(3)])
    await store.close()
    store = opened(tmp_path)
    assert [at for at, _ in await told(store)] == [0, 2 * S, 3 * S]
    await store.close()


async def test_r12_a_torn_end_of_the_log_loses_nothing_that_was_committed_before(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for second in range(3):
        store.on_readings([reading(second)])
        await store.flush()
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in ("semarak.db", "semarak.db-wal"):
        (copy / file).write_bytes((tmp_path / file).read_bytes())
    await store.close()
    log = copy / "semarak.db-wal"
    log.write_bytes(log.read_bytes()[:-3000] + b"\xff" * 1000)
    store = opened(copy)
    assert await told(store) == [(0, 1.0), (S, 1.0)]
    await store.close()


async def test_a_garbled_chunk_is_counted_once_and_the_rest_is_shown(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(1)])
    await store.flush()
    await store.compact()
    await store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE chunk SET crc = crc + 1")
    db.close()
    store = opened(tmp_path)
    store.on_readings([reading(2)])
    assert await told(store) == await told(store) == [(2 * S, 1.0)]
    assert store.counters["garbled"] == 1
    await store.close()


async def test_old_chunks_go_after_the_days_that_the_site_keeps_and_are_counted(tmp_path: Path) -> None:
    store = opened(tmp_path, Limits(raw_days=2))
    store.on_readings([reading(-3 * 86_400), reading(-1, point="ups.load")])
    await store.flush()
    await store.compact()
    assert await told(store) == []
    assert [at for at, _ in await told(store, "ups.load")] == [-S]
    assert (store.counters["expired"], store.counters["rows"]) == (1, 1)
    await store.close()
    store = opened(tmp_path)
    assert store.counters["rows"] == 1
    await store.close()


async def test_a_step_of_the_clock_throws_no_history_away(tmp_path: Path) -> None:
    clock = FakeClock()
    store = Store.open(tmp_path / "semarak.db", clock=clock, limits=Limits(raw_days=2))
    store.on_readings([reading(1)])
    await store.flush()
    clock._start_ns += 10 * 86_400 * S
    await store.compact()
    assert await told(store) == [(S, 1.0)]
    await store.close()


@pytest.mark.parametrize("limits", [Limits(compact_rows=4), Limits(compact_commits=2), Limits(compact_every=1.0)])
async def test_the_journal_becomes_chunks_by_rows_commits_or_age(tmp_path: Path, limits: Limits) -> None:
    clock, committed = FakeClock(), asyncio.Event()
    store = Store.open(tmp_path / "semarak.db", clock=clock, limits=limits)
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(store.run())
        for second in (0, 2):
            store.on_readings([reading(second), reading(second + 1)])
            store.when_durable(committed.set)
            await committed.wait()
            committed.clear()
            assert store.counters["compactions"] == 0
            clock.advance(0.6)
        while not store.counters["compactions"]:
            store.when_durable(committed.set)
            await committed.wait()
            committed.clear()
        run.cancel()
    assert store.counters["compactions"] == 1
    assert store.query("SELECT sum(n) FROM chunk") == [(4,)]
    assert store.query("SELECT count(*) FROM journal") == [(0,)]
    await store.close()


async def test_a_compaction_of_many_series_lets_commits_pass_and_loses_none_of_them(tmp_path: Path) -> None:
    store = opened(tmp_path)
    names = [f"p{number}" for number in range(200)]
    store.on_readings([reading(1, point=name) for name in names])
    await store.flush()
    assert await store._step()
    store.on_readings([reading(2, point=name) for name in names])
    await store.flush()
    assert [at for at, _ in await told(store, "p0")] == [S, 2 * S]
    await store.compact()
    assert store._journal.tail.rows == len(names)
    assert [at for at, _ in await told(store, "p0")] == [S, 2 * S]
    await store.close()
    store = opened(tmp_path)
    assert [[at for at, _ in await told(store, name)] for name in names] == [[S, 2 * S]] * 200
    await store.close()


async def test_a_journal_number_is_never_used_twice(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(1)])
    await store.flush()
    await store.compact()
    await store.close()
    store = opened(tmp_path)
    store.on_readings([reading(2)])
    await store.flush()
    assert store.query("SELECT seq FROM journal") == [(2,)]
    await store.close()


async def test_a_cancelled_commit_is_neither_lost_nor_double(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(1)])
    store.submit(TOKEN, (1, "one"))
    async with asyncio.TaskGroup() as tasks:
        flush = tasks.create_task(store.flush())
        asyncio.get_running_loop().call_soon(flush.cancel)
    await store.flush()
    assert (store.counters["rows"], store.counters["refused"], store.pending) == (1, 0, 0)
    assert store.query("SELECT n FROM journal") == [(1,)]
    await store.close()


async def test_a_second_writer_is_refused_with_a_sentence(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with pytest.raises(StoreLocked, match=r"is in use by process \d+; stop that one first"):
        opened(tmp_path)
    await store.close()
    await opened(tmp_path).close()


async def test_a_file_that_is_no_store_is_refused_and_the_lock_given_back(tmp_path: Path) -> None:
    (tmp_path / "semarak.db").write_bytes(b"not a database, " * 300)
    for _ in range(2):
        with pytest.raises(StoreBroken, match=r"cannot be opened: .*restore it from a backup"):
            opened(tmp_path)


async def test_a_file_from_a_newer_program_is_refused(tmp_path: Path) -> None:
    await opened(tmp_path).close()
    db = sqlite3.connect(tmp_path / "semarak.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreBroken, match="newer program"):
        opened(tmp_path)


async def test_opening_starts_no_thread_and_closing_leaves_none(tmp_path: Path) -> None:
    def writers() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("store-writer")]

    store = opened(tmp_path)
    assert writers() == []
    await store.flush()
    await store.compact()
    assert len(writers()) == 1
    await store.close()
    assert writers() == []


async def test_the_commit_is_as_durable_as_the_disk_allows(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store._journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store.query("PRAGMA journal_mode") == [("wal",)]
    await store.close()


async def test_r12_a_file_that_lost_its_end_or_its_middle_is_refused_with_a_sentence(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(second, f"{second}" * 500) for second in range(300)])
    await store.flush()
    await store.compact()
    await store.close()
    whole = store.path.read_bytes()
    for damaged in (whole[: len(whole) // 2 // 4096 * 4096], whole[:4096] + b"\xff" * 8192 + whole[12288:]):
        store.path.write_bytes(damaged)
        with pytest.raises(StoreBroken, match="restore it from a backup"):
            opened(tmp_path)
    store.path.write_bytes(whole)
    store = opened(tmp_path)
    assert len(await told(store)) == 300
    await store.close()
