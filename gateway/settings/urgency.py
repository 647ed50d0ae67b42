"""What follows for points from the rest of a site: which an alarm waits for, and their periods at the site's pace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from drivers.model import Point
from gateway.alarms.rule import AlarmRule
from gateway.derive.derivation import Derivation


def awaited(rules: Iterable[AlarmRule], derived: Mapping[str, Derivation]) -> set[str]:
    """Return the points that an alarm waits for: those of rules, and those that make up a derived one of them."""
    found = {point for rule in rules for point in rule.awaited}
    for each in reversed(list(derived.values())):
        if each.id in found:
            found.update(each.how.inputs)
    return found


def at_pace(point: Point, pace: float) -> Point:
    """Return a point whose periods are divided by `pace`."""
    checks, report = point.checks, point.report
    return replace(
        point, every=point.every / pace, stale_after=point.stale_after / pace,
        checks=replace(
            checks, rate=None if checks.rate is None else checks.rate * pace, stuck_after=checks.stuck_after / pace
        ),
        report=report and replace(
            report, min_interval=report.min_interval / pace, max_interval=report.max_interval / pace
        ),
    )  # fmt: skip
