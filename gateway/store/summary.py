"""A series by stretches of time: how many numbers, their sum, lowest, highest and last, and the worst quality."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from drivers.model import Quality
from gateway.store.columns import EXACT, TEXT, Columns, Floats, Ints
from gateway.store.errors import Garbled
from gateway.store.narrow import (
    BITS,
    DECIMALS,
    deflated,
    inflated,
    pack_floats,
    pack_ints,
    scaled,
    unpack_floats,
    unpack_ints,
)
from gateway.store.packing import crc

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
SPARSE = 4
"""Rows a stretch from which on it is quicker to look for the borders than to number each row."""
NEAR = 1e-3
"""How far a sum of decimals may be from one, in units of the last place: additions round, decimals do not."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[bytes]).decode


@dataclass(frozen=True, slots=True)
class Summary:
    """One row a stretch that has readings, oldest first; `at` is where a stretch begins (UTC ns).

    A stretch of texts and BAD readings only has `count` 0, `low` +inf and `high` -inf; `worst` looks at all of them.
    """

    at: Ints
    count: Ints
    total: Floats
    low: Floats
    high: Floats
    last: Floats
    worst: Ints

    def __len__(self) -> int:
        return len(self.at)

    def between(self, since: int, until: int) -> Summary:
        """Return the stretches that begin in [since, until)."""
        begin, end = np.searchsorted(self.at, (since, until)).tolist()
        if (begin, end) == (0, len(self)):
            return self
        return self.take(slice(begin, end))

    def take(self, which: slice | Ints | NDArray[np.bool_]) -> Summary:
        """Return the rows that a slice, a mask or an array of indices names."""
        return Summary(
            self.at[which],
            self.count[which],
            self.total[which],
            self.low[which],
            self.high[which],
            self.last[which],
            self.worst[which],
        )


def nothing() -> Summary:
    """Return no stretches."""
    none, numbers = np.empty(0, np.int64), np.empty(0, np.float64)
    return Summary(none, none, numbers, numbers, numbers, numbers, none)


