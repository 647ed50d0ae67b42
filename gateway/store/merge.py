"""Make one series out of what is stored and what has arrived since: distinct, in the order of source time."""

from __future__ import annotations

import numpy as np

from drivers.model import Value
from gateway.store.columns import Columns, Ints, joined, value_at

TIE_NS = 1_000
"""How far apart readings of one series lie at least, if they did not carry the same source time."""


def merged(stored: Columns, arrived: Columns) -> Columns:
    """Return both as one series; `stored` is distinct and in order, `arrived` is in the order of arrival.

    A reading that says the same as one with its source time is a redelivery and is dropped. One that says something
    else happened in the same tick of the sensor's clock: it gets the next free nanosecond.
    """
    if not len(arrived):
        return stored
    both = joined([stored, arrived])
    order = np.argsort(both.at, kind="stable")
    if len(order) < 2 or (np.diff(both.at[order]) > 0).all():
        return both.take(order)
    return _settled(both, _contested(both.at, order))


def _contested(at: Ints, order: Ints) -> set[int]:
    """Return the rows whose time is, or is near, another row's: only these need a closer look."""
    near = np.diff(at[order]) <= TIE_NS
    rows = np.concatenate([order[:-1][near], order[1:][near]])
    return set(rows.tolist())


def _settled(both: Columns, contested: set[int]) -> Columns:
    at = both.at.copy()
    taken: dict[int, int] = {}
    dropped = []
    for row in sorted(contested):
        slot = int(at[row])
        while (other := taken.get(slot)) is not None and _content(both, other) != _content(both, row):
            slot += 1
        if other is None:
            taken[slot] = row
            at[row] = slot
        else:
            dropped.append(row)
    kept = np.delete(np.arange(len(at)), dropped)
    moved = Columns(both.series, at, both.received, both.number, both.marks, both.texts).take(kept)
    return moved.take(np.argsort(moved.at, kind="stable"))


def _content(columns: Columns, row: int) -> tuple[type, str, int]:
    value: Value = value_at(columns, row)
    return type(value), repr(value), int(columns.marks[row]) & ~(1 << 5)
