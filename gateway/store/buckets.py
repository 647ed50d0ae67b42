"""A long stretch of a series as a few buckets of lowest, mean and highest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from drivers.model import Quality
from gateway.store.columns import TEXT, Columns


@dataclass(frozen=True, slots=True)
class Bucket:
    """The `n` numbers whose source time is in the bucket that begins at `at` (UTC ns)."""

    at: int
    low: float
    mean: float
    high: float
    n: int


def bucketed(parts: Iterable[Columns], *, since: int, until: int, count: int) -> list[Bucket]:
    """Return those of `count` equal parts of [since, until) that hold numbers or flags; texts and BAD do not count."""
    width = max(1, -(-(until - since) // count))
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    total, n = np.zeros(count), np.zeros(count, np.int64)
    for part in parts:
        good = part.take(_countable(part) & (part.at >= since) & (part.at < until))
        if not len(good):
            continue
        where = (good.at - since) // width
        begins = np.flatnonzero(np.diff(where, prepend=-1))
        rows = where[begins]
        low[rows] = np.minimum(low[rows], np.minimum.reduceat(good.number, begins))
        high[rows] = np.maximum(high[rows], np.maximum.reduceat(good.number, begins))
        total[rows] += np.add.reduceat(good.number, begins)
        n[rows] += np.diff(begins, append=len(where))
    return [
        Bucket(
            since + index * width, float(low[index]), float(total[index] / n[index]), float(high[index]), int(n[index])
        )
        for index in np.flatnonzero(n).tolist()
    ]


def _countable(part: Columns) -> np.typing.NDArray[np.bool_]:
    kinds, qualities = part.marks & 7, part.marks >> 3 & 3
    countable: np.typing.NDArray[np.bool_] = (kinds < TEXT) & (qualities != Quality.BAD) & np.isfinite(part.number)
    return countable
