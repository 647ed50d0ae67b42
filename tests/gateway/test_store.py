"""The store: what was acknowledged is there, once, in order, whatever happened in between."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from drivers.model import Quality, Reading, Reason, Value
from gateway.store import chunks
from gateway.store.buckets import Bucket
from gateway.store.errors import StatementRefused
from gateway.store.limits import Limits
from gateway.store.store import Store
from tests.fakes import EPOCH_NS, FakeClock, VirtualLoop
from tests.gateway.stores import EVER, TOKEN, S, opened, reading, told


async def test_a_reading_comes_back_with_value_quality_and_reason(tmp_path: Path) -> None:
    readings = [
        Reading("ups.mode", "baterai", EPOCH_NS, EPOCH_NS + 5_000_000, 0.005, Quality.UNCERTAIN, Reason.SOURCE),
        Reading("ups.mode", False, EPOCH_NS + S, EPOCH_NS + S, 1.0, Quality.BAD, Reason.COMM, retained=True),
        Reading("ups.mode", 10**30, EPOCH_NS + 2 * S, EPOCH_NS + 2 * S, 2.0),
        Reading("ups.mode", 7, EPOCH_NS + 3 * S, EPOCH_NS + 3 * S, 3.0),
    ]
    store = opened(tmp_path)
    store.on_readings(readings)
    await store.flush()
    await store.compact()
    await store.close()
    store = opened(tmp_path)
    back = await store.readings("ups.mode", **EVER, limit=10)
    assert [structs.replace(one, received_mono=round(one.received_mono, 3)) for one in back] == readings
    assert [type(one.value) for one in back] == [str, bool, int, int]
    await store.close()


Do = tuple[str, list[tuple[int, int]]]
some_readings = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1)), max_size=8)
deeds: st.SearchStrategy[Do] = st.one_of(
    st.tuples(st.just("publish"), some_readings),
    st.tuples(st.sampled_from(["commit", "compact", "reopen"]), st.just([])),
)


def expected(published: list[tuple[int, int]]) -> list[tuple[int, Value]]:
    """Say it simply: a reading takes the first free nanosecond from its time on, unless it is there already."""
    taken: dict[int, int] = {}
    for second, value in published:
        slot = second * S
        while slot in taken and taken[slot] != value:
            slot += 1
        taken[slot] = value
    return [(slot, taken[slot]) for slot in sorted(taken)]


@settings(deadline=None, max_examples=80)
@given(st.lists(deeds, max_size=12))
def test_any_history_gives_exactly_the_distinct_readings_back_in_order(history: list[Do]) -> None:
    async def live(folder: Path) -> None:
        store, published = opened(folder), list[tuple[int, int]]()
        for deed, rows in history:
            published += rows
            store.on_readings([reading(second, value) for second, value in rows])
            if deed in ("commit", "reopen"):
                await store.flush()
            if deed == "compact":
                await store.compact()
            if deed == "reopen":
                await store.close()
                store = opened(folder)
            assert await told(store) == expected(published)
        await store.close()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "POINTS", 3)
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(live(Path(folder)))


async def test_readings_are_paged_by_limit_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "POINTS", 3)
    store = opened(tmp_path)
    store.on_readings([reading(second, second) for second in range(10)])
    await store.flush()
    await store.compact()
    store.on_readings([reading(second, second) for second in range(10, 13)])
    page = await store.readings("tma.1", since=EPOCH_NS + 2 * S, until=EPOCH_NS + 12 * S, limit=4)
    rest = await store.readings("tma.1", since=page[-1].source_at + 1, until=EPOCH_NS + 12 * S, limit=100)
    assert [one.value for one in page] == [2, 3, 4, 5]
    assert [one.value for one in rest] == [6, 7, 8, 9, 10, 11]
    assert await store.readings("never.seen", **EVER, limit=5) == []
    await store.close()


async def test_r17_events_of_one_tick_are_paged_and_survive_a_restart_and_their_redelivery(tmp_path: Path) -> None:
    opens, closes = reading(1, "open"), reading(1, "closed")
    store = opened(tmp_path)
    store.on_readings([opens, closes])
    await store.close()
    store = opened(tmp_path)
    store.on_readings([opens])
    latest = store.latest.get("tma.1")
    assert latest is not None and latest.value == "closed"
    first = await store.readings("tma.1", since=0, until=2**62, limit=1)
    rest = await store.readings("tma.1", since=first[-1].source_at + 1, until=2**62, limit=9)
    assert [one.value for one in (*first, *rest)] == ["open", "closed"]
    await store.close()


async def test_buckets_hold_lowest_mean_and_highest_of_chunks_tail_and_what_waits(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(0, 1.0), reading(1, 3.0), reading(10, 5)])
    await store.flush()
    await store.compact()
    store.on_readings([reading(2, 8.0), reading(11, "rusak")])
    await store.flush()
    store.on_readings([structs.replace(reading(12, 99.0), quality=Quality.BAD)])
    found = await store.buckets(["tma.1"], since=EPOCH_NS, until=EPOCH_NS + 20 * S, count=4)
    assert found == {
        "tma.1": [
            Bucket(EPOCH_NS, 3, 1.0, 4.0, 8.0, 8.0, Quality.GOOD),
            Bucket(EPOCH_NS + 10 * S, 1, 5.0, 5.0, 5.0, 5.0, Quality.BAD),
        ]
    }
    await store.close()


async def test_the_latest_survives_a_restart_from_the_journal_and_from_chunks(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(5, 5.0), reading(3, 3.0), reading(1, "a", point="x"), reading(1, "b", point="x")])
    newest = {one.point: one.value for one in store.latest.all()}
    await store.close()
    for _ in range(2):
        store = opened(tmp_path)
        assert {one.point: one.value for one in store.latest.all()} == newest == {"tma.1": 5.0, "x": "b"}
        await store.compact()
        await store.close()


async def test_r19_after_a_restart_a_time_stamp_from_the_future_still_does_not_block_the_point(tmp_path: Path) -> None:
    wrong, right = structs.replace(reading(86_400, 9.0), received_at=EPOCH_NS + S), reading(2, 2.0)
    store = opened(tmp_path)
    store.on_readings([wrong, right])
    await store.close()
    for _ in range(2):
        store = opened(tmp_path)
        latest = store.latest.get("tma.1")
        assert latest is not None and latest.value == 2.0
        await store.compact()
        await store.close()


async def test_a_commit_happens_in_time_or_when_enough_waits(tmp_path: Path) -> None:
    clock = FakeClock()
    store = Store.open(tmp_path / "semarak.db", clock=clock, limits=Limits(commit_every=5.0, commit_rows=3))
    durable: list[float] = []
    both = asyncio.Event()

    def done() -> None:
        durable.append(clock.mono())
        both.set()

    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(store.run())
        store.on_readings([reading(1), reading(2)])
        store.when_durable(done)
        assert durable == []
        await both.wait()
        both.clear()
        store.on_readings([reading(3), reading(4), reading(5)])
        store.when_durable(done)
        await both.wait()
        run.cancel()
    assert durable == [5.0, 5.0]
    assert store.counters["commits"] == 2
    await store.close()


@pytest.mark.parametrize(
    ("stir", "at"),
    [
        (lambda _store: None, 7.0),
        (lambda store: store.when_durable(lambda: None), 2.0),
        (lambda store: store.keep("alarm", "flood", {}), 2.0),
        (lambda store: store.submit("INSERT INTO kept VALUES ('a', 'b', '{}')", ()), 2.0),
    ],
    ids=["readings alone", "an acknowledgement", "a state", "an event"],
)
async def test_readings_that_nobody_waits_for_share_a_rarer_commit(
    tmp_path: Path, stir: Callable[[Store], None], at: float
) -> None:
    clock = FakeClock()
    limits = Limits(commit_every=2.0, unwaited_every=5.0)
    store = Store.open(tmp_path / "semarak.db", clock=clock, limits=limits)
    store.on_readings([reading(1)])
    stir(store)
    await store._group.due()
    assert clock.mono() == at
    await store.close()


async def test_whoever_waits_is_told_even_when_there_was_nothing_to_write(tmp_path: Path) -> None:
    store, told_of = opened(tmp_path), []
    store.when_durable(lambda: told_of.append("empty"))
    await store.flush()
    store.on_readings([reading(1)])
    await store.flush()
    store.on_readings([reading(1)])
    store.when_durable(lambda: told_of.append("redelivery"))
    await store.flush()
    assert told_of == ["empty", "redelivery"]
    assert (store.counters["rows"], store.counters["duplicates"]) == (1, 1)
    await store.close()


async def test_what_is_kept_comes_back_and_what_is_forgotten_does_not(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.keep("alarm", "a1", {"active": True, "peak": 3.5})
    store.keep("alarm", "a2", {"active": False})
    store.keep("alarm", "a1", {"active": False, "peak": 4})
    store.keep("claim", "c1", {"scene": "banjir"})
    await store.flush()
    store.keep("alarm", "a2", None)
    await store.close()
    store = opened(tmp_path)
    assert store.kept("alarm") == {"a1": {"active": False, "peak": 4}}
    assert store.kept("claim") == {"c1": {"scene": "banjir"}}
    assert store.kept("nothing") == {}
    await store.close()


async def test_statements_are_committed_in_order_and_a_wrong_one_harms_no_other(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(1)])
    store.submit(TOKEN, (1, "one"))
    store.submit(TOKEN, (1, "the same id again"))
    store.submit("INSERT INTO no_such_table VALUES (?)", (1,))
    store.submit(TOKEN, (2, "\ud800"))
    store.submit("UPDATE token SET name = 'pompa' WHERE id = ?", (1,))
    await store.write(TOKEN, (3, "three"))
    with pytest.raises(StatementRefused, match="UNIQUE"):
        await store.write(TOKEN, (3, "three"))
    assert store.query("SELECT id, name, hash FROM token") == [(1, "pompa", "one"), (3, "pos hujan", "three")]
    assert store.counters["refused"] == 4
    assert await told(store) == [(S, 1.0)]
    await store.close()


async def test_the_reader_cannot_write(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.query("DELETE FROM journal")
    await store.close()
