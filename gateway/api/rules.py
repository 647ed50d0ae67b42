"""Alarm rules as they are written: drafts that are checked, rehearsed on recorded readings, and put into the file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field

from drivers.strict_yaml import YamlError
from gateway.alarms.config import AlarmsConfig
from gateway.alarms.scale import Scale
from gateway.api import rule_shapes, shapes
from gateway.api.operation import Call, Operation, Query, Strict
from gateway.api.problem import BadBody, Problem, conflict, not_found, unavailable
from gateway.archive.stamp import written
from gateway.rehearsal.desk import LONGEST_S, RuleDesk
from gateway.rehearsal.errors import NoSuchRehearsal, RehearsalError
from gateway.rehearsal.rehearsals import Running
from gateway.rehearsal.replay import Part
from gateway.rehearsal.stage import Activation
from gateway.settings.fault import SiteError, SiteFault, of_yaml
from gateway.settings.rule_drafts import FileMoved
from gateway.settings.rule_file import NoSuchRule, RuleTextError

T = TypeVar("T")
WEEK_S = 7 * 86_400.0
FAULTS_SHOWN = 50
MOST_TEXT = 100_000
RuleId = Annotated[str, Field(max_length=63)]
Text = Annotated[str, Field(max_length=MOST_TEXT)]
Stamp = Annotated[str, Field(min_length=1, max_length=64)]


class Wide(Strict):
    """A body with the text of a rule in it."""

    model_config = ConfigDict(str_max_length=MOST_TEXT)


class CheckIn(Wide):
    """A draft: its text; with `rule` (what a form holds) the text is made to say that first.

    `id` is the rule in the file whose place it takes; empty: a new one.
    """

    yaml: Text = ""
    id: RuleId = ""
    rule: dict[str, Any] | None = None


class RehearseIn(Wide):
    """A draft, and over how many of the last seconds it is rehearsed."""

    yaml: Annotated[Text, Field(min_length=1)]
    id: RuleId = ""
    seconds: Annotated[float, Field(ge=60, le=LONGEST_S)] = WEEK_S


class RuleIn(Wide):
    """A draft that goes into the file, and the file's stamp when it was begun."""

    yaml: Annotated[Text, Field(min_length=1)]
    stamp: Stamp


class RemoveQuery(Query):
    """The file's stamp when it was read."""

    stamp: Stamp


async def show_rules(call: Call) -> rule_shapes.Rules:
    """Return every rule of the site's file."""
    rules, stamp = await _off_loop(_desk(call).drafts.every)
    known = [alarm.id for alarm in call.gateway.alarms.every()]
    return rule_shapes.Rules([_line(rule, known) for rule in rules], stamp)


async def show_schema(call: Call) -> Mapping[str, Any]:  # noqa: ARG001 - every operation is called so
    """Return the JSON Schema of `alarms.yaml`, from which a form for a rule is made."""
    return AlarmsConfig.model_json_schema()


async def show_scales(call: Call) -> rule_shapes.HazardScales:
    """Return the hazard scales of the site's file: a rule gives their levels limits."""
    scales = await _off_loop(_desk(call).drafts.scales)
    return rule_shapes.HazardScales([_scale(each) for each in scales])


async def show_rule(call: Call, *, id: str) -> rule_shapes.RuleDraft:  # noqa: A002 - the path's name
    """Return one rule of the site's file, as text and as data."""
    draft = await _off_loop(lambda: _desk(call).drafts.draft(id))
    return rule_shapes.RuleDraft(draft.id, draft.yaml, draft.rule, draft.stamp)


async def check_rule(call: Call, *, body: CheckIn) -> rule_shapes.RuleVerdict:
    """Tell what a draft would do, with the faults that the whole site would have; nothing changes."""
    verdict = await _off_loop(lambda: _desk(call).drafts.check(body.id, body.yaml, body.rule))
    return rule_shapes.RuleVerdict(verdict.yaml, verdict.rule, _faults(verdict.faults), verdict.changes)


async def write_rule(call: Call, *, id: str, body: RuleIn) -> rule_shapes.RuleDraft:  # noqa: A002 - the path's name
    """Put a sound draft into the site's file, which is then applied like any other change of it.

    Refused when the file has changed since the draft was begun.
    """
    before = await _off_loop(lambda: _desk(call).drafts.every())
    was = next((rule for rule in before[0] if rule.get("id") == id), None)
    draft = await _off_loop(lambda: _desk(call).drafts.write(id, body.yaml, stamp=body.stamp))
    _record(call, "rule.write", draft.id, before=was, after=draft.rule)
    return rule_shapes.RuleDraft(draft.id, draft.yaml, draft.rule, draft.stamp)


async def remove_rule(call: Call, *, id: str, query: RemoveQuery) -> rule_shapes.Rules:  # noqa: A002 - the path's name
    """Take a rule out of the site's file, which is then applied like any other change of it."""
    was = await _off_loop(lambda: _desk(call).drafts.draft(id))
    await _off_loop(lambda: _desk(call).drafts.remove(id, stamp=query.stamp))
    _record(call, "rule.remove", id, before=was.rule, after=None)
    return await show_rules(call)


async def rehearse_rule(call: Call, *, body: RehearseIn) -> rule_shapes.Rehearsal:
    """Begin to play recorded readings to a draft, and to the rule in force; your rehearsal before it is given up."""
    try:
        running = await _desk(call).rehearse(call.who.name, was=body.id, yaml=body.yaml, seconds=body.seconds)
    except YamlError as error:
        raise _refused([of_yaml(error)]) from None
    except RuleTextError as error:
        raise BadBody(str(error)) from None
    except SiteError as error:
        raise _refused(error.faults) from None
    except RehearsalError as error:
        raise unavailable(str(error)) from None
    return _rehearsal(running)


