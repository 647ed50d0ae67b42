"""What the API answers about the handling of alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.api.house_shapes import Event
from gateway.api.shapes import Alarm, Level


@dataclass(frozen=True, slots=True)
class Rule:
    """How an alarm is judged; `deadband` in its unit, delays and `longest_shelf` in seconds."""

    kind: str
    levels: Sequence[Level]
    deadband: float
    on_delay: float
    off_delay: float
    latching: bool
    longest_shelf: float


@dataclass(frozen=True, slots=True)
class AlarmDetail:
    """An alarm with its rule, and what became of it lately, newest first."""

    alarm: Alarm
    rule: Rule
    history: Sequence[Event]


@dataclass(frozen=True, slots=True)
class AckResult:
    """What became of one alarm of several that were acknowledged; `detail` says why not."""

    id: str
    done: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Acked:
    """What became of an acknowledgement of several alarms, one by one."""

    done: int
    refused: int
    items: Sequence[AckResult]


@dataclass(frozen=True, slots=True)
class Flood:
    """Whether there is a flood of alarms, and what was annunciated since it began, by severity.

    While there is one, alarms up to the severity `list_only` are listed and not sounded: `listed` of them so far.
    """

    on: bool
    since: str | None
    counts: Mapping[str, int]
    listed: int
    list_only: int


@dataclass(frozen=True, slots=True)
class Annunciation:
    """How the hall is told of alarms now: what stands by severity, what is put aside, and whether there is a flood."""

    standing: Mapping[str, int]
    unacknowledged: Mapping[str, int]
    shelved: int
    suppressed: int
    out_of_service: int
    flood: Flood


@dataclass(frozen=True, slots=True)
class Approval:
    """A change of thresholds that waits for a second person."""

    id: str
    by: str
    why: str
    at: str
    until: str
    changes: Sequence[str]
