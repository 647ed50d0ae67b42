"""The history of alarms: every time that one rang, page by page, as a file, under a point's trend, and one in full."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Annotated, Literal

from aiohttp import hdrs, web
from pydantic import Field

from gateway.api import history_shapes, occurrence_shapes, shapes, views
from gateway.api.archives import send
from gateway.api.operation import Call, Operation, Query
from gateway.api.points import Time, nanoseconds
from gateway.api.problem import BadBody, not_found
from gateway.archive import export
from gateway.archive.export import MEDIA, Format, Slice
from gateway.archive.stamp import written
from gateway.archive.table import Columns, Kind
from gateway.occurrences.book import Book, NoSuchOccurrence, Stretch, settled
from gateway.occurrences.occurrence import Occurrence, Spell
from gateway.occurrences.wanted import Place, State, Wanted

PORTION = 500
MOST_BARS = 500
DAY_NS = 86_400_000_000_000
MOST_STARS = 4
"""Of a pattern: more of them only take time."""


class OccurrencesQuery(Query):
    """Which occurrences: raised from `since` up to, not including, `until`.

    `alarm` is an id or a pattern as `awlr-*`, `place` is found in the room, owner or tags, `severity` is the mildest,
    and every word of `text` is found in names, level, place, note or who acknowledged.
    """

    since: Time | None = None
    until: Time | None = None
    alarm: Annotated[str, Field(max_length=100)] = ""
    point: Annotated[str, Field(max_length=100)] = ""
    place: Annotated[str, Field(max_length=100)] = ""
    severity: Annotated[int, Field(ge=0, le=4)] = 0
    state: Literal[
        "all", "open", "closed", "unacknowledged", "shelved", "suppressed", "out_of_service", "flood", "chattered"
    ] = "all"
    text: Annotated[str, Field(max_length=100)] = ""


class PageQuery(OccurrencesQuery):
    """A page: `limit` items, newest first; `after` is `next` of the page before."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[str, Field(pattern=r"^\d{1,19}\.\d{1,19}$")] | None = None


class FileQuery(OccurrencesQuery):
    """The same as a file, oldest first."""

    format: Literal["csv", "parquet"] = "csv"


class TimelineQuery(Query):
    """Of a point, from `since` (default: a day before `until`) up to, not including, `until` (default: now)."""

    point: Annotated[str, Field(min_length=1, max_length=200)]
    since: Time | None = None
    until: Time | None = None


async def show_occurrences(call: Call, *, query: PageQuery) -> shapes.Page[occurrence_shapes.Occurrence]:
    """Return every time that an alarm rang, newest first."""
    after = None if query.after is None else Place(*map(int, query.after.split(".")))
    page = await call.gateway.occurrences.page(_wanted(query), limit=query.limit, after=after)
    following = None if page.following is None else f"{page.following.raised_at}.{page.following.n}"
    now = call.gateway.clock.now()
    return shapes.Page([occurrence(each, now) for each in page.items], following)


async def export_occurrences(call: Call, *, query: FileQuery) -> web.StreamResponse:
    """Send the history of alarms as a file, oldest first; of any length."""
    format_, wanted = Format(query.format), _wanted(query)
    pieces = export.pieces(
        _slices(call.gateway.occurrences, wanted, call.gateway.clock.now()), export.SHEETS[format_](COLUMNS)
    )
    named = written(max(wanted.since, 0))[:10] if query.since else "all"
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: MEDIA[format_],
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="semarak-alarms-{named}.{format_}"',
        }
    )
    async with aclosing(pieces):
        await response.prepare(call.request)
        await send(call, response, pieces)
    return response


async def show_timeline(call: Call, *, query: TimelineQuery) -> occurrence_shapes.Timeline:
    """Return what stood at a point over a span, and where nobody wrote down."""
    now = call.gateway.clock.now()
    until = now if query.until is None else nanoseconds(query.until)
    since = until - DAY_NS if query.since is None else nanoseconds(query.since)
    _check(since, until)
    bars = await call.gateway.occurrences.bars(query.point, since=since, until=until, limit=MOST_BARS)
    return occurrence_shapes.Timeline(
        written(since), written(until), [occurrence(each, now) for each in bars.items], bars.more,
        gaps([(begin, min(end, now)) for begin, end in settled(bars.unknown, now)]),
    )  # fmt: skip


async def show_occurrence(call: Call, *, id: str) -> occurrence_shapes.OccurrenceDetail:  # noqa: A002 - the path's name
    """Return one occurrence with its spells and its events: when, who, why."""
    book = call.gateway.occurrences
    try:
        found, spells = await book.one(id)
    except NoSuchOccurrence:
        raise not_found("occurrence", id) from None
    events = await book.events(found)
    return occurrence_shapes.OccurrenceDetail(
        occurrence(found, call.gateway.clock.now()), [spell(each) for each in spells],
        [views.event(event) for event in events],
    )  # fmt: skip


