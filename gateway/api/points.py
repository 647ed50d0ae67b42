"""Points: what can be read, and what was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field

from drivers import model
from gateway.api import shapes, views
from gateway.api.operation import Call, Operation, Query
from gateway.api.paging import Paged, paged
from gateway.api.problem import BadBody, not_found

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
HOUR_NS = 3_600_000_000_000

Time = Annotated[AwareDatetime, Field(ge=FIRST, lt=LAST)]
"""RFC 3339 with its zone, of this century or the next."""


class PointsQuery(Paged):
    """Which points."""

    device: str | None = None
    tag: str | None = None


class ReadingsQuery(Query):
    """From `since` (default: an hour before `until`) up to, not including, `until` (default: now).

    `buckets` asks for that many stretches with lowest, mean and highest instead; `cursor` is `next` of the page before.
    """

    since: Time | None = None
    until: Time | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000
    cursor: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    buckets: Annotated[int, Field(ge=1, le=5000)] | None = None


def nanoseconds(at: datetime) -> int:
    """Return a time as UTC ns."""
    return (at - EPOCH) // timedelta(microseconds=1) * 1000


async def show_points(call: Call, *, query: PointsQuery) -> shapes.Page[shapes.Point]:
    """Return the points with their newest reading."""
    wanted = (
        point
        for point in call.gateway.points.values()
        if query.device in (None, point.device) and (query.tag is None or query.tag in point.tags)
    )
    page, following = paged(wanted, query)
    return shapes.Page([views.point(call.gateway, point) for point in page], following)


async def show_point(call: Call, *, id: str) -> shapes.Point:  # noqa: A002 - the path's name
    """Return one point with its newest reading."""
    return views.point(call.gateway, _found(call.gateway.points, id))


async def show_readings(
    call: Call, *, id: str, query: ReadingsQuery  # noqa: A002 - the path's name
) -> shapes.Page[shapes.Reading] | shapes.Page[shapes.Bucket]:  # fmt: skip
    """Return what was read of a point, oldest first."""
    _found(call.gateway.points, id)
    since, until = _span(call, query)
    store = call.gateway.store
    if query.buckets is not None:
        found = (await store.buckets([id], since=since, until=until, count=query.buckets))[id]
        return shapes.Page([shapes.Bucket(views.time(b.at), b.low, b.mean, b.high, b.count) for b in found])
    readings = await store.readings(id, since=since, until=until, limit=query.limit)
    following = str(readings[-1].source_at + 1) if len(readings) == query.limit else None
    now = call.gateway.clock.mono()
    return shapes.Page([views.reading(reading, now) for reading in readings], following)


def _span(call: Call, query: ReadingsQuery) -> tuple[int, int]:
    until = call.gateway.clock.now() if query.until is None else nanoseconds(query.until)
    since = until - HOUR_NS if query.since is None else nanoseconds(query.since)
    if query.cursor is not None:
        since = max(since, query.cursor)
    if since > until:
        raise BadBody(f"`since` ({views.time(since)}) is after `until` ({views.time(until)})")
    return since, until


def _found(points: Mapping[str, model.Point], wanted: str) -> model.Point:
    point = points.get(wanted)
    if point is None:
        raise not_found("point", wanted)
    return point


OPERATIONS = (
    Operation("GET", "/points", show_points, "view"),
    Operation("GET", "/points/{id}", show_point, "view"),
    Operation("GET", "/points/{id}/readings", show_readings, "view"),
)
