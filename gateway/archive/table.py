"""What the columns of an exported file are: readings one by one, or buckets of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.model import Quality, Reading, Value

QUALITIES: Mapping[Quality, str] = {quality: quality.name.lower() for quality in Quality}


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    TIME = "time"
    """UTC ns."""
    VALUE = "value"
    """A number, a flag or a text; Parquet has a column for each."""
    NUMBER = "number"
    COUNT = "count"


Columns = Mapping[str, Kind]
Row = tuple[Value | None, ...]
"""None: nothing stands there, in a column other than a reading's."""

READINGS: Columns = {
    "point": Kind.TEXT,
    "source_at": Kind.TIME,
    "received_at": Kind.TIME,
    "value": Kind.VALUE,
    "unit": Kind.TEXT,
    "quality": Kind.TEXT,
    "reason": Kind.TEXT,
}
BUCKETS: Columns = {
    "point": Kind.TEXT,
    "at": Kind.TIME,
    "min": Kind.NUMBER,
    "mean": Kind.NUMBER,
    "max": Kind.NUMBER,
    "last": Kind.NUMBER,
    "count": Kind.COUNT,
    "unit": Kind.TEXT,
    "quality": Kind.TEXT,
}


class Sheet(Protocol):
    """A file being written, piece by piece."""

    def begin(self) -> bytes: ...
    def add(self, rows: Sequence[Row], /) -> bytes: ...
    def end(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Cells:
    """One row of a file as it stands there; times and values may still be text."""

    point: str
    source_at: int | str
    received_at: int | str | None
    value: Value | None
    unit: str = ""
    quality: str = ""
    reason: str = ""


def of_readings(readings: Sequence[Reading], unit: str) -> list[Row]:
    """Return readings of a point as rows of `READINGS`."""
    return [
        (one.point, one.source_at, one.received_at, one.value, unit, QUALITIES[one.quality], one.reason.value)
        for one in readings
    ]
