"""The long memory of each series: chunks of some thousand readings that never overlap."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.store.columns import Columns, Ints, believed_at, empty, joined
from gateway.store.errors import Garbled
from gateway.store.merge import TIE_NS, merged
from gateway.store.packing import crc, pack_chunk, unpack_chunk

POINTS = 2_048
"""Readings in a full chunk; the newest chunk of a series grows to twice that before it is cut."""
EVER = (0, 2**63 - 1)

LIST = "SELECT id, t0, t1, n FROM chunk WHERE series = ? ORDER BY t0"
READ = "SELECT blob, crc FROM chunk WHERE id = ?"
DELETE = "DELETE FROM chunk WHERE id = ?"
INSERT = "INSERT INTO chunk (series, t0, t1, n, crc, blob) VALUES (?, ?, ?, ?, ?, ?)"
LAST = "UPDATE series SET last_at = ?, last_crc = ?, last = ? WHERE id = ? AND last_at <= ?"
QUARANTINE = "INSERT INTO quarantine (at, origin, n, blob) SELECT ?, 'chunk ' || id, n, blob FROM chunk WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a series: the chunk with `n` of its readings (0: none yet), and they with what has arrived since."""

    chunk: int
    n: int
    readings: Columns
    garbled: bool = False
    """The chunk cannot be read: its `n` readings are missing."""


@dataclass(frozen=True, slots=True)
class Change:
    """What compaction does to one series: rows ready to be written, chunks that they replace."""

    series: int
    replaced: tuple[int, ...]
    garbled: tuple[int, ...]
    rows: tuple[tuple[int, int, int, int, int, bytes], ...]
    gone: int
    """How many of the arrived readings were redeliveries."""
    lost: int
    """How many readings were in the garbled chunks."""
    last: tuple[int, int, bytes, int, int]
    """The newest reading among them, as `LAST` takes it."""


def pieces(
    connection: sqlite3.Connection,
    series: int,
    arrived: Columns,
    *,
    span: tuple[int, int] = EVER,
    changed: bool = False,
) -> Iterator[Piece]:
    """Yield the stretches of a series in `span` (source time, from, until); with `changed`, only those with arrivals.

    Each arrival belongs to the last chunk that begins before it, so that a redelivery meets what it repeats.
    """
    since, until = span
    chunks = connection.execute(LIST, (series,)).fetchall()
    arrived = arrived.take((arrived.at >= since - TIE_NS) & (arrived.at < until))
    if not chunks:
        if len(arrived):
            yield Piece(0, 0, merged(empty(), arrived))
        return
    starts = np.array([t0 for _, t0, _, _ in chunks], np.int64)
    home = np.maximum(np.searchsorted(starts, arrived.at, side="right") - 1, 0)
    for index, (chunk, t0, t1, n) in enumerate(chunks):
        mine = arrived.take(home == index)
        if len(mine) or (not changed and t1 >= since and t0 < until):
            yield _piece(connection, series, chunk, n, mine)


def _piece(connection: sqlite3.Connection, series: int, chunk: int, n: int, mine: Columns) -> Piece:
    blob, checksum = connection.execute(READ, (chunk,)).fetchone()
    try:
        return Piece(chunk, n, merged(unpack_chunk(blob, checksum, series), mine))
    except Garbled:
        return Piece(chunk, n, merged(empty(), mine), garbled=True)


def change(connection: sqlite3.Connection, series: int, arrived: Columns) -> Change:
    """Return how the chunks of a series take in what has arrived; nothing is written yet."""
    touched = list(pieces(connection, series, arrived, changed=True))
    rows = [_row(series, part) for piece in touched for part in _cut(piece.readings)]
    known = sum(piece.n for piece in touched if not piece.garbled)
    total = sum(len(piece.readings) for piece in touched)
    return Change(
        series,
        tuple(piece.chunk for piece in touched if piece.chunk and not piece.garbled),
        tuple(piece.chunk for piece in touched if piece.garbled),
        tuple(rows),
        known + len(arrived) - total,
        sum(piece.n for piece in touched if piece.garbled),
        _last(series, [piece.readings for piece in touched]),
    )


def apply(connection: sqlite3.Connection, done: Change, *, now: int) -> None:
    """Write a change, within the caller's transaction; a garbled chunk is set aside at `now` (UTC ns), not lost."""
    connection.executemany(QUARANTINE, [(now, chunk) for chunk in done.garbled])
    connection.executemany(DELETE, [(chunk,) for chunk in (*done.replaced, *done.garbled)])
    connection.executemany(INSERT, done.rows)
    connection.execute(LAST, done.last)


def _row(series: int, part: Columns) -> tuple[int, int, int, int, int, bytes]:
    blob = pack_chunk(part)
    return series, int(part.at[0]), int(part.at[-1]), len(part), crc(blob), blob


def _last(series: int, parts: Sequence[Columns]) -> tuple[int, int, bytes, int, int]:
    newest = joined([part.take([int(np.argmax(believed_at(part)))]) for part in parts])
    row = int(np.argmax(believed_at(newest)))
    at, blob = int(believed_at(newest)[row]), pack_chunk(newest.take([row]))
    return at, crc(blob), blob, series, at


def _cut(readings: Columns) -> Iterator[Columns]:
    begin = 0
    for end in _ends(readings.at):
        yield readings.take(slice(begin, end))
        begin = end


def _ends(at: Ints) -> Iterator[int]:
    """Yield where chunks end: never between two readings of one tick, which a redelivery must find together."""
    begin = 0
    while len(at) - begin > 2 * POINTS:
        gaps = np.flatnonzero(np.diff(at[begin + POINTS - 1 :]) > TIE_NS)
        if not len(gaps):
            break
        begin += POINTS + int(gaps[0])
        yield begin
    yield len(at)