async def show_rehearsal(call: Call, *, id: str) -> rule_shapes.Rehearsal:  # noqa: A002 - the path's name
    """Return how far a rehearsal is, or what came of it."""
    return _rehearsal(_found(call, id))


async def cancel_rehearsal(call: Call, *, id: str) -> rule_shapes.Rehearsal:  # noqa: A002 - the path's name
    """Give a rehearsal up; what is done stays."""
    running = _found(call, id)
    running.cancel()
    return _rehearsal(running)


def _desk(call: Call) -> RuleDesk:
    desk = call.gateway.desk
    if desk is None:
        raise Problem(HTTPStatus.NOT_FOUND, "rules cannot be edited here: this service has no folder of site files")
    return desk


def _found(call: Call, id: str) -> Running:  # noqa: A002 - the path's name
    try:
        return _desk(call).rehearsals.find(id)
    except NoSuchRehearsal:
        raise not_found("rehearsal", id) from None


async def _off_loop(work: Callable[[], T]) -> T:
    with _refusals():
        return await asyncio.to_thread(work)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except SiteError as error:
        raise _refused(error.faults) from None
    except NoSuchRule as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from None
    except FileMoved as error:
        raise conflict(str(error)) from None
    except RuleTextError as error:
        raise BadBody(str(error)) from None


def _refused(faults: Any) -> Problem:
    detail = "the rule cannot be used as it is written; the file stays as it is"
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=_faults(faults))


def _faults(faults: Any) -> list[shapes.Fault]:
    shown: list[SiteFault] = list(faults)[:FAULTS_SHOWN]
    return [shapes.Fault(one.path, one.message, one.file, one.line, one.hint) for one in shown]


def _line(rule: Mapping[str, Any], known: list[str]) -> rule_shapes.RuleLine:
    id_, subject = str(rule.get("id", "")), rule.get("point") or rule.get("points") or rule.get("device") or ""
    alarms = sum(one == id_ or (one.startswith(f"{id_}.") and "points" in rule) for one in known)
    shown = subject if isinstance(subject, str) else ", ".join(map(str, subject))
    levels = rule.get("levels")
    return rule_shapes.RuleLine(
        id_, str(rule.get("kind", "")), str(rule.get("scale", "")), shown,
        levels if isinstance(levels, dict) else {}, alarms,
    )  # fmt: skip


def _scale(scale: Scale) -> rule_shapes.HazardScale:
    steps = [
        rule_shapes.ScaleStep(each.code, shapes.Name(each.label.id, each.label.en), each.severity)
        for each in scale.levels.values()
    ]
    return rule_shapes.HazardScale(scale.id, shapes.Name(scale.name.id, scale.name.en), steps)


def _rehearsal(running: Running) -> rule_shapes.Rehearsal:
    word, job = running.word, running.job
    found = word.rehearsal
    since, until = (job.since, job.until) if found is None else (found.since, found.until)
    upto = until if found is None else found.upto
    meant, now = (None, None) if found is None else (_part(found.meant, upto), _part(found.now, upto))
    return rule_shapes.Rehearsal(
        running.id, running.state, word.share, word.readings, written(since), written(until),
        None if found is None else written(upto), meant, now, () if found is None else found.left_out,
        _faults(word.faults), word.refused,
    )  # fmt: skip


def _part(part: Part, upto: int) -> rule_shapes.RehearsedPart:
    return rule_shapes.RehearsedPart(
        part.rules, part.rang, part.silenced, part.before, part.standing,
        {str(severity): count for severity, count in part.by_severity.items()},
        [rule_shapes.RangDay(written(day.since), written(day.until), day.rang) for day in part.days],
        part.longest, part.seconds, part.chatter, part.steadier, [_ring(one, upto) for one in part.told],
    )  # fmt: skip


def _ring(one: Activation, upto: int) -> rule_shapes.WouldRing:
    ended = None if one.cleared_at is None else written(one.cleared_at)
    seconds = ((one.cleared_at or upto) - one.raised_at) / 1e9
    label = shapes.Name(one.label.id, one.label.en)
    return rule_shapes.WouldRing(
        one.rule, one.code, label, one.severity, written(one.raised_at), ended, seconds, one.peak, one.silenced
    )


def _record(call: Call, action: str, subject: str, *, before: Any, after: Any) -> None:
    call.gateway.audit.record(
        call.who.name, action, subject, before=before, after=after, outcome="done", request=call.request_id
    )


OPERATIONS = (
    Operation("GET", "/schemas/alarms", show_schema, "config.read"),
    Operation("GET", "/scales", show_scales, "config.read"),
    Operation("GET", "/rules", show_rules, "config.read"),
    Operation("POST", "/rules/check", check_rule, "config.read", rate="write"),
    Operation("POST", "/rules/rehearsals", rehearse_rule, "config.read", rate="write", status=HTTPStatus.ACCEPTED),
    Operation("GET", "/rules/rehearsals/{id}", show_rehearsal, "config.read"),
    Operation("DELETE", "/rules/rehearsals/{id}", cancel_rehearsal, "config.read", rate="write"),
    Operation("GET", "/rules/{id}", show_rule, "config.read"),
    Operation("PUT", "/rules/{id}", write_rule, "config.apply", rate="write"),
    Operation("DELETE", "/rules/{id}", remove_rule, "config.apply", rate="write"),
)