def following(parts: Sequence[Summary]) -> Summary:
    """Return all rows of parts that follow each other in time."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return nothing()
    return Summary(
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.count for part in parts]),
        np.concatenate([part.total for part in parts]),
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.high for part in parts]),
        np.concatenate([part.last for part in parts]),
        np.concatenate([part.worst for part in parts]),
    )


def of_series(readings: Columns, *, first: int, width: int) -> Summary:
    """Return readings of one series, in the order of source time, by stretches of `width` ns from `first` on."""
    if not len(readings):
        return nothing()
    at, number, mark = readings.at, readings.number, int(readings.marks[0])
    alike = (readings.marks == mark).all() and np.isfinite(number).all()
    if not alike or mark & 7 >= TEXT or mark >> 3 & 3 == Quality.BAD:
        return _of_mixed(readings, first, width)
    begins, starts = _groups(at, first, width)
    ends: Ints = np.append(begins[1:], len(at))
    return Summary(
        starts,
        ends - begins,
        np.add.reduceat(number, begins),
        np.minimum.reduceat(number, begins),
        np.maximum.reduceat(number, begins),
        number[ends - 1],
        np.full(len(begins), mark >> 3 & 3, np.int64),
    )


def _of_mixed(readings: Columns, first: int, width: int) -> Summary:
    kinds, worst, number = readings.marks & 7, readings.marks >> 3 & 3, readings.number
    good = (kinds < TEXT) & (worst != Quality.BAD) & np.isfinite(number)
    low, high = np.where(good, number, np.inf), np.where(good, number, -np.inf)
    each = Summary(readings.at, good.astype(np.int64), np.where(good, number, 0.0), low, high, number, worst)
    return grouped(each, first=first, width=width)


def grouped(of: Summary, *, first: int, width: int) -> Summary:
    """Return a summary by longer stretches: `width` ns from `first` on; rows of the same stretch become one."""
    if not len(of):
        return of
    begins, starts = _groups(of.at, first, width)
    return Summary(
        starts,
        np.add.reduceat(of.count, begins),
        np.add.reduceat(of.total, begins),
        np.minimum.reduceat(of.low, begins),
        np.maximum.reduceat(of.high, begins),
        _last(of, begins),
        np.maximum.reduceat(of.worst, begins),
    )


def _groups(at: Ints, first: int, width: int) -> tuple[Ints, Ints]:
    """Return the index of the first row of each stretch that has some, and where that stretch begins."""
    lowest, highest = (int(at[0]) - first) // width, (int(at[-1]) - first) // width
    if (highest - lowest) * SPARSE < len(at):
        starts = first + width * np.arange(lowest, highest + 1, dtype=np.int64)
        begins = np.searchsorted(at, starts)
        filled = np.diff(begins, append=len(at)) > 0
        return begins[filled], starts[filled]
    where = (at - first) // width
    begins = np.flatnonzero(np.diff(where, prepend=where[0] - 1))
    return begins, first + where[begins] * width


def _last(of: Summary, begins: Ints) -> Floats:
    ends: Ints = np.append(begins[1:], len(of)) - 1
    if of.count[ends].all():
        return of.last[ends]
    known = np.where(of.count > 0, np.arange(len(of)), -1)
    rows = np.maximum.reduceat(known, begins)
    return np.where(rows >= 0, of.last[rows], 0.0)


def pack_summary(of: Summary, step: int) -> bytes:
    """Return a summary by stretches of `step` ns as columns of narrow integers, deflated."""
    some = of.count > 0
    low, high, last = (np.where(some, column, 0.0) + 0.0 for column in (of.low, of.high, of.last))  # no -0.0
    numbers = _as_integers(of, low, high, last)
    places, columns = numbers or (BITS, [pack_floats(column) for column in (low, high, last, of.total)])
    keys = [pack_ints(of.at // step), pack_ints(of.count), pack_ints(of.worst)]
    return bytes([places]) + deflated(_encode([*keys, *columns]))


def _as_integers(of: Summary, low: Floats, high: Floats, last: Floats) -> tuple[int, list[bytes]] | None:
    """Return the numbers as integers of so many decimal places, all but the lowest as what they are above it."""
    for places in DECIMALS:
        exact = of.total * 10**places
        total = np.rint(exact)
        if (np.abs(exact - total) < NEAR).all() and (np.abs(exact) < EXACT).all():
            integers = [scaled(column, places) for column in (low, high, last)]
            floor, top, end = integers
            if floor is not None and top is not None and end is not None:
                above = (top - floor, end - floor, total.astype(np.int64) - of.count * floor)
                return places, [pack_ints(column) for column in (floor, *above)]
    return None


def unpack_summary(blob: bytes, checksum: int, step: int) -> Summary:
    """Return what was packed; raise Garbled when it is not that."""
    if crc(blob) != checksum:
        raise Garbled(f"a roll-up of {len(blob)} bytes with another checksum than when it was written")
    try:
        return _unpacked(blob[0], _decode(inflated(blob[1:])), step)
    except (ValueError, IndexError, struct.error, zlib.error, msgspec.DecodeError) as error:
        raise Garbled(f"a roll-up of {len(blob)} bytes: {error}") from error


def _unpacked(places: int, columns: list[bytes], step: int) -> Summary:
    at, count, worst = (unpack_ints(column) for column in columns[:3])
    low: Floats
    high: Floats
    if places == BITS:
        low, high, last, total = (unpack_floats(column) for column in columns[3:])
    else:
        floor, top, end, sums = (unpack_ints(column) for column in columns[3:])
        scale = 10**places
        low, high, last = floor / scale, (floor + top) / scale, (floor + end) / scale
        total = (sums + count * floor) / scale
    if not count.all():
        low, high = np.where(count, low, np.inf), np.where(count, high, -np.inf)
    return Summary(at * step, count, total, low, high, last, worst)
