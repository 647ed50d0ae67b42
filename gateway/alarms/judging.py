"""The way from readings to cues: what each rule judges is known, waits for a delay, or is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, Protocol

from drivers.model import Clock, Point, PointKind, Reading, Reason, Value
from gateway.alarms.agenda import Agenda
from gateway.alarms.alarm import level_fields, resting
from gateway.alarms.condition import ladder_of
from gateway.alarms.kept import Times
from gateway.alarms.lifecycle import Cue
from gateway.alarms.measure import Combined, Silence
from gateway.alarms.metering import Built, meter_of
from gateway.alarms.rule import AlarmRule
from gateway.alarms.touched import Touched
from gateway.alarms.watch import NUMBERS, Track, Watch, trusted


class Engine(Protocol):
    """Who makes alarms of cues."""

    def apply(self, track: Track, cue: Cue, **changes: Any) -> None:
        """Give the alarm of a rule its cue."""

    def keep(self, track: Track) -> None:
        """Keep what has changed of a rule."""


class Judging:
    """Every watch of a site; `pace` divides delays and windows, staleness is never paced."""

    def __init__(self, engine: Engine, agenda: Agenda, *, clock: Clock, pace: float) -> None:
        self._engine, self._agenda, self._clock, self._pace = engine, agenda, clock, pace
        self._touched = Touched()
        self._spoken: set[str] = set()
        self.watches: dict[str, Watch] = {}
        """Those of points, by the point's id."""
        self.measures: dict[str, Watch] = {}
        """Those of rules that judge something else, each after those that it needs."""
        self.started, self.away = clock.mono(), 0.0
        self.counters: Counter[str] = Counter(late=0, test=0, untrusted=0)

    # ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def adopt(self, rules: Sequence[AlarmRule], points: Mapping[str, Point]) -> dict[str, Track]:
        """Watch what these rules need from now on and return their tracks at rest; what is known of points stays."""
        old, old_measures = self.watches, self.measures
        self.watches, self.measures = {}, {}
        tracks: dict[str, Track] = {}
        by_id = {rule.id: rule for rule in rules}
        for order, rule in enumerate(_in_order(by_id), start=1):
            tracks[rule.id] = self._track(rule, order, points, tracks, old_measures.get(rule.id))
        for name, watch in self.watches.items():
            if name in old:
                watch.inherit(old[name])
        return {rule.id: tracks[rule.id] for rule in rules}

    def _track(
        self,
        rule: AlarmRule,
        order: int,
        points: Mapping[str, Point],
        tracks: Mapping[str, Track],
        old: Watch | None,
    ) -> Track:
        for point in rule.points:
            self._watch(points[point])
        watch = self._watch(points[rule.point]) if rule.measure is None else self._measured(rule, order, points)
        ladder = ladder_of(rule, pace=self._pace)
        alarm = resting(rule, points[rule.point], since=self._clock.now())
        track = Track(rule, ladder, ladder.at_rest(), alarm, watch)
        watch.tracks.append(track)
        if rule.measure is not None:
            same = old is not None and old.tracks[0].rule.measure == rule.measure and old.point.id == rule.point
            built = Built(self.watches, tracks, outage=self, pace=self._pace)
            watch.meter = meter_of(track, built, memory=old.meter if old is not None and same else None)
            self._join(watch, rule, tracks)
        return track

    def _watch(self, point: Point) -> Watch:
        return self.watches.setdefault(point.id, Watch(point.id, point, self._clock.mono()))

    def _measured(self, rule: AlarmRule, order: int, points: Mapping[str, Point]) -> Watch:
        watch = Watch(f"@{rule.id}", points[rule.point], self._clock.mono(), order)
        self.measures[rule.id] = watch
        return watch

    def _join(self, watch: Watch, rule: AlarmRule, tracks: Mapping[str, Track]) -> None:
        """Let a measure follow what it is made of."""
        heard = [self.watches[point] for point in dict.fromkeys(rule.points)]
        conditions = rule.measure.conditions if isinstance(rule.measure, Combined) else ()
        others = dict.fromkeys(tracks[each.rule].watch for each in conditions)
        for each in heard:
            (each.guards if isinstance(rule.measure, Silence) else each.hearers).append(watch)
        watch.inputs = list(dict.fromkeys([*heard, *others]))
        for each in watch.inputs:
            each.followers.append(watch)

    # ── readings and time ─────────────────────────────────────────────────────────────────────────────────────────

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Judge readings at once; what follows from several of them is judged after the last."""
        watches = self.watches
        for reading in batch:
            watch = watches.get(reading.point)
            if watch is None:
                continue
            value = reading.value
            if (
                type(value) in NUMBERS
                and watch.low < value < watch.high  # type: ignore[operator] # NUMBERS has no text
                and not (reading.quality or reading.reason or reading.retained)
                and reading.source_at >= watch.source_at
            ):
                watch.source_at, watch.heard, watch.value = reading.source_at, reading.received_mono, value
            else:
                self._hear(watch, reading)
        if self._touched:
            self._follow(max(reading.received_mono for reading in batch))

    def come_up(self, name: str, now: float) -> None:
        """Do what is due at a watch: delays that end, inputs that have gone silent."""
        watch = self.measures.get(name[1:]) if name.startswith("@") else self.watches.get(name)
        if watch is not None:
            self._pass_time(watch, now)
            self._plan(watch)
            self._follow(now)

    def remember(self, latest: Iterable[Reading]) -> None:
        """Take up the newest stored reading of each point: it tells what is late, and how long an input is silent."""
        times, newest = Times(self._clock), 0
        for reading in latest:
            newest = max(newest, reading.received_at)
            watch = self.watches.get(reading.point)
            if watch is not None and reading.reason is not Reason.TEST:
                watch.remember(reading, times)
        if newest:
            self.away = max(0.0, self._clock.mono() - times.mono(newest))

    def begin(self) -> None:
        """Look at everything once, after rules or memories have come."""
        now = self._clock.mono()
        for watch in self._all():
            watch.share_doubt(now)
        for watch in self.watches.values():
            self._pass_time(watch, now)
            self._plan(watch)
        for watch in self.measures.values():
            self._touched.add(watch, now)
        self._follow(now)

    def _all(self) -> Iterator[Watch]:
        yield from self.watches.values()
        yield from self.measures.values()

    def _hear(self, watch: Watch, reading: Reading) -> None:
        """Judge a reading that may change something."""
        if reading.reason is Reason.TEST:
            self.counters["test"] += 1
            return
        if watch.is_late(reading):
            self.counters["late"] += 1
            return
        now = max(reading.received_mono, watch.heard)
        if watch.name in self._spoken:
            self._follow(now)
        self._pass_time(watch, now)
        watch.source_at = reading.source_at
        value = trusted(reading, watch.point.kind)
        if value is None:
            self.counters["untrusted"] += 1
            self._lose(watch, now)
        else:
            watch.heard, watch.value = now, reading.value
            for hearer in watch.hearers:
                if hearer.meter is not None:
                    hearer.meter.hear(reading, now)
            self._learn(watch, value, now)
            self._touch(watch, now)
        if watch.followers:
            self._spoken.add(watch.name)
        self._plan(watch)

    def _learn(self, watch: Watch, value: Value, now: float) -> None:
        watch.waiting = False
        if watch.unknown:
            watch.unknown = False
            for track in watch.tracks:
                self._engine.apply(track, Cue.KNOWN)
        number = 0.0 if watch.point.kind is PointKind.TEXT and watch.meter is None else float(value)
        for track in watch.tracks:
            waited = track.condition.waits
            track.condition = track.ladder.judge(track.condition, number, now)
            if track.condition.waits and not waited:
                track.onset = self._clock.now() if watch.meter is not None else watch.source_at
            self._settle_at(track, now)
            self._reach(track, number)
            self._engine.keep(track)

    def _lose(self, watch: Watch, at: float) -> None:
        """Stand still: since `at` the condition is not known."""
        if watch.unknown:
            return
        watch.unknown = True
        for track in watch.tracks:
            track.condition = track.ladder.pause(track.condition, at)
            self._engine.apply(track, Cue.UNKNOWN)
        self._touch(watch, at)

    def _touch(self, watch: Watch, at: float) -> None:
        for follower in watch.followers:
            self._touched.add(follower, at)

    def _follow(self, now: float) -> None:
        """Look anew at every measure whose inputs have changed."""
        self._spoken.clear()
        while self._touched:
            watch, at = self._touched.pop()
            self._pass_time(watch, at)
            self._look(watch, at)
            self._pass_time(watch, max(now, at))
            self._plan(watch)

    def _look(self, watch: Watch, at: float) -> None:
        """Judge what a measure says now."""
        seen = watch.meter.look(at) if watch.meter is not None else None
        if seen is not None:
            was = watch.waiting or watch.unknown
            watch.heard, watch.value = at, seen.value
            self._learn(watch, seen.number, at)
            if was:
                self._touch(watch, at)
        elif not watch.waiting or any(each.unknown for each in watch.inputs):
            self._lose(watch, at)

    def _pass_time(self, watch: Watch, now: float) -> None:
        """Let time reach `now`: first delays end, then silence makes the input unknown."""
        while watch.meter is not None and (due := watch.meter.due()) <= now:
            self._settle(watch, due)
            self._look(watch, due)
        stale_at = watch.stale_at
        self._settle(watch, min(now, stale_at))
        if stale_at <= now:
            self._lose(watch, stale_at)

    def _settle(self, watch: Watch, now: float) -> None:
        """End the delays that are over by `now`, each at its time."""
        if watch.waiting:
            return
        for track in watch.tracks:
            while (due := track.ladder.next_due(track.condition)) <= now:
                self._settle_at(track, due)

    def _settle_at(self, track: Track, now: float) -> None:
        """End all delays that are over by `now` at once, and give the alarm its cue."""
        before = track.condition.rank
        track.condition = track.ladder.settle(track.condition, now)
        rank = track.condition.rank
        if rank == before:
            return
        self._touch(track.watch, now)
        crossed = bool(rank and before) and track.ladder.sign(rank) != track.ladder.sign(before)
        if rank == 0 or crossed:
            off = Cue.OFF_LATCHING if track.rule.latching else Cue.OFF
            self._engine.apply(track, off, cleared_at=self._clock.now())
        if rank:
            cue = Cue.ON if before == 0 or crossed else Cue.RISE if rank > before else Cue.FALL
            told: dict[str, Any] = {"peak": float(track.watch.value or 0.0)} if crossed else {}
            if cue is Cue.ON:
                told["onset"] = track.onset or self._clock.now()
            self._engine.apply(track, cue, **level_fields(track.rule, rank), **told)

    def _reach(self, track: Track, number: float) -> None:
        """Note a new worst value of an active alarm."""
        peak, sign = track.alarm.peak, track.ladder.sign(track.condition.rank)
        if track.alarm.active and peak is not None and sign * number > sign * peak:
            self._engine.apply(track, Cue.ON, peak=number)

    def _plan(self, watch: Watch) -> None:
        watch.narrow()
        self._agenda.set(watch.name, watch.next_due())
        if isinstance(watch.tracks[0].rule.measure if watch.meter is not None else None, Silence):
            for each in watch.inputs:
                each.narrow()


def _in_order(rules: Mapping[str, AlarmRule]) -> Iterator[AlarmRule]:
    """Return the rules, each after those whose conditions it needs."""
    needs = {
        id_: [each.rule for each in rule.measure.conditions] if isinstance(rule.measure, Combined) else ()
        for id_, rule in rules.items()
    }
    return (rules[id_] for id_ in TopologicalSorter(needs).static_order())
