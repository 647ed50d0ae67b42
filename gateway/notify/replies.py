"""What people answer: found by its sender and code, written down, and an acknowledgement when the site wants that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from drivers.model import Clock
from gateway.alarms.alarm import Alarm, Disposition
from gateway.audit.audit import Audit
from gateway.auth.roles import Actor
from gateway.errors import GatewayError
from gateway.notify.delivery import Delivery
from gateway.notify.lane import NOTIFY
from gateway.notify.notifier import Notifier
from gateway.notify.queue import DELIVERY, Queue, delivery_of

_YES = re.compile(r"^\s*(?:ok|oke|siap|ya|yes|1|ack|diterima)\b[\s.,!:#-]*(?P<code>\d{4})?\b", re.IGNORECASE)
_CODE = re.compile(r"\b(\d{4})\b")
ANSWERABLE_NS = 24 * 3_600_000_000_000
"""How long after a message its answer is still taken for one."""
BY_ADDRESS = (
    f"SELECT {DELIVERY} FROM delivery WHERE channel = ? AND changed_at > ? AND state IN"  # noqa: S608 - constants
    " ('sending', 'waiting', 'sent', 'delivered') ORDER BY changed_at DESC LIMIT 200"
)
BY_ID = f"SELECT {DELIVERY} FROM delivery WHERE id = ?"  # noqa: S608 - constants
MOST_TEXT = 500
COMPARED_DIGITS = 8
"""So many last digits of a telephone number tell people apart, however the network writes the number."""


class Answer(StrEnum):
    """What became of a reply: a closed list."""

    RECORDED = "recorded"
    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
    """Nobody of ours, or to nothing that was sent lately."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of what somebody answered, and why."""

    answer: Answer
    delivery: str
    detail: str


class AcknowledgePort(Protocol):
    """The ordinary, audited door of alarms; raises NoSuchAlarm and NotAllowed."""

    def alarm(self, alarm: str, /) -> Alarm: ...
    def acknowledge(
        self, alarm: str, actor: Actor, note: str, disposition: Disposition, /, *, station: str
    ) -> Alarm: ...


class QueryPort(Protocol):
    """The committed rows."""

    def query(
        self, sql: str, args: tuple[str | int | float | bytes | None, ...] = (), /
    ) -> Sequence[tuple[Any, ...]]: ...


class Replies:
    """Called in the loop's thread only."""

    def __init__(
        self, notifier: Notifier, *, queue: Queue, rows: QueryPort, alarms: AcknowledgePort, clock: Clock, audit: Audit
    ) -> None:  # fmt: skip
        self._notifier, self._queue, self._rows = notifier, queue, rows
        self._alarms, self._clock, self._audit = alarms, clock, audit

    def from_address(self, channel: str, address: str, text: str) -> Reply:
        """Take what came back over a channel from an address; the code tells of several messages which is meant."""
        since = self._clock.now() - ANSWERABLE_NS
        sent = [delivery_of(row) for row in self._rows.query(BY_ADDRESS, (channel, since))]
        own = [each for each in sent if same_address(each.address, address)]
        named = _named(text)
        chosen = next((each for each in own if not named or each.code == named), None)
        if chosen is None:
            why = f"{text[:80]!r} answers nothing that was sent there lately"
            self._queue.counters[channel, "replies.unknown"] += 1
            self._record("", Reply(Answer.UNKNOWN, "", why), address=address)
            return Reply(Answer.UNKNOWN, "", why)
        return self._taken(chosen, text)

    def to_delivery(self, delivery: str, text: str) -> Reply:
        """Take what a program says that somebody has answered to one delivery."""
        rows = self._rows.query(BY_ID, (delivery,))
        if not rows:
            return Reply(Answer.UNKNOWN, "", f"there is no delivery {delivery!r}")
        return self._taken(delivery_of(rows[0]), text)

    def _taken(self, delivery: Delivery, text: str) -> Reply:
        self._queue.replied(delivery, text[:MOST_TEXT])
        reply = self._acknowledged(delivery, text)
        self._record(delivery.notification, reply, address=delivery.person, text=text[:MOST_TEXT])
        return reply

    def _acknowledged(self, delivery: Delivery, text: str) -> Reply:
        """Acknowledge when the site asks for it, the words say yes, and the person may; else say why not."""
        why = self._why_not(delivery, text)
        known = self._queue.known(delivery.notification)
        if why or known is None:
            return Reply(Answer.RECORDED, delivery.id, why or "its notification is no more")
        person = self._notifier.roster.persons[delivery.person]
        actor = Actor(
            person.id, frozenset({person.role} if person.role else ()), "token", id=f"reply/{delivery.channel}"
        )
        if not actor.may("alarm.ack"):
            return Reply(Answer.RECORDED, delivery.id, f"{person.id} may not acknowledge alarms")
        try:
            if self._alarms.alarm(known.alarm).occurrence != known.occurrence:
                return Reply(Answer.RECORDED, delivery.id, "the alarm that it tells of is over")
            self._alarms.acknowledge(known.alarm, actor, text[:200], Disposition.NONE, station=delivery.channel)
        except GatewayError as error:
            return Reply(Answer.RECORDED, delivery.id, str(error))
        return Reply(Answer.ACKNOWLEDGED, delivery.id, f"{person.id} has acknowledged {known.alarm}")

    def _why_not(self, delivery: Delivery, text: str) -> str:
        roster = self._notifier.roster
        if not roster.acknowledge_by_reply:
            return "recorded"
        if delivery.person not in roster.persons:
            return "nobody in particular was told"
        return "" if _YES.match(text) else "it says neither OK nor SIAP"

    def _record(self, notification: str, reply: Reply, *, address: str, text: str = "") -> None:
        self._audit.record(
            NOTIFY, "notify.reply", notification or "unknown", after={"from": address, "text": text},
            outcome=reply.answer.value, why=reply.detail, request=reply.delivery,
        )  # fmt: skip


def _named(text: str) -> str:
    found = _CODE.search(text)
    return found[1] if found else ""


def same_address(one: str, other: str) -> bool:
    """Return whether two addresses are the same; of telephone numbers the last digits count (+62811… is 0811…)."""
    if one == other:
        return True
    digits = [re.sub(r"\D", "", each) for each in (one, other)]
    numbers = all(re.fullmatch(r"[+\d\s()-]+", each) for each in (one, other))
    return (
        numbers
        and min(map(len, digits)) >= COMPARED_DIGITS
        and (digits[0][-COMPARED_DIGITS:] == digits[1][-COMPARED_DIGITS:])
    )
