"""Turns the rules of a site's files into values, and refuses those that cannot work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from drivers.model import Name, Point
from gateway.alarms.composite import Composite, composites
from gateway.alarms.config import AlarmActionConfig, AlarmsConfig, Limit
from gateway.alarms.kinds import KINDS, SPECIAL, Kind
from gateway.alarms.limits import SIDES, BadLimit, edges, values
from gateway.alarms.measuring import Measuring
from gateway.alarms.rule import UNGRADED, AlarmAction, AlarmRule, KeyPath, Level, RuleError
from gateway.alarms.scale import Scale, ScaleLevel
from gateway.alarms.soundness import Written, check
from gateway.alarms.template import Entry, ReadText, did_you_mean, entries, known


def no_files(name: str) -> str:
    """Stand for a site without a folder: there is no table."""
    raise FileNotFoundError(name)


def compile_rules(
    config: AlarmsConfig,
    *,
    scales: Iterable[Scale],
    points: Iterable[Point],
    scenes: Collection[str],
    pace: float = 1.0,
    read: ReadText = no_files,
) -> tuple[AlarmRule, ...]:
    """Return the rules as values; raise RuleError for the first that cannot work.

    `points` are paced already; `read` returns the text of a table beside the file.
    """
    known_points = {point.id: point for point in points}
    world = _World({scale.id: scale for scale in scales}, known_points, scenes, pace)
    seen: dict[str, Entry] = {}
    for n, written in enumerate(config.rules):
        for entry in entries(written, ("rules", n), known_points, read):
            if entry.id in seen:
                raise RuleError((*entry.path, "id"), f"rule {entry.id} is there twice", "give each rule its own id")
            seen[entry.id] = entry
    rules = {id_: _Compiling(entry, world).rule() for id_, entry in seen.items()}
    composed = composites({id_: entry for id_, entry in seen.items() if entry.written.say}, rules, known_points)
    return tuple(_with(rule, composed.get(id_)) for id_, rule in rules.items())


def _with(rule: AlarmRule, composite: Composite | None) -> AlarmRule:
    return rule if composite is None else replace(rule, measure=composite.measure, point=composite.point)


@dataclass(frozen=True, slots=True)
class _World:
    """What rules are about."""

    scales: Mapping[str, Scale]
    points: Mapping[str, Point]
    scenes: Collection[str]
    pace: float


class _Compiling:
    """One rule on its way from text to value."""

    def __init__(self, entry: Entry, world: _World) -> None:
        self._entry, self._written, self._world = entry, entry.written, world
        self._kind: Kind = KINDS[entry.written.kind]
        self._scale = known(entry.written.scale, world.scales, (*entry.path, "scale"), "scale")

    def rule(self) -> AlarmRule:
        """Return the rule, a composite without its measure; raise RuleError when it cannot work."""
        written, entry = self._written, self._entry
        self._check_keys()
        point = entry.point or self._of_device() or next(iter(self._world.points.values()), None)
        if point is None:
            raise self._refuse(("say",), "there is no point to judge", "configure one")
        if written.kind != "composite":
            self._check_kind(point)
        levels = self._levels(point)
        deadband = self._deadband(point)
        check(Written(entry, point, levels, deadband))
        return AlarmRule(
            id=entry.id,
            point=point.id,
            name=self._name(point),
            kind=written.kind,
            scale=written.scale,
            scale_name=self._scale.name,
            levels=levels,
            deadband=deadband,
            on_delay=written.on_delay,
            off_delay=written.off_delay,
            latching=written.latching,
            actions=tuple(self._action(n, each, levels) for n, each in enumerate(written.actions)),
            measure=Measuring(entry, point, self._world.points, self._world.pace).measure(levels, deadband),
            unit=None if self._kind.unit == "{unit}" else self._kind.unit.replace("{unit}", point.unit),
            device=written.device or "",
            group=written.group or "",
        )

    def _refuse(self, key: KeyPath, message: str, hint: str) -> RuleError:
        return RuleError((*self._entry.path, *key), f"rule {self._entry.id}: {message}", hint)

    def _check_keys(self) -> None:
        given = [key for key in SPECIAL if getattr(self._written, key) is not None]
        for key in given:
            if key not in (*self._kind.needs, *self._kind.takes):
                raise self._refuse((key,), f"kind {self._written.kind} has no `{key}`", "take it out")
        if self._written.kind == "composite" and self._written.name is None:
            raise self._refuse(("kind",), "nothing says what people call it", "add `name`")
        for key in self._kind.needs:
            if key not in given:
                raise self._refuse(("kind",), f"kind {self._written.kind} needs `{key}`", f"add `{key}`")

    def _check_kind(self, point: Point) -> None:
        if self._written.device is None and point.kind not in self._kind.judges:
            fit = [name for name, kind in KINDS.items() if kind.judges == {point.kind}] or ["discrete"]
            needs = " or a ".join(sorted(self._kind.judges))
            raise self._refuse(
                ("kind",),
                f"kind {self._written.kind} judges a {needs}, and point {point.id} is a {point.kind}",
                f"use {', '.join(fit[:-1])}{' or ' if fit[1:] else ''}{fit[-1]}",
            )

    def _of_device(self) -> Point | None:
        """Return the first point of the device that a rule is about."""
        device = self._written.device
        if device is None:
            return None
        found = [point for point in self._world.points.values() if point.device == device]
        if not found:
            devices = {point.device for point in self._world.points.values()}
            raise self._refuse(
                ("device",), f"there is no device {device!r} that brings points", did_you_mean(device, devices)
            )
        if True in self._entry.levels.values():
            raise self._refuse(
                ("levels",), "how long a device may be silent does not follow from its points", "write seconds"
            )
        return found[0]

    def _name(self, point: Point) -> Name:
        given, before = self._written.name, self._kind.before
        if given is not None:
            return Name(given.id.replace("{point}", point.name.id), given.en.replace("{point}", point.name.en))
        what = Name(self._written.device, self._written.device) if self._written.device else point.name
        return Name(f"{before.id}: {what.id}", f"{before.en}: {what.en}") if before else what

    def _levels(self, point: Point) -> tuple[Level, ...]:
        limits = self._entry.levels
        if not limits:
            raise self._refuse(("levels",), f"nothing gives {point.id} its limits", "write `levels`")
        if self._kind.one_level and len(limits) != 1:
            raise self._refuse(
                ("levels",), f"kind {self._written.kind} has one level, true or false", "write it as {L3: true}"
            )
        levels = [level for code, limit in limits.items() for level in self._level(code, limit, point)]
        levels.sort(key=lambda level: level.severity)
        if self._written.kind != "discrete":
            return tuple(levels)
        return tuple(replace(level, limit=float(rank)) for rank, level in enumerate(levels, start=1))

    def _level(self, code: str, limit: Limit, point: Point) -> list[Level]:
        step: ScaleLevel = known(
            code, self._scale.levels, (*self._entry.levels_at, code), f"code in {self._scale.id}:"
        )  # fmt: skip
        if not step.severity:
            at = (*self._entry.levels_at, code)
            raise RuleError(at, f"rule {self._entry.id}: {code} has severity 0, which is no alarm", "take it out")
        try:
            if self._written.kind == "discrete":
                values(limit)
                return [Level(code, step.label, 0.0, step.severity)]
            found = edges(self._written.kind, limit, silence=point.stale_after * self._world.pace)
        except BadLimit as error:
            at = self._entry.levels_at if self._kind.one_level else (*self._entry.levels_at, code)
            raise RuleError(at, f"rule {self._entry.id}: {error.message}", error.hint) from None
        sided = self._written.kind in ("outside", "rate")
        return [Level(code, _sided(step.label, sign, sided=sided), edge, step.severity, sign) for edge, sign in found]

    def _deadband(self, point: Point) -> float:
        written = self._written
        given = written.deadband_percent is not None or written.deadband
        key = "deadband" if written.deadband_percent is None else "deadband_percent"
        if given and written.kind in UNGRADED:
            raise self._refuse((key,), f"kind {written.kind} has no deadband", "use off_delay to hold it")
        if written.deadband_percent is None:
            return written.deadband
        if point.low is None or point.high is None or written.kind in ("rate", "count"):
            raise self._refuse((key,), f"{point.id} has no range of which that could be a part", "write `deadband`")
        if written.deadband:
            raise self._refuse((key,), "the deadband is given twice", "keep one of them")
        return written.deadband_percent / 100 * (point.high - point.low)

    def _action(self, n: int, written: AlarmActionConfig, levels: tuple[Level, ...]) -> AlarmAction:
        path = ("actions", n)
        by_code = {level.code: level for level in levels}
        level = known(
            written.level, by_code, (*self._entry.path, *path, "level"), f"level of rule {self._entry.id}:"
        )  # fmt: skip
        if written.scene not in self._world.scenes:
            raise self._refuse(
                (*path, "scene"),
                f"there is no scene {written.scene!r}",
                did_you_mean(written.scene, self._world.scenes),
            )
        return AlarmAction(written.scene, level.severity, written.after, written.region)


def _sided(label: Name, sign: int, *, sided: bool) -> Name:
    """Return what people call a level, with its side where a rule has two."""
    return Name(f"{label.id}, {SIDES[sign].id}", f"{label.en}, {SIDES[sign].en}") if sided else label
