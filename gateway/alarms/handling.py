"""What persons and rules do with alarms: shelve, take out of service, suppress; and what follows when time passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from msgspec import structs

from drivers.model import Clock, Point, Reading
from gateway.alarms.alarm import Alarm, AlarmChange, Aside, NoSuchAlarm
from gateway.alarms.annunciation import Annunciation, Notices
from gateway.alarms.chatter import Chatter
from gateway.alarms.chronicle import ENGINE, AuditPort
from gateway.alarms.engine import AlarmEngine, Person
from gateway.alarms.first_out import FirstOuts
from gateway.alarms.flood import Flood, FloodWatch
from gateway.alarms.kept import KeptPort
from gateway.alarms.lifecycle import Cue, Effect, Label, NotAllowed
from gateway.alarms.policy import WORST, Policy
from gateway.alarms.rule import AlarmRule
from gateway.alarms.suppressing import Suppressing
from gateway.alarms.timers import Timers

LONGEST_OUTAGE_S = 366 * 86_400.0
ACTIVE = frozenset({Cue.ON, Cue.RISE})


class Handling:
    """Works on an engine, which it makes tell it every change; `pace` divides what is not a person's time."""

    def __init__(
        self,
        engine: AlarmEngine,
        policy: Policy,
        *,
        points: Iterable[Point],
        clock: Clock,
        store: KeptPort,
        publish: Callable[[Sequence[object]], None],
        audit: AuditPort,
        pace: float = 1.0,
    ) -> None:
        self._engine, self._clock, self._audit, self._publish = engine, clock, audit, publish
        self._policy, self._points, self._pace = policy, {point.id: point for point in points}, pace
        self._timers = timers = Timers(clock)
        self._planned: dict[str, int] = {}
        self._suppressing = Suppressing(engine, clock=clock, timers=timers, audit=audit)
        self._first_outs = FirstOuts(engine)
        self._chatter = Chatter(engine, clock=clock, timers=timers, pace=pace, shelve=self._shelve_chatter)
        self._flood = FloodWatch(clock=clock, timers=timers, store=store, publish=publish, audit=audit, pace=pace)
        self._notices = Notices(engine, clock=clock, timers=timers, store=store, publish=publish, pace=pace)

    # ── persons ───────────────────────────────────────────────────────────────────────────────────────────────────

    def longest_shelf(self, id: str) -> float:  # noqa: A002 - the glossary's word
        """Return how long, in seconds, an alarm may be shelved now; raise NoSuchAlarm."""
        return self._policy.shelving[self._holds(self._engine.alarm(id))]

    def shelve(
        self,
        id: str,  # noqa: A002 - the glossary's word
        actor: Person,
        *,
        why: str,
        seconds: float | None = None,
        once: bool = False,
    ) -> Alarm:
        """Put an alarm aside for `seconds` (the longest unless given), `once`: at most until it has gone.

        It holds up to the severity that the alarm has, or the mildest of its rule: what is worse rings all the same.
        Raise NoSuchAlarm, or NotAllowed without a reason or for longer than its severity may be shelved.
        """
        if not why.strip():
            raise NotAllowed("a shelf needs a reason; say why the alarm is put aside")
        severity = self._holds(self._engine.alarm(id))
        longest = self._policy.shelving[severity]
        if seconds is not None and not 0 < seconds <= longest:
            raise NotAllowed(f"an alarm of severity {severity} is shelved for at most {longest:g} s, not {seconds:g} s")
        return self._shelve(id, actor.name, why=why, until=self._at(seconds or longest), severity=severity, once=once)

    def unshelve(self, id: str, actor: Person, *, why: str = "") -> Alarm:  # noqa: A002 - the glossary's word
        """End a shelf; what is active is annunciated as new. Raise NoSuchAlarm or NotAllowed."""
        return self._engine.act(id, Cue.UNSHELVE, actor=actor.name, why=why)

    def take_out(self, id: str, actor: Person, *, why: str, due: int) -> Alarm:  # noqa: A002 - the glossary's word
        """Take an alarm out of service; `due` (UTC ns) is when somebody is reminded, it does not come back by itself.

        Raise NoSuchAlarm, or NotAllowed without a reason, or when it is due in the past or in more than a year.
        """
        if not why.strip():
            raise NotAllowed("out of service needs a reason; say what is being done")
        now = self._clock.now()
        if not now < due <= self._at(LONGEST_OUTAGE_S):
            raise NotAllowed("the date on which it is due back must lie ahead, within a year")
        outage = Aside(actor.name, now, why, due)
        return self._engine.act(id, Cue.OUT_OF_SERVICE, actor=actor.name, why=why, outage=outage)

    def put_back(self, id: str, actor: Person, *, why: str = "") -> Alarm:  # noqa: A002 - the glossary's word
        """Return an alarm to service; what is active is annunciated as new. Raise NoSuchAlarm or NotAllowed."""
        return self._engine.act(id, Cue.IN_SERVICE, actor=actor.name, why=why)

    @property
    def flood(self) -> Flood:
        """Return whether there is a flood of alarms."""
        return self._flood.flood

    def _holds(self, alarm: Alarm) -> int:
        return alarm.severity if alarm.active else self._engine.rule(alarm.id).levels[0].severity

    def _at(self, seconds: float) -> int:
        return self._clock.now() + round(seconds * 1e9)

    def _shelve(
        self, id: str, actor: str, *, why: str, until: int, severity: int, once: bool = False  # noqa: A002 - as above
    ) -> Alarm:  # fmt: skip
        shelf = Aside(actor, self._clock.now(), why, until, severity)
        cue = Cue.SHELVE_ONCE if once else Cue.SHELVE
        return self._engine.act(id, cue, actor=actor, why=why, until=until, shelf=shelf)

    # ── rules and time ────────────────────────────────────────────────────────────────────────────────────────────

    def restore(self) -> None:
        """Take up what was kept, after the engine has; what fell due meanwhile is done at the first tick."""
        self._flood.restore()
        self._notices.restore()
        self._begin()

    def adopt(self, rules: Sequence[AlarmRule], policy: Policy, *, points: Sequence[Point]) -> None:
        """Have the engine judge by these rules from now on, and handle alarms by this policy."""
        changes: list[AlarmChange] = []
        self._engine.follow(changes.append)
        self._engine.adopt(rules, points=points)
        self._policy, self._points = policy, {point.id: point for point in points}
        self._begin()
        for change in changes:
            self._on_change(change)

    def _begin(self) -> None:
        self._timers.clear()
        self._planned.clear()
        self._engine.follow(self._on_change)
        self._flood.begin()
        self._suppressing.adopt(self._policy.suppressions, self._points)
        self._first_outs.begin()
        self._chatter.begin()
        self._notices.begin(self._policy.grouping)
        for alarm in self._engine.every():
            self._plan(alarm)

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Follow the points that suppress; before the alarms hear them."""
        self._suppressing.on_readings(batch)

    def tick(self) -> None:
        """Do what is due now."""
        self._timers.tick()

    def soonest(self) -> float:
        """Return when something may be due next (monotonic seconds); infinite: nothing is planned."""
        return self._timers.soonest()

    async def run(self) -> None:
        """Do everything at its time, for ever."""
        await self._timers.run()

    def _on_change(self, change: AlarmChange) -> None:
        if change.cue in (Cue.UNKNOWN, Cue.KNOWN) or (change.cue is Cue.ON and change.was.active):
            return
        self._suppressing.on_change(change)
        self._first_outs.on_change(change)
        if Effect.ANNUNCIATE in change.effects:
            self._annunciate(change)
        self._chatter.on_change(change)
        try:
            alarm = self._engine.alarm(change.alarm.id)
        except NoSuchAlarm:
            return
        self._keep_shelf_low(alarm, change.cue)
        self._notices.on_change(structs.replace(change, alarm=alarm))
        self._plan(alarm)

    def _annunciate(self, change: AlarmChange) -> None:
        self._flood.on_annunciation(change.alarm)
        list_only = self._flood.lists_only(change.alarm)
        self._publish([Annunciation(change.alarm, change.cue, self._clock.now(), list_only)])

    def _keep_shelf_low(self, alarm: Alarm, cue: Cue) -> None:
        """What is worse than what was put aside is heard."""
        if cue in ACTIVE and alarm.shelf is not None and alarm.severity > alarm.shelf.severity:
            self._engine.act(alarm.id, Cue.UNSHELVE, why="it is worse than what was shelved")

    def _shelve_chatter(self, alarm: Alarm, seconds: float) -> None:
        if not self._policy.shelve_chatter or alarm.severity >= WORST or alarm.facts.quiet:
            return
        longest = min(seconds, self._policy.shelving[alarm.severity])
        self._shelve(
            alarm.id, ENGINE, why="it comes and goes all the time", until=self._at(longest), severity=alarm.severity
        )

    def _plan(self, alarm: Alarm) -> None:
        """Set what time will do to an alarm."""
        id_, outage, due = alarm.id, alarm.outage, self._again(alarm)
        reminder = outage.until if outage is not None and not outage.overdue else None
        self._when(f"shelf:{id_}", alarm.facts.shelved_until, lambda: self._end_shelf(id_))
        self._when(f"outage:{id_}", reminder, lambda: self._remind(id_))
        self._when(f"again:{id_}", due, lambda: self._engine.act(id_, Cue.REALARM, why="nothing has changed"))

    def _again(self, alarm: Alarm) -> int | None:
        """Return when an alarm that somebody has seen asks again (UTC ns)."""
        patience = self._policy.realarm.get(alarm.severity)
        if alarm.state is not Label.ACKED or alarm.facts.quiet or alarm.acked_at is None or patience is None:
            return None
        return alarm.acked_at + round(patience / self._pace * 1e9)

    def _when(self, name: str, at: int | None, work: Callable[[], object]) -> None:
        """Plan once: a clock that is set later neither shortens nor lengthens what was planned."""
        if self._planned.get(name) == at:
            return
        if at is None:
            del self._planned[name]
            self._timers.drop(name)
        else:
            self._planned[name] = at
            due = self._clock.mono() + max(at - self._clock.now(), 0) / 1e9
            self._timers.at(name, due, work)

    def _end_shelf(self, id: str) -> None:  # noqa: A002 - the glossary's word
        self._engine.act(id, Cue.UNSHELVE, why="its time is over")

    def _remind(self, id: str) -> None:  # noqa: A002 - the glossary's word
        outage = self._engine.alarm(id).outage
        if outage is not None:
            why = f"{outage.by} took it out of service, and it was due back"
            self._engine.act(id, Cue.MARK, outage=replace(outage, overdue=True), why=why)
