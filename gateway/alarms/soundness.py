"""What levels must be like so that an alarm can come, worsen and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from drivers.model import Point
from gateway.alarms.rule import KeyPath, Level, RuleError
from gateway.alarms.template import Entry

IN_RANGE = ("high", "low", "outside")
"""Kinds whose limits lie on the scale of the point itself."""


@dataclass(frozen=True, slots=True)
class Written:
    """A rule as far as it is known: its levels ascend by severity."""

    entry: Entry
    point: Point
    levels: tuple[Level, ...]
    deadband: float

    @property
    def kind(self) -> str:
        """Return its kind."""
        return self.entry.written.kind

    def refused(self, code: str, message: str, hint: str) -> RuleError:
        """Return the refusal of a level, or of the deadband."""
        entry = self.entry
        percent = entry.written.deadband_percent is not None
        key: KeyPath = (*entry.levels_at, code)
        if not code:
            key = (*entry.path, "deadband_percent" if percent else "deadband")
        return RuleError(key, f"rule {entry.id}: {message}", hint)


def check(rule: Written) -> None:
    """Raise RuleError for levels that do not ascend, that cannot be left, or that can never be reached."""
    sides = [[level for level in rule.levels if level.sign == sign] for sign in (1, -1)]
    for side in sides:
        for milder, worse in pairwise(side):
            _check_order(rule, milder, worse)
            _check_deadband(rule, milder, worse)
    high, low = sides
    if high and low:
        _check_sides(rule, high[0], low[0])
    if rule.kind in IN_RANGE:
        _check_range(rule)
        for side in sides:
            _check_return(rule, side)


def _check_order(rule: Written, milder: Level, worse: Level) -> None:
    if milder.severity == worse.severity:
        raise rule.refused(worse.code, f"{milder.code} and {worse.code} are equally severe", "keep one of them")
    if worse.sign * worse.limit <= worse.sign * milder.limit:
        way = "higher" if worse.sign > 0 else "lower"
        raise rule.refused(
            worse.code,
            f"{worse.code} ({worse.limit:g}) is worse than {milder.code} ({milder.limit:g}), "
            f"so for kind {rule.kind} its limit must be {way}",
            "change the limits or the kind",
        )


def _check_deadband(rule: Written, milder: Level, worse: Level) -> None:
    distance = abs(worse.limit - milder.limit)
    if rule.deadband >= distance:
        raise rule.refused(
            "",
            f"the deadband {rule.deadband:g} reaches from {worse.code} to {milder.code}, which are {distance:g} apart",
            f"make it smaller than {distance:g}",
        )


def _check_sides(rule: Written, high: Level, low: Level) -> None:
    """Refuse sides that meet: what leaves one would be on the other."""
    if high.limit <= low.limit:
        raise rule.refused(
            high.code,
            f"the high limit {high.limit:g} is not above the low limit {low.limit:g}",
            "leave room for what is normal",
        )
    if rule.deadband >= high.limit - low.limit:
        raise rule.refused(
            "",
            f"the deadband {rule.deadband:g} reaches from one side to the other, which are "
            f"{high.limit - low.limit:g} apart",
            f"make it smaller than {high.limit - low.limit:g}",
        )


def _check_range(rule: Written) -> None:
    low, high = rule.point.low, rule.point.high
    for level in rule.levels:
        if (high is not None and level.limit > high) or (low is not None and level.limit < low):
            raise rule.refused(
                level.code,
                f"{level.code} ({level.limit:g}) lies outside what point {rule.point.id} can plausibly read "
                f"({low} to {high}), so it would never ring",
                "change the limit or the range of the point",
            )


def _check_return(rule: Written, side: Sequence[Level]) -> None:
    if not side:
        return
    sign, mildest = side[0].sign, side[0]
    way_back = mildest.limit - sign * rule.deadband
    end = rule.point.low if sign > 0 else rule.point.high
    if end is not None and sign * way_back <= sign * end:
        raise rule.refused(
            "",
            f"the alarm would clear only beyond {way_back:g}, where point {rule.point.id} never reads",
            "make the deadband smaller or move the limit",
        )
