"""What alarms set in motion: what is under way, and what would be."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.actions.course import Step
from gateway.actions.foresight import Foreseen, NoSuchLevel
from gateway.actions.response import Order, Planned, Show
from gateway.alarms.alarm import NoSuchAlarm
from gateway.api import action_shapes, views
from gateway.api.operation import Call, Operation, Query
from gateway.api.points import Time, nanoseconds
from gateway.api.problem import BadBody, not_found

MOST_EVENTS = 100
NOTHING = Show("", "", "")
"""What a step shows that shows nothing."""


class PreviewQuery(Query):
    """At which level it rings, and when; the mildest, and now, unless given."""

    level: Annotated[str, Field(max_length=40)] | None = None
    at: Time | None = None


async def show_actions(call: Call, *, id: str) -> action_shapes.Steps:  # noqa: A002 - the path's name
    """Return what the alarm has set in motion, and how each step of it stands or ended."""
    gateway = call.gateway
    try:
        gateway.alarms.rule(id)
    except NoSuchAlarm:
        raise not_found("alarm", id) from None
    events = [event for step in gateway.actions.known(id) for event in gateway.audit.about(step, family="action")]
    events.sort(key=lambda event: -event.seq)
    history = [views.event(event) for event in events[:MOST_EVENTS]]
    return action_shapes.Steps([_step(step) for step in gateway.actions.steps(id)], history)


async def preview_actions(
    call: Call, *, id: str, query: PreviewQuery  # noqa: A002 - the path's name
) -> action_shapes.Foresight:  # fmt: skip
    """Tell what the alarm would set in motion at a level: every step with its time, windows, commands and persons."""
    gateway = call.gateway
    try:
        alarm, rule = gateway.alarms.alarm(id), gateway.alarms.rule(id)
    except NoSuchAlarm:
        raise not_found("alarm", id) from None
    code = query.level or rule.levels[0].code
    at = gateway.clock.now() if query.at is None else nanoseconds(query.at)
    try:
        found = gateway.foresight.foresee(alarm, rule, code=code, at=at)
    except NoSuchLevel as error:
        raise BadBody(str(error)) from None
    return action_shapes.Foresight(code, views.time(at), [_foreseen(each) for each in found])


def _step(of: Step) -> action_shapes.Step:
    done_at = None if of.done_at is None else views.time(of.done_at)
    return action_shapes.Step(_deed(of.planned), of.stage.value, views.time(of.since), done_at, of.told, of.outcome)


def _foreseen(of: Foreseen) -> action_shapes.Foreseen:
    windows = [
        action_shapes.Pane(layout.region, window.source, window.panels)
        for layout in of.layouts
        for window in layout.windows
    ]
    commands = views.planned(of.commands)
    decides = None if of.decides is None else views.name(of.decides)
    return action_shapes.Foreseen(
        _deed(of.planned), of.priority, windows, commands, of.call_list, decides, of.told, of.refused
    )


def _deed(of: Planned) -> action_shapes.Deed:
    show, order = of.show or NOTHING, of.order
    return action_shapes.Deed(
        of.id, of.origin, of.kind, of.after, of.until.value, of.lasts, of.escalates, show.wall, show.scene, show.region,
        show.cameras, None if order is None else _ask(order), None if order is None else _back(order),
    )  # fmt: skip


def _ask(of: Order) -> action_shapes.Ask:
    return action_shapes.Ask(of.device, of.verb, dict(of.args))


def _back(of: Order) -> action_shapes.Ask | None:
    return action_shapes.Ask(of.device, of.back_verb, dict(of.back_args)) if of.back_verb else None


OPERATIONS = (
    Operation("GET", "/alarms/{id}/actions", show_actions, "view"),
    Operation("GET", "/alarms/{id}/actions/preview", preview_actions, "view"),
)
