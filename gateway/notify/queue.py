"""The queue of news: in memory to be quick, in rows of the store to outlive the process, and never sent when stale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from drivers.model import Clock
from gateway.errors import NotifyError
from gateway.notify.delivery import Delivery, DeliveryState, Message, Notification
from gateway.store.errors import StoreError

Cell = str | int | float | bytes | None
MOST_OPEN = 5_000
"""Deliveries that may wait at once; what does not fit is refused, and counted."""
MOST_FRESH = 4_096
"""Notifications that are remembered besides those that are committed."""
KEPT_DAYS = 180
DAY_NS = 86_400_000_000_000

NOTIFICATION = "id, at, valid_until, call_list, alarm, occurrence, severity, told, withdrawn"
DELIVERY = (
    "id, notification, place, person, stands_for, channel, address, code, subject, text, short, language, valid_until,"
    " severity, state, tries, detail, changed_at, reply, replied_at"
)
_PUT_NOTIFICATION = f"INSERT OR IGNORE INTO notification ({NOTIFICATION}) VALUES ({', '.join('?' * 9)})"  # noqa: S608 - constants
_PUT_DELIVERY = f"INSERT OR REPLACE INTO delivery ({DELIVERY}) VALUES ({', '.join('?' * 20)})"  # noqa: S608 - constants
_PUT_ATTEMPT = "INSERT INTO attempt (delivery, at, what, detail) VALUES (?, ?, ?, ?)"
_WITHDRAW = "UPDATE notification SET withdrawn = ? WHERE id = ?"
_REPLIED = "UPDATE delivery SET reply = ?, replied_at = ? WHERE id = ?"
_DELIVERED = "UPDATE delivery SET state = 'delivered', detail = ?, changed_at = ? WHERE id = ? AND state = 'sent'"
_OPEN_ROWS = (
    f"SELECT {', '.join('d.' + name.strip() for name in DELIVERY.split(','))} FROM delivery d"  # noqa: S608 - constants
    " JOIN notification n ON n.id = d.notification WHERE d.state IN ('waiting', 'sending') ORDER BY n.at, d.place"
)
_KNOWN = f"SELECT {NOTIFICATION} FROM notification WHERE id = ?"  # noqa: S608 - constants
_OLD = "SELECT id FROM notification WHERE at < ?"
_PRUNE = (
    f"DELETE FROM attempt WHERE delivery IN (SELECT id FROM delivery WHERE notification IN ({_OLD}))",  # noqa: S608 - constants
    f"DELETE FROM delivery WHERE notification IN ({_OLD})",  # noqa: S608 - constants
    "DELETE FROM notification WHERE at < ?",
)


class RowsPort(Protocol):
    """The store's tables."""

    def submit(self, sql: str, args: tuple[Cell, ...], /) -> None: ...
    async def write(self, sql: str, args: tuple[Cell, ...], /) -> None: ...
    def query(self, sql: str, args: tuple[Cell, ...] = (), /) -> Sequence[tuple[Any, ...]]: ...


