"""What the API answers about the past: columns, so that many series are small and quick to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drivers.model import Value
from gateway.api.shapes import QualityWord

Want = Literal["min", "mean", "max", "last", "count"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing came between these times, for longer than the point's `stale_after`."""

    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Series:
    """A point's buckets: every list is as long as `at` of the answer, null where nothing was read.

    A null inside one of `gaps` breaks a line; where readings only come more seldom than buckets it does not.
    `quality` is the worst in the bucket; BAD readings are in none of the numbers.
    """

    point: str
    kind: Literal["number", "flag", "text"]
    unit: str
    values: Mapping[Want, Sequence[float | None]]
    quality: Sequence[QualityWord | None]
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class History:
    """Buckets of `step` seconds that begin at `at`, the same for all series.

    The journal has nothing from before `own_since`; what is older comes from a sink, where one answers.
    """

    since: str
    until: str
    step: float
    own_since: str | None
    at: Sequence[str]
    series: Sequence[Series]


@dataclass(frozen=True, slots=True)
class RawSeries:
    """A point's readings, oldest first: the lists belong together row by row."""

    point: str
    kind: Literal["number", "flag", "text"]
    unit: str
    at: Sequence[str]
    value: Sequence[Value]
    quality: Sequence[QualityWord]
    reason: Sequence[str]
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class RawHistory:
    """Readings of several points up to `until`; `next` is the `cursor` of what follows, null when that is all."""

    since: str
    until: str
    series: Sequence[RawSeries]
    next: str | None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line of a file that is no reading, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file's lines; duplicates were in the journal already, `lines` are the first refused ones."""

    accepted: int
    duplicates: int
    refused: int
    lines: Sequence[RefusedLine]