def _wanted(query: OccurrencesQuery) -> Wanted:
    since = 0 if query.since is None else nanoseconds(query.since)
    until = 2**63 - 1 if query.until is None else nanoseconds(query.until)
    _check(since, until)
    if query.alarm.count("*") > MOST_STARS:
        raise BadBody(f"`alarm` takes at most {MOST_STARS} stars; it got {query.alarm[:40]!r}")
    return Wanted(
        since, until, query.alarm, query.point, query.place, query.severity, State(query.state), query.text
    )  # fmt: skip


def _check(since: int, until: int) -> None:
    if since >= until:
        raise BadBody(f"`since` ({written(since)}) must be before `until` ({written(until)})")


async def _slices(book: Book, wanted: Wanted, now: int) -> AsyncGenerator[Slice, None]:
    after, more = None, True
    while more:
        page = await book.portion(wanted, limit=PORTION, after=after)
        after, more = page.following, page.following is not None
        done = 1.0 if after is None else (after.raised_at - wanted.since) / max(wanted.until - wanted.since, 1)
        yield [_row(each, now) for each in page.items], done


def occurrence(of: Occurrence, now: int) -> occurrence_shapes.Occurrence:
    """Return an occurrence as the API tells it at `now` (UTC ns)."""
    return occurrence_shapes.Occurrence(
        of.id, of.alarm, of.point, views.name(of.name), of.category, of.scale, shapes.Name(of.scale_id, of.scale_en),
        of.code, views.name(of.label), of.severity, of.severity_first, of.place, views.place(of.stands_on),
        views.time(of.raised_at), views.time_or_none(of.onset), views.time_or_none(of.annunciated_at),
        of.annunciations, views.time_or_none(of.acked_at), of.acked_by or None, of.station, of.time_to_ack,
        views.time_or_none(of.cleared_at), views.time_or_none(of.closed_at), of.ended, of.active_s(now),
        of.standing_s(now), of.peak, views.time_or_none(of.peak_at), of.unit, of.note, of.disposition, of.chatter,
        bool(of.in_flood), of.first_out, of.asides.split(),
    )  # fmt: skip


def spell(of: Spell) -> occurrence_shapes.Spell:
    """Return a spell as the API tells it."""
    return occurrence_shapes.Spell(
        of.alarm, of.kind, of.whose, of.why, of.severity, views.time(of.since), views.time_or_none(of.due),
        views.time_or_none(of.until), of.ended_by,
    )  # fmt: skip


def gaps(of: list[Stretch]) -> list[history_shapes.Gap]:
    """Return stretches as the API tells them."""
    return [history_shapes.Gap(written(begin), written(end)) for begin, end in of]


COLUMNS: Columns = {
    "id": Kind.TEXT, "alarm": Kind.TEXT, "point": Kind.TEXT, "name_id": Kind.TEXT, "name_en": Kind.TEXT,
    "category": Kind.TEXT, "scale": Kind.TEXT, "code": Kind.TEXT, "label_id": Kind.TEXT, "label_en": Kind.TEXT,
    "severity": Kind.COUNT, "severity_first": Kind.COUNT, "place": Kind.TEXT, "raised_at": Kind.TIME,
    "annunciated_at": Kind.TIME, "annunciations": Kind.COUNT, "acked_at": Kind.TIME, "acked_by": Kind.TEXT,
    "time_to_ack": Kind.NUMBER, "cleared_at": Kind.TIME, "closed_at": Kind.TIME, "ended": Kind.TEXT,
    "active": Kind.NUMBER, "standing": Kind.NUMBER, "peak": Kind.NUMBER, "peak_at": Kind.TIME, "unit": Kind.TEXT,
    "note": Kind.TEXT, "disposition": Kind.TEXT, "chatter": Kind.COUNT, "in_flood": Kind.COUNT,
    "first_out": Kind.TEXT, "asides": Kind.TEXT,
}  # fmt: skip
"""The columns of a file; spans in seconds."""


def _row(of: Occurrence, now: int) -> tuple[str | int | float | None, ...]:
    told: Mapping[str, str | int | float | None] = {
        "time_to_ack": of.time_to_ack, "active": of.active_s(now), "standing": of.standing_s(now),
    }  # fmt: skip
    return tuple(told[name] if name in told else getattr(of, name) for name in COLUMNS)


OPERATIONS = (
    Operation("GET", "/occurrences", show_occurrences, "view"),
    Operation("GET", "/occurrences/export", export_occurrences, "view", rate="archive", gives=tuple(MEDIA.values())),
    Operation("GET", "/occurrences/timeline", show_timeline, "view"),
    Operation("GET", "/occurrences/{id}", show_occurrence, "view"),
)
