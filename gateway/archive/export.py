"""Readings, or buckets of them, as a file made while it is sent: read in slices, so that nothing waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum

from gateway.archive import table
from gateway.archive.csv_sheet import CsvSheet
from gateway.archive.parquet_sheet import ParquetSheet
from gateway.archive.past import BucketLike, OlderHistory, ReadingsPort
from gateway.archive.table import QUALITIES, Columns, Row, Sheet
from gateway.store.buckets import Grid

READINGS = 500
"""Readings of a slice: a commit, and whatever else is to be done, waits for one at most, about a millisecond."""
BUCKETS = 500


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    PARQUET = "parquet"


SHEETS: Mapping[Format, Callable[[Columns], Sheet]] = {Format.CSV: CsvSheet, Format.PARQUET: ParquetSheet}
"""Each may raise NoParquet."""
MEDIA: Mapping[Format, str] = {Format.CSV: "text/csv", Format.PARQUET: "application/vnd.apache.parquet"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The points with their units, from when until when (UTC ns, `until` not included)."""

    units: Mapping[str, str]
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Piece:
    """The next bytes of a file, how many rows went into it, and how far it is: 1 is all."""

    data: bytes
    rows: int
    done: float


Slice = tuple[Sequence[Row], float]


async def readings(source: ReadingsPort, wanted: Wanted) -> AsyncGenerator[Slice, None]:
    """Yield the readings as rows of `table.READINGS`, point by point, oldest first."""
    span = max(wanted.until - wanted.since, 1)
    for place, (point, unit) in enumerate(wanted.units.items()):
        since, more = wanted.since, True
        while more:
            found = await source.readings(point, since=since, until=wanted.until, limit=READINGS)
            more = len(found) == READINGS
            since = found[-1].source_at + 1 if more else wanted.until
            yield table.of_readings(found, unit), (place + (since - wanted.since) / span) / len(wanted.units)


async def buckets(source: OlderHistory, wanted: Wanted, *, width: int) -> AsyncGenerator[Slice, None]:
    """Yield buckets of `width` ns as rows of `table.BUCKETS`; whole minutes or hours, when it is longer than these."""
    grid = Grid.over(wanted.since, wanted.since + width, 1)
    span = max(wanted.until - wanted.since, 1)
    for place, (point, unit) in enumerate(wanted.units.items()):
        for begin in range(grid.first, wanted.until, grid.width * BUCKETS):
            end = min(begin + grid.width * BUCKETS, wanted.until)
            count = -(-(end - begin) // grid.width)
            whole = begin + count * grid.width
            found = (await source.buckets([point], since=begin, until=whole, count=count))[point]
            yield _bucket_rows(point, unit, found), (place + (end - wanted.since) / span) / len(wanted.units)


def _bucket_rows(point: str, unit: str, found: Sequence[BucketLike]) -> list[Row]:
    return [(point, b.at, b.low, b.mean, b.high, b.last, b.count, unit, QUALITIES[b.quality]) for b in found]


async def pieces(slices: AsyncGenerator[Slice, None], sheet: Sheet) -> AsyncGenerator[Piece, None]:
    """Yield the file piece by piece; it is written in a thread of its own."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "export") as aside:
        yield Piece(sheet.begin(), 0, 0.0)
        async with aclosing(slices):
            async for rows, done in slices:
                yield Piece(await loop.run_in_executor(aside, sheet.add, rows), len(rows), done)
        yield Piece(await loop.run_in_executor(aside, sheet.end), 0, 1.0)
