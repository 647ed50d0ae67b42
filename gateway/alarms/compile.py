"""Turns the rules of a site's files into values, and refuses those that cannot work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import TypeVar

from drivers.model import Point, PointKind
from gateway.alarms.config import AlarmActionConfig, AlarmRuleConfig, AlarmsConfig
from gateway.alarms.rule import AlarmAction, AlarmRule, KeyPath, Level, RuleError
from gateway.alarms.scale import Scale, ScaleLevel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of rule judges, and which way is worse, given its first limit."""

    judges: PointKind
    sign: Callable[[bool | float], int]


KINDS: Mapping[str, Kind] = {
    "high": Kind(PointKind.NUMBER, lambda _limit: 1),
    "low": Kind(PointKind.NUMBER, lambda _limit: -1),
    "flag": Kind(PointKind.FLAG, lambda limit: 1 if limit else -1),
}


def compile_rules(
    config: AlarmsConfig, *, scales: Iterable[Scale], points: Iterable[Point], scenes: Collection[str]
) -> tuple[AlarmRule, ...]:
    """Return the rules as values; raise RuleError for the first that cannot work."""
    scales_by_id = {scale.id: scale for scale in scales}
    points_by_id = {point.id: point for point in points}
    seen: set[str] = set()
    rules = []
    for n, written in enumerate(config.rules):
        path: KeyPath = ("rules", n)
        if written.id in seen:
            raise RuleError((*path, "id"), f"rule {written.id} is there twice", "give each rule its own id")
        seen.add(written.id)
        point = _known(written.point, points_by_id, (*path, "point"), "point")
        scale = _known(written.scale, scales_by_id, (*path, "scale"), "scale")
        rules.append(_Compiling(written, point, scale, scenes, path).rule())
    return tuple(rules)


def _known(name: str, things: Mapping[str, T], path: KeyPath, what: str) -> T:
    if name not in things:
        raise RuleError(path, f"there is no {what} {name!r}", _did_you_mean(name, things))
    return things[name]


def _did_you_mean(name: str, things: Collection[str]) -> str:
    close = get_close_matches(name, things, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(sorted(things)[:10])}" if things else "none is configured"


@dataclass(frozen=True, slots=True)
class _Compiling:
    """One rule on its way from text to value."""

    written: AlarmRuleConfig
    point: Point
    scale: Scale
    scenes: Collection[str]
    path: KeyPath

    def rule(self) -> AlarmRule:
        """Return the rule; raise RuleError when it cannot work."""
        written = self.written
        self._check_kind()
        sign = KINDS[written.kind].sign(next(iter(written.levels.values())))
        levels = self._levels()
        self._check_order(levels, sign)
        self._check_deadband(levels)
        self._check_range(levels, sign)
        return AlarmRule(
            id=written.id,
            point=written.point,
            name=written.name.name() if written.name else self.point.name,
            kind=written.kind,
            scale=written.scale,
            scale_name=self.scale.name,
            levels=levels,
            sign=sign,
            deadband=written.deadband,
            on_delay=written.on_delay,
            off_delay=written.off_delay,
            latching=written.latching,
            actions=tuple(self._action(n, each, levels) for n, each in enumerate(written.actions)),
        )

    def _refuse(self, key: KeyPath, message: str, hint: str) -> RuleError:
        return RuleError((*self.path, *key), f"rule {self.written.id}: {message}", hint)

    def _check_kind(self) -> None:
        needs = KINDS[self.written.kind].judges
        if self.point.kind is not needs:
            fit = [name for name, kind in KINDS.items() if kind.judges is self.point.kind]
            raise self._refuse(
                ("kind",),
                f"kind {self.written.kind} judges a {needs}, and point {self.point.id} is a {self.point.kind}",
                f"use {' or '.join(fit) or 'another point'}",
            )
        if needs is PointKind.FLAG:
            self._check_flag()

    def _check_flag(self) -> None:
        limits = list(self.written.levels.values())
        if len(limits) != 1 or limits[0] not in (0, 1):
            raise self._refuse(("levels",), "a flag has one level, true or false", "write it as {L3: true}")
        if self.written.deadband:
            raise self._refuse(("deadband",), "a flag has no deadband", "use off_delay to hold it")

    def _levels(self) -> tuple[Level, ...]:
        levels = (self._level(code, limit) for code, limit in self.written.levels.items())
        return tuple(sorted(levels, key=lambda level: level.severity))

    def _level(self, code: str, limit: bool | float) -> Level:  # noqa: FBT001 - a flag's limit is a flag
        step: ScaleLevel = _known(code, self.scale.levels, (*self.path, "levels", code), f"code in {self.scale.id}:")
        if not step.severity:
            raise self._refuse(("levels", code), f"{code} has severity 0, which is no alarm", "take the level out")
        if isinstance(limit, bool) and self.written.kind != "flag":
            raise self._refuse(("levels", code), "the limit of a number is a number", "write it as {SIAGA2: 350}")
        return Level(code, step.label, float(limit), step.severity)

    def _check_order(self, levels: tuple[Level, ...], sign: int) -> None:
        for milder, worse in pairwise(levels):
            if milder.severity == worse.severity:
                raise self._refuse(
                    ("levels", worse.code), f"{milder.code} and {worse.code} are equally severe", "keep one of them"
                )
            if sign * worse.limit <= sign * milder.limit:
                way = "higher" if sign > 0 else "lower"
                raise self._refuse(
                    ("levels", worse.code),
                    f"{worse.code} ({worse.limit:g}) is worse than {milder.code} ({milder.limit:g}), "
                    f"so in a {self.written.kind} rule its limit must be {way}",
                    "change the limits or the kind",
                )

    def _check_deadband(self, levels: tuple[Level, ...]) -> None:
        for milder, worse in pairwise(levels):
            distance = abs(worse.limit - milder.limit)
            if self.written.deadband >= distance:
                raise self._refuse(
                    ("deadband",),
                    f"the deadband {self.written.deadband:g} reaches from {worse.code} to {milder.code}, "
                    f"which are {distance:g} apart",
                    f"make it smaller than {distance:g}",
                )

    def _check_range(self, levels: tuple[Level, ...], sign: int) -> None:
        low, high = self.point.low, self.point.high
        for level in levels:
            if (high is not None and level.limit > high) or (low is not None and level.limit < low):
                raise self._refuse(
                    ("levels", level.code),
                    f"{level.code} ({level.limit:g}) lies outside what point {self.point.id} can plausibly read "
                    f"({low} to {high}), so it would never ring",
                    "change the limit or the range of the point",
                )
        self._check_return(levels[0], sign)

    def _check_return(self, mildest: Level, sign: int) -> None:
        low, high = self.point.low, self.point.high
        way_back = mildest.limit - sign * self.written.deadband
        end = low if sign > 0 else high
        if end is not None and sign * way_back <= sign * end:
            raise self._refuse(
                ("deadband",),
                f"the alarm would clear only beyond {way_back:g}, where point {self.point.id} never reads",
                "make the deadband smaller or move the limit",
            )

    def _action(self, n: int, written: AlarmActionConfig, levels: tuple[Level, ...]) -> AlarmAction:
        path = ("actions", n)
        by_code = {level.code: level for level in levels}
        level = _known(written.level, by_code, (*self.path, *path, "level"), f"level of rule {self.written.id}:")
        if written.scene not in self.scenes:
            raise self._refuse(
                (*path, "scene"), f"there is no scene {written.scene!r}", _did_you_mean(written.scene, self.scenes)
            )
        return AlarmAction(written.scene, level.severity, written.after, written.region)
