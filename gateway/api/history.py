"""What was: many series at once, in buckets or reading by reading, with their gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar, get_args

from pydantic import Field

from drivers.model import Point, Reading
from gateway.api import history_shapes, views
from gateway.api.gaps import Span, gaps
from gateway.api.history_shapes import Want
from gateway.api.operation import Call, Operation, Query
from gateway.api.points import HOUR_NS, Time, nanoseconds
from gateway.api.problem import BadBody
from gateway.archive.choice import chosen
from gateway.archive.errors import NoSuchPoints
from gateway.archive.past import BucketLike, Past
from gateway.archive.stamp import SECOND_NS, written
from gateway.store.buckets import Grid

T = TypeVar("T")
MOST_POINTS = 50
MOST_CELLS = 100_000
"""Buckets, or readings, of one answer."""
USUAL_BUCKETS = 500
FIELDS = {"min": "low", "mean": "mean", "max": "high", "last": "last", "count": "count"}
"""What is wanted, and which field of a bucket says it."""


class SpanQuery(Query):
    """Which points (ids and patterns as `river.*`, separated by commas), from `since` (default: an hour before `until`)
    up to, not including, `until` (default: now)."""

    points: Annotated[str, Field(min_length=1, max_length=5_000)]
    since: Time | None = None
    until: Time | None = None


class HistoryQuery(SpanQuery):
    """About how many `buckets` (default: 500), or buckets of `resolution` seconds; `want` names what is told of each.

    Buckets of a minute and more begin at whole minutes, of an hour and more at whole hours; `step` of the answer is
    how long they are.
    """

    buckets: Annotated[int, Field(ge=1, le=5_000)] | None = None
    resolution: Annotated[float, Field(ge=0.001, le=366 * 86_400)] | None = None
    want: str = ",".join(get_args(Want))


class RawQuery(SpanQuery):
    """At most `limit` readings of each point; `cursor` is `next` of the answer before."""

    limit: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    cursor: Annotated[int, Field(ge=0, lt=2**63)] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The points and the span of a query: UTC ns, `until` not included."""

    points: Sequence[Point]
    since: int
    until: int


async def show_history(call: Call, *, query: HistoryQuery) -> history_shapes.History:
    """Return many series in the same buckets, with their gaps; older than the journal what a sink has."""
    asked, wants = asked_for(call, query), _wants(query.want)
    check_points(asked)
    asked, count = _in_steps(asked, query)
    grid = Grid.over(asked.since, asked.until, count)
    starts = range(grid.first, asked.until, grid.width)
    past = Past(call.gateway.store, call.gateway.older)
    series = []
    for point in asked.points:
        found = (await past.buckets([point.id], since=asked.since, until=asked.until, count=count))[point.id]
        series.append(_series(call, point, found, asked=asked, starts=starts, wants=wants))
    own_since = await past.own_since()
    return history_shapes.History(
        written(asked.since), written(asked.until), grid.width / SECOND_NS,
        None if own_since is None else written(own_since), [written(at) for at in starts], series,
    )  # fmt: skip


async def show_readings(call: Call, *, query: RawQuery) -> history_shapes.RawHistory:
    """Return the readings of many points, oldest first, as far as all of them are complete."""
    asked = asked_for(call, query)
    check_points(asked)
    if len(asked.points) * query.limit > MOST_CELLS:
        raise BadBody(f"{len(asked.points)} points of up to {query.limit} readings are more than {MOST_CELLS}")
    since = max(asked.since, query.cursor or 0)
    found = [
        await call.gateway.store.readings(point.id, since=since, until=asked.until, limit=query.limit)
        for point in asked.points
    ]
    ends = [readings[-1].source_at + 1 for readings in found if len(readings) == query.limit]
    until = min(ends, default=asked.until)
    here = Asked(asked.points, since, until)
    series = [_raw(call, point, its, here) for point, its in zip(asked.points, found, strict=True)]
    return history_shapes.RawHistory(written(since), written(until), series, str(until) if ends else None)


