"""What a rule may judge of its points besides their plain value: frozen descriptions, part of the rule.

A window is in seconds of the site's own time; whoever measures divides it by the pace of a demonstration.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.model import Value
from gateway.derive.formula import Formula


@dataclass(frozen=True, slots=True)
class Rate:
    """Change a minute over the last `window` seconds, known from `samples` good samples over half of it on.

    A fall of a `counter` is a wrap or a restart: what was before it does not count.
    """

    window: float
    samples: int = 3
    counter: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """The greatest less the smallest of the last `window` seconds: small for a value that stands still.

    It is known once `samples` good samples cover the window; more than `moves` is movement however short the time.
    """

    window: float
    samples: int
    moves: float


@dataclass(frozen=True, slots=True)
class Activations:
    """How often a flag has become true in the last `window` seconds; at most `most` are counted."""

    window: float
    most: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds since the last good reading of any of these points; `limits` are those of the rule's levels."""

    points: tuple[str, ...]
    limits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """Which level a value stands for: its number from 1, and 0 for any other value."""

    ranks: tuple[tuple[Value, int], ...]


@dataclass(frozen=True, slots=True)
class ConditionOf:
    """Whether another rule has entered the level with this index, or a worse one of the same side."""

    key: str
    """How the formula calls it."""
    rule: str
    level: int


@dataclass(frozen=True, slots=True)
class Combined:
    """A formula over points and over the conditions of other rules, in three-valued logic."""

    formula: Formula
    conditions: tuple[ConditionOf, ...] = ()

    @property
    def points(self) -> tuple[str, ...]:
        """Return the points that the formula names."""
        conditions = {each.key for each in self.conditions}
        return tuple(key for key in self.formula.inputs if key not in conditions)


Measure = Rate | Spread | Activations | Silence | OneOf | Combined
