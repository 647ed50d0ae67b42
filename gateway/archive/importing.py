"""A file taken into the journal: line by line, each reading once, as history; what cannot be taken is told by line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, Protocol

from drivers.model import Clock, Point, Reading
from gateway.archive import csv_sheet, parquet_sheet
from gateway.archive.csv_sheet import Numbered
from gateway.archive.errors import BadLine, Stalled
from gateway.archive.export import Format
from gateway.archive.intake import Intake
from gateway.archive.known import fresh
from gateway.archive.past import ReadingsPort
from gateway.archive.table import Cells
from gateway.store.summary import DAY_NS

BATCH = 500
"""Lines that are looked at together: a millisecond or two."""
UNSAFE = 5_000
"""Readings after which the disk is waited for."""
SHOWN = 20
"""How many refused lines are told; the rest are counted."""
PATIENCE_S = 10.0
RAW_FROM = "SELECT raw_from FROM compacted"
LINES: Mapping[Format, Callable[[BinaryIO], Iterator[Numbered]]] = {
    Format.CSV: csv_sheet.lines,
    Format.PARQUET: parquet_sheet.lines,
}

Judged = tuple[int, Reading | BadLine]


class JournalPort(ReadingsPort, Protocol):
    """The journal that takes readings."""

    def on_readings(self, batch: Sequence[Reading], /) -> None: ...

    def when_durable(self, done: Callable[[], None], /) -> None:
        """Call `done` once everything so far is committed."""

    def query(self, sql: str, /) -> Sequence[tuple[Any, ...]]: ...


@dataclass(slots=True)
class Tally:
    """What became of the lines so far; `faults` are the first that were refused, by their number."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """Return how many lines were looked at."""
        return self.accepted + self.duplicates + self.refused


class Import:
    """One import; readings go into the journal and not over the bus: they are no news."""

    def __init__(self, store: JournalPort, points: Mapping[str, Point], *, clock: Clock, raw_days: int) -> None:
        self._store, self._points, self._clock = store, points, clock
        self._kept_ns = raw_days * DAY_NS
        self.tally = Tally()
        self._unsafe = 0

    async def run(self, lines: Iterator[Numbered]) -> AsyncGenerator[Tally, None]:
        """Take the lines of a file, and yield what became of them so far; at the end all is safe on the disk.

        Raises BadFile when nothing (more) can be read of it, and Stalled when the disk takes nothing; what was taken
        until then stays, and the same file may be taken again.
        """
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "import") as aside:
            while batch := await loop.run_in_executor(aside, _next, self._intake(), lines):
                await self._take(batch)
                if self._unsafe >= UNSAFE:
                    await self._durable()
                yield self.tally
            await self._durable()

    def _intake(self) -> Intake:
        ((let_go,),) = self._store.query(RAW_FROM)
        now = self._clock.now()
        return Intake(self._points, max(int(let_go), now - self._kept_ns), now, self._clock.mono())

    async def _take(self, batch: Sequence[Judged]) -> None:
        readings: list[Reading] = []
        for number, told in batch:
            if isinstance(told, Reading):
                readings.append(told)
            else:
                self._refuse(number, str(told))
        new = await fresh(self._store, readings)
        self._store.on_readings(new)
        self._unsafe += len(new)
        self.tally.accepted += len(new)
        self.tally.duplicates += len(readings) - len(new)

    def _refuse(self, number: int, reason: str) -> None:
        self.tally.refused += 1
        if len(self.tally.faults) < SHOWN:
            self.tally.faults.append((number, reason))

    async def _durable(self) -> None:
        if not self._unsafe:
            return
        committed = asyncio.Event()
        self._store.when_durable(committed.set)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await committed.wait()
        except TimeoutError:
            raise Stalled(
                f"after {self.tally.lines} lines the disk took nothing for {PATIENCE_S:g} s; free space on it, "
                "then import the same file again: what was taken is kept once"
            ) from None
        self._unsafe = 0


def _next(intake: Intake, lines: Iterator[Numbered]) -> list[Judged]:
    return [(number, _read(intake, line)) for number, line in islice(lines, BATCH)]


def _read(intake: Intake, line: Cells | BadLine) -> Reading | BadLine:
    if isinstance(line, BadLine):
        return line
    try:
        return intake.reading(line)
    except BadLine as error:
        return error
