"""One figure of several points: their mean, their greatest …"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers.model import Quality, Reason
from gateway.derive.term import Term, known_enough

TAKES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": math.fsum,
    "mean": lambda values: math.fsum(values) / len(values),
    "min": min,
    "max": max,
}


@dataclass(frozen=True, slots=True)
class Across:
    """A figure over points, GOOD when at least `cover` of them are trusted."""

    take: str
    inputs: tuple[str, ...]
    cover: float

    def term(self, terms: Mapping[str, Term]) -> Term:
        """Return the figure, from the terms of the points."""
        values, doubt = known_enough([terms[point] for point in self.inputs], cover=self.cover)
        if not values:
            return Term(None, *doubt)
        try:
            value = TAKES[self.take]([float(value) for value in values])
        except OverflowError:
            return Term(None, Quality.BAD, Reason.RANGE)
        return Term(value, *doubt)
