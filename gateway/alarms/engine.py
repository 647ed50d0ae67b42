"""Judges readings by the alarm rules: the only place where an alarm comes, goes, worsens or is acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from drivers.model import Clock, Point, Reading
from gateway.alarms.agenda import Agenda
from gateway.alarms.alarm import Alarm, AlarmChange, Disposition, NoSuchAlarm, stepped
from gateway.alarms.chronicle import ENGINE, RECORDED, AuditPort, write_down
from gateway.alarms.judging import Judging
from gateway.alarms.kept import KIND, Doc, KeptPort, Times, kept, read, revived
from gateway.alarms.lifecycle import Cue, after
from gateway.alarms.rule import AlarmRule
from gateway.alarms.watch import Track


class Person(Protocol):
    """Who acknowledges."""

    @property
    def name(self) -> str: ...


def _nobody(change: AlarmChange) -> None:
    """Follow nothing."""


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
        self._agenda = Agenda(clock)
        self._judging = Judging(self, self._agenda, clock=clock, pace=pace)
        self._tracks: dict[str, Track] = {}
        self._follow: Callable[[AlarmChange], None] = _nobody
        self.counters = self._judging.counters
        self.adopt(rules, points=points)

    def alarms(self) -> list[Alarm]:
        """Return the alarms that stand: active, or gone and not yet acknowledged or reset."""
        return [self._current(track) for track in self._tracks.values() if track.alarm.standing]

    def alarm(self, id: str) -> Alarm:  # noqa: A002 - the glossary's word
        """Return one rule's alarm, standing or not; raise NoSuchAlarm."""
        return self._current(self._track(id))

    def every(self) -> list[Alarm]:
        """Return the alarm of every rule, standing or not."""
        return [self._current(track) for track in self._tracks.values()]

    def rule(self, id: str) -> AlarmRule:  # noqa: A002 - the glossary's word
        """Return the rule of an alarm; raise NoSuchAlarm."""
        return self._track(id).rule

    def follow(self, listener: Callable[[AlarmChange], None]) -> None:
        """Have `listener` hear every change, after everybody else: it may act on alarms itself."""
        self._follow = listener

    def act(self, id: str, cue: Cue, **told: Any) -> Alarm:  # noqa: A002 - the glossary's word
        """Give an alarm a cue as `apply` does, and return it; raise NoSuchAlarm or NotAllowed."""
        track = self._track(id)
        self.apply(track, cue, **told)
        return self._current(track)

    def acknowledge(
        self,
        id: str,  # noqa: A002 - the glossary's word
        actor: Person,
        note: str = "",
        disposition: Disposition = Disposition.NONE,
        *,
        station: str = "",
    ) -> Alarm:
        """Record that `actor`, at `station`, has seen the alarm; raise NoSuchAlarm or NotAllowed."""
        seen = {"acked_by": actor.name, "station": station, "note": note, "disposition": disposition}
        return self.act(id, Cue.ACK, actor=actor.name, why=note, **seen)

    def reset(self, id: str, actor: Person, *, why: str = "") -> Alarm:  # noqa: A002 - the glossary's word
        """Undo a latch; raise NoSuchAlarm, or NotAllowed while it is active, unacknowledged or unknown."""
        return self.act(id, Cue.RESET, actor=actor.name, why=why)

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Judge readings at once; what changes is published before this returns."""
        self._judging.on_readings(batch)

    def tick(self) -> None:
        """Do what is due now: delays that end, inputs that have gone silent."""
        now = self._clock.mono()
        for name in self._agenda.take():
            self._judging.come_up(name, now)

    def soonest(self) -> float:
        """Return when something is due next (monotonic seconds); infinite: nothing is planned."""
        return self._agenda.soonest()

    async def run(self) -> None:
        """Tick whenever something is due, for ever."""
        await self._agenda.run(self.tick)

    def restore(self, latest: Iterable[Reading] = ()) -> None:
        """Take up what was kept, before the first reading; nothing rings again.

        `latest` is the newest stored reading of each point: it tells what is late, and how long an input is silent.
        """
        self._judging.remember(latest)
        times = Times(self._clock)
        for id, doc in self._store.kept(KIND).items():  # noqa: A001 - the glossary's word
            self._revive(id, doc, times)
        self._judging.begin()

    def adopt(self, rules: Sequence[AlarmRule], *, points: Iterable[Point]) -> None:
        """Judge by these rules from now on; what did not change goes on, what is gone is retired."""
        kept_ids = {rule.id for rule in rules}
        for id, track in self._tracks.items():  # noqa: A001 - the glossary's word
            if id not in kept_ids:
                self._retire(track)
        tracks = self._tracks
        self._tracks = self._judging.adopt(rules, {point.id: point for point in points})
        for track in self._tracks.values():
            if track.rule.id in tracks:
                self._take_over(track, tracks[track.rule.id])
        self._judging.begin()

    def _take_over(self, track: Track, old: Track) -> None:
        times = Times(self._clock)
        doc = kept(old.alarm, old.condition, old.rule, times=times)
        if doc is None:
            return
        track.saved = old.saved
        track.alarm, condition = revived(read(doc), track.alarm, track.rule, track.ladder, times=times)
        same = (track.ladder, track.rule.point, track.rule.measure) == (
            old.ladder, old.rule.point, old.rule.measure,
        )  # fmt: skip
        track.condition = condition if same else track.ladder.at_rest(condition.rank)
        self.keep(track)

    def _retire(self, track: Track) -> None:
        track.condition = track.ladder.at_rest()
        if track.alarm.standing or track.saved:
            self.apply(track, Cue.RETIRE)

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

    def apply(
        self,
        track: Track,
        cue: Cue,
        *,
        actor: str = ENGINE,
        why: str = "",
        by: str = "",
        until: int | None = None,
        **changes: Any,
    ) -> None:
        """Give an alarm its cue, keep it, write it down and publish it; raise NotAllowed.

        `by` suppresses, `until` (UTC ns) ends a shelf, `changes` are what the alarm says of itself from now on.
        """
        was = track.alarm
        step = after(was.facts, cue, by=by, until=until)
        at = self._clock.now()
        track.alarm = stepped(was, step, rule=track.rule, value=track.watch.value, at=at, **changes)
        write_down(self._audit, was, track.alarm, cue, actor=actor, why=why)
        change = AlarmChange(track.alarm, was, cue, step.effects, at, actor, why)
        self._publish([change])
        self.keep(track)
        self._follow(change)

    def keep(self, track: Track) -> None:
        state = (track.alarm, track.condition)
        if track.saved == state:
            return
        doc = kept(*state, track.rule, times=Times(self._clock))
        if doc is not None or track.saved is not None:
            self._store.keep(KIND, track.rule.id, doc)
        track.saved = state if doc is not None else None

    def _track(self, id: str) -> Track:  # noqa: A002 - the glossary's word
        track = self._tracks.get(id)
        if track is None:
            raise NoSuchAlarm(f"there is no alarm {id!r}")
        return track

    def _current(self, track: Track) -> Alarm:
        value = track.watch.value
        return track.alarm if value is None else replace(track.alarm, value=value)
