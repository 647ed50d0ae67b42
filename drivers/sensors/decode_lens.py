"""Registers seen through every type and order at once, so that a technician finds the one that makes sense."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.errors import ProtocolError
from drivers.model import Value
from drivers.sensors.register_map import SIZES, Register, Words
from drivers.sensors.register_values import decode, orders_of

TEXT_ORDERS = ("AB", "BA")


@dataclass(frozen=True, slots=True)
class Sight:
    """What registers read as one type in one order; `inside`: the value lies in the range that was asked for."""

    type: str
    order: str
    value: Value
    inside: bool


def sights(words: Words, *, low: float = -math.inf, high: float = math.inf) -> Sequence[Sight]:
    """Return every value that begins at the first of these registers, and the text that all of them hold.

    What is no value of its type (not a number, no decimal digits, no text) is left out; nothing is inside when no range
    was asked for.
    """
    ways = [(kind, order) for kind, size in SIZES.items() if kind != "bool" and size <= 2 * len(words)
            for order in orders_of(kind)]  # fmt: skip
    ways += [("text", order) for order in TEXT_ORDERS if words]
    found = []
    for kind, order in ways:
        try:
            value = decode(Register("", 0, "hr", 0, kind, order, registers=len(words)), words)
        except ProtocolError:
            continue
        found.append(Sight(kind, order, value, _inside(value, low, high)))
    return found


def _inside(value: Value, low: float, high: float) -> bool:
    asked = math.isfinite(low) or math.isfinite(high)
    return asked and not isinstance(value, str) and low <= value <= high
