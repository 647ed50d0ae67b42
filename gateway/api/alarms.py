"""Alarms: what stands, and the acknowledgement."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.alarms.alarm import Disposition, NoSuchAlarm
from gateway.alarms.lifecycle import NotAllowed
from gateway.api import shapes, views
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.paging import Paged, paged
from gateway.api.problem import conflict, not_found


class AckIn(Strict):
    """What the person who has seen it says."""

    note: Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)] = ""
    disposition: Disposition = Disposition.NONE


async def show_alarms(call: Call, *, query: Paged) -> shapes.Page[shapes.Alarm]:
    """Return the alarms that stand."""
    page, following = paged(call.gateway.alarms.alarms(), query)
    return shapes.Page([views.alarm(alarm) for alarm in page], following)


async def acknowledge(call: Call, *, id: str, body: AckIn) -> shapes.Alarm:  # noqa: A002 - the path's name
    """Record that the alarm was seen; refused when it does not stand or was acknowledged already."""
    try:
        return views.alarm(call.gateway.alarms.acknowledge(id, call.who, body.note, body.disposition))
    except NoSuchAlarm:
        raise not_found("alarm", id) from None
    except NotAllowed as error:
        raise conflict(str(error)) from None


OPERATIONS = (
    Operation("GET", "/alarms", show_alarms, "view"),
    Operation("POST", "/alarms/{id}/ack", acknowledge, "alarm.ack", rate="write"),
)
