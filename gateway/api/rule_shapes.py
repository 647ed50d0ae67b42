"""What the API answers about drafts of alarm rules, and about their rehearsals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.api.shapes import Fault, Name


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of `alarms.yaml`: `alarms` is how many alarms of the running site it stands for, `levels` as written."""

    id: str
    kind: str
    scale: str
    subject: str
    levels: Mapping[str, Any]
    alarms: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule of the file, and the file's `stamp`: who writes gives it back."""

    items: Sequence[RuleLine]
    stamp: str


@dataclass(frozen=True, slots=True)
class ScaleStep:
    """One level of a hazard scale; `severity` 0 (normal) to 4 (worst)."""

    code: str
    label: Name
    severity: int


@dataclass(frozen=True, slots=True)
class HazardScale:
    """A hazard scale with its levels, the mildest first."""

    id: str
    name: Name
    levels: Sequence[ScaleStep]


@dataclass(frozen=True, slots=True)
class HazardScales:
    """Every hazard scale of the site's file."""

    items: Sequence[HazardScale]


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """One rule as text and as data."""

    id: str
    yaml: str
    rule: Mapping[str, Any]
    stamp: str


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What a draft would do: `faults` with their lines in the draft, or what would differ, a sentence each."""

    yaml: str
    rule: Mapping[str, Any] | None
    faults: Sequence[Fault]
    changes: Sequence[str]


@dataclass(frozen=True, slots=True)
class WouldRing:
    """One time that the rule would have rung; `silenced`: another rule suppressed it."""

    alarm: str
    code: str
    label: Name
    severity: int
    raised_at: str
    cleared_at: str | None
    seconds: float
    peak: float | None
    silenced: bool


@dataclass(frozen=True, slots=True)
class RangDay:
    """How often it would have rung in a day counted back from the end."""

    since: str
    until: str
    rang: int


@dataclass(frozen=True, slots=True)
class RehearsedPart:
    """How one version did; `rang` leaves out what was `silenced`, and what stood `before`. Spans are seconds."""

    alarms: int
    rang: int
    silenced: int
    before: int
    standing: int
    by_severity: Mapping[str, int]
    days: Sequence[RangDay]
    longest: float
    seconds: float
    chatter: int
    steadier: float
    told: Sequence[WouldRing]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal: `share` (0 to 1) tells how far it is; `meant` is the draft, `now` the rule in force.

    Up to `upto` it was computed; `left_out` says what was not, `faults` what is wrong with the draft, `why` why not.
    """

    id: str
    state: Literal["waiting", "running", "done", "refused", "cancelled"]
    share: float
    readings: int
    since: str
    until: str
    upto: str | None
    meant: RehearsedPart | None
    now: RehearsedPart | None
    left_out: Sequence[str]
    faults: Sequence[Fault]
    why: str
