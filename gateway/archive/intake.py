"""What a file says, as readings of points that the site has: as it was, and as history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.model import Point, PointKind, Quality, Reading, Reason, Value
from gateway.archive import stamp
from gateway.archive.errors import BadLine
from gateway.archive.table import Cells
from gateway.store.columns import AHEAD_NS

INTEGER = re.compile(r"[-+]?\d{1,300}", re.ASCII)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?|-?inf|nan", re.ASCII)
FLAGS: Mapping[str, bool] = {"true": True, "false": False}
LONGEST_TEXT = 10_000
LAST = 2**63 - 2**40
WORDS: Mapping[str, Quality] = {"": Quality.GOOD} | {quality.name.lower(): quality for quality in Quality}


@dataclass(frozen=True, slots=True)
class Intake:
    """`points` are the site's, `kept_from` is from when on the journal keeps readings, `now` is UTC ns, `mono` s."""

    points: Mapping[str, Point]
    kept_from: int
    now: int
    mono: float

    def reading(self, cells: Cells) -> Reading:
        """Return a row as a reading that rings nothing; raise BadLine."""
        point = self.points.get(cells.point)
        if point is None:
            raise BadLine(f"there is no point {cells.point[:100]!r}")
        if cells.unit and cells.unit != point.unit:
            raise BadLine(f"{point.id} is in {point.unit or 'no unit'}; the file says {cells.unit[:40]!r}")
        at = self._time(cells.source_at, "source_at")
        if at < self.kept_from:
            raise BadLine(f"{point.id}: the journal keeps readings from {stamp.written(self.kept_from)} on")
        received = self.now if cells.received_at is None else self._time(cells.received_at, "received_at")
        quality, reason = _trust(cells)
        mono = self.mono - (self.now - received) / 1e9
        return Reading(point.id, _value(point, cells.value), at, received, mono, quality, reason, retained=True)

    def _time(self, given: int | str, name: str) -> int:
        try:
            at = stamp.read(given) if isinstance(given, str) else given
        except ValueError as error:
            raise BadLine(f"{name}: {error}") from None
        if not 0 <= at < LAST:
            raise BadLine(f"{name}: the year must be 1970 to 2261")
        if at > self.now + AHEAD_NS:
            raise BadLine(f"{name}: {stamp.written(at)} is in the future")
        return at


def _trust(cells: Cells) -> tuple[Quality, Reason]:
    quality = WORDS.get(cells.quality)
    if quality is None:
        raise BadLine(f"quality: {cells.quality[:40]!r} is none of {', '.join(word for word in WORDS if word)}")
    try:
        return quality, Reason(cells.reason)
    except ValueError:
        raise BadLine(
            f"reason: {cells.reason[:40]!r} is none of {', '.join(word for word in Reason if word)}"
        ) from None


def _value(point: Point, given: Value | None) -> Value:
    value = _spelt(point.kind, given) if isinstance(given, str) else given
    fits = isinstance(value, int | float) if point.kind is PointKind.NUMBER else isinstance(value, bool | str)
    if value is None or not fits or isinstance(value, bool) != (point.kind is PointKind.FLAG):
        raise BadLine(f"{point.id} is a {point.kind.value}; {str(given)[:40]!r} is none")
    return value


def _spelt(kind: PointKind, text: str) -> Value | None:
    """Return what a text says as a value of a kind, None when it says none."""
    if kind is PointKind.TEXT:
        return text if len(text) <= LONGEST_TEXT else None
    if kind is PointKind.FLAG:
        return FLAGS.get(text)
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else None
