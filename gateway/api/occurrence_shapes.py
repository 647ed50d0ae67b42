"""What the API answers about the history of alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.api.history_shapes import Gap
from gateway.api.house_shapes import Event
from gateway.api.shapes import Name, Place


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an alarm rang: `severity` and `label` are the worst of it; spans in seconds, running ones so far.

    `ended` is closed, retired or unknown (nobody was there: `closed_at` is when it was last known); empty: it is open.
    `asides` are the kinds of its spells: shelved, suppressed, out_of_service, unknown (its input was silent or bad).
    """

    id: str
    alarm: str
    point: str
    name: Name
    category: str
    scale: str
    scale_name: Name
    code: str
    label: Name
    severity: int
    severity_first: int
    place: str
    stands_on: Place | None
    raised_at: str
    onset: str | None
    annunciated_at: str | None
    annunciations: int
    acked_at: str | None
    acked_by: str | None
    station: str
    time_to_ack: float | None
    cleared_at: str | None
    closed_at: str | None
    ended: str
    active: float
    standing: float
    peak: float | None
    peak_at: str | None
    unit: str
    note: str
    disposition: str
    chatter: int
    in_flood: bool
    first_out: str
    asides: Sequence[str]


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch in which an alarm was not heard, or not known: whose doing, why, and until when it was meant to be."""

    alarm: str
    kind: str
    whose: str
    why: str
    severity: int
    since: str
    due: str | None
    until: str | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class OccurrenceDetail:
    """An occurrence with its spells and what the audit tells of it, oldest first."""

    occurrence: Occurrence
    spells: Sequence[Spell]
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What stood at a point over a span, newest first; `more`: older ones are left out.

    `unknown` are the stretches in which nobody wrote down: there nothing means nothing.
    """

    since: str
    until: str
    items: Sequence[Occurrence]
    more: bool
    unknown: Sequence[Gap]
