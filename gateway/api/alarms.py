"""Alarms: what stands, what is put aside, and what persons do with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Literal

from pydantic import Field

from gateway.alarms.alarm import Alarm, Category, Disposition, NoSuchAlarm
from gateway.alarms.lifecycle import NotAllowed
from gateway.alarms.policy import LONGEST_SHELF_S
from gateway.api import alarm_shapes, shapes, views
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.paging import Paged, paged
from gateway.api.points import Time, nanoseconds
from gateway.api.ports import Gateway
from gateway.api.problem import conflict, not_found

MOST_AT_ONCE = 500
Why = Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=NO_TEXT_CONTROLS)]

STATES: Mapping[str, Callable[[Alarm], bool]] = {
    "standing": lambda alarm: alarm.standing,
    "unacknowledged": lambda alarm: alarm.standing and not alarm.acked,
    "shelved": lambda alarm: alarm.facts.shelved,
    "suppressed": lambda alarm: bool(alarm.facts.suppressed_by),
    "out_of_service": lambda alarm: alarm.facts.out_of_service,
    "chattering": lambda alarm: alarm.chattering,
    "all": lambda _alarm: True,
}
"""What an alarm may be asked for by."""


class AlarmQuery(Paged):
    """Which alarms: `severity` is the mildest, `place` is found in the point's name, owner or tags, or its room."""

    state: Literal["standing", "unacknowledged", "shelved", "suppressed", "out_of_service", "chattering", "all"] = (
        "standing"
    )
    severity: Annotated[int, Field(ge=0, le=4)] = 0
    category: Literal["process", "comm"] | None = None
    place: str = ""


class AckIn(Strict):
    """What the person who has seen it says."""

    note: Why = ""
    disposition: Disposition = Disposition.NONE


class AcksIn(AckIn):
    """The same of several alarms."""

    ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=MOST_AT_ONCE)
    ]


class WhyIn(Strict):
    """Why, for the audit."""

    why: Why = ""


class ShelveIn(Strict):
    """For how many seconds (the longest that the severity allows unless given), and why.

    With `once` it ends as soon as the alarm has gone, or with its next time.
    """

    why: Reason
    seconds: Annotated[float, Field(gt=0, le=LONGEST_SHELF_S)] | None = None
    once: bool = False


class OutageIn(Strict):
    """Why it is taken out of service, and when it is due back."""

    why: Reason
    due: Time


async def show_alarms(call: Call, *, query: AlarmQuery) -> shapes.Page[shapes.Alarm]:
    """Return the alarms that stand, or those that are asked for."""
    found = [alarm for alarm in call.gateway.alarms.every() if _fits(alarm, query, call.gateway)]
    page, following = paged(found, query)
    return shapes.Page([views.alarm(alarm) for alarm in page], following)


def _fits(alarm: Alarm, query: AlarmQuery, gateway: Gateway) -> bool:
    return (
        STATES[query.state](alarm)
        and alarm.severity >= query.severity
        and (query.category is None or alarm.category is Category(query.category))
        and (not query.place or query.place.casefold() in _where(alarm, gateway))
    )


def _where(alarm: Alarm, gateway: Gateway) -> str:
    point = gateway.points[alarm.point]
    device = gateway.devices.get(point.device)
    words = [alarm.name.id, alarm.name.en, point.name.id, point.name.en, point.owner, *point.tags]
    return "\n".join([*words, device.room if device else ""]).casefold()


async def show_alarm(call: Call, *, id: str) -> alarm_shapes.AlarmDetail:  # noqa: A002 - the path's name
    """Return one alarm, whether it stands or not, with its rule and what became of it lately."""
    gateway = call.gateway
    with _refusals(id):
        alarm, rule = gateway.alarms.alarm(id), gateway.alarms.rule(id)
        longest = gateway.handling.longest_shelf(id)
    levels = [shapes.Level(each.code, views.name(each.label), each.limit, each.severity) for each in rule.levels]
    told = alarm_shapes.Rule(
        rule.kind, levels, rule.deadband, rule.on_delay, rule.off_delay, rule.latching, longest
    )  # fmt: skip
    history = [views.event(event) for event in gateway.audit.about(id, family="alarm")]
    return alarm_shapes.AlarmDetail(views.alarm(alarm), told, history)


async def show_annunciation(call: Call) -> alarm_shapes.Annunciation:
    """Tell how many alarms stand and are put aside, and whether there is a flood of them."""
    every, handling = call.gateway.alarms.every(), call.gateway.handling
    heard = [alarm for alarm in every if alarm.standing and not alarm.facts.quiet]
    unseen = [alarm for alarm in heard if not alarm.acked]
    shelved, suppressed, out = (
        sum(map(STATES[state], every)) for state in ("shelved", "suppressed", "out_of_service")
    )  # fmt: skip
    return alarm_shapes.Annunciation(
        _counts(heard), _counts(unseen), shelved, suppressed, out, views.flood(handling.flood)
    )  # fmt: skip


