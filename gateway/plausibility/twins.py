"""Refuses twin gauges that cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from drivers.model import Point, PointKind


def wrong_twins(points: Mapping[str, Point]) -> Iterator[tuple[str, str]]:
    """Yield every point whose `checks.twin` cannot work, with the reason."""
    paired: dict[str, str] = {}
    for point in points.values():
        twin = point.checks.twin
        if twin is None:
            continue
        why = _wrong(point, twin.point, points)
        for name, other in ((point.id, twin.point), (twin.point, point.id)):
            if paired.setdefault(name, other) != other:
                why = why or f"{name} is compared with {paired[name]} already; a gauge has one twin"
        if why:
            yield point.id, why


def _wrong(point: Point, twin: str, points: Mapping[str, Point]) -> str:
    other = points.get(twin)
    if twin == point.id:
        return "a gauge is no twin of itself"
    if other is None:
        return f"there is no point {twin!r}"
    if other.kind is not PointKind.NUMBER or point.kind is not PointKind.NUMBER:
        return f"{point.id} and {twin} are compared as numbers; one of them is none"
    if other.unit != point.unit:
        return f"{point.id} is in {point.unit or 'no unit'} and {twin} in {other.unit or 'no unit'}"
    if other.checks.twin is not None:
        return f"{twin} has a twin itself; say it once, at either of the two"
    return ""
