"""Devices: how they stand, their last bytes, and commands to them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from drivers.capability import check
from drivers.errors import BadCommand
from drivers.model import Command, Priority
from gateway.api import shapes, views
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Query, Strict
from gateway.api.paging import Paged, paged
from gateway.api.problem import BadBody, not_found
from gateway.api.readings import Number, Text

PATIENCE_S = 10.0
"""A person's command is not sent later than this after it was given."""

Word = Annotated[str, Field(min_length=1, max_length=40)]
Plain = bool | Number | Text


class CommandIn(Strict):
    """A wish for one device; which arguments a verb takes is told when they are wrong."""

    verb: Word
    args: Annotated[dict[Word, Plain | Annotated[dict[Word, Plain], Field(max_length=512)]], Field(max_length=16)] = (
        Field(default_factory=dict)
    )
    why: Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)] = ""


class LogQuery(Query):
    """How many exchanges."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100


async def show_devices(call: Call, *, query: Paged) -> shapes.Page[shapes.Device]:
    """Return the devices with what they report."""
    page, following = paged(call.gateway.devices.values(), query)
    may_read_log = call.who.may("device.log")
    return shapes.Page(views.devices(call.gateway, [each.id for each in page], with_log=may_read_log), following)


async def show_device(call: Call, *, id: str) -> shapes.Device:  # noqa: A002 - the path's name
    """Return one device with what it reports."""
    _known(call, id)
    return views.devices(call.gateway, [id], with_log=call.who.may("device.log"))[0]


async def show_log(call: Call, *, id: str, query: LogQuery) -> shapes.Page[shapes.Exchange]:  # noqa: A002 - the path's name
    """Return the last bytes that went to and came from a device, oldest first."""
    _known(call, id)
    return shapes.Page([views.exchange(each) for each in call.gateway.tap.last(id, query.limit)])


async def command(call: Call, *, id: str, body: CommandIn) -> shapes.Outcome:  # noqa: A002 - the path's name
    """Command a device and return what became of it; trouble with the device is an outcome, not an error."""
    _known(call, id)
    try:
        check(body.verb, body.args)
    except BadCommand as error:
        raise BadBody(str(error)) from None
    clock = call.gateway.clock
    wish = Command(
        call.request_id, id, body.verb, body.args, call.who.name, body.why, clock.now(), clock.mono() + PATIENCE_S,
        Priority.OPERATOR,
    )  # fmt: skip
    outcome = await call.gateway.commands.issue(wish, call.who)
    return shapes.Outcome(outcome.command, outcome.result.value, outcome.detail, views.time(outcome.at))


def _known(call: Call, wanted: str) -> None:
    if wanted not in call.gateway.devices:
        raise not_found("device", wanted)


OPERATIONS = (
    Operation("GET", "/devices", show_devices, "view"),
    Operation("GET", "/devices/{id}", show_device, "view"),
    Operation("GET", "/devices/{id}/log", show_log, "device.log"),
    Operation("POST", "/devices/{id}/commands", command, "device.command", rate="write"),
)
