"""A derived point as a value: what it is, and how it comes from other points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from drivers.model import Point
from gateway.derive.term import Term
from gateway.derive.window import WindowOf

DEVICE = "derived"
"""What stands where a point of a sensor names its device; no device may be called so."""


class Figure(Protocol):
    """How a derived point comes from what its inputs read now."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the points that it needs."""

    def term(self, terms: Mapping[str, Term], /) -> Term:
        """Return the result."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """One derived point."""

    point: Point
    how: WindowOf | Figure

    @property
    def id(self) -> str:
        """Return the id of the point."""
        return self.point.id
