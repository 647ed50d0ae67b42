"""Journal rows as they go to a sink: those that it wants, by series and time, no two of a series at one nanosecond."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np

from drivers.model import Quality, Reason
from gateway.store.columns import REASON_CODES, Columns, Ints, believed_at, empty, joined
from gateway.store.merge import merged

_REASON = 6


def wanted(columns: Columns, point_of: Callable[[int], str], patterns: Sequence[str]) -> Columns:
    """Return the rows whose point fits one of the patterns (`*` and `?` as in file names)."""
    if "*" in patterns:
        return columns
    series = [
        number
        for number in np.unique(columns.series).tolist()
        if any(fnmatchcase(point_of(number), pattern) for pattern in patterns)
    ]
    return columns.take(np.isin(columns.series, series))


def settled(columns: Columns) -> Columns:
    """Return the rows in the order of series and time; the same rows give the same, so that writing again is harmless.

    A time that runs ahead of ours counts as of its arrival and is doubted. What happened in one tick of a sensor's
    clock gets the next free nanoseconds, as in the store: a second reading at one time would replace the first.
    """
    believed = believed_at(columns)
    ahead = believed != columns.at
    if ahead.any():
        columns = replace(columns, at=believed, marks=np.where(ahead, _doubted(columns.marks), columns.marks))
    order = np.lexsort((columns.at, columns.series))
    columns = columns.take(order)
    tied = (np.diff(columns.series) == 0) & (np.diff(columns.at) == 0)
    if not tied.any():
        return columns
    contested = np.isin(columns.series, columns.series[1:][tied])
    parts = [merged(empty(), columns.take(columns.series == one)) for one in np.unique(columns.series[contested])]
    return joined([columns.take(~contested), *parts])


def _doubted(marks: Ints) -> Ints:
    """Return marks with quality UNCERTAIN at least, and a reason."""
    quality = np.maximum(marks >> 3 & 3, int(Quality.UNCERTAIN))
    reason = np.where(marks >> _REASON, marks >> _REASON, REASON_CODES[Reason.SOURCE])
    doubted: Ints = (marks & 7) | quality << 3 | (marks & 1 << 5) | reason << _REASON
    return doubted
