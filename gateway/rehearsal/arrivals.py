"""Recorded readings of many points in the order of their arrival, a stretch of time at once."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from drivers.model import Reading

STRETCH_NS = 3_600_000_000_000
"""So much is read at once."""
AT_ONCE = 10_000
"""Readings of a point that are asked for at once."""

Batch = Sequence[Reading]
received_at = attrgetter("received_at")


class Recorded(Protocol):
    """Where readings lie."""

    def recorded(self, point: str, *, since: int, until: int, limit: int) -> Sequence[Reading]:
        """Return a point's first `limit` readings with since ≤ source time < until (UTC ns), oldest first."""


def arrivals(recorded: Recorded, points: Iterable[str], *, since: int, until: int) -> Iterator[Batch]:
    """Yield what arrived in [since, until), those together that came at the same time.

    A reading that came late comes late here too. One whose source ran ahead of us comes with its stretch.
    """
    names, waiting, count = sorted(points), list[tuple[int, int, Reading]](), 0
    for begin in range(since, until, STRETCH_NS):
        end = min(begin + STRETCH_NS, until)
        for name in names:
            for reading in _all(recorded, name, begin, end):
                count += 1
                heapq.heappush(waiting, (reading.received_at, count, reading))
        yield from _together(_until(waiting, end))


def _all(recorded: Recorded, point: str, since: int, until: int) -> Iterator[Reading]:
    while True:
        found = recorded.recorded(point, since=since, until=until, limit=AT_ONCE)
        yield from found
        if len(found) < AT_ONCE:
            return
        since = found[-1].source_at + 1


def _until(waiting: list[tuple[int, int, Reading]], end: int) -> Iterator[Reading]:
    while waiting and waiting[0][0] < end:
        yield heapq.heappop(waiting)[2]


def _together(readings: Iterable[Reading]) -> Iterator[Batch]:
    return (list(batch) for _, batch in groupby(readings, key=received_at))
