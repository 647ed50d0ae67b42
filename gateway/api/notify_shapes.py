"""What the API answers about notifications. Times are RFC 3339 UTC; an address shows only enough to tell it apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.api.shapes import Name


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that happened to a delivery."""

    at: str
    delivery: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one person (empty: for everybody there) over one channel; `stands_for`: whose place it is."""

    id: str
    person: str
    name: str
    stands_for: str
    channel: str
    address: str
    state: str
    tries: int
    detail: str
    changed_at: str
    reply: str
    replied_at: str | None


@dataclass(frozen=True, slots=True)
class Notification:
    """News of an alarm for a call list; a test has neither. `attempts` are told of one notification only."""

    id: str
    at: str
    valid_until: str
    call_list: str
    alarm: str
    occurrence: str
    severity: int
    told: str
    withdrawn: str
    deliveries: Sequence[Delivery]
    attempts: Sequence[Attempt] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is told over what; an empty person: whoever hears that channel."""

    person: str
    name: str
    office: Name | None
    opd: str
    stands_for: str
    channel: str


@dataclass(frozen=True, slots=True)
class CallList:
    """A call list and who of it would be told now of an alarm of severity 4; `gaps`: when it reaches nobody."""

    id: str
    name: Name
    on_call: Sequence[Duty]
    gaps: Sequence[str]


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel: `waiting` messages, `reason` why it takes none, `persons` whom it reaches, `counters` what it did."""

    id: str
    kind: str
    enabled: bool
    waiting: int
    reason: str
    persons: Sequence[str]
    counters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a reply: `recorded`, `acknowledged`."""

    result: str
    detail: str
