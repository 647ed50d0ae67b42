"""The records of alarms: why each may ring and what is to be done, as data and as tables for a spreadsheet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated, Literal

from aiohttp import hdrs, web
from pydantic import Field

from gateway.alarms.alarm import NoSuchAlarm
from gateway.alarms.rule import AlarmRule, Level
from gateway.api import record_shapes, shapes, views
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Query
from gateway.api.problem import BadBody, Problem, not_found, unavailable
from gateway.audit.event import Json
from gateway.rationalisation import master, sheet
from gateway.rationalisation.record import Record
from gateway.rationalisation.records import Records, pairs
from gateway.settings.fault import SiteError
from gateway.settings.record_file import Merge, NotWritten

FAULTS_SHOWN = 50
CSV = "text/csv"
BOM = "\ufeff"
"""Without it a spreadsheet does not read UTF-8."""


class ExportQuery(Query):
    """The `records` of the file, or the `database`: every level of every rule with its limits and its record."""

    want: Literal["records", "database"] = "records"


class ImportQuery(Query):
    """Why, for the audit; with `keep=false` nothing is written, and the answer tells what would be."""

    why: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_TEXT_CONTROLS)]
    keep: bool = True


async def show_records(call: Call) -> record_shapes.RecordedLevels:
    """Return every level of every alarm with its record."""
    return _told(_rules(call), call.gateway.records())


async def show_record(call: Call, *, id: str) -> record_shapes.RecordedLevels:  # noqa: A002 - the path's name
    """Return the levels of one alarm with their records: why it rings, what to do, how long there is."""
    try:
        rule = call.gateway.alarms.rule(id)
    except NoSuchAlarm:
        raise not_found("alarm", id) from None
    return _told([rule], call.gateway.records())


async def export_records(call: Call, *, query: ExportQuery) -> web.Response:
    """Send the records, or the master alarm database, as CSV; the records can be imported again."""
    records, rules = call.gateway.records(), _rules(call)
    work = partial(sheet.write, records.every) if query.want == "records" else partial(master.write, rules, records)
    text = await asyncio.to_thread(work)
    headers = {
        hdrs.CONTENT_TYPE: CSV,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="semarak-rationalisation-{query.want}.csv"',
    }
    return web.Response(body=(BOM + text).encode(), headers=headers)


async def import_records(call: Call, *, query: ImportQuery) -> record_shapes.RecordsMerged:
    """Merge records (CSV) into the site's file by rule and level, whole or not at all.

    They are in force once the configuration is applied, like any other change of the files.
    """
    file = call.gateway.record_file
    if file is None:
        raise Problem(HTTPStatus.NOT_FOUND, "records cannot be written here: this service has no folder of site files")
    text = await _text(call)
    try:
        merge = await asyncio.to_thread(partial(file.take, text, keep=query.keep))
    except SiteError as error:
        if query.keep:
            _note(call, query, after=[str(fault) for fault in error.faults[:FAULTS_SHOWN]], outcome="refused")
        faults = [shapes.Fault(one.path, one.message, one.file, one.line, one.hint) for one in error.faults]
        detail = "the records cannot be used as they are written; the file stays as it is"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=faults[:FAULTS_SHOWN]) from None
    except NotWritten as error:
        raise unavailable(str(error)) from None
    if query.keep:
        _note(call, query, after={"added": list(merge.added), "changed": list(merge.changed)}, outcome="done")
    return _merged(merge, query)


async def _text(call: Call) -> str:
    try:
        return (await call.request.read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadBody("the table is no UTF-8; save it as CSV UTF-8") from None
    except web.RequestPayloadError as error:
        raise BadBody(f"the body broke off: {error}", status=HTTPStatus.BAD_REQUEST) from None


def _merged(merge: Merge, query: ImportQuery) -> record_shapes.RecordsMerged:
    return record_shapes.RecordsMerged(query.keep, merge.added, merge.changed, merge.same)


def _note(call: Call, query: ImportQuery, *, after: Json, outcome: str) -> None:
    call.gateway.audit.record(
        call.who.name, "rationalisation.import", sheet.FILE, after=after, outcome=outcome, why=query.why,
        request=call.request_id,
    )  # fmt: skip


def _rules(call: Call) -> Sequence[AlarmRule]:
    alarms = call.gateway.alarms
    return [alarms.rule(alarm.id) for alarm in alarms.every()]


def _told(rules: Sequence[AlarmRule], records: Records) -> record_shapes.RecordedLevels:
    return record_shapes.RecordedLevels([_level(*each, records) for each in pairs(rules, records)])


def _level(rule: AlarmRule, level: Level, record: Record | None, records: Records) -> record_shapes.RecordedLevel:
    told = None if record is None else _record(record, records)
    return record_shapes.RecordedLevel(rule.id, level.code, views.name(level.label), level.severity, told)


def _record(of: Record, records: Records) -> record_shapes.AlarmRecord:
    return record_shapes.AlarmRecord(
        of.rule, of.level, views.name(of.cause), views.name(of.consequence), views.name(of.action), of.minutes,
        of.consequence_class or "", of.urgency or "", records.priority(of), of.alarm_class, of.basis, of.owner,
        of.reviewed_by, None if of.reviewed_on is None else of.reviewed_on.isoformat(),
        None if of.next_review is None else of.next_review.isoformat(), of.note,
    )  # fmt: skip


OPERATIONS = (
    Operation("GET", "/rationalisation", show_records, "view"),
    Operation("GET", "/rationalisation/export", export_records, "view", gives=(CSV,)),
    Operation("POST", "/rationalisation/import", import_records, "config.apply", rate="write", takes=(CSV,)),
    Operation("GET", "/rationalisation/{id}", show_record, "view"),
)
