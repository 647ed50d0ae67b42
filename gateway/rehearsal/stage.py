"""The alarms of a site on a clock of their own: they hear recorded readings, and everything that they do is noted.

Whoever is alarmed acknowledges at once, and resets what latches: each activation is an occurrence of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from drivers.model import Name, Point, Reading
from gateway.alarms.alarm import Alarm, AlarmChange
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.handling import Handling
from gateway.alarms.lifecycle import Cue, Label
from gateway.alarms.policy import Policy
from gateway.alarms.rule import AlarmRule

OFF = frozenset({Cue.OFF, Cue.OFF_LATCHING})


class StageClock:
    """Time as the recording tells it: monotonic seconds are those of UTC."""

    def __init__(self, start_ns: int) -> None:
        self._mono = start_ns / 1e9

    def now(self) -> int:
        """Return UTC in ns."""
        return round(self._mono * 1e9)

    def mono(self) -> float:
        """Return seconds, which never go back."""
        return self._mono

    def reach(self, mono: float) -> None:
        """Let it be `mono`, unless it is later already."""
        self._mono = max(self._mono, mono)

    async def sleep(self, seconds: float) -> None:
        """Wait; nothing on a stage does."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Activation:
    """One time that a rule would have rung, at its worst; times are UTC ns, `cleared_at` None: it still stands."""

    rule: str
    code: str
    label: Name
    severity: int
    raised_at: int
    cleared_at: int | None = None
    peak: float | None = None
    silenced: bool = False
    """Another rule suppressed it, so that nobody would have heard it."""


@dataclass
class Nobody:
    """A store and an audit in which nothing is kept."""

    docs: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None) -> None:  # noqa: A002 - the store's word
        """Keep nothing."""

    def kept(self, kind: str) -> Mapping[str, Mapping[str, object]]:
        """Return nothing."""
        del kind
        return self.docs

    def record(self, *told: object, **more: object) -> None:
        """Write nothing down."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: `rules` with all that they need, of which only `shown` are told of."""

    rules: tuple[AlarmRule, ...]
    shown: frozenset[str]
    points: Mapping[str, Point]
    policy: Policy
    pace: float

    @property
    def heard(self) -> frozenset[str]:
        """Return the points that must be read."""
        gates = {each.reads.point for each in self.policy.suppressions if each.reads is not None}
        return frozenset(point for rule in self.rules for point in rule.points) | gates


class Stage:
    """One cast at work; readings come in the order of their arrival."""

    def __init__(self, cast: Cast, clock: StageClock) -> None:
        self._cast, self._clock = cast, clock
        self.done: list[Activation] = []
        self.standing: dict[str, Activation] = {}
        self.chatter: Counter[str] = Counter()
        self.steadier = 0.0
        """Seconds of `off_delay` that would have held what came and went all the time; 0: nothing did."""
        self._to_see: dict[str, None] = {}
        needed = sorted(cast.heard | {rule.point for rule in cast.rules})
        points = [cast.points[name] for name in needed]
        kept = Nobody()
        self._engine = AlarmEngine(
            cast.rules, points=points, clock=clock, store=kept, publish=self._hear, audit=kept, pace=cast.pace
        )
        self._handling = Handling(
            self._engine, cast.policy, points=points, clock=clock, store=kept, publish=_unheard, audit=kept,
            pace=cast.pace,
        )  # fmt: skip
        self._handling.restore()

    def soonest(self) -> float:
        """Return when something is due although no reading comes."""
        return min(self._engine.soonest(), self._handling.soonest())

    def tick(self) -> None:
        """Do what is due by the clock."""
        self._engine.tick()
        self._handling.tick()
        self._see()

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Judge readings that came together, the clock standing at their arrival."""
        self._handling.on_readings(batch)
        self._engine.on_readings(batch)
        self._see()

    def activations(self) -> Iterable[Activation]:
        """Return all that rang, in the order in which it did."""
        return sorted([*self.done, *self.standing.values()], key=lambda one: (one.raised_at, one.rule))

    def _hear(self, batch: Sequence[object]) -> None:
        for change in batch:
            if isinstance(change, AlarmChange):
                self._note(change)

    def _note(self, change: AlarmChange) -> None:
        alarm = change.alarm
        if alarm.standing:
            self._to_see[alarm.id] = None
        if alarm.id not in self._cast.shown:
            return
        if change.cue is Cue.ON and not change.was.active:
            self.standing[alarm.id] = Activation(
                alarm.id, alarm.code, alarm.label, alarm.severity, self._clock.now(), peak=alarm.peak,
                silenced=alarm.facts.quiet,
            )  # fmt: skip
        elif change.cue in OFF and alarm.id in self.standing:
            self.done.append(replace(self.standing.pop(alarm.id), cleared_at=self._clock.now()))
        elif alarm.active and alarm.id in self.standing:
            self.standing[alarm.id] = _worse(self.standing[alarm.id], alarm)
        if alarm.chattering and not change.was.chattering:
            self.chatter[alarm.id] += 1
        self.steadier = max(self.steadier, alarm.steadier)

    def _see(self) -> None:
        """Acknowledge what rings, and reset what latches, as soon as that can be."""
        for id_ in list(self._to_see):
            alarm = self._engine.alarm(id_)
            if alarm.standing and not alarm.acked:
                alarm = self._engine.act(id_, Cue.ACK)
            if alarm.state is Label.LATCH_ACK and not alarm.cond_unknown:
                alarm = self._engine.act(id_, Cue.RESET)
            if alarm.state is not Label.LATCH_ACK:
                del self._to_see[id_]


def _worse(standing: Activation, alarm: Alarm) -> Activation:
    if alarm.severity > standing.severity:
        standing = replace(standing, code=alarm.code, label=alarm.label, severity=alarm.severity)
    return replace(standing, peak=alarm.peak)


def _unheard(batch: Sequence[object]) -> None:
    """Tell nobody."""
    del batch
