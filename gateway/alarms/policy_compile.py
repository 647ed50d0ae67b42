"""Turns what `alarms.yaml` says about handling into values, and refuses what cannot work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType

from drivers.model import Point
from gateway.alarms.policy import SHELVING, Grouping, Policy, Reads, Suppression
from gateway.alarms.policy_config import HandlingConfig, Severity, SuppressConfig
from gateway.alarms.rule import AlarmRule, KeyPath, RuleError
from gateway.alarms.template import known

OF_DEVICE = "device:"
"""What the id of a suppression begins with that follows from a silent device."""


def compile_policy(config: HandlingConfig, *, rules: Iterable[AlarmRule], points: Iterable[Point]) -> Policy:
    """Return the policy; raise RuleError for a suppression that cannot work."""
    by_id = {rule.id: rule for rule in rules}
    compiling = _Compiling(by_id, {point.id: point for point in points})
    found = [*compiling.devices()]
    seen: set[str] = set()
    for n, written in enumerate(config.suppress):
        if written.id in seen:
            raise RuleError(("suppress", n, "id"), f"{written.id} is there twice", "give each its own id")
        seen.add(written.id)
        found += compiling.written(written, ("suppress", n))
    _check_circles(found)
    grouping = config.grouping
    return Policy(
        MappingProxyType(dict(SHELVING) | _by_severity(config.shelving)),
        MappingProxyType(_by_severity(config.realarm)), tuple(found), config.chatter.shelve,
        Grouping(grouping.wait, grouping.interval, grouping.repeat),
    )  # fmt: skip


def _by_severity(spans: Mapping[Severity, float]) -> dict[int, float]:
    return {int(severity): span for severity, span in spans.items()}


class _Compiling:
    """Suppressions on their way from text to values."""

    def __init__(self, rules: Mapping[str, AlarmRule], points: Mapping[str, Point]) -> None:
        self._rules, self._points = rules, points

    def devices(self) -> Iterator[Suppression]:
        """Return what follows from the rules about silent devices: theirs is the one alarm, not those of each point."""
        for rule in self._rules.values():
            children = tuple(each.id for each in self._rules.values() if rule.device and self._is_child(each, rule))
            if children:
                yield Suppression(OF_DEVICE + rule.device, children, rule.id, parent=True)

    def _is_child(self, rule: AlarmRule, parent: AlarmRule) -> bool:
        devices = {self._points[point].device for point in rule.points}
        return not rule.device and devices == {parent.device}

    def written(self, written: SuppressConfig, path: KeyPath) -> list[Suppression]:
        """Return what one entry of the file stands for."""
        targets = self._matching(written.rules, (*path, "rules"))
        when = written.when
        if when.point is not None:
            self._check_point(written, path)
            reads = Reads(when.point, when.above, when.below, when.equals)
            return [Suppression(written.id, targets, reads=reads)]
        sources = self._matching([when.alarm or ""], (*path, "when", "alarm"))
        found = [self._from(source, written, targets, path) for source in sources]
        return [each for each in found if each.targets]

    def _from(self, source: str, written: SuppressConfig, targets: Sequence[str], path: KeyPath) -> Suppression:
        rule, when, same = self._rules[source], written.when, written.same
        levels = {level.code: level.severity for level in rule.levels}
        what = f"level of rule {source}:"
        severity = known(when.level, levels, (*path, "when", "level"), what) if when.level is not None else 0
        apart = written.id if written.when.alarm == source else f"{written.id}:{source}"
        fit = (
            target for target in targets
            if target != source and (same is None or self._label(target, same) == self._label(source, same))
        )  # fmt: skip
        return Suppression(apart, tuple(fit), source, severity)

    def _matching(self, patterns: Sequence[str], path: KeyPath) -> tuple[str, ...]:
        for pattern in patterns:
            if not any(fnmatchcase(rule, pattern) for rule in self._rules):
                known(pattern, self._rules, path, "rule")
        return tuple(rule for rule in self._rules if any(fnmatchcase(rule, pattern) for pattern in patterns))

    def _check_point(self, written: SuppressConfig, path: KeyPath) -> None:
        known(written.when.point or "", self._points, (*path, "when", "point"), "point")
        if written.same is not None:
            raise RuleError((*path, "same"), f"{written.id}: a point stands for itself", "take `same` out")

    def _label(self, rule: str, same: str) -> object:
        point = self._points[self._rules[rule].point]
        return getattr(point, same)


def _check_circles(suppressions: Sequence[Suppression]) -> None:
    """Refuse alarms that would silence each other, for then nobody would hear of any."""
    needs: dict[str, set[str]] = {}
    for each in suppressions:
        for target in each.targets if each.alarm else ():
            needs.setdefault(target, set()).add(each.alarm)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        ring = " → ".join(error.args[1])
        raise RuleError(("suppress",), f"these alarms would silence each other: {ring}", "break the circle") from None
