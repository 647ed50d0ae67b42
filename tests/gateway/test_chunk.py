"""The chunks of a series: distinct, in order, never overlapping, whatever arrives and in whatever pieces."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.model import Reading
from gateway.store import chunks
from gateway.store.change import apply, change
from gateway.store.chunks import pieces
from gateway.store.columns import Columns, empty, joined, of_readings, to_readings
from gateway.store.database import open_writer
from gateway.store.merge import merged
from gateway.store.packing import pack_chunk, unpack_chunk
from tests.fakes import EPOCH_NS

S = 1_000_000_000


def columns(rows: Sequence[tuple[int, float]]) -> Columns:
    """Return readings of (second, value)."""
    readings = [Reading("tma.1", value, EPOCH_NS + second * S, EPOCH_NS, 0.0) for second, value in rows]
    return of_readings(readings, lambda _: 1)


def rows(series: Columns) -> list[tuple[int, object]]:
    """Return (ns after the epoch, value) of each reading."""
    return [(one.source_at - EPOCH_NS, one.value) for one in to_readings(series, lambda _: "tma.1", mono_zero=0.0)]


def compacted(db: sqlite3.Connection, arrived: Columns) -> int:
    done = change(db, 1, arrived, raw_from=0)
    apply(db, done, now=EPOCH_NS)
    return done.gone


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return open_writer(tmp_path / "semarak.db")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "POINTS", 4)


def test_what_arrived_twice_is_there_once() -> None:
    assert rows(merged(columns([(1, 1.0), (2, 2.0)]), columns([(2, 2.0), (3, 3.0), (3, 3.0)]))) == [
        (1 * S, 1.0),
        (2 * S, 2.0),
        (3 * S, 3.0),
    ]


def test_events_of_one_tick_get_neighbouring_nanoseconds_in_the_order_of_their_arrival() -> None:
    assert rows(merged(empty(), columns([(1, 1.0), (1, 3.0), (1, 2.0)]))) == [(S, 1.0), (S + 1, 3.0), (S + 2, 2.0)]


def test_events_of_one_tick_are_recognised_when_they_are_delivered_again_in_another_order() -> None:
    stored = merged(empty(), columns([(1, 1.0), (1, 3.0)]))
    assert rows(merged(stored, columns([(1, 3.0), (1, 1.0)]))) == rows(stored)


some_rows = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1).map(float)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(st.lists(some_rows, max_size=6))
def test_compaction_in_any_portions_gives_what_one_merge_gives(batches: list[list[tuple[int, float]]]) -> None:
    db = open_writer(Path(":memory:"))
    arrived = [columns(batch) for batch in batches]
    gone = sum(compacted(db, part) for part in arrived)
    whole = merged(empty(), joined(arrived))
    stored = joined([piece.readings for piece in pieces(db, 1, empty())])
    assert rows(stored) == rows(whole)
    assert gone == sum(map(len, arrived)) - len(whole)
    assert db.execute("SELECT count(*) FROM chunk WHERE n > 5 OR t1 - t0 > ?", (chunks.SPAN_NS,)).fetchone() == (0,)
    ends = db.execute("SELECT t0, t1, n FROM chunk ORDER BY t0").fetchall()
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ends))
    assert sum(n for _, _, n in ends) == len(whole)
    db.close()


def test_chunks_double_until_they_are_full_and_no_reading_is_written_more_often_than_that(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "POINTS", 32)
    sizes = []
    for second in range(0, 60, 2):
        compacted(db, columns([(second, 1.0), (second + 1, 1.0)]))
        sizes.append([n for (n,) in db.execute("SELECT n FROM chunk ORDER BY t0")])
    assert sizes[:7] == [[2], [4], [4, 2], [8], [8, 2], [8, 4], [8, 4, 2]]
    assert sizes[-1] == [32, 16, 8, 4]
    assert db.execute("SELECT state FROM chunk ORDER BY t0").fetchall() == [(1,), (0,), (0,), (0,)]


def test_a_late_reading_between_two_chunks_opens_none_of_them(db: sqlite3.Connection) -> None:
    for second in (0, 10):
        compacted(db, columns([(second + n, 1.0) for n in range(4)]))
    kept = db.execute("SELECT id, blob FROM chunk ORDER BY t0").fetchall()
    compacted(db, columns([(6, 6.0)]))
    now = db.execute("SELECT id, blob FROM chunk ORDER BY t0").fetchall()
    assert [now[0], now[2]] == kept


def test_a_slow_series_is_cut_by_its_age(db: sqlite3.Connection) -> None:
    week = chunks.SPAN_NS // S
    compacted(db, columns([(0, 1.0), (week, 2.0), (week + 1, 3.0)]))
    assert [n for (n,) in db.execute("SELECT n FROM chunk ORDER BY t0")] == [2, 1]
    assert rows(joined([one.readings for one in pieces(db, 1, empty(), span=(EPOCH_NS + S, EPOCH_NS + 2 * S))])) == [
        (0, 1.0),
        (week * S, 2.0),
    ]


def test_events_of_one_tick_are_never_cut_apart(db: sqlite3.Connection) -> None:
    compacted(db, columns([(1, float(value)) for value in range(9)] + [(2, 0.0)]))
    assert [n for (n,) in db.execute("SELECT n FROM chunk ORDER BY t0")] == [9, 1]


def test_only_the_chunks_of_the_span_are_read(db: sqlite3.Connection) -> None:
    compacted(db, columns([(second, 1.0) for second in range(12)]))
    db.execute("UPDATE chunk SET blob = 'rubbish' WHERE t1 < ?", (EPOCH_NS + 5 * S,))
    found = list(pieces(db, 1, empty(), span=(EPOCH_NS + 6 * S, EPOCH_NS + 100 * S)))
    assert [(piece.lost, len(piece.readings)) for piece in found] == [((), 4)] * len(found)
    assert found


def test_a_garbled_chunk_is_set_aside_and_the_new_readings_are_kept(db: sqlite3.Connection) -> None:
    compacted(db, columns([(1, 1.0), (2, 2.0)]))
    db.execute("UPDATE chunk SET blob = x'7a00'")
    done = change(db, 1, columns([(2, 3.0), (3, 3.0)]), raw_from=0)
    apply(db, done, now=EPOCH_NS)
    assert (done.lost, done.gone) == (2, 0)
    assert rows(joined([piece.readings for piece in pieces(db, 1, empty())])) == [(2 * S, 3.0), (3 * S, 3.0)]
    assert db.execute("SELECT origin, n, blob FROM quarantine").fetchall() == [("chunk 1", 2, b"\x7a\x00")]


def test_the_newest_reading_of_a_series_stands_beside_its_name(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO series (id, point) VALUES (1, 'tma.1')")
    compacted(db, columns([(5, 5.0), (9, 9.0)]))
    compacted(db, columns([(7, 7.0)]))
    checksum, blob = db.execute("SELECT last_crc, last FROM series").fetchone()
    assert rows(unpack_chunk(blob, checksum, 1)) == [(9 * S, 9.0)]


def test_a_chunk_of_one_text_carries_no_other_text() -> None:
    readings = [Reading("tma.1", text, EPOCH_NS, EPOCH_NS, 0.0) for text in ("hdmi1", "x" * 5000)]
    assert len(pack_chunk(of_readings(readings, lambda _: 1).take([0]))) < 300
