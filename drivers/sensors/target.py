"""The point that a message speaks of, with all that the message is checked against."""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.model import PointKind, Value
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.time_stamp import Stamp, source_time


@dataclass(frozen=True, slots=True)
class Target:
    """The point that a topic speaks of: `sensor` and `metric` as the message names them (none: not looked at)."""

    point: str
    sensor: str
    metric: str = ""
    kind: PointKind = PointKind.NUMBER
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    stamp: Stamp = source_time
    """How its time stamps are read."""


def value_of(kind: PointKind, value: Value) -> Value:
    """Return the value as its point's kind, or raise BadPayload."""
    if kind is PointKind.NUMBER and not isinstance(value, bool | str):
        try:
            number = float(value)
        except OverflowError:
            raise BadPayload("value", "the number is too large") from None
        if math.isfinite(number):
            return number
    if kind is PointKind.TEXT and isinstance(value, str):
        return value
    if kind is PointKind.FLAG and not isinstance(value, str) and value in (0, 1):
        return bool(value)
    raise BadPayload("value", f"{str(value)[:40]!r} is no {kind}")
