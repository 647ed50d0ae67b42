"""A long stretch of a series as a few buckets of lowest, mean and highest."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from drivers.model import Quality
from gateway.store.columns import QUALITIES
from gateway.store.summary import HOUR_NS, MINUTE_NS, Summary


class Bucket(msgspec.Struct, frozen=True):
    """The `count` numbers whose source time is in the bucket that begins at `at` (UTC ns).

    Flags count as 0 and 1; texts and BAD readings are in none of the numbers, but BAD shows in `quality`, the worst.
    """

    at: int
    count: int
    low: float
    mean: float
    high: float
    last: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets of `width` ns that lie side by side from `first` (UTC ns) on."""

    first: int
    width: int

    @classmethod
    def over(cls, since: int, until: int, count: int) -> Grid:
        """Return the grid of at most `count` buckets over [since, until), one more when the ends cut a bucket each.

        Widths from a minute on are whole minutes, from an hour on whole hours, and such buckets begin at multiples of
        their width since 1970: so the roll-ups answer exactly, and a trend does not flicker while its window moves on.
        """
        width = max(1, -(-(until - since) // max(count, 1)))
        for step in (HOUR_NS, MINUTE_NS):
            if width >= step:
                width = -(-width // step) * step
                return cls(since // width * width, width)
        return cls(since, width)


def of_summary(summary: Summary) -> list[Bucket]:
    """Return the stretches that hold numbers as buckets."""
    rows = summary.take(np.flatnonzero(summary.count))
    means = rows.total / rows.count
    columns = (rows.at, rows.count, rows.low, means, rows.high, rows.last)
    worst = map(QUALITIES.__getitem__, rows.worst.tolist())
    return list(map(Bucket, *(column.tolist() for column in columns), worst))
