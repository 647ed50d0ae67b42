"""Reports: how well the alarms of a span serve the operators, as figures, and as a file for the office."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from aiohttp import hdrs, web
from pydantic import Field

from gateway.api import report_shapes, views
from gateway.api.occurrences import gaps, spell
from gateway.api.operation import Call, Operation, Query
from gateway.api.points import Time, nanoseconds
from gateway.api.problem import BadBody
from gateway.archive.stamp import written
from gateway.kpi.csv_page import lines
from gateway.kpi.errors import BadSpan
from gateway.kpi.figures import Figure, Performance
from gateway.kpi.html_page import page
from gateway.kpi.month import month, month_of
from gateway.kpi.pdf_page import pdf
from gateway.kpi.performance import performance
from gateway.kpi.sheets import Document, document
from gateway.occurrences.book import settled

LONGEST_NS = 366 * 86_400_000_000_000


class ReportQuery(Query):
    """Of a `month` as 2026-11, in WIB (default: the present one so far), or from `since` up to `until`.

    `positions` is how many operators share the alarms. At most a year at a time.
    """

    month: Annotated[str, Field(max_length=7)] = ""
    since: Time | None = None
    until: Time | None = None
    positions: Annotated[int, Field(ge=1, le=100)] = 1


class ReportFileQuery(ReportQuery):
    """The same as a file, in Bahasa Indonesia (`id`) or English (`en`)."""

    format: Literal["html", "pdf", "csv"] = "html"
    language: Literal["id", "en"] = "id"


async def show_alarm_report(call: Call, *, query: ReportQuery) -> report_shapes.AlarmReport:
    """Return how well the alarms serve the operators: every figure with its target, verdict, definition and source."""
    return told(await _performance(call, query))


async def export_alarm_report(call: Call, *, query: ReportFileQuery) -> web.Response:
    """Send the report as a file that needs nothing else; PDF needs the extra `reports`."""
    found = await _performance(call, query)
    words = document(found, site=call.gateway.site.name, made_at=call.gateway.clock.now(), language=query.language)
    body = await asyncio.to_thread(WRITTEN[query.format], found, words)
    name = f"semarak-alarms-{written(found.since)[:10]}-{written(found.until)[:10]}.{query.format}"
    return web.Response(
        body=body,
        headers={
            hdrs.CONTENT_TYPE: MEDIA[query.format],
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        },
    )


MEDIA: Mapping[str, str] = {"html": "text/html", "pdf": "application/pdf", "csv": "text/csv"}
WRITTEN: Mapping[str, Callable[[Performance, Document], bytes]] = {
    "html": lambda _found, words: page(words).encode(),
    "pdf": lambda _found, words: pdf(words),
    "csv": lambda found, _words: lines(found).encode(),
}


async def _performance(call: Call, query: ReportQuery) -> Performance:
    now = call.gateway.clock.now()
    found = await call.gateway.occurrences.material(*_span(now, query))
    known = replace(found, unknown=settled(found.unknown, now))
    return await asyncio.to_thread(partial(performance, known, positions=query.positions))


def _span(now: int, query: ReportQuery) -> tuple[int, int]:
    """Return the span that is meant (UTC ns), not beyond now; raise BadBody."""
    given = query.since is not None or query.until is not None
    if query.month and given:
        raise BadBody("give `month`, or `since` and `until`, not both")
    try:
        since, until = month(query.month or month_of(now))
    except BadSpan as error:
        raise BadBody(str(error)) from None
    if query.since is not None:
        since, until = nanoseconds(query.since), now
    if query.until is not None:
        until = nanoseconds(query.until)
    until = min(until, now)
    if not 0 < until - since <= LONGEST_NS:
        raise BadBody(f"the span from {written(since)} to {written(until)} must be past, and at most a year")
    return since, until


def told(of: Performance) -> report_shapes.AlarmReport:
    """Return the report as the API tells it."""
    return report_shapes.AlarmReport(
        written(of.since), written(of.until), of.positions, of.observed_s, gaps(list(of.unknown)), of.provisional,
        of.occurrences, of.annunciated, of.listed, of.floods, [_figure(each) for each in of.figures],
        [
            report_shapes.Contributor(each.alarm, views.name(each.name), each.count, each.share, each.chattered)
            for each in of.contributors
        ],
        [
            report_shapes.Answered(each.severity, each.sounded, each.count, each.p50, each.p95)
            for each in of.answered
        ],
        [
            report_shapes.Day(written(day.since), written(day.until), day.count, day.peak, day.stale)
            for day in of.days
        ],
        [spell(each) for each in of.hushed], of.hushed_in_all,
    )  # fmt: skip


def _figure(of: Figure) -> report_shapes.Figure:
    about, target = of.definition, of.definition.target
    return report_shapes.Figure(
        about.id, views.name(about.name), of.value, about.unit, target.good, target.bearable, target.at_least,
        of.verdict.value, views.name(about.counted), about.source,
    )  # fmt: skip


OPERATIONS = (
    Operation("GET", "/reports/alarms", show_alarm_report, "view", rate="write"),
    Operation("GET", "/reports/alarms/file", export_alarm_report, "view", rate="archive", gives=tuple(MEDIA.values())),
)
