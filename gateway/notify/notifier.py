"""Queue news for whoever is on call now, once for each step that asks, and withdraw it when nobody needs it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from drivers.model import Clock
from gateway.alarms.alarm import Alarm
from gateway.audit.audit import Audit
from gateway.errors import NotifyError
from gateway.notify.delivery import Delivery, Message, Notification
from gateway.notify.lane import NOTIFY
from gateway.notify.queue import Queue
from gateway.notify.roster import Duty, Roster
from gateway.notify.texts import message_about, test_message

TEST_VALID_S = 600.0
CODE_DIGITS = 4
WORST = 4


def new_code() -> str:
    """Return a number that is easily typed into a telephone."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def new_id() -> str:
    """Return a name for a delivery."""
    return secrets.token_hex(6)


class Notifier:
    """`roster` may be replaced at any time; `stir` is told of every channel that has something new."""

    def __init__(
        self, roster: Roster, *, queue: Queue, clock: Clock, audit: Audit, stir: Callable[[str], None],
        code: Callable[[], str] = new_code, new_id: Callable[[], str] = new_id,
    ) -> None:  # fmt: skip
        self.roster = roster
        self._queue, self._clock, self._audit = queue, clock, audit
        self._stir, self._code, self._new_id = stir, code, new_id

    def notify(self, alarm: Alarm, call_list: str, *, step: str, valid: float) -> str:
        """Queue news of `alarm` to whoever of the list is on call now, under the id `step`; return whom.

        Asking twice is asking once. It is worth sending for `valid` seconds. Raises NotifyError, after writing down
        why, when there is no such list, nobody of it is on call, or the queue is full.
        """
        known = self._queue.known(step)
        if known is not None:
            return known.told
        try:
            return self._queued(alarm, call_list, step, valid)
        except NotifyError as error:
            self._audit.record(
                NOTIFY, "notify.queue", step, after={"alarm": alarm.id, "list": call_list}, outcome="failed",
                why=str(error),
            )  # fmt: skip
            raise

    def withdraw(self, step: str, *, why: str) -> None:
        """Send no more of what waits under `step`; what has gone out cannot be called back."""
        known = self._queue.known(step)
        if known is None or known.withdrawn:
            return
        gone = self._queue.withdraw(step, why)
        self._audit.record(
            NOTIFY, "notify.withdraw", step, after={"deliveries": len(gone)}, outcome="withdrawn", why=why
        )  # fmt: skip
        for channel in {delivery.channel for delivery in gone}:
            self._stir(channel)

    def would_notify(self, call_list: str, at: int, *, severity: int = WORST) -> Sequence[str]:
        """Return whom the list would tell of an alarm of that severity at `at` (UTC ns), a sentence each.

        Raise NotifyError.
        """
        duties = self.roster.on_call(call_list, at=at, severity=severity)
        return _whom(duties).split(", ") if duties else []

    def test(self, *, person: str, channel: str, by: str) -> Notification:
        """Queue a test for one person over one channel, or over a channel that speaks to all; raise NotifyError."""
        duty = self._tested(person, channel)
        code, now = self._code(), self._clock.now()
        language = duty.person.language if duty.person else "id"
        told = f"a test: {_whom([duty])}"
        notification = Notification(
            f"test-{self._new_id()}", now, now + round(TEST_VALID_S * 1e9), "", "", "", 1, told
        )  # fmt: skip
        message = test_message(self.roster, language=language, code=code, at=now)
        self._take(notification, [duty], [message], code=code, by=by)
        return notification

    def _queued(self, alarm: Alarm, call_list: str, step: str, valid: float) -> str:
        now = self._clock.now()
        duties = [
            duty for duty in self.roster.on_call(call_list, at=now, severity=alarm.severity)
            if self.roster.channels[duty.channel].enabled
        ]  # fmt: skip
        if not duties:
            raise NotifyError(f"nobody of call list {call_list} is on call now; look at its hours and severities")
        code, told = self._code(), _whom(duties)
        notification = Notification(
            step, now, now + round(valid * 1e9), call_list, alarm.id, alarm.occurrence, alarm.severity, told
        )  # fmt: skip
        messages = [
            message_about(alarm, self.roster, language=duty.person.language if duty.person else "id", code=code)
            for duty in duties
        ]
        self._take(notification, duties, messages, code=code, by=NOTIFY)
        return told

    def _take(
        self, notification: Notification, duties: Sequence[Duty], messages: Sequence[Message], *, code: str, by: str
    ) -> None:
        deliveries = [
            self._delivery(notification, duty, message, code=code, place=place)
            for place, (duty, message) in enumerate(zip(duties, messages, strict=True))
        ]
        self._queue.add(notification, deliveries)
        self._audit.record(
            by, "notify.queue", notification.id,
            after={"alarm": notification.alarm, "list": notification.call_list, "told": notification.told},
            outcome="queued",
        )  # fmt: skip
        for channel in {delivery.channel for delivery in deliveries}:
            self._stir(channel)

    def _delivery(
        self, notification: Notification, duty: Duty, message: Message, *, code: str, place: int
    ) -> Delivery:  # fmt: skip
        return Delivery(
            self._new_id(), notification.id, place, duty.person.id if duty.person else "", duty.stands_for,
            duty.channel, duty.address, code, message, notification.valid_until, notification.severity,
            changed_at=notification.at,
        )  # fmt: skip

    def _tested(self, person: str, channel: str) -> Duty:
        chosen = self.roster.channels.get(channel)
        if chosen is None or not chosen.enabled:
            raise NotifyError(f"there is no channel {channel!r}, or it is not enabled; look at notify.yaml")
        if not person:
            return Duty(channel)
        found = self.roster.persons.get(person)
        if found is None or channel not in found.addresses:
            raise NotifyError(f"{person} has no address for {channel}; look at notify.yaml")
        return Duty(channel, found.addresses[channel], found)


def _whom(duties: Sequence[Duty]) -> str:
    """Return the sentence that says whom: `Ani (sms and email), Budi for cici (sms), hall-horn`."""
    channels: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for duty in duties:
        key = duty.person.id if duty.person else f"/{duty.channel}"
        names[key] = _called(duty)
        channels.setdefault(key, []).append(duty.channel)
    return ", ".join(
        names[key] if key.startswith("/") else f"{names[key]} ({' and '.join(over)})" for key, over in channels.items()
    )


def _called(duty: Duty) -> str:
    if duty.person is None:
        return duty.channel
    return duty.person.name + (f" for {duty.stands_for}" if duty.stands_for else "")
