"""Where a series has gaps: nothing came for longer than the point may be silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from drivers.model import Point

Span = tuple[int, int]
"""UTC ns: from, until."""


def gaps(point: Point, stretches: Iterable[Span], *, since: int, until: int) -> list[Span]:
    """Return the gaps of [since, until) between stretches in which something came, oldest first; UTC ns.

    A point that is never stale (`stale_after` 0) has none. How far a gap reaches into a stretch nobody can tell.
    """
    silent = round(point.stale_after * 1e9)
    if not silent:
        return []
    return [span for span in _between(stretches, since, until) if span[1] - span[0] > silent]


def _between(stretches: Iterable[Span], since: int, until: int) -> Iterator[Span]:
    for (_, end), (begin, _) in pairwise(chain([(since, since)], stretches, [(until, until)])):
        yield end, begin
