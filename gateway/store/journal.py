"""The writer's side of the store: every commit and every read of stored readings, in the one thread that owns it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from drivers.model import Reading
from gateway.store.adoption import adopt
from gateway.store.buckets import Bucket, Grid
from gateway.store.chunks import pieces
from gateway.store.columns import Columns, believed_at, empty, joined, of_readings, to_readings
from gateway.store.compaction import Compaction
from gateway.store.database import own_fault, transaction
from gateway.store.errors import Garbled
from gateway.store.history import Series
from gateway.store.limits import Limits
from gateway.store.merge import TIE_NS, merged
from gateway.store.packing import crc, pack_commit, unpack_chunk, unpack_commit
from gateway.store.pending import Pending, Statement
from gateway.store.retention import Extent, extent
from gateway.store.spool import HOLD, RELEASE, Spool
from gateway.store.tail import Tail

SERIES = "INSERT INTO series (id, point) VALUES (?, ?)"
COMMIT = (
    "INSERT INTO journal (seq, n, crc, blob, total, size, t0, t1, r0, r1)"
    " VALUES (:seq, :n, :crc, :blob, :total, :size, :t0, :t1, :r0, :r1)"
)
TOTALS = "SELECT seq, total, size FROM journal ORDER BY seq DESC LIMIT 1"
KEEP = "INSERT OR REPLACE INTO kept (kind, id, doc) VALUES (?, ?, ?)"
FORGET = "DELETE FROM kept WHERE kind = ? AND id = ?"
SET_ASIDE = (
    "INSERT INTO quarantine (at, origin, n, blob) SELECT ?, 'journal ' || seq, n, blob FROM journal WHERE seq = ?"
)
LASTS = "SELECT id, point, last_crc, last FROM series ORDER BY id"
TAIL = "SELECT seq, crc, blob FROM journal WHERE seq > ? ORDER BY seq"


class Journal:
    """Everything here but `counters` belongs to the writer thread."""

    def __init__(self, connection: sqlite3.Connection, *, mono_zero: float) -> None:
        self._db = connection
        self._mono_zero = mono_zero
        self._ids: dict[str, int] = {}
        self._points: dict[int, str] = {}
        self.seq = 0
        self._total = 0
        self._size = 0
        self.spool = Spool(connection, self._points)
        self._garbled: set[int] = set()
        self._compaction: Compaction | None = None
        self.tail = Tail()
        self.counters: Counter[str] = Counter()

    def load(self, now: int) -> list[Reading]:
        """Load the tail and return the newest reading of every series; garbled rows are set aside at `now` (UTC ns)."""
        self.counters["quarantined"] += adopt(self._db, now)
        lasts = []
        for series, point, checksum, blob in self._db.execute(LASTS):
            self._ids[point] = series
            self._points[series] = point
            if blob is not None:
                lasts += self._unpacked(blob, checksum, series)
        self.seq, chunked = self._db.execute("SELECT seq, rows FROM compacted").fetchone()
        totals = self._db.execute(TOTALS).fetchone()
        self._load_tail(now)
        if totals is not None:
            self.seq, self._total, self._size = totals
        self.seq = max(self.seq, *self._db.execute("SELECT coalesce(max(seq), 0) FROM cursor").fetchone())
        self.counters["rows"] = chunked + self.tail.rows
        return to_readings(
            newest(joined([*lasts, self.tail.all()])), self._points.__getitem__, mono_zero=self._mono_zero
        )

    def _unpacked(self, blob: bytes, checksum: int, series: int) -> list[Columns]:
        try:
            return [unpack_chunk(blob, checksum, series)]
        except Garbled:
            self.counters["quarantined"] += 1
            return []

    def _load_tail(self, now: int) -> None:
        garbled = []
        for seq, checksum, blob in self._db.execute(TAIL, (self.seq,)):
            try:
                self.tail.add(unpack_commit(blob, checksum))
            except Garbled:
                garbled.append(seq)
        if garbled:
            with transaction(self._db):
                self._db.executemany(SET_ASIDE, [(now, seq) for seq in garbled])
                self._db.executemany("DELETE FROM journal WHERE seq = ?", [(seq,) for seq in garbled])
            self.counters["quarantined"] += len(garbled)

    def commit(self, pending: Pending) -> None:
        """Write all, synced, or raise StoreUnavailable and write nothing; a wrong statement is marked and left out."""
        columns, fresh = self._columns(pending.readings)
        with transaction(self._db):
            self._db.executemany(SERIES, [(series, point) for point, series in fresh.items()])
            row = self._row(columns) if len(columns) else None
            if row is not None:
                self._db.execute(COMMIT, row)
            for statement in pending.statements:
                self._execute(statement)
            for (kind, name), doc in pending.kept.items():
                self._db.execute(*((FORGET, (kind, name)) if doc is None else (KEEP, (kind, name, doc))))
            for sink, seq in pending.cursors.items():
                self._db.execute(*((RELEASE, (sink,)) if seq is None else (HOLD, (sink, seq))))
        self._ids |= fresh
        self._points.update({series: point for point, series in fresh.items()})
        if row is not None:
            self.seq, self._total, self._size = row["seq"], row["total"], row["size"]
            self.tail.add(columns)
        self.counters["commits"] += 1
        self.counters["rows"] += len(columns)
        self.counters["refused"] += sum(statement.refused is not None for statement in pending.statements)

    def _row(self, columns: Columns) -> dict[str, Any]:
        blob = pack_commit(columns)
        return {
            "seq": self.seq + 1,
            "n": len(columns),
            "crc": crc(blob),
            "blob": blob,
            "total": self._total + len(columns),
            "size": self._size + len(blob),
            "t0": int(columns.at.min()),
            "t1": int(columns.at.max()),
            "r0": int(columns.received.min()),
            "r1": int(columns.received.max()),
        }

    def _columns(self, readings: Sequence[Reading]) -> tuple[Columns, dict[str, int]]:
        if not readings:
            return empty(), {}
        try:
            return of_readings(readings, self._ids.__getitem__), {}
        except KeyError:
            fresh: dict[str, int] = {}
            for reading in readings:
                if reading.point not in self._ids:
                    fresh.setdefault(reading.point, len(self._ids) + len(fresh) + 1)
            return of_readings(readings, (self._ids | fresh).__getitem__), fresh

    def _execute(self, statement: Statement) -> None:
        statement.refused = None
        try:
            self._db.execute(statement.sql, statement.args)
        except (sqlite3.Error, ValueError, OverflowError) as error:
            if not own_fault(error):
                raise
            statement.refused = error

    def read(self, point: str, span: tuple[int, int], *, waiting: Sequence[Reading], limit: int) -> list[Reading]:
        """Return the first `limit` readings of a point whose source time is in `span`, `waiting` ones included."""
        parts, found = [], 0
        for part in self._parts(point, span, waiting):
            parts.append(part)
            found += len(part)
            if found >= limit:
                break
        return to_readings(joined(parts).take(slice(0, limit)), lambda _: point, mono_zero=self._mono_zero)

    def buckets(
        self, waiting: Mapping[str, Sequence[Reading]], span: tuple[int, int], *, grid: Grid
    ) -> dict[str, list[Bucket]]:
        """Return the numbers of the points of `waiting` whose source time is in `span`, in the buckets of `grid`."""
        found = {}
        for point, its in waiting.items():
            number = self._ids.get(point, 0)
            series = Series(self._db, number, self._arrived(number, its))
            found[point] = series.buckets(grid, *span)
            self._count_garbled(series.garbled)
        return found

    def _parts(self, point: str, span: tuple[int, int], waiting: Sequence[Reading]) -> Iterator[Columns]:
        since, until = span
        series = self._ids.get(point, 0)
        for piece in pieces(self._db, series, self._arrived(series, waiting), span=span):
            self._count_garbled({chunk.id for chunk in piece.lost})
            readings = piece.readings
            yield readings.take((readings.at >= since) & (readings.at < until))

    def _arrived(self, series: int, waiting: Sequence[Reading]) -> Columns:
        return joined([self.tail.of(series), of_readings(waiting, lambda _: series)])

    def _count_garbled(self, chunks: set[int]) -> None:
        self._garbled |= chunks
        self.counters["garbled"] = len(self._garbled)

    def extent(self, limits: Limits) -> Extent:
        """Return how far back each tier reaches."""
        return extent(self._db, limits)

    @property
    def compacting(self) -> bool:
        """Return whether a compaction has begun."""
        return self._compaction is not None

    def compact(self, now: int, *, limits: Limits) -> bool:
        """Take a step of moving the tail into chunks, say whether more are left; `now` (UTC ns) tells what is old."""
        compaction = self._compaction or Compaction(self._db, self.tail.freeze(), upto=self.seq, limits=limits)
        self._compaction = None  # one that fails is begun anew
        done = compaction.step(now)
        if done is None:
            self._compaction = compaction
            return True
        self.tail.drop()
        self.counters["compactions"] += 1
        self.counters.update(done)
        self.counters["rows"] -= done["duplicates"] + done["expired"] + done["dropped.bytes"] + done["lost"]
        return False


def newest(readings: Columns) -> Columns:
    """Return the newest reading of each series, of readings in the order of their arrival."""
    if not len(readings):
        return readings
    believed = believed_at(readings)
    order = np.lexsort((believed, readings.series))
    series, at = readings.series[order], believed[order]
    ends = np.flatnonzero(np.append(np.diff(series) != 0, np.True_))
    before = np.maximum(ends - 1, 0)
    tied = (ends > 0) & (series[before] == series[ends]) & (at[ends] - at[before] <= TIE_NS)
    settled = [
        merged(empty(), readings.take((readings.series == series[end]) & (believed >= at[end] - TIE_NS)))
        for end in ends[tied].tolist()
    ]
    return joined([readings.take(order[ends[~tied]]), *(some.take(slice(-1, None)) for some in settled)])
