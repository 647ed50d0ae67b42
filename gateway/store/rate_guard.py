"""Keeps one point that reports far too often from filling the disk: what is stored of it is thinned, and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.model import Reading

SPAN_NS = 600_000_000_000
"""Readings are counted in stretches of ten minutes of the sensor's own clock, so that a backlog is no flood."""
SPACING_NS = 1_000_000_000
"""Of a flood one reading a second is stored."""


@dataclass(slots=True)
class Pace:
    """How often a point reported in a stretch, how many of these readings were thinned out, when the last was kept."""

    stretch: int
    count: int = 0
    thinned: int = 0
    kept_at: int = 0


class RateGuard:
    """Alarms and screens see every reading all the same; only what is stored is thinned."""

    def __init__(self) -> None:
        self.thinned = 0
        self._paces: dict[str, Pace] = {}

    def thin(self, waiting: list[Reading], begin: int, *, most: int) -> None:
        """Take out of `waiting`, from `begin` on, what goes beyond `most` readings of a point in a stretch."""
        before = self.thinned
        kept = [reading for reading in waiting[begin:] if not self._is_too_much(reading, most)]
        if self.thinned != before:
            waiting[begin:] = kept

    def floods(self, now: int) -> Mapping[str, int]:
        """Return the points that are being thinned at `now` (UTC ns), or were a moment ago, and how much of them."""
        since = now // SPAN_NS - 1
        return {name: pace.thinned for name, pace in self._paces.items() if pace.thinned and pace.stretch >= since}

    def _is_too_much(self, reading: Reading, most: int) -> bool:
        if reading.retained:  # history that somebody gives us on purpose
            return False
        pace, stretch = self._paces.get(reading.point), reading.source_at // SPAN_NS
        if pace is None or stretch > pace.stretch:
            pace = self._paces[reading.point] = Pace(stretch)
        elif stretch < pace.stretch:
            return False
        pace.count += 1
        if pace.count <= most or abs(reading.source_at - pace.kept_at) >= SPACING_NS:
            pace.kept_at = reading.source_at
            return False
        pace.thinned += 1
        self.thinned += 1
        return True
