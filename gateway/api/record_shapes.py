"""What the API answers about the records of alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.api.shapes import Name


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """What was thought about an alarm; `rule` is the id or pattern that it was found by, `minutes` the time to respond.

    `priority` is 1 (low) to 4 (critical), what the record says or else what the matrix gives; empty is not said.
    """

    rule: str
    level: str
    cause: Name
    consequence: Name
    action: Name
    minutes: float | None
    consequence_class: str
    urgency: str
    priority: int | None
    alarm_class: str
    basis: str
    owner: str
    reviewed_by: str
    reviewed_on: str | None
    next_review: str | None
    note: str


@dataclass(frozen=True, slots=True)
class RecordedLevel:
    """One level of an alarm with its record, None when there is none."""

    alarm: str
    code: str
    label: Name
    severity: int
    record: AlarmRecord | None


@dataclass(frozen=True, slots=True)
class RecordedLevels:
    """Levels of alarms, the mildest of each first."""

    items: Sequence[RecordedLevel]


@dataclass(frozen=True, slots=True)
class RecordsMerged:
    """What an import did, or would do: rule and level of what is new and of what differs, and how many are the same."""

    written: bool
    added: Sequence[str]
    changed: Sequence[str]
    same: int
