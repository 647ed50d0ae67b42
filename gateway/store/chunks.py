"""The long memory of each series: chunks of some thousand readings that never overlap."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gateway.store.columns import Columns, Ints, joined
from gateway.store.errors import Garbled
from gateway.store.merge import TIE_NS, merged
from gateway.store.packing import unpack_chunk

POINTS = 14_400
"""Readings in a full chunk: four hours at one a second; one that late readings grow by more than a quarter is cut."""
SPAN_NS = 7 * 86_400_000_000_000
"""The longest time that one chunk covers, so that old readings of a slow series can go in time."""
REACH_NS = SPAN_NS + 1_000_000_000
"""How long before a moment a chunk begins at most that holds it: a cut waits for the end of a tick."""
EVER = (0, 2**63 - 1)

_LIST = (
    "SELECT id, t0, t1, n, state FROM chunk"
    " WHERE state IN ({}) AND series = ? AND t0 >= ? AND t0 < ? AND t1 >= ? ORDER BY t0"
)
ALL, OPEN = _LIST.format("0, 1"), _LIST.format("0")
READ = "SELECT blob, crc FROM chunk WHERE id = ?"


class State(IntEnum):
    """What may still happen to a chunk."""

    OPEN = 0
    """Small: what comes next may be merged with it; no roll-up has it."""
    CLOSED = 1
    """The roll-ups have it."""


class Listed(NamedTuple):
    """A chunk as the directory shows it: `t0` and `t1` are the source times of its first and last reading."""

    id: int
    t0: int
    t1: int
    n: int
    state: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a series: chunks that lie side by side (or none), and what has arrived in their time since."""

    chunks: tuple[Listed, ...]
    arrived: Columns


@dataclass(frozen=True, slots=True)
class Piece:
    """What a stretch holds; `lost` chunks could not be read, and their readings are missing."""

    readings: Columns
    lost: tuple[Listed, ...] = ()


def listed(connection: sqlite3.Connection, series: int, since: int, until: int, *, which: str = ALL) -> list[Listed]:
    """Return the chunks of a series that hold something of [since, until) or are a tick away from it, oldest first."""
    begin, end = max(since - TIE_NS, 0), min(until + TIE_NS, EVER[1])
    return [Listed(*row) for row in connection.execute(which, (series, max(begin - REACH_NS, 0), end, begin))]


def neighbours(connection: sqlite3.Connection, series: int, since: int, until: int) -> list[Listed]:
    """Return what `listed` returns, after the open chunks that lie right before it."""
    found = listed(connection, series, max(since - SPAN_NS, 0), until)
    begin = next((at for at, chunk in enumerate(found) if chunk.t1 >= since - TIE_NS), len(found))
    while begin and found[begin - 1].state == State.OPEN:
        begin -= 1
    return found[begin:]


def stretches(chunks: list[Listed], arrived: Columns) -> Iterator[Stretch]:
    """Yield, in the order of time, each chunk with the arrivals that belong into it, and the arrivals between chunks.

    What is within a tick of a chunk belongs into it, so that a redelivery meets what it repeats.
    """
    none = arrived.take(slice(0, 0))
    if not len(arrived):
        yield from (Stretch((chunk,), none) for chunk in chunks)
        return
    starts, ends = (np.array([chunk[field] for chunk in chunks], np.int64) for field in (1, 2))
    home = np.searchsorted(starts, arrived.at + TIE_NS, side="right") - 1
    inside = home >= 0
    inside[inside] = arrived.at[inside] <= ends[home[inside]] + TIE_NS
    places = home * 2 + ~inside
    order = np.argsort(places, kind="stable")
    ordered = arrived.take(order)
    borders = np.searchsorted(places[order], np.arange(-1, 2 * len(chunks) + 1)).tolist()
    for place, (begin, end) in enumerate(pairwise(borders), start=-1):
        mine = ordered.take(slice(begin, end)) if end > begin else none
        if place % 2 == 0:
            yield Stretch((chunks[place // 2],), mine)
        elif end > begin:
            yield Stretch((), mine)


def piece(connection: sqlite3.Connection, series: int, stretch: Stretch) -> Piece:
    """Return the readings of a stretch, distinct and in the order of source time."""
    known, lost = list[Columns](), list[Listed]()
    for chunk in stretch.chunks:
        try:
            known.append(readings_of(connection, chunk, series))
        except Garbled:
            lost.append(chunk)
    return Piece(merged(joined(known), stretch.arrived), tuple(lost))


def pieces(
    connection: sqlite3.Connection, series: int, arrived: Columns, *, span: tuple[int, int] = EVER
) -> Iterator[Piece]:
    """Yield the stretches of a series that touch `span` (source time: from, until), oldest first."""
    since, until = span
    near = arrived.take((arrived.at >= since - TIE_NS) & (arrived.at < until))
    for stretch in stretches(listed(connection, series, since, until), near):
        yield piece(connection, series, stretch)


def readings_of(connection: sqlite3.Connection, chunk: Listed, series: int, *, arrivals: bool = True) -> Columns:
    """Return the readings of a chunk, see `unpack_chunk`; raise Garbled."""
    blob, checksum = connection.execute(READ, (chunk.id,)).fetchone()
    return unpack_chunk(blob, checksum, series, arrivals=arrivals)


def absorbed(timeline: Iterable[Stretch]) -> list[Stretch]:
    """Return the stretches with arrivals, each with the open chunks right before it that are not larger than it.

    So a reading is written again only when its chunk has doubled, and few small chunks are left to be read.
    """
    done: list[Stretch] = []
    for stretch in timeline:
        whole = stretch
        while done and not stretch.chunks and _takes(whole, done[-1]):
            left = done.pop()
            whole = Stretch(left.chunks + whole.chunks, joined([left.arrived, whole.arrived]))
        done.append(whole)
    return [stretch for stretch in done if len(stretch.arrived)]


def _takes(right: Stretch, left: Stretch) -> bool:
    small, large = _size(left), _size(right)
    begin = min(*(chunk.t0 for chunk in left.chunks), *left.arrived.at[:1].tolist(), EVER[1])
    return (
        all(chunk.state == State.OPEN for chunk in left.chunks)
        and small <= large
        and small + large <= POINTS
        and int(right.arrived.at.max()) - begin <= SPAN_NS
    )


def _size(stretch: Stretch) -> int:
    return sum(chunk.n for chunk in stretch.chunks) + len(stretch.arrived)


def cut(readings: Columns) -> Iterator[Columns]:
    """Yield readings in portions that make a chunk each."""
    begin = 0
    for end in _ends(readings.at):
        yield readings.take(slice(begin, end))
        begin = end


def _ends(at: Ints) -> Iterator[int]:
    """Yield where chunks end: never between two readings of one tick, which a redelivery must find together."""
    begin = 0
    while begin < len(at):
        end = int(np.searchsorted(at, min(int(at[begin]) + SPAN_NS, EVER[1]), side="right"))
        if end - begin > POINTS + POINTS // 4:
            end = begin + POINTS
        while end < len(at) and at[end] - at[end - 1] <= TIE_NS:
            end += 1
        yield end
        begin = end
