"""What the API answers about how well the alarms serve the operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.api.history_shapes import Gap
from gateway.api.occurrence_shapes import Spell
from gateway.api.shapes import Name


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: good up to `good`, bearable up to `bearable`, or from there on with `at_least`; null: not judged.

    `verdict` is good, bearable, bad or unjudged; `counted` says how it is counted, `source` after which standard.
    """

    id: str
    name: Name
    value: float | None
    unit: str
    good: float | None
    bearable: float | None
    at_least: bool
    verdict: str
    counted: Name
    source: str


@dataclass(frozen=True, slots=True)
class Contributor:
    """An alarm that was annunciated often: its share in percent, and how often it chattered."""

    alarm: str
    name: Name
    count: int
    share: float
    chattered: int


@dataclass(frozen=True, slots=True)
class Answered:
    """How soon the occurrences of a severity were acknowledged, in seconds."""

    severity: int
    sounded: int
    count: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the hall: alarms annunciated, the most in ten minutes, and stale ones."""

    since: str
    until: str
    count: int
    peak: int | None
    stale: int


@dataclass(frozen=True, slots=True)
class AlarmReport:
    """How well the alarms of a span serve `positions` operators; rates leave `unknown` out: nobody wrote down then.

    `provisional`: less than 28 days were recorded. `hushed` are shelves and outages, `hushed_in_all` of them.
    """

    since: str
    until: str
    positions: int
    observed: float
    unknown: Sequence[Gap]
    provisional: bool
    occurrences: int
    annunciated: int
    listed: int
    floods: int
    figures: Sequence[Figure]
    contributors: Sequence[Contributor]
    answered: Sequence[Answered]
    days: Sequence[Day]
    hushed: Sequence[Spell]
    hushed_in_all: int
