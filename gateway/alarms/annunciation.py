"""What is to be sounded, at once; and what whoever is notified hears, gathered by what belongs together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from drivers.model import Clock
from gateway.alarms.alarm import Alarm, AlarmChange
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.kept import KeptPort
from gateway.alarms.lifecycle import Cue
from gateway.alarms.policy import Grouping
from gateway.alarms.timers import Timers

KIND = "notice"
HIGH = 3
"""From this severity on the first notice of a group does not wait."""


@dataclass(frozen=True, slots=True)
class Annunciation:
    """An alarm is to be sounded as new, because of `cue`; `list_only`: not sounded, there is a flood."""

    alarm: Alarm
    cue: Cue
    at: int
    list_only: bool = False


class Why(StrEnum):
    """Why a group is told of."""

    BEGIN = "begin"
    MORE = "more"
    REPEAT = "repeat"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Notice:
    """Alarms that belong together, the worst first, for who is notified: those that stand; when it is over, none."""

    group: str
    why: Why
    alarms: tuple[Alarm, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a group's last notice told: when (UTC ns), and the severity of each occurrence."""

    at: int
    severities: dict[str, int]

    def knows(self, alarm: Alarm) -> bool:
        """Whether it told of an alarm, as bad as it is now."""
        return alarm.severity <= self.severities.get(alarm.occurrence, 0)


def group_of(alarm: Alarm) -> str:
    """Return the group of an alarm: the one that its rule names, or the hazard."""
    return alarm.group or f"{alarm.category}.{alarm.scale}"


class Notices:
    """Gathers alarms into notices; after a restart nothing is told twice. `pace` divides the times."""

    def __init__(
        self,
        engine: AlarmEngine,
        *,
        clock: Clock,
        timers: Timers,
        store: KeptPort,
        publish: Callable[[Sequence[object]], None],
        pace: float,
    ) -> None:
        self._engine, self._clock, self._timers, self._store = engine, clock, timers, store
        self._publish, self._pace = publish, pace
        self._grouping = Grouping()
        self._told: dict[str, Told] = {}
        self._standing: dict[str, set[str]] = {}

    def restore(self) -> None:
        """Take up what was told before."""
        for group, doc in self._store.kept(KIND).items():
            try:
                self._told[group] = msgspec.convert(doc, Told)
            except msgspec.ValidationError:
                self._store.keep(KIND, group, None)

    def begin(self, grouping: Grouping) -> None:
        """Gather by these times from now on, and look at every group once."""
        pace = self._pace
        self._grouping = replace(
            grouping, wait=grouping.wait / pace, interval=grouping.interval / pace, repeat=grouping.repeat / pace
        )
        self._standing = {}
        for alarm in self._engine.alarms():
            self._put(alarm)
        for group in self._told.keys() | self._standing.keys():
            self._touch(group)

    def on_change(self, change: AlarmChange) -> None:
        """Follow an alarm; its group is looked at once, after all that changes now."""
        self._put(change.alarm)
        self._touch(group_of(change.alarm))

    def _put(self, alarm: Alarm) -> None:
        members = self._standing.setdefault(group_of(alarm), set())
        if alarm.standing and not alarm.facts.quiet:
            members.add(alarm.id)
        else:
            members.discard(alarm.id)

    def _touch(self, group: str) -> None:
        self._timers.at(f"{KIND}:{group}", self._clock.mono(), lambda: self._look(group))

    def _look(self, group: str) -> None:
        alarms = [self._engine.alarm(id_) for id_ in self._standing.get(group, ())]
        alarms.sort(key=lambda alarm: (-alarm.severity, alarm.raised_at or 0, alarm.id))
        due = self._due(alarms, self._told.get(group))
        if due <= 0.0:
            self._tell(group, alarms)
            due = self._due(alarms, self._told.get(group))
        self._timers.at(f"{KIND}:{group}", self._clock.mono() + due, lambda: self._look(group))

    def _due(self, alarms: Sequence[Alarm], told: Told | None) -> float:
        """Return in how many seconds a notice is due; infinite: in no time at all."""
        unseen = [alarm for alarm in alarms if not alarm.acked]
        fresh = [alarm for alarm in unseen if told is None or not told.knows(alarm)]
        if fresh and fresh[0].severity >= HIGH:
            return 0.0
        if told is None:
            begun = (alarm.annunciated_at or alarm.since for alarm in fresh)
            return min((self._grouping.wait - self._ago(at) for at in begun), default=math.inf)
        if fresh or not alarms:
            return self._grouping.interval - self._ago(told.at)
        return self._grouping.repeat - self._ago(told.at) if unseen else math.inf

    def _ago(self, at: int) -> float:
        return (self._clock.now() - at) / 1e9

    def _tell(self, group: str, alarms: Sequence[Alarm]) -> None:
        told, now = self._told.pop(group, None), self._clock.now()
        if alarms:
            self._told[group] = Told(now, {alarm.occurrence: alarm.severity for alarm in alarms})
        self._store.keep(KIND, group, msgspec.to_builtins(self._told[group]) if alarms else None)
        self._publish([Notice(group, _why(told, alarms), tuple(alarms), now)])


def _why(told: Told | None, alarms: Sequence[Alarm]) -> Why:
    if told is None:
        return Why.BEGIN
    if not alarms:
        return Why.OVER
    return Why.REPEAT if all(told.knows(alarm) for alarm in alarms) else Why.MORE
