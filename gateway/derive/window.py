"""A moving window over one point: what comes late is put where it belongs, what comes twice counts once.

Samples lie in a ring of slots, a quarter of the period wide and 1,440 at most; a tree over the slots keeps the sums of
all of them, so that a sample costs at most eleven additions however long the window is, and nothing ever drifts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from drivers.model import Quality, Reason
from gateway.derive.term import Term

SECOND_NS = 1_000_000_000
MOST_SLOTS = 1_440
A_PERIOD = 4
"""Slots in a period: a sensor may be an eighth of its period early or late."""
REMEMBERED = 1_024
"""So many samples are remembered by their time: what a broker sends again counts once."""


class Sums(NamedTuple):
    """What is known of samples; times are source times in ns."""

    n: int
    total: float
    low: float
    high: float
    first_at: int
    first: float
    last_at: int
    last: float


def _merged(one: Sums | None, other: Sums | None) -> Sums | None:
    if one is None or other is None:
        return one or other
    first = one if one.first_at <= other.first_at else other
    last = one if one.last_at >= other.last_at else other
    return Sums(
        one.n + other.n, one.total + other.total, min(one.low, other.low), max(one.high, other.high),
        first.first_at, first.first, last.last_at, last.last,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class WindowOf:
    """The last `span` seconds of a point that reports every `every` seconds (0: when it likes); both run at `pace`.

    A sample stands for the period before it, so 24 h of a point that reports every 10 min are 144 samples.
    """

    point: str
    take: str
    span: float
    cover: float
    every: float
    pace: float = 1.0

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the point."""
        return (self.point,)

    @property
    def width_ns(self) -> int:
        """Return how wide a slot is."""
        reach = self.span - self.every / 2
        return max(1, math.ceil(max(self.every / A_PERIOD, reach / MOST_SLOTS) * SECOND_NS))

    @property
    def slots(self) -> int:
        """Return how many slots are held."""
        return max(1, round((self.span - self.every / 2) * SECOND_NS / self.width_ns))

    def covered(self, count: int) -> float:
        """Return the seconds that so many samples stand for."""
        return min(self.span, count * self.every) if self.every else self.span


class Window:
    """The samples of a window."""

    def __init__(self, of: WindowOf) -> None:
        self.of = of
        self._width, self._slots = of.width_ns, of.slots
        self._tree: list[Sums | None] = [None] * (2 * self._slots)
        self._newest: int | None = None
        self._seen: dict[int, None] = {}

    @property
    def sums(self) -> Sums | None:
        """Return the sums over the window as it is."""
        return self._tree[1]

    def reach(self, at: int) -> None:
        """Move the window on to `at` (ns); it never moves back."""
        slot = at // self._width
        newest = self._newest
        if newest is not None and slot - newest < self._slots:
            for passed in range(newest + 1, slot + 1):
                self._put(passed, None)
        elif newest is not None:
            self._tree = [None] * (2 * self._slots)
        self._newest = slot if newest is None else max(newest, slot)

    def add(self, at: int, value: float) -> bool:
        """Take a sample in; False: it was there already, or it is older than the window."""
        key = at // 1_000
        if key in self._seen:
            return False
        self.reach(at)
        slot = at // self._width
        if self._newest is not None and slot <= self._newest - self._slots:
            return False
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._put(
            slot,
            _merged(self._tree[self._slots + slot % self._slots], Sums(1, value, value, value, at, value, at, value)),
        )
        return True

    def _put(self, slot: int, sums: Sums | None) -> None:
        tree, node = self._tree, self._slots + slot % self._slots
        if sums is None and tree[node] is None:
            return
        tree[node] = sums
        while node > 1:
            node //= 2
            tree[node] = _merged(tree[2 * node], tree[2 * node + 1])

    def term(self) -> Term:
        """Return what is taken of the window; UNCERTAIN when too little of it is covered."""
        of, sums = self.of, self.sums
        if sums is None:
            held = of.take in EMPTY and not of.every
            return Term(0.0) if held else Term(None, Quality.BAD, Reason.COVERAGE)
        value = TAKES[of.take](sums, of)
        if value is None:
            return Term(None, Quality.BAD, Reason.COVERAGE)
        if not math.isfinite(value):
            return Term(None, Quality.BAD, Reason.RANGE)
        enough = of.covered(sums.n) >= of.cover * of.span
        return Term(value) if enough else Term(value, Quality.UNCERTAIN, Reason.COVERAGE)


def _rate(sums: Sums, of: WindowOf) -> float | None:
    seconds = (sums.last_at - sums.first_at) / SECOND_NS * of.pace
    return (sums.last - sums.first) / seconds * 60 if seconds else None


TAKES: Mapping[str, Callable[[Sums, WindowOf], float | None]] = {
    "sum": lambda sums, _: sums.total,
    "mean": lambda sums, _: sums.total / sums.n,
    "min": lambda sums, _: sums.low,
    "max": lambda sums, _: sums.high,
    "count": lambda sums, _: float(sums.n),
    "difference": lambda sums, _: sums.last - sums.first,
    "rate": _rate,
    "integral": lambda sums, of: sums.total / sums.n * of.covered(sums.n) * of.pace / 3_600,
}
"""What can be taken: `difference` is the newest less the oldest, `rate` that a minute, `integral` value times hours."""

EMPTY = ("sum", "count", "integral")
"""What is nothing, rather than unknown, when a point that speaks only on events has had none."""
