"""The derived points of a site: they hear their inputs on the bus, and are published like any sensor."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import structs

from drivers.model import Clock, Point, Quality, Reading, Reason, Value
from gateway.derive.cell import Cell
from gateway.derive.derivation import Derivation
from gateway.derive.term import UNREAD, Term, term_of
from gateway.store.columns import AHEAD_NS

PAGE = 5_000
SECOND_NS = 1_000_000_000


class HistoryPort(Protocol):
    """The journal; times are UTC ns."""

    async def readings(self, point: str, /, *, since: int, until: int, limit: int) -> Sequence[Reading]:
        """Return a point's first `limit` readings in since ≤ source time < until, oldest first."""


class DerivedPoints:
    """Everything that is calculated; `run` fills windows from the journal, whenever there are new ones."""

    def __init__(
        self,
        derivations: Iterable[Derivation],
        *,
        points: Mapping[str, Point],
        clock: Clock,
        history: HistoryPort,
        publish: Callable[[Sequence[object]], None],
    ) -> None:
        self._clock, self._history, self._publish = clock, history, publish
        self._cells: dict[str, Cell] = {}
        self._newest: dict[str, Reading] = {}
        self._unfilled = asyncio.Event()
        self.counters: Counter[str] = Counter(readings=0, unknown=0, late=0)
        self.adopt(derivations, points=points)

    def adopt(self, derivations: Iterable[Derivation], *, points: Mapping[str, Point]) -> None:
        """Calculate these from now on; they come after those that they need. What stays the same keeps its memory."""
        old, now = self._cells, self._clock.now()
        self._points = points
        self._cells = {}
        for each in derivations:
            kept = old.get(each.id)
            same = kept is not None and kept.derivation == each
            self._cells[each.id] = kept if kept is not None and same else Cell(each, born_at=now)
        self._link()
        self._unfilled.set()

    def restore(self, latest: Iterable[Reading]) -> None:
        """Take up the newest stored reading of each point, before anything new is heard."""
        for reading in latest:
            if reading.point in self._followers and reading.reason is not Reason.TEST:
                self._newest[reading.point] = reading
            cell = self._cells.get(reading.point)
            if cell is not None:
                cell.remember(reading)

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Calculate what follows from a batch, once, and publish it."""
        sources = self._sources
        if not sources or sources.isdisjoint([reading.point for reading in batch]):
            return
        news = {reading.point for reading in batch if reading.point in sources and self._hear(reading)}
        touched = {id_ for point in news for id_ in self._followers[point]}
        results: list[Reading] = []
        for id_, cell in self._cells.items() if touched else ():
            if id_ in touched:
                results += self._calculated(cell)
        self.counters["readings"] += len(results)
        self._publish(results)

    async def run(self) -> None:
        """Fill new windows from the journal, for ever; a failure of the journal is for the supervisor to try again."""
        while True:
            await self._unfilled.wait()
            self._unfilled.clear()
            try:
                await self.fill()
            finally:
                if any(cell.filled_to < cell.born_at for cell in self._cells.values()):
                    self._unfilled.set()

    async def fill(self) -> None:
        """Let what the journal has into every window that lacks it; taken up again where it was left."""
        for cell in list(self._cells.values()):
            await self._fill(cell)

    def _link(self) -> None:
        """Note, for every input, all that follows from it, through other derived points too."""
        followers: dict[str, dict[str, None]] = {}
        for id_, cell in reversed(self._cells.items()):
            behind = followers.get(id_, {})
            for point in cell.derivation.how.inputs:
                followers.setdefault(point, {}).update({id_: None, **behind})
        self._followers = followers
        self._sources = frozenset(followers) - self._cells.keys()
        self._windows: dict[str, list[Cell]] = {}
        for cell in self._cells.values():
            if cell.window is not None:
                self._windows.setdefault(cell.window.of.point, []).append(cell)

    def _hear(self, reading: Reading) -> bool:
        """Take a reading in; False: it is late, or a test: nothing is calculated anew."""
        if reading.reason is Reason.TEST:
            return False
        if reading.source_at > reading.received_at + AHEAD_NS:
            reading = structs.replace(reading, source_at=reading.received_at)
        for cell in self._windows.get(reading.point, ()):
            cell.hear(reading)
        known = self._newest.get(reading.point)
        if known is not None and reading.source_at <= known.source_at:
            if reading.source_at < known.source_at:
                self.counters["late"] += 1
                return False
            if reading.retained or _says(reading) == _says(known):
                return False
        self._newest[reading.point] = reading
        return True

    def _calculated(self, cell: Cell) -> list[Reading]:
        inputs = cell.derivation.how.inputs
        heard = [self._newest[point] for point in inputs if point in self._newest]
        newest, now = heard[0], heard[0].received_mono
        if len(heard) > 1:
            now = max(reading.received_mono for reading in heard)
            newest = max(heard, key=lambda reading: reading.source_at)
            newest = structs.replace(newest, received_mono=now, retained=any(reading.retained for reading in heard))
        reading = cell.reading({point: self._term(point, now) for point in inputs}, newest)
        if reading is None:
            self.counters["unknown"] += 1
            return []
        self._hear(reading)
        return [reading]

    def _term(self, point: str, now: float) -> Term:
        reading = self._newest.get(point)
        return UNREAD if reading is None else term_of(reading, self._points[point], now)

    async def _fill(self, cell: Cell) -> None:
        """Let what the journal has into a window, page by page."""
        window = cell.window
        if window is None or cell.filled_to >= cell.born_at:
            return
        start = cell.born_at - round(window.of.span * SECOND_NS)
        while True:
            since = max(start, cell.filled_to)
            page = await self._history.readings(window.of.point, since=since, until=cell.born_at, limit=PAGE)
            for reading in page:
                if reading.received_at < cell.born_at:
                    cell.hear(reading)
            if len(page) < PAGE:
                cell.filled_to = cell.born_at
                return
            cell.filled_to = page[-1].source_at + 1


def _says(reading: Reading) -> tuple[Value, Quality, Reason]:
    return reading.value, reading.quality, reading.reason
