"""One piece of news for one person over one channel, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.notify.config import Language


class DeliveryState(StrEnum):
    """How far a delivery has come: a closed list."""

    WAITING = "waiting"
    SENDING = "sending"
    """Bytes may have left; after a crash nobody knows, and it is sent again."""
    SENT = "sent"
    """The channel has taken it."""
    DELIVERED = "delivered"
    """The channel has told that it arrived."""
    EXPIRED = "expired"
    """It was stale before it could be sent, and was not."""
    FAILED = "failed"
    """The channel refuses it for good."""
    WITHDRAWN = "withdrawn"
    """Nobody needs it any longer."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One piece of news for a call list; times are UTC ns, `alarm` is empty for a test."""

    id: str
    at: int
    valid_until: int
    call_list: str
    alarm: str
    occurrence: str
    severity: int
    told: str
    """The sentence that says whom."""
    withdrawn: str = ""
    """Why nothing more of it is sent."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is said: `text` at length, `short` in one SMS or so, `subject` above it."""

    subject: str
    text: str
    short: str
    language: Language


@dataclass(frozen=True, slots=True)
class Delivery:
    """`code` is what a reply names, `tries` how often it was begun, `reply` what came back last; times are UTC ns."""

    id: str
    notification: str
    place: int
    """Its place in the call list."""
    person: str
    stands_for: str
    channel: str
    address: str
    code: str
    message: Message
    valid_until: int
    severity: int
    state: DeliveryState = DeliveryState.WAITING
    tries: int = 0
    detail: str = ""
    changed_at: int = 0
    reply: str = ""
    replied_at: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that happened to a delivery at `at` (UTC ns)."""

    at: int
    delivery: str
    what: str
    detail: str
