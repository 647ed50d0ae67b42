"""Report by exception: of a point that asks for it, only what says something new is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drivers.model import Point, Reading, Report

S = 1_000_000_000


class Reports:
    """What each point that has a `Report` stored last; the alarms and the screens see every reading all the same."""

    def __init__(self) -> None:
        self._rules: dict[str, Report] = {}
        self._stored: dict[str, Reading] = {}
        self.unreported = 0

    def adopt(self, points: Iterable[Point]) -> None:
        """Follow the points of the site as they are now."""
        self._rules = {point.id: point.report for point in points if point.report is not None}
        self._stored = {point: reading for point, reading in self._stored.items() if point in self._rules}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def restore(self, latest: Iterable[Reading]) -> None:
        """Take as stored what an earlier run stored last."""
        for reading in latest:
            if reading.point in self._rules:
                self._stored.setdefault(reading.point, reading)

    def sift(self, fresh: Sequence[Reading], keep: list[Reading]) -> None:
        """Append to `keep` what must be stored of readings that are not known yet, and count the others."""
        for reading in fresh:
            rule = self._rules.get(reading.point)
            if rule is None or self._says_something(reading, rule):
                keep.append(reading)
            else:
                self.unreported += 1

    def _says_something(self, reading: Reading, rule: Report) -> bool:
        """Return whether it is stored: it is history, of another quality, due, or outside of the deadband."""
        stored = self._stored.get(reading.point)
        if reading.retained or (stored is not None and reading.source_at < stored.source_at):
            return True
        new = stored is None or self._is_new(reading, stored, rule)
        if new:
            self._stored[reading.point] = reading
        return new

    @staticmethod
    def _is_new(reading: Reading, stored: Reading, rule: Report) -> bool:
        if (reading.quality, reading.reason) != (stored.quality, stored.reason):
            return True
        age = reading.source_at - stored.source_at
        if age < rule.min_interval * S:
            return False
        if rule.max_interval and age >= rule.max_interval * S:
            return True
        return _differs(reading, stored, rule.deadband)


def _differs(reading: Reading, stored: Reading, deadband: float) -> bool:
    value, before = reading.value, stored.value
    if isinstance(value, str | bool) or isinstance(before, str | bool):
        return type(value) is not type(before) or value != before
    return not abs(value - before) <= deadband  # a NaN differs from everything