def asked_for(call: Call, query: SpanQuery) -> Asked:
    """Return which points a query asks about, and the span; raise BadBody."""
    until = call.gateway.clock.now() if query.until is None else nanoseconds(query.until)
    since = until - HOUR_NS if query.since is None else nanoseconds(query.since)
    if since >= until:
        raise BadBody(f"`since` ({written(since)}) must be before `until` ({written(until)})")
    try:
        names = chosen(query.points, call.gateway.points)
    except NoSuchPoints as error:
        raise BadBody(str(error)) from None
    return Asked([call.gateway.points[name] for name in names], since, until)


def check_points(asked: Asked) -> None:
    """Raise BadBody for more points than one answer tells of."""
    if len(asked.points) > MOST_POINTS:
        raise BadBody(f"{len(asked.points)} points are more than {MOST_POINTS}; ask about fewer at a time, or export")


def _wants(text: str) -> list[Want]:
    words = text.split(",")
    known = get_args(Want)
    strange = [word for word in words if word not in known]
    if strange:
        raise BadBody(f"`want` takes {', '.join(known)}; it got {strange[0][:40]!r}")
    return [word for word in known if word in words]


def _in_steps(asked: Asked, query: HistoryQuery) -> tuple[Asked, int]:
    """Return the span and the number of buckets; with a `resolution` the span is widened to whole ones."""
    count = query.buckets or USUAL_BUCKETS
    if query.resolution is not None:
        if query.buckets is not None:
            raise BadBody("give `buckets` or `resolution`, not both")
        width = Grid.over(asked.since, asked.since + round(query.resolution * SECOND_NS), 1).width
        since, until = asked.since // width * width, -(-asked.until // width) * width
        asked, count = Asked(asked.points, since, until), (until - since) // width
    if len(asked.points) * count > MOST_CELLS:
        raise BadBody(
            f"{len(asked.points)} points of {count} buckets are more than {MOST_CELLS}; ask for longer buckets, "
            "a shorter span or fewer points"
        )
    return asked, count


def _series(
    call: Call, point: Point, found: Sequence[BucketLike], *, asked: Asked, starts: range, wants: Sequence[Want]
) -> history_shapes.Series:
    places = [(bucket.at - starts.start) // starts.step for bucket in found]
    now = call.gateway.clock.now()
    stretches = [(bucket.at, bucket.at + starts.step) for bucket in found]
    silent = gaps(point, stretches, since=asked.since, until=min(asked.until, now)) if point.kind != "text" else []
    values = {want: _placed(len(starts), places, [getattr(b, FIELDS[want]) for b in found]) for want in wants}
    quality = _placed(len(starts), places, [views.QUALITIES[bucket.quality] for bucket in found])
    return history_shapes.Series(point.id, point.kind.value, point.unit, values, quality, _told(silent))


def _placed(count: int, places: Sequence[int], values: list[T]) -> Sequence[T | None]:
    """Return `count` cells, null where no value stands."""
    if len(values) == count:
        return values
    cells: list[T | None] = [None] * count
    for place, value in zip(places, values, strict=True):
        cells[place] = value
    return cells


def _raw(call: Call, point: Point, readings: Sequence[Reading], asked: Asked) -> history_shapes.RawSeries:
    its = [reading for reading in readings if reading.source_at < asked.until]
    stretches = [(reading.source_at, reading.source_at) for reading in its]
    silent = gaps(point, stretches, since=asked.since, until=min(asked.until, call.gateway.clock.now()))
    return history_shapes.RawSeries(
        point.id, point.kind.value, point.unit, [written(one.source_at) for one in its], [one.value for one in its],
        [views.QUALITIES[one.quality] for one in its], [one.reason.value for one in its], _told(silent),
    )  # fmt: skip


def _told(spans: Sequence[Span]) -> list[history_shapes.Gap]:
    return [history_shapes.Gap(written(since), written(until)) for since, until in spans]


OPERATIONS = (
    Operation("GET", "/history", show_history, "view"),
    Operation("GET", "/history/readings", show_readings, "view"),
)
