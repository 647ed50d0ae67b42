"""What the plausibility checks and the derived points cost a reading on its way over the bus."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from bench.report import Row
from drivers.model import Checks, Name, Point, Reading
from gateway.bus import Bus
from gateway.clock import SystemClock
from gateway.derive.derivation import Derivation
from gateway.derive.derived_points import DerivedPoints
from gateway.derive.window import WindowOf
from gateway.plausibility.plausibility import Plausibility

POINTS, BATCH, ROUNDS = 1_000, 100, 200
CHECKS = Checks(rate=30.0, stuck_after=43_200.0)
REFERENCE = "bus without either"


def measure(*, runs: int) -> list[Row]:
    """Return nanoseconds a reading, with a listener that takes its source time, as every real one does."""
    settings: dict[str, Callable[[Bus], None]] = {
        "checks: no point of the batch has any": lambda bus: _judge(bus, checked=[_point(0, "other", CHECKS)]),
        "checks: rate and stuck on every point": lambda bus: _judge(
            bus, checked=[_point(n, "p", CHECKS) for n in range(POINTS)]
        ),
        "derived: nothing is derived from the batch": lambda bus: _derive(bus, ["other"]),
        "derived: a 24-hour mean of every point": lambda bus: _derive(bus, [f"p{n}" for n in range(POINTS)]),
    }
    rows = [Row(name, "ns", REFERENCE) for name in settings]
    batches = _batches()
    for _ in range(runs):
        for row, prepare in zip(rows, settings.values(), strict=True):
            row.add(_cost(prepare, batches), _cost(lambda _bus: None, batches))
    return rows


def _point(number: int, name: str, checks: Checks = CHECKS) -> Point:
    return Point(f"{name}{number}", "broker", Name("", ""), every=300.0, checks=checks)


def _batches() -> Sequence[Sequence[Reading]]:
    """Return readings in the order of a burst: every point in turn, each 300 s later than its last."""
    readings = (
        Reading(f"p{n % POINTS}", 200.0 + n % 7, at, at, at / 1e9)
        for n in range(BATCH * ROUNDS)
        if (at := (1_000_000 + n // POINTS * 300) * 1_000_000_000)
    )
    return [[next(readings) for _ in range(BATCH)] for _ in range(ROUNDS)]


def _judge(bus: Bus, *, checked: Sequence[Point]) -> None:
    bus.judge(Reading, Plausibility(checked, store=_Nothing()).judged)


def _derive(bus: Bus, names: Sequence[str]) -> None:
    points = {name: Point(name, "broker", Name("", ""), every=300.0) for name in names}
    means = [
        Derivation(Point(f"mean-{name}", "derived", Name("", "")), WindowOf(name, "mean", 86_400.0, 0.75, 300.0))
        for name in names
    ]
    derived = DerivedPoints(means, points=points, clock=SystemClock(), history=_Nothing(), publish=lambda _batch: None)
    bus.subscribe(Reading, derived.on_readings)


class _Nothing:
    """A store in which nothing is."""

    async def readings(self, point: str, *, since: int, until: int, limit: int) -> Sequence[Reading]:
        del point, since, until, limit
        return ()

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None) -> None:  # noqa: A002 - the store's word
        del kind, id, doc

    def kept(self, kind: str) -> Mapping[str, Mapping[str, object]]:
        del kind
        return {}


def _cost(prepare: Callable[[Bus], None], batches: Sequence[Sequence[Reading]]) -> float:
    bus, newest = Bus(), dict[str, int]()

    def listen(batch: Sequence[Reading]) -> None:
        for reading in batch:
            newest[reading.point] = reading.source_at

    prepare(bus)
    bus.subscribe(Reading, listen)
    began = time.perf_counter_ns()
    for batch in batches:
        bus.publish(batch)
    return (time.perf_counter_ns() - began) / (BATCH * ROUNDS)
