"""What a rule measures, from how it is written; refuses windows and values that cannot work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers.model import Point, PointKind, Value
from gateway.alarms.limits import values
from gateway.alarms.measure import Activations, Combined, Measure, OneOf, Rate, Silence, Spread
from gateway.alarms.rule import KeyPath, Level, RuleError
from gateway.alarms.template import Entry, known
from gateway.derive.formula import formula

LEAST_PERIODS = 3
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Measuring:
    """One rule's way to its measure; `points` are paced already."""

    entry: Entry
    point: Point
    points: Mapping[str, Point]
    pace: float

    def measure(self, levels: Sequence[Level], deadband: float) -> Measure | None:
        """Return the measure; None for the plain value, and for a composite, which needs the others first."""
        way = _WAYS.get(self.entry.written.kind)
        return way(self, levels, deadband) if way is not None else None

    def rate(self, _levels: Sequence[Level], _deadband: float) -> Measure:
        written = self.entry.written
        return Rate(self._window(), written.samples or SAMPLES, written.counter or False)

    def spread(self, levels: Sequence[Level], deadband: float) -> Measure:
        moves = max(level.limit for level in levels) + deadband
        return Spread(self._window(), self.entry.written.samples or SAMPLES, moves)

    def activations(self, levels: Sequence[Level], _deadband: float) -> Measure:
        return Activations(self.entry.written.window or 0.0, round(max(level.limit for level in levels)))

    def silence(self, levels: Sequence[Level], _deadband: float) -> Measure:
        device = self.entry.written.device
        of_device = [each.id for each in self.points.values() if each.device == device]
        points = [self.point.id] if device is None else of_device
        return Silence(tuple(points), tuple(level.limit for level in levels))

    def one_of(self, levels: Sequence[Level], _deadband: float) -> Measure:
        ranks: dict[Value, int] = {}
        for rank, level in enumerate(levels, start=1):
            for value in values(self.entry.levels[level.code]):
                path = (*self.entry.levels_at, level.code)
                self._check_value(value, path)
                if value in ranks:
                    raise self._refuse(path, f"{value!r} stands for two levels", "keep one")
                ranks[value] = rank
        return OneOf(tuple(ranks.items()))

    def deviation(self, _levels: Sequence[Level], _deadband: float) -> Measure:
        setpoint = self.entry.written.setpoint
        if not isinstance(setpoint, str):
            return Combined(formula(f"abs(value - ({setpoint!r}))", {"value": self.point.id}))
        other = self._other("setpoint", setpoint)
        return Combined(formula("abs(value - setpoint)", {"value": self.point.id, "setpoint": other}))

    def discrepancy(self, _levels: Sequence[Level], _deadband: float) -> Measure:
        other = self._other("feedback", self.entry.written.feedback or "")
        return Combined(formula("command != feedback", {"command": self.point.id, "feedback": other}))

    def _refuse(self, path: KeyPath, message: str, hint: str) -> RuleError:
        return RuleError(path, f"rule {self.entry.id}: {message}", hint)

    def _other(self, key: str, name: str) -> str:
        """Return the second point of a comparison, of the same kind as the first."""
        path = (*self.entry.path, key)
        other = known(name, self.points, path, "point")
        if other.id == self.point.id:
            raise self._refuse(path, f"{name} is compared with itself", "name another point")
        if other.kind is not self.point.kind:
            raise self._refuse(
                path, f"{self.point.id} is a {self.point.kind}, and {name} is a {other.kind}", "compare like with like"
            )
        return name

    def _check_value(self, value: Value, path: KeyPath) -> None:
        if isinstance(value, str) is not (self.point.kind is PointKind.TEXT) or isinstance(value, bool):
            hint = "write it in quotes" if self.point.kind is PointKind.TEXT else "write it without quotes"
            raise self._refuse(path, f"{value!r} is nothing that {self.point.id} can read", hint)

    def _window(self) -> float:
        written = self.entry.written
        window, every = written.window or 0.0, self.point.every * self.pace
        path = (*self.entry.path, "window")
        if not every:
            raise self._refuse(path, f"{self.point.id} has no period: it may rest without a word", "give it `every`")
        least = max(LEAST_PERIODS, written.samples or SAMPLES) * every
        if window < least:
            raise self._refuse(
                path,
                f"{self.point.id} speaks every {every:g} s: this window is too short",
                f"make it {least:g} s or longer",
            )
        return window


_WAYS: Mapping[str, Callable[[Measuring, Sequence[Level], float], Measure]] = {
    "rate": Measuring.rate,
    "flat": Measuring.spread,
    "count": Measuring.activations,
    "stale": Measuring.silence,
    "discrete": Measuring.one_of,
    "deviation": Measuring.deviation,
    "discrepancy": Measuring.discrepancy,
}
