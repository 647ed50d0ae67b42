"""Judges readings by the alarm rules: the only place where an alarm comes, goes, worsens or is acknowledged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import msgspec

from drivers.model import Clock, Point, Reading, Reason
from gateway.alarms.agenda import Agenda
from gateway.alarms.alarm import Alarm, AlarmChange, Disposition, NoSuchAlarm, level_fields, resting, stepped
from gateway.alarms.chronicle import ENGINE, RECORDED, AuditPort, write_down
from gateway.alarms.condition import ladder_of
from gateway.alarms.kept import KIND, Doc, KeptPort, Times, kept, read, revived
from gateway.alarms.lifecycle import Cue, after
from gateway.alarms.rule import AlarmRule
from gateway.alarms.watch import NUMBERS, Track, Watch, trusted


class Person(Protocol):
    """Who acknowledges."""

    @property
    def name(self) -> str: ...


class AlarmEngine:
    """All alarms of a site; `pace` divides every delay, staleness is never paced."""

    def __init__(
        self,
        rules: Sequence[AlarmRule],
        *,
        points: Iterable[Point],
        clock: Clock,
        store: KeptPort,
        publish: Callable[[Sequence[object]], None],
        audit: AuditPort,
        pace: float = 1.0,
    ) -> None:
        self._clock = clock
        self._store = store
        self._publish = publish
        self._audit = audit
        self._pace = pace
        self._agenda = Agenda(clock)
        self._tracks: dict[str, Track] = {}
        self._watches: dict[str, Watch] = {}
        self.counters: Counter[str] = Counter(late=0, test=0, untrusted=0)
        self.adopt(rules, points=points)

    def alarms(self) -> list[Alarm]:
        """Return the alarms that stand: active, or gone and not yet acknowledged or reset."""
        return [self._current(track) for track in self._tracks.values() if track.alarm.standing]

    def alarm(self, id: str) -> Alarm:  # noqa: A002 - the glossary's word
        """Return one rule's alarm, standing or not; raise NoSuchAlarm."""
        return self._current(self._track(id))

    def acknowledge(
        self,
        id: str,  # noqa: A002 - the glossary's word
        actor: Person,
        note: str = "",
        disposition: Disposition = Disposition.NONE,
    ) -> Alarm:
        """Record that `actor` has seen the alarm; raise NoSuchAlarm or NotAllowed."""
        track = self._track(id)
        seen = {"acked_by": actor.name, "note": note, "disposition": disposition}
        self._apply(track, Cue.ACK, actor=actor.name, why=note, **seen)
        return self._current(track)

    def reset(self, id: str, actor: Person) -> Alarm:  # noqa: A002 - the glossary's word
        """Undo a latch; raise NoSuchAlarm, or NotAllowed while it is active, unacknowledged or unknown."""
        track = self._track(id)
        self._apply(track, Cue.RESET, actor=actor.name)
        return self._current(track)

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Judge readings at once; what changes is published before this returns."""
        watches = self._watches
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

    def tick(self) -> None:
        """Do what is due now: delays that end, inputs that have gone silent."""
        now = self._clock.mono()
        for point in self._agenda.take():
            watch = self._watches.get(point)
            if watch is not None:
                self._pass_time(watch, now)
                self._plan(watch)

    async def run(self) -> None:
        """Tick whenever something is due, for ever."""
        await self._agenda.run(self.tick)

    def restore(self, latest: Iterable[Reading] = ()) -> None:
        """Take up what was kept, before the first reading; nothing rings again.

        `latest` is the newest stored reading of each point: it tells what is late, and how long an input is silent.
        """
        times = Times(self._clock)
        for reading in latest:
            watch = self._watches.get(reading.point)
            if watch is not None and reading.reason is not Reason.TEST:
                watch.remember(reading, times)
        for id, doc in self._store.kept(KIND).items():  # noqa: A001 - the glossary's word
            self._revive(id, doc, times)
        self._begin()

    def adopt(self, rules: Sequence[AlarmRule], *, points: Iterable[Point]) -> None:
        """Judge by these rules from now on; what did not change goes on, what is gone is retired."""
        kept_ids = {rule.id for rule in rules}
        for id, track in self._tracks.items():  # noqa: A001 - the glossary's word
            if id not in kept_ids:
                self._retire(track)
        tracks, watches = self._tracks, self._watches
        self._build(rules, {point.id: point for point in points})
        for watch in self._watches.values():
            old = watches.get(watch.point.id)
            if old is not None:
                watch.inherit(old)
        for track in self._tracks.values():
            if track.rule.id in tracks:
                self._take_over(track, tracks[track.rule.id])
        self._begin()

    def _build(self, rules: Sequence[AlarmRule], points: Mapping[str, Point]) -> None:
        self._tracks, self._watches = {}, {}
        since, heard = self._clock.now(), self._clock.mono()
        for rule in rules:
            point = points[rule.point]
            watch = self._watches.setdefault(point.id, Watch(point, heard))
            ladder = ladder_of(rule, pace=self._pace)
            track = Track(rule, ladder, ladder.at_rest(), resting(rule, point, since=since))
            watch.tracks.append(track)
            self._tracks[rule.id] = track

    def _begin(self) -> None:
        now = self._clock.mono()
        for watch in self._watches.values():
            watch.share_doubt(now)
            self._pass_time(watch, now)
            self._plan(watch)

    def _take_over(self, track: Track, old: Track) -> None:
        times = Times(self._clock)
        doc = kept(old.alarm, old.condition, old.rule, times=times)
        if doc is None:
            return
        track.saved = old.saved
        track.alarm, condition = revived(read(doc), track.alarm, track.rule, track.ladder, times=times)
        same = track.ladder == old.ladder and track.rule.point == old.rule.point
        track.condition = condition if same else track.ladder.at_rest(condition.rank)
        self._keep(track)

    def _retire(self, track: Track) -> None:
        track.condition = track.ladder.at_rest()
        if track.alarm.standing or track.saved:
            self._apply(track, Cue.RETIRE)

    def _revive(self, id: str, doc: Doc, times: Times) -> None:  # noqa: A002 - the glossary's word
        track = self._tracks.get(id)
        try:
            was = read(doc)
        except msgspec.ValidationError as error:
            self._forget(id, f"what was kept of it cannot be read: {error}")
            return
        if track is None:
            self._forget(id, f"its rule is no longer configured; it was {was.facts.label}")
            return
        track.alarm, track.condition = revived(was, track.alarm, track.rule, track.ladder, times=times)
        track.saved = (track.alarm, track.condition)
        if track.alarm.standing:
            write_down(self._audit, track.alarm, track.alarm, Cue.BOOT)

    def _forget(self, id: str, why: str) -> None:  # noqa: A002 - the glossary's word
        self._store.keep(KIND, id, None)
        self._audit.record(ENGINE, RECORDED[Cue.RETIRE], id, outcome="forgotten", why=why)

    def _hear(self, watch: Watch, reading: Reading) -> None:
        """Judge a reading that may change something."""
        if reading.reason is Reason.TEST:
            self.counters["test"] += 1
            return
        if watch.is_late(reading):
            self.counters["late"] += 1
            return
        now = max(reading.received_mono, watch.heard)
        self._pass_time(watch, now)
        watch.source_at = reading.source_at
        number = trusted(reading)
        if number is None:
            self.counters["untrusted"] += 1
            self._lose(watch, now)
        else:
            watch.value = reading.value
            self._learn(watch, number, now)
        self._plan(watch)

    def _learn(self, watch: Watch, number: float, now: float) -> None:
        watch.heard, watch.waiting = now, False
        if watch.unknown:
            watch.unknown = False
            for track in watch.tracks:
                self._apply(track, Cue.KNOWN)
        for track in watch.tracks:
            track.condition = track.ladder.judge(track.condition, number, now)
            self._settle_at(track, now)
            self._reach(track, number)
            self._keep(track)

    def _lose(self, watch: Watch, at: float) -> None:
        """Stand still: since `at` the condition of this point is not known."""
        if watch.unknown:
            return
        watch.unknown = True
        for track in watch.tracks:
            track.condition = track.ladder.pause(track.condition, at)
            self._apply(track, Cue.UNKNOWN)

    def _pass_time(self, watch: Watch, now: float) -> None:
        """Let time reach `now`: first delays end, then silence makes the input unknown."""
        stale_at = watch.stale_at
        if not watch.waiting:
            for track in watch.tracks:
                self._settle(track, min(now, stale_at))
        if stale_at <= now:
            self._lose(watch, stale_at)

    def _settle(self, track: Track, now: float) -> None:
        """End the delays that are over by `now`, each at its time."""
        while (due := track.ladder.next_due(track.condition)) <= now:
            self._settle_at(track, due)

    def _settle_at(self, track: Track, now: float) -> None:
        """End all delays that are over by `now` at once, and give the alarm its cue."""
        before = track.condition.rank
        track.condition = track.ladder.settle(track.condition, now)
        rank = track.condition.rank
        if rank == before:
            return
        if rank == 0:
            self._apply(track, Cue.OFF_LATCHING if track.rule.latching else Cue.OFF, cleared_at=self._clock.now())
            return
        cue = Cue.ON if before == 0 else Cue.RISE if rank > before else Cue.FALL
        self._apply(track, cue, **level_fields(track.rule, rank))

    def _reach(self, track: Track, number: float) -> None:
        """Note a new worst value of an active alarm."""
        peak = track.alarm.peak
        if track.alarm.active and peak is not None and track.rule.sign * number > track.rule.sign * peak:
            self._apply(track, Cue.ON, peak=number)

    def _apply(self, track: Track, cue: Cue, *, actor: str = ENGINE, why: str = "", **changes: Any) -> None:
        """Give an alarm its cue, keep it, write it down and publish it; raise NotAllowed."""
        was = track.alarm
        step = after(was.facts, cue)
        value = self._watches[track.rule.point].value
        track.alarm = stepped(was, step, rule=track.rule, value=value, at=self._clock.now(), **changes)
        write_down(self._audit, was, track.alarm, cue, actor=actor, why=why)
        self._publish([AlarmChange(track.alarm, was, cue, step.effects)])
        self._keep(track)

    def _keep(self, track: Track) -> None:
        state = (track.alarm, track.condition)
        if track.saved == state:
            return
        doc = kept(*state, track.rule, times=Times(self._clock))
        if doc is not None or track.saved is not None:
            self._store.keep(KIND, track.rule.id, doc)
        track.saved = state if doc is not None else None

    def _plan(self, watch: Watch) -> None:
        watch.narrow()
        self._agenda.set(watch.point.id, watch.next_due())

    def _track(self, id: str) -> Track:  # noqa: A002 - the glossary's word
        track = self._tracks.get(id)
        if track is None:
            raise NoSuchAlarm(f"there is no alarm {id!r}")
        return track

    def _current(self, track: Track) -> Alarm:
        watch = self._watches[track.rule.point]
        return track.alarm if watch.value is None else replace(track.alarm, value=watch.value)
