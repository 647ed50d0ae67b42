"""What a reading costs when 100,000 rules watch 10,000 points, beside a loop over the rules of its point."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence

from bench.report import Row
from drivers.model import Name, Point, Reading
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.rule import AlarmRule, Level
from gateway.clock import SystemClock

A_POINT = 10
"""Rules of a point."""
SIZES = (100, 1_000, 10_000)
BATCH, READINGS = 100, 50_000
NAME = Name("", "")
CALM, HIGH = 200.0, 240.0
"""A value inside every band, and the first limit above it."""


def measure(*, runs: int) -> list[Row]:
    """Return nanoseconds a reading at each size; and seconds to take up all rules, beside a hundredth of them."""
    calm = {
        size: Row(f"{size * A_POINT:,} rules, a reading that changes nothing", "ns", "loop over its rules")
        for size in SIZES
    }
    moving = Row(
        f"{SIZES[-1] * A_POINT:,} rules, a reading that raises or clears one", "us", f"{SIZES[0] * A_POINT:,} rules"
    )
    start = Row(
        f"taking up {SIZES[-1] * A_POINT:,} rules", "s", f"{SIZES[0] * A_POINT:,} rules x {SIZES[-1] // SIZES[0]}"
    )
    for run in range(runs):
        print(f"rules: run {run + 1} of {runs} …", flush=True)
        moves, starts = {}, {}
        for size in SIZES:
            field = Field(size)
            starts[size] = field.seconds
            calm[size].add(_cost(field.engine.on_readings, field.batches(lambda n: CALM + n % 7)), field.naive())
            crossings = field.batches(field.crossing, readings=2 * SIZES[-1])
            moves[size] = _cost(field.engine.on_readings, crossings) / 1_000
            del field, crossings
            gc.collect()
        moving.add(moves[SIZES[-1]], moves[SIZES[0]])
        start.add(starts[SIZES[-1]], starts[SIZES[0]] * SIZES[-1] / SIZES[0])
    return [*calm.values(), moving, start]


class Field:
    """So many points with ten rules each, in an engine that has heard every point once."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.points = [Point(f"p{n}", "broker", NAME, unit="cm") for n in range(size)]
        rules = [_rule(point.id, n) for point in self.points for n in range(A_POINT)]
        began = time.perf_counter()
        self.engine = AlarmEngine(
            rules, points=self.points, clock=SystemClock(), store=_Nothing(), audit=_Nothing(),
            publish=lambda _batch: None,
        )  # fmt: skip
        self.seconds = time.perf_counter() - began
        self._rules: dict[str, list[AlarmRule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.point, []).append(rule)
        self._at = time.time_ns()
        for batch in self.batches(lambda _n: CALM, readings=size):
            self.engine.on_readings(batch)

    def batches(self, value: Callable[[int], float], *, readings: int = READINGS) -> Sequence[Sequence[Reading]]:
        """Return readings in the order of a burst: every point in turn, each a second later than its last."""
        made = []
        for n in range(readings):
            self._at += 1_000_000
            made.append(Reading(f"p{n % self.size}", value(n), self._at, self._at, self._at / 1e9))
        return [made[n : n + BATCH] for n in range(0, readings, BATCH)]

    def crossing(self, number: int) -> float:
        """Return a value that crosses the first limit of a point, or comes back, with its every reading."""
        return HIGH + 5 if number // self.size % 2 == 0 else CALM

    def naive(self) -> float:
        """Return the nanoseconds of comparing each reading with every level of its point's rules."""
        found = 0

        def judge(batch: Sequence[Reading]) -> None:
            nonlocal found
            for reading in batch:
                for rule in self._rules.get(reading.point, ()):
                    for level in rule.levels:
                        found += level.sign * float(reading.value) >= level.sign * level.limit

        return _cost(judge, self.batches(lambda n: CALM + n % 7))


def _rule(point: str, number: int) -> AlarmRule:
    """Return one of a point's rules: half of them above what is calm, half below."""
    sign = 1 if number % 2 == 0 else -1
    limits = [CALM + sign * (HIGH - CALM + 10 * (number + step)) for step in range(3)]
    levels = tuple(Level(f"L{n}", NAME, limit, n, sign) for n, limit in enumerate(limits, start=1))
    kind = "high" if sign > 0 else "low"
    return AlarmRule(f"{point}-{number}", point, NAME, kind, "internal", NAME, levels, deadband=2.0)


class _Nothing:
    """A store and an audit in which nothing is kept."""

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None) -> None:  # noqa: A002 - the store's word
        del kind, id, doc

    def kept(self, kind: str) -> Mapping[str, Mapping[str, object]]:
        del kind
        return {}

    def record(self, *told: object, **more: object) -> None:
        del told, more


def _cost(listen: Callable[[Sequence[Reading]], None], batches: Sequence[Sequence[Reading]]) -> float:
    """Return the nanoseconds that a reading takes."""
    began = time.perf_counter_ns()
    for batch in batches:
        listen(batch)
    return (time.perf_counter_ns() - began) / sum(map(len, batches))
