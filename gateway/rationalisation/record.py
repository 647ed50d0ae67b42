"""What was thought about an alarm before it was allowed to ring (ISA-18.2: its rationalisation)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from drivers.model import Name

Key = tuple[str, str]
"""The rule or pattern, and the code of the level; an empty code is every level."""


UNSAID = Name("", "")


class Consequence(StrEnum):
    """How bad it is when nobody does anything."""

    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"
    SEVERE = "severe"


class Urgency(StrEnum):
    """How soon somebody has to do something."""

    SLOW = "slow"
    PROMPT = "prompt"
    RAPID = "rapid"
    IMMEDIATE = "immediate"


@dataclass(frozen=True, slots=True)
class Record:
    """One record: for the rules that `rule` names (an id or a pattern), at `level` (empty: at every level)."""

    rule: str
    level: str = ""
    cause: Name = UNSAID
    consequence: Name = UNSAID
    """Of no action."""
    action: Name = UNSAID
    """Of the operator."""
    minutes: float | None = None
    """How long there is to respond."""
    consequence_class: Consequence | None = None
    urgency: Urgency | None = None
    priority: int | None = None
    """1 (low) to 4 (critical); None: what the matrix says."""
    alarm_class: str = ""
    basis: str = ""
    """Where the limit comes from."""
    owner: str = ""
    reviewed_by: str = ""
    reviewed_on: date | None = None
    next_review: date | None = None
    note: str = ""

    @property
    def key(self) -> Key:
        """Return what it is found by."""
        return (self.rule, self.level)

    @property
    def label(self) -> str:
        """Return how sentences call it."""
        return f"{self.rule} {self.level}".rstrip()


Matrix = Mapping[tuple[Consequence, Urgency], int]
"""Which priority a consequence has at an urgency."""

_ROWS = {
    Consequence.MINOR: (1, 1, 1, 2),
    Consequence.MODERATE: (1, 2, 2, 3),
    Consequence.MAJOR: (2, 2, 3, 4),
    Consequence.SEVERE: (2, 3, 4, 4),
}
"""From slow to immediate. The shape (consequence × time, few at the top) is ISA-18.2's, the cells are ours."""
MATRIX: Matrix = MappingProxyType(
    {(row, column): number for row, cells in _ROWS.items() for column, number in zip(Urgency, cells, strict=True)}
)


def derived(record: Record, matrix: Matrix) -> int | None:
    """Return the priority that the matrix gives a record, or None when it does not say enough."""
    if record.consequence_class is None or record.urgency is None:
        return None
    return matrix[record.consequence_class, record.urgency]