def _counts(alarms: Sequence[Alarm]) -> dict[str, int]:
    return {str(severity): count for severity, count in sorted(Counter(each.severity for each in alarms).items())}


async def acknowledge(call: Call, *, id: str, body: AckIn) -> shapes.Alarm:  # noqa: A002 - the path's name
    """Record that the alarm was seen; refused when it does not stand or was acknowledged already."""
    with _refusals(id):
        return views.alarm(_acknowledge(call, id, body))


def _acknowledge(call: Call, id: str, body: AckIn) -> Alarm:  # noqa: A002 - the glossary's word
    return call.gateway.alarms.acknowledge(id, call.who, body.note, body.disposition, station=call.address)


async def acknowledge_several(call: Call, *, body: AcksIn) -> alarm_shapes.Acked:
    """Record that these alarms were seen; each is done or refused by itself."""
    items = []
    for id_ in dict.fromkeys(body.ids):
        try:
            _acknowledge(call, id_, body)
        except (NoSuchAlarm, NotAllowed) as error:
            items.append(alarm_shapes.AckResult(id_, done=False, detail=str(error)))
        else:
            items.append(alarm_shapes.AckResult(id_, done=True, detail=""))
    done = sum(item.done for item in items)
    return alarm_shapes.Acked(done, len(items) - done, items)


async def reset(call: Call, *, id: str, body: WhyIn) -> shapes.Alarm:  # noqa: A002 - the path's name
    """Undo a latch; refused while the alarm is active, not acknowledged, or its condition not known."""
    with _refusals(id):
        return views.alarm(call.gateway.alarms.reset(id, call.who, why=body.why))


async def shelve(call: Call, *, id: str, body: ShelveIn) -> shapes.Alarm:  # noqa: A002 - the path's name
    """Put the alarm aside for a while; refused for longer than its severity may be shelved."""
    with _refusals(id):
        shelved = call.gateway.handling.shelve(id, call.who, why=body.why, seconds=body.seconds, once=body.once)
        return views.alarm(shelved)


async def unshelve(call: Call, *, id: str, body: WhyIn) -> shapes.Alarm:  # noqa: A002 - the path's name
    """End the shelf; what is active is annunciated as new."""
    with _refusals(id):
        return views.alarm(call.gateway.handling.unshelve(id, call.who, why=body.why))


async def take_out(call: Call, *, id: str, body: OutageIn) -> shapes.Alarm:  # noqa: A002 - the path's name
    """Take the alarm out of service until somebody returns it; `due` is when a reminder comes."""
    with _refusals(id):
        return views.alarm(call.gateway.handling.take_out(id, call.who, why=body.why, due=nanoseconds(body.due)))


async def put_back(call: Call, *, id: str, body: WhyIn) -> shapes.Alarm:  # noqa: A002 - the path's name
    """Return the alarm to service; what is active is annunciated as new."""
    with _refusals(id):
        return views.alarm(call.gateway.handling.put_back(id, call.who, why=body.why))


@contextmanager
def _refusals(id: str) -> Iterator[None]:  # noqa: A002 - the glossary's word
    """Tell why an alarm cannot be handled so."""
    try:
        yield
    except NoSuchAlarm:
        raise not_found("alarm", id) from None
    except NotAllowed as error:
        raise conflict(str(error)) from None


HEARD_AGAIN = ("alarm.shelve", "alarm.ack")
"""Whoever may put it aside, and whoever is to hear it, may have it heard again."""

OPERATIONS = (
    Operation("GET", "/alarms", show_alarms, "view"),
    Operation("GET", "/annunciation", show_annunciation, "view"),
    Operation("POST", "/alarms/ack", acknowledge_several, "alarm.ack", rate="write"),
    Operation("GET", "/alarms/{id}", show_alarm, "view"),
    Operation("POST", "/alarms/{id}/ack", acknowledge, "alarm.ack", rate="write"),
    Operation("POST", "/alarms/{id}/reset", reset, "alarm.ack", rate="write"),
    Operation("POST", "/alarms/{id}/shelve", shelve, "alarm.shelve", rate="write"),
    Operation("POST", "/alarms/{id}/unshelve", unshelve, HEARD_AGAIN, rate="write"),
    Operation("POST", "/alarms/{id}/out-of-service", take_out, "alarm.service", rate="write"),
    Operation("POST", "/alarms/{id}/in-service", put_back, "alarm.service", rate="write"),
)
