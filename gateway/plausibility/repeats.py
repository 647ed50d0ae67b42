"""Sees to it that what a broker repeats, and does not say when it was measured, never looks fresh."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import structs

from drivers.model import Point, Quality, Reading, Reason


class Repeats:
    """Looks at retained messages that bring no time of their own, so that they seem to be of now.

    One that says what is known is the known reading again. Any other is of unknown age: STALE, if its point can be.
    """

    def __init__(self, points: Iterable[Point], *, last: Callable[[str], Reading | None]) -> None:
        self._last = last
        self._ageing: frozenset[str] = frozenset()
        self.adopt(points)

    def adopt(self, points: Iterable[Point]) -> None:
        """Follow the points of the site as they are now."""
        self._ageing = frozenset(point.id for point in points if point.stale_after)

    def judged(self, batch: Sequence[Reading]) -> Sequence[Reading]:
        """Return a batch as it is to be published."""
        if not any(reading.retained for reading in batch):
            return batch
        return [self._dated(reading) if _timeless(reading) else reading for reading in batch]

    def _dated(self, reading: Reading) -> Reading:
        known = self._last(reading.point)
        if known is not None and (type(known.value), known.value) == (type(reading.value), reading.value):
            return structs.replace(reading, source_at=known.source_at, quality=known.quality, reason=known.reason)
        if reading.quality is Quality.GOOD and reading.point in self._ageing:
            return structs.replace(reading, quality=Quality.UNCERTAIN, reason=Reason.STALE)
        return reading


def _timeless(reading: Reading) -> bool:
    return reading.retained and reading.source_at >= reading.received_at
