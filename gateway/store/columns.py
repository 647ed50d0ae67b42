"""Readings as columns of numbers: how they lie in memory, in the journal and in chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.model import Quality, Reading, Reason, Value

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FLOAT, INT, FLAG, TEXT, LONG = range(5)
"""What a number column's cell means; TEXT and LONG (an integer beyond 53 bits) are indices into `texts`."""
KINDS: Mapping[type, int] = {float: FLOAT, int: INT, bool: FLAG, str: TEXT}
EXACT = 2**53
MS = 1_000_000
AHEAD_NS = 60_000_000_000
"""A source time further ahead of ours than this is kept but not believed."""

REASONS = tuple(
    Reason(text)
    for text in (
        "", "comm", "config", "range", "stale", "stuck", "manual", "test", "source", "rate", "twin", "coverage",
    )
)  # fmt: skip
"""Codes on disk: append, never re-order."""
QUALITIES = tuple(Quality)
REASON_CODES: Mapping[str, int] = {reason: code for code, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings in the order of their arrival; `at` is source time in ns, `received` is ms, both UTC."""

    series: Ints
    at: Ints
    received: Ints
    number: Floats
    marks: Ints
    """kind (3 bits) | quality << 3 (2 bits) | retained << 5 | reason << 6."""
    texts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.at)

    def take(self, which: Any) -> Columns:
        """Return the rows that a mask, a slice or an array of indices names; texts are shared."""
        return Columns(
            self.series[which],
            self.at[which],
            self.received[which],
            self.number[which],
            self.marks[which],
            self.texts,
        )


def believed_at(columns: Columns) -> Ints:
    """Return source times for telling which reading is newest: one that runs ahead of ours counts as of its arrival."""
    received = columns.received * MS
    return np.where(columns.at > received + AHEAD_NS, received, columns.at)


def empty() -> Columns:
    """Return no readings."""
    none = np.empty(0, np.int64)
    return Columns(none, none, none, np.empty(0, np.float64), none)


def joined(parts: Sequence[Columns]) -> Columns:
    """Return all rows of all parts, in that order."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return empty()
    texts: list[str] = []
    numbers = []
    for part in parts:
        numbers.append(_shifted(part, len(texts)))
        texts += part.texts
    return Columns(
        np.concatenate([part.series for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.received for part in parts]),
        np.concatenate(numbers),
        np.concatenate([part.marks for part in parts]),
        tuple(texts),
    )


def _shifted(part: Columns, by: int) -> Floats:
    if not part.texts or not by:
        return part.number
    return np.where((part.marks & 7) >= TEXT, part.number + by, part.number)


def with_own_texts(columns: Columns) -> Columns:
    """Return the same rows with only the texts that they use, each once."""
    if not columns.texts:
        return columns
    where = np.flatnonzero((columns.marks & 7) >= TEXT)
    used: dict[str, int] = {}
    number = columns.number.copy()
    for row in where.tolist():
        number[row] = used.setdefault(columns.texts[int(number[row])], len(used))
    return replace(columns, number=number, texts=tuple(used))


def of_readings(readings: Sequence[Reading], series: Callable[[str], int]) -> Columns:
    """Return readings as columns; `series` gives a point's number."""
    values = [reading.value for reading in readings]
    kinds = bytes([KINDS.get(type(value), LONG) for value in values])
    texts: tuple[str, ...] = ()
    if TEXT in kinds or LONG in kinds or not _fits(kinds, values):
        kinds, number, texts = _any_values(values)
    else:
        number = np.fromiter(values, np.float64, len(values))
    marks = np.frombuffer(kinds, np.uint8).astype(np.int64)
    marks |= np.frombuffer(bytes([reading.quality for reading in readings]), np.uint8).astype(np.int64) << 3
    marks |= np.frombuffer(bytes([reading.retained for reading in readings]), np.uint8).astype(np.int64) << 5
    reasons = bytes([REASON_CODES[reading.reason] for reading in readings])
    marks |= np.frombuffer(reasons, np.uint8).astype(np.int64) << 6
    return Columns(
        np.array([series(reading.point) for reading in readings], np.int64),
        np.array([reading.source_at for reading in readings], np.int64),
        np.array([reading.received_at for reading in readings], np.int64) // MS,
        number,
        marks,
        texts,
    )


def _fits(kinds: bytes, values: Sequence[Value]) -> bool:
    return INT not in kinds or all(
        -EXACT <= value <= EXACT
        for kind, value in zip(kinds, values, strict=True)
        if kind == INT and not isinstance(value, str)
    )


def _any_values(values: Sequence[Value]) -> tuple[bytes, Floats, tuple[str, ...]]:
    texts: dict[str, int] = {}
    kinds = bytearray()
    cells: list[float] = []
    for value in values:
        kinds.append(_kind(value))
        if isinstance(value, str):
            cells.append(texts.setdefault(str(value), len(texts)))
        elif kinds[-1] == LONG:
            cells.append(texts.setdefault(hex(int(value)), len(texts)))
        else:
            cells.append(float(value))
    return bytes(kinds), np.array(cells, np.float64), tuple(texts)


def _kind(value: Value) -> int:
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, int):
        return INT if -EXACT <= value <= EXACT else LONG
    return FLOAT if isinstance(value, float) else TEXT


def value_at(columns: Columns, row: int) -> Value:
    """Return the value of one row, with the type that it came with."""
    return _value(int(columns.marks[row]) & 7, float(columns.number[row]), columns.texts)


def _value(kind: int, number: float, texts: tuple[str, ...]) -> Value:
    if kind == FLOAT:
        return number
    if kind == INT:
        return int(number)
    if kind == FLAG:
        return number != 0
    text = texts[int(number)]
    return text if kind == TEXT else int(text, 16)


def to_readings(columns: Columns, point: Callable[[int], str], *, mono_zero: float) -> list[Reading]:
    """Return the rows as readings; `received_mono` counts from `mono_zero` (UTC s)."""
    rows = zip(
        columns.series.tolist(),
        columns.at.tolist(),
        columns.received.tolist(),
        columns.number.tolist(),
        columns.marks.tolist(),
        strict=True,
    )
    return [
        Reading(
            point(series),
            _value(marks & 7, number, columns.texts),
            at,
            received * MS,
            received / 1000 - mono_zero,
            QUALITIES[marks >> 3 & 3],
            REASONS[marks >> 6],
            bool(marks >> 5 & 1),
        )
        for series, at, received, number, marks in rows
    ]
