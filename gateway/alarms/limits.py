"""How the limit of a level is written, kind by kind, and what it means: edges, each on one side of what is normal."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from drivers.model import Name, Value
from gateway.alarms.config import Limit
from gateway.errors import GatewayError

SIDES: Mapping[int, Name] = {1: Name("tinggi", "high"), -1: Name("rendah", "low")}
POINT = "point"


class BadLimit(GatewayError):
    """A limit that its kind of rule cannot have, with what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message, self.hint = message, hint


class Edge(NamedTuple):
    """Where a level begins; `sign` 1: above it is worse, -1: below."""

    limit: float
    sign: int


def edges(kind: str, limit: Limit, *, silence: float) -> Sequence[Edge]:
    """Return the edges of a level; `silence` (s) is what `true` means in a `stale` rule. Raise BadLimit."""
    if kind == "stale" and limit is True:
        if not silence:
            raise BadLimit("nothing says how long it may be silent", "write seconds, as {L1: 900}")
        return [Edge(silence, 1)]
    return _READ[kind](limit)


def values(limit: Limit) -> Sequence[Value]:
    """Return the values that a level of a `discrete` rule stands for; raise BadLimit."""
    found = [each for each in (limit if isinstance(limit, list) else [limit]) if each is not None]
    if not found:
        raise BadLimit("the level has no value", "write one, or a list of them")
    return found


def table(text: str) -> Mapping[str, Mapping[str, Limit]]:
    """Return the levels of each point in a CSV table with a column `point`; raise BadLimit."""
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    if not rows or POINT not in rows[0]:
        raise BadLimit(f"the table has no column {POINT!r} or no row", f"begin it with `{POINT},CODE,CODE`")
    found: dict[str, Mapping[str, Limit]] = {}
    for number, row in enumerate(rows, start=2):
        point = (row.pop(POINT) or "").strip()
        if not point or point in found:
            raise BadLimit(f"row {number} of the table names no point, or one that was named", "name each once")
        cells = {str(code).strip(): str(cell or "").strip() for code, cell in row.items()}
        found[point] = {code: _cell(cell, f"row {number}, {code}") for code, cell in cells.items() if cell}
    return found


def _cell(text: str, where: str) -> Limit:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadLimit(f"{where} of the table: {text!r} is no number", "write it with a point, as 12.5")
    return number


def _number(limit: Limit | None) -> float:
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise BadLimit("the limit of a number is a number", "write it as {SIAGA2: 350}")
    return float(limit)


def _positive(limit: Limit) -> float:
    number = _number(limit)
    if number <= 0:
        raise BadLimit(f"the limit is {number:g}", "make it greater than 0")
    return number


def _pair(limit: Limit) -> list[Edge]:
    if not isinstance(limit, list) or len(limit) != 2 or limit == [None, None]:
        raise BadLimit("a level on both sides is the low and the high limit", "write it as {L1: [15, 27]}")
    low, high = limit
    if low is None:
        return [Edge(_number(high), 1)]
    if high is None:
        return [Edge(_number(low), -1)]
    if _number(low) >= _number(high):
        raise BadLimit(f"the low limit {low:g} is not below the high limit {high:g}", "write the low one first")
    return [Edge(_number(low), -1), Edge(_number(high), 1)]


def _rate(limit: Limit) -> list[Edge]:
    found = _pair(limit) if isinstance(limit, list) else [Edge(_number(limit), 1 if _number(limit) > 0 else -1)]
    if any(edge.limit * edge.sign <= 0 for edge in found):
        raise BadLimit("a rate of 0 is no change", "write a rise as {L1: 5}, a fall as {L1: -5}, both as {L1: [-5, 5]}")
    return found


def _spread(limit: Limit) -> list[Edge]:
    if _number(limit) < 0:
        raise BadLimit("nothing moves by less than 0", "write 0, or how much counts as standing still")
    return [Edge(_number(limit), -1)]


def _times(limit: Limit) -> list[Edge]:
    number = _number(limit)
    if number < 1 or number != int(number):
        raise BadLimit(f"{number:g} is no number of times", "write a whole number from 1 on")
    return [Edge(number, 1)]


def _flag(limit: Limit) -> list[Edge]:
    if limit not in (0, 1):
        raise BadLimit("a flag has one level, true or false", "write it as {L3: true}")
    return [Edge(float(limit is True or limit == 1), 1 if limit else -1)]


def _true(limit: Limit) -> list[Edge]:
    if limit is not True:
        raise BadLimit("the rule holds or it does not", "write it as {L3: true}")
    return [Edge(1.0, 1)]


_READ: Mapping[str, Callable[[Limit], list[Edge]]] = {
    "high": lambda limit: [Edge(_number(limit), 1)],
    "low": lambda limit: [Edge(_number(limit), -1)],
    "outside": _pair,
    "flag": _flag,
    "rate": _rate,
    "deviation": lambda limit: [Edge(_positive(limit), 1)],
    "stale": lambda limit: [Edge(_positive(limit), 1)],
    "flat": _spread,
    "count": _times,
    "discrepancy": _true,
    "composite": _true,
}