class Queue:
    """Called in the loop's thread only; `restore` first. `counters` by channel and by what became of the news."""

    def __init__(self, rows: RowsPort, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._open: dict[str, Delivery] = {}
        self._fresh: dict[str, Notification] = {}
        self._early: dict[str, str] = {}
        """What has arrived before its channel had said that it took it."""
        self.counters: Counter[tuple[str, str]] = Counter()

    def restore(self) -> None:
        """Take up what had not been sent; forget what is older than KEPT_DAYS."""
        before = self._clock.now() - KEPT_DAYS * DAY_NS
        for sql in _PRUNE:
            self._rows.submit(sql, (before,))
        for row in self._rows.query(_OPEN_ROWS):
            delivery = delivery_of(row)
            if delivery.state is DeliveryState.SENDING:
                self.counters[delivery.channel, "doubtful"] += 1
                delivery = replace(delivery, state=DeliveryState.WAITING, detail="cut off while sending; sent again")
                self._note(delivery)
            self._open[delivery.id] = delivery

    def known(self, notification: str) -> Notification | None:
        """Return a notification that was asked for already."""
        fresh = self._fresh.get(notification)
        if fresh is not None:
            return fresh
        rows = self._rows.query(_KNOWN, (notification,))
        return Notification(*rows[0]) if rows else None

    def add(self, notification: Notification, deliveries: Sequence[Delivery]) -> None:
        """Take news in, durable with the next commit; raise NotifyError when too much waits already."""
        if len(self._open) + len(deliveries) > MOST_OPEN:
            for delivery in deliveries:
                self.counters[delivery.channel, "overflow"] += 1
            raise NotifyError(f"{len(self._open)} messages wait already; look at the channels, they take nothing")
        while len(self._fresh) >= MOST_FRESH:
            del self._fresh[next(iter(self._fresh))]
        self._fresh[notification.id] = notification
        self._rows.submit(_PUT_NOTIFICATION, row_of(notification))
        for delivery in deliveries:
            self.counters[delivery.channel, "queued"] += 1
            self._open[delivery.id] = delivery
            self._note(delivery)

    def open(self, channel: str = "") -> list[Delivery]:
        """Return what waits, for one channel or for all, in order: what was tried least and is worst goes first."""
        waiting = [each for each in self._open.values() if not channel or each.channel == channel]
        return sorted(waiting, key=lambda each: (each.tries, -each.severity))

    def get(self, delivery: str) -> Delivery | None:
        """Return a delivery that is still open."""
        return self._open.get(delivery)

    async def begin(self, delivery: Delivery) -> Delivery:
        """Note durably that bytes may leave from now on, so that a crash is told from a message never begun."""
        begun = replace(
            delivery, state=DeliveryState.SENDING, tries=delivery.tries + 1, changed_at=self._clock.now()
        )  # fmt: skip
        self._open[begun.id] = begun
        # A disk that takes nothing must not keep an alarm's news back.
        with suppress(StoreError):
            await self._rows.write(_PUT_DELIVERY, _cells(begun))
        return begun

    def back(self, delivery: Delivery, detail: str) -> None:
        """Note that a delivery was not taken and waits again; one that was withdrawn meanwhile is over."""
        if delivery.id in self._open:
            waiting = replace(delivery, state=DeliveryState.WAITING, detail=detail, changed_at=self._clock.now())
            self._open[delivery.id] = waiting
            self._note(waiting, "retry")

    def settle(self, delivery: Delivery, state: DeliveryState, detail: str) -> Delivery:
        """Note how a delivery ended."""
        over = replace(delivery, state=state, detail=detail, changed_at=self._clock.now())
        self._open.pop(delivery.id, None)
        self.counters[delivery.channel, state.value] += 1
        self._note(over)
        if (early := self._early.pop(delivery.id, None)) is not None:
            self.reported(delivery.id, delivery.channel, early)
        return over

    def withdraw(self, notification: str, why: str) -> list[Delivery]:
        """Send no more of what waits of a notification, and return it; what is being sent just now is not held back."""
        self._rows.submit(_WITHDRAW, (why, notification))
        if notification in self._fresh:
            self._fresh[notification] = replace(self._fresh[notification], withdrawn=why)
        waiting = [
            each for each in self._open.values()
            if each.notification == notification and each.state is DeliveryState.WAITING
        ]  # fmt: skip
        return [self.settle(each, DeliveryState.WITHDRAWN, why) for each in waiting]

    def expire(self, channel: str) -> list[Delivery]:
        """End what of a channel is stale by now, and return it."""
        now = self._clock.now()
        stale = [
            each for each in self._open.values()
            if each.channel == channel and each.state is DeliveryState.WAITING and each.valid_until <= now
        ]  # fmt: skip
        return [
            self.settle(each, DeliveryState.EXPIRED, f"stale before it could be sent{_last_words(each)}")
            for each in stale
        ]

    def reported(self, delivery: str, channel: str, state: str) -> None:
        """Note what a channel tells of something that it took: `delivered`, or that it will not arrive."""
        if delivery in self._open:
            self._early[delivery] = state
            return
        now = self._clock.now()
        self.counters[channel, "delivered" if state == DeliveryState.DELIVERED else f"reported.{state}"] += 1
        if state == DeliveryState.DELIVERED:
            self._rows.submit(_DELIVERED, ("", now, delivery))
        self._rows.submit(_PUT_ATTEMPT, (delivery, now, state, "told by the network"))

    def replied(self, delivery: Delivery, text: str) -> None:
        """Note what a person has answered."""
        now = self._clock.now()
        self.counters[delivery.channel, "replies"] += 1
        waiting = self._open.get(delivery.id)
        if waiting is not None:
            self._open[delivery.id] = replace(waiting, reply=text, replied_at=now)
        self._rows.submit(_REPLIED, (text, now, delivery.id))
        self._rows.submit(_PUT_ATTEMPT, (delivery.id, now, "reply", text))

    def _note(self, delivery: Delivery, what: str = "") -> None:
        self._rows.submit(_PUT_DELIVERY, _cells(delivery))
        told = (delivery.id, self._clock.now(), what or delivery.state.value, delivery.detail)
        self._rows.submit(_PUT_ATTEMPT, told)


def delivery_of(row: Sequence[Any]) -> Delivery:
    """Return the delivery of a row of DELIVERY."""
    (id_, notification, place, person, stands_for, channel, address, code, subject, text, short, language, valid_until,
     severity, state, tries, detail, changed_at, reply, replied_at) = row  # fmt: skip
    return Delivery(
        id_, notification, place, person, stands_for, channel, address, code, Message(subject, text, short, language),
        valid_until, severity, DeliveryState(state), tries, detail, changed_at, reply, replied_at,
    )  # fmt: skip


def row_of(notification: Notification) -> tuple[Cell, ...]:
    """Return a notification as a row of NOTIFICATION."""
    each = notification
    return (each.id, each.at, each.valid_until, each.call_list, each.alarm, each.occurrence, each.severity, each.told,
            each.withdrawn)  # fmt: skip


def _cells(each: Delivery) -> tuple[Cell, ...]:
    said = each.message
    return (each.id, each.notification, each.place, each.person, each.stands_for, each.channel, each.address, each.code,
            said.subject, said.text, said.short, said.language, each.valid_until, each.severity, each.state.value,
            each.tries, each.detail, each.changed_at, each.reply, each.replied_at)  # fmt: skip


def _last_words(delivery: Delivery) -> str:
    return f"; {delivery.detail}" if delivery.detail else ""
