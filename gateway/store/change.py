"""What a compaction does to one series: the arrivals go into chunks, and what is closed goes into the roll-ups."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gateway.store import chunks
from gateway.store.chunks import (
    Listed,
    State,
    Stretch,
    absorbed,
    cut,
    listed,
    neighbours,
    piece,
    readings_of,
    stretches,
)
from gateway.store.columns import Columns, believed_at, joined
from gateway.store.errors import Garbled
from gateway.store.packing import crc, pack_chunk
from gateway.store.rollups import MINUTES, WRITE, Rollups
from gateway.store.summary import Summary, following, grouped, of_series

DELETE = "DELETE FROM chunk WHERE id = ?"
CLOSE = "UPDATE chunk SET state = 1 WHERE id = ?"
INSERT = "INSERT INTO chunk (series, t0, t1, n, crc, blob, state) VALUES (?, ?, ?, ?, ?, ?, ?)"
LAST = "UPDATE series SET last_at = ?, last_crc = ?, last = ? WHERE id = ? AND last_at <= ?"
QUARANTINE = "INSERT INTO quarantine (at, origin, n, blob) SELECT ?, 'chunk ' || id, n, blob FROM chunk WHERE id = ?"

ChunkRow = tuple[int, int, int, int, int, bytes, int]
RollupRow = tuple[int, int, int, int, bytes]
LastRow = tuple[int, int, bytes, int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """Rows ready to be written, and the chunks that they replace."""

    replaced: tuple[int, ...] = ()
    garbled: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    rows: tuple[ChunkRow, ...] = ()
    rollups: tuple[RollupRow, ...] = ()
    last: LastRow | None = None
    """The newest reading among them, as `LAST` takes it."""
    gone: int = 0
    """How many of the arrived readings were redeliveries."""
    lost: int = 0
    """How many readings were in the garbled chunks."""
    expired: int = 0
    """How many of the arrived readings are older than the raw tier."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A stretch as it will be stored: `parts` are its chunks, closed or open together."""

    stretch: Stretch
    parts: tuple[Columns, ...]
    lost: tuple[Listed, ...]
    state: State

    @property
    def fresh(self) -> tuple[int, int]:
        """Return between which source times (from, until) the roll-ups do not have it yet."""
        times = [int(at) for at in (self.stretch.arrived.at.min(), self.stretch.arrived.at.max())]
        for chunk in self.stretch.chunks:
            if chunk.state == State.OPEN:
                times += chunk.t0, chunk.t1
        last = int(self.parts[-1].at[-1])
        return min(times), min(max(times) + len(self.stretch.arrived), max(last, max(times))) + 1


def change(connection: sqlite3.Connection, series: int, arrived: Columns, *, raw_from: int) -> Change:
    """Return how a series takes in what has arrived; what is from before `raw_from` (UTC ns) is left out."""
    young = arrived.take(arrived.at >= raw_from)
    expired = len(arrived) - len(young)
    if not len(young):
        return Change(expired=expired)
    near = neighbours(connection, series, int(young.at.min()), int(young.at.max()) + 1)
    made = [_made(connection, series, stretch) for stretch in absorbed(stretches(near, young))]
    replaced = [chunk for one in made for chunk in one.stretch.chunks]
    lost = [chunk for one in made for chunk in one.lost]
    total = sum(len(part) for one in made for part in one.parts)
    n = sum(chunk.n for chunk in replaced)
    n_lost = sum(chunk.n for chunk in lost)
    return Change(
        tuple(chunk.id for chunk in replaced if chunk not in lost),
        tuple(chunk.id for chunk in lost),
        (),
        tuple(_row(series, part, one.state) for one in made for part in one.parts),
        tuple(_rollups(connection, series, made, {chunk.id for chunk in replaced})),
        _last(series, [part for one in made for part in one.parts]),
        n - n_lost + len(young) - total,
        n_lost,
        expired,
    )


def closing(connection: sqlite3.Connection, series: int, chunk: Listed) -> Change:
    """Return how an open chunk is closed as it is."""
    try:
        readings = readings_of(connection, chunk, series)
    except Garbled:
        return Change(garbled=(chunk.id,), lost=chunk.n)
    made = _Made(Stretch((chunk,), readings), (readings,), (), State.CLOSED)
    return Change(closed=(chunk.id,), rollups=tuple(_rollups(connection, series, [made], {chunk.id})))


def apply(connection: sqlite3.Connection, done: Change, *, now: int) -> None:
    """Write a change, within the caller's transaction; a garbled chunk is set aside at `now` (UTC ns), not lost."""
    connection.executemany(QUARANTINE, [(now, chunk) for chunk in done.garbled])
    connection.executemany(DELETE, [(chunk,) for chunk in (*done.replaced, *done.garbled)])
    connection.executemany(CLOSE, [(chunk,) for chunk in done.closed])
    connection.executemany(INSERT, done.rows)
    connection.executemany(WRITE, done.rollups)
    if done.last is not None:
        connection.execute(LAST, done.last)


def _made(connection: sqlite3.Connection, series: int, stretch: Stretch) -> _Made:
    found = piece(connection, series, stretch)
    was_closed = any(chunk.state == State.CLOSED for chunk in stretch.chunks)
    large = len(found.readings) > chunks.POINTS // 2
    state = State.CLOSED if was_closed or large else State.OPEN
    return _Made(stretch, tuple(cut(found.readings)), found.lost, state)


def _row(series: int, part: Columns, state: State) -> ChunkRow:
    blob = pack_chunk(part)
    return series, int(part.at[0]), int(part.at[-1]), len(part), crc(blob), blob, state


def _last(series: int, parts: Sequence[Columns]) -> LastRow:
    newest = joined([part.take([int(np.argmax(believed_at(part)))]) for part in parts])
    row = int(np.argmax(believed_at(newest)))
    at, blob = int(believed_at(newest)[row]), pack_chunk(newest.take([row]))
    return at, crc(blob), blob, series, at


def _rollups(connection: sqlite3.Connection, series: int, made: Sequence[_Made], replaced: set[int]) -> list[RollupRow]:
    """Return the changed blocks of roll-ups: every minute that closed chunks fill anew is counted out again."""
    rollups = Rollups(connection, series)
    parts = [part for one in made if one.state == State.CLOSED for part in one.parts]
    for one in made:
        if one.state == State.CLOSED:
            since, until = rollups.garbled(*MINUTES.around(*one.fresh))
            around = _others(connection, series, (since, until), replaced)
            rollups.replace(since, until, _minutes([*parts, *around], since, until))
    return list(rollups.rows())


def _others(connection: sqlite3.Connection, series: int, span: tuple[int, int], replaced: set[int]) -> list[Columns]:
    """Return the readings of the other closed chunks that share a minute with `span`."""
    found = []
    for chunk in listed(connection, series, *span):
        shares = chunk.t1 >= span[0] and chunk.t0 < span[1]
        if shares and chunk.state == State.CLOSED and chunk.id not in replaced:
            try:
                found.append(readings_of(connection, chunk, series, arrivals=False))
            except Garbled:
                continue
    return found


def _minutes(parts: Sequence[Columns], since: int, until: int) -> Summary:
    inside = [part.take(slice(*np.searchsorted(part.at, (since, until)).tolist())) for part in parts]
    inside = sorted((part for part in inside if len(part)), key=lambda part: int(part.at[0]))
    each = [of_series(part, first=0, width=MINUTES.step) for part in inside]
    return grouped(following(each), first=0, width=MINUTES.step)
