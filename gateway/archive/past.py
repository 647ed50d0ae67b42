"""What was, in buckets: the journal's own, and from before that what a sink's server has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from drivers.model import Quality, Reading
from gateway.store.buckets import Grid

PATIENCE_S = 5.0
"""How long older history is waited for; without it the answer is what the journal has."""


class BucketLike(Protocol):
    """A stretch of readings from `at` (UTC ns) on."""

    @property
    def at(self) -> int: ...
    @property
    def low(self) -> float: ...
    @property
    def mean(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def count(self) -> int: ...
    @property
    def last(self) -> float: ...
    @property
    def quality(self) -> Quality: ...


class ExtentLike(Protocol):
    """From when on there are readings, minutes and hours (UTC ns; 0: there are none)."""

    @property
    def raw(self) -> int: ...
    @property
    def minutes(self) -> int: ...
    @property
    def hours(self) -> int: ...


class OlderHistory(Protocol):
    """Buckets on the grid of `Grid.over(since, until, count)`; a point of which nothing is known is left out."""

    async def buckets(
        self, points: Sequence[str], /, *, since: int, until: int, count: int
    ) -> Mapping[str, Sequence[BucketLike]]: ...


class ReadingsPort(Protocol):
    """Where readings are read from; times are UTC ns, `until` is not included."""

    async def readings(self, point: str, /, *, since: int, until: int, limit: int) -> Sequence[Reading]: ...


class OwnHistory(OlderHistory, Protocol):
    """The journal: it knows how far it reaches."""

    async def extent(self) -> ExtentLike: ...


class Past:
    """The journal's history, with `older` before it (None: nothing is)."""

    def __init__(self, own: OwnHistory, older: OlderHistory | None) -> None:
        self._own, self._older = own, older

    async def own_since(self) -> int | None:
        """Return from when on the journal has anything (UTC ns), None while all it has is as new as itself."""
        extent = await self._own.extent()
        return min(filter(None, (extent.raw, extent.minutes, extent.hours)), default=None)

    async def buckets(
        self, points: Sequence[str], *, since: int, until: int, count: int
    ) -> Mapping[str, Sequence[BucketLike]]:  # fmt: skip
        """Return each point's buckets that hold numbers, oldest first, on the grid of `Grid.over`.

        A bucket of which the journal does not have all any more is the older history's, if that has it.
        """
        found = await self._own.buckets(points, since=since, until=until, count=count)
        if self._older is None:
            return found
        begins = await self.own_since()
        edge = until if begins is None else min(begins, until)
        if since >= edge:
            return found
        grid = Grid.over(since, until, count)
        number = -(-(edge - grid.first) // grid.width)
        older = await self._asked(points, since=grid.first, until=grid.first + number * grid.width, count=number)
        return {point: _joined(found[point], older.get(point, ())) for point in points}

    async def _asked(
        self, points: Sequence[str], *, since: int, until: int, count: int
    ) -> Mapping[str, Sequence[BucketLike]]:  # fmt: skip
        if self._older is None:
            return {}
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._older.buckets(points, since=since, until=until, count=count)
        except TimeoutError:
            return {}


def _joined(own: Sequence[BucketLike], older: Sequence[BucketLike]) -> list[BucketLike]:
    by_time = {bucket.at: bucket for bucket in own} | {bucket.at: bucket for bucket in older}
    return [by_time[at] for at in sorted(by_time)]
