"""Notifications: who was told of what, who is on call now, trying a channel out, and what people answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field

from gateway.api import notify_shapes, shapes, views
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Query, Strict
from gateway.api.ports import NoticesPort
from gateway.api.problem import BadBody, Problem, conflict, not_found
from gateway.errors import NotifyError
from gateway.notify.delivery import Delivery
from gateway.notify.listing import Told, Wanted
from gateway.notify.notifier import WORST
from gateway.notify.replies import Answer
from gateway.notify.roster import Duty, Roster

SHOWN_END = 4
"""How many last signs of a number are shown."""


class NotificationQuery(Query):
    """Which notifications, the newest first: `after` is the last one of the page before."""

    state: Literal["", "waiting", "sending", "sent", "delivered", "expired", "failed", "withdrawn"] = ""
    alarm: str = ""
    channel: str = ""
    person: str = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: str | None = None


class TestIn(Strict):
    """Whom to send a test to; no person: a channel that speaks to a room or a group."""

    channel: Annotated[str, Field(min_length=1, max_length=63)]
    person: Annotated[str, Field(max_length=63)] = ""


class ReplyIn(Strict):
    """What somebody has answered."""

    text: Annotated[str, Field(min_length=1, max_length=500, pattern=NO_TEXT_CONTROLS)]


async def show_notifications(call: Call, *, query: NotificationQuery) -> shapes.Page[notify_shapes.Notification]:
    """Return who was told of what, the newest first."""
    notices = _notices(call)
    before = Wanted().before
    if query.after is not None:
        last = notices.listing.one(query.after)
        if last is None:
            raise BadBody(f"the cursor {query.after!r} leads nowhere (any more); start again without `after`")
        before = (last.notification.at, last.notification.id)
    wanted = Wanted(query.state, query.alarm, query.channel, query.person, before)
    found = notices.listing.page(wanted, limit=query.limit + 1)
    page, more = found[: query.limit], len(found) > query.limit
    items = [_notification(told, notices.notifier.roster) for told in page]
    return shapes.Page(items, page[-1].notification.id if more else None)


async def show_notification(call: Call, *, id: str) -> notify_shapes.Notification:  # noqa: A002 - the path's name
    """Return one notification, with everything that happened to it."""
    notices = _notices(call)
    told = notices.listing.one(id)
    if told is None:
        raise not_found("notification", id)
    return _notification(told, notices.notifier.roster)


async def show_call_lists(call: Call) -> shapes.Page[notify_shapes.CallList]:
    """Return every call list, and who of it is on call now."""
    roster, now = _notices(call).notifier.roster, call.gateway.clock.now()
    return shapes.Page([
        notify_shapes.CallList(
            each.id, views.name(each.name),
            [_duty(duty) for duty in roster.on_call(each.id, at=now, severity=WORST)], roster.gaps(each.id),
        )
        for each in roster.lists.values()
    ])  # fmt: skip


async def show_channels(call: Call) -> shapes.Page[notify_shapes.Channel]:
    """Return how every channel stands, and whom it reaches."""
    notices = _notices(call)
    persons = notices.notifier.roster.persons.values()
    return shapes.Page([
        notify_shapes.Channel(
            each.id, each.kind, each.enabled, each.waiting, each.reason,
            [person.id for person in persons if each.id in person.addresses], each.counters,
        )
        for each in notices.channels()
    ])  # fmt: skip


async def send_test(call: Call, *, body: TestIn) -> notify_shapes.Notification:
    """Send a test to one person over one channel; read the notification again to see what became of it."""
    notices = _notices(call)
    try:
        made = notices.notifier.test(person=body.person, channel=body.channel, by=call.who.name)
    except NotifyError as error:
        raise conflict(str(error)) from None
    return _notification(Told(made, ()), notices.notifier.roster)


async def reply(call: Call, *, id: str, body: ReplyIn) -> notify_shapes.Reply:  # noqa: A002 - the path's name
    """Take what somebody has answered to the delivery that a webhook was given as `id`."""
    taken = _notices(call).replies.to_delivery(id, body.text)
    if taken.answer is Answer.UNKNOWN:
        raise not_found("delivery", id)
    return notify_shapes.Reply(taken.answer.value, taken.detail)


def _notices(call: Call) -> NoticesPort:
    if call.gateway.notices is None:
        raise Problem(HTTPStatus.NOT_FOUND, "nobody is told of anything here")
    return call.gateway.notices


def _notification(told: Told, roster: Roster) -> notify_shapes.Notification:
    each = told.notification
    return notify_shapes.Notification(
        each.id, views.time(each.at), views.time(each.valid_until), each.call_list, each.alarm, each.occurrence,
        each.severity, each.told, each.withdrawn, [_delivery(delivery, roster) for delivery in told.deliveries],
        [notify_shapes.Attempt(views.time(one.at), one.delivery, one.what, one.detail) for one in told.attempts],
    )  # fmt: skip


def _delivery(each: Delivery, roster: Roster) -> notify_shapes.Delivery:
    person = roster.persons.get(each.person)
    return notify_shapes.Delivery(
        each.id, each.person, person.name if person else each.person, each.stands_for, each.channel,
        masked(each.address), each.state.value, each.tries, each.detail, views.time(each.changed_at), each.reply,
        views.time(each.replied_at) if each.replied_at else None,
    )  # fmt: skip


def _duty(duty: Duty) -> notify_shapes.Duty:
    person = duty.person
    if person is None:
        return notify_shapes.Duty("", "", None, "", "", duty.channel)
    office = views.name(person.office) if person.office else None
    return notify_shapes.Duty(person.id, person.name, office, person.opd, duty.stands_for, duty.channel)


def masked(address: str) -> str:
    """Return enough of an address to tell it apart, and no more: `…0007`, `k…@bpbd.example`."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"…{address[-SHOWN_END:]}" if len(address) > SHOWN_END else address


OPERATIONS = (
    Operation("GET", "/notifications", show_notifications, "view"),
    Operation("GET", "/notifications/{id}", show_notification, "view"),
    Operation("POST", "/notifications/test", send_test, "notify.test", rate="write", status=HTTPStatus.ACCEPTED),
    Operation("POST", "/notifications/{id}/reply", reply, "notify.reply", rate="write"),
    Operation("GET", "/call-lists", show_call_lists, "view"),
    Operation("GET", "/channels", show_channels, "view"),
)
