"""What alarms set in motion: an alarm that has stood long enough claims its region of the wall, and gives it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import msgspec

from drivers.model import Clock
from gateway.alarms.agenda import Agenda
from gateway.alarms.alarm import Alarm, AlarmChange
from gateway.alarms.chronicle import AuditPort
from gateway.alarms.kept import Doc, KeptPort, Times
from gateway.alarms.rule import AlarmAction, AlarmRule
from wall_controller.errors import WallError

KIND = "action"
ACTIONS = "actions"
"""The actor of what is done here."""


class ScenesPort(Protocol):
    """Who can show scenes; a claim of the same id replaces the one before, so asking twice is asking once."""

    def claim_for_alarm(self, alarm: Alarm, scene: str, region: str, priority: int, *, claim: str) -> None:
        """Want `scene` in `region` (empty: where the scene belongs) for `alarm`; raise WallError."""

    def release(self, claim: str) -> None:
        """Want it no longer; raise WallError."""


class Stage(StrEnum):
    """How far a step has come."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One action of one alarm under way: `since` (UTC ns) the alarm has been bad enough, `priority` it claims with."""

    claim: str
    alarm: str
    action: AlarmAction
    since: int
    stage: Stage = Stage.WAITING
    priority: int = 0
    outcome: str = ""


class Actions:
    """The actions of every rule; `pace` divides their delays."""

    def __init__(
        self,
        rules: Iterable[AlarmRule],
        *,
        scenes: ScenesPort,
        clock: Clock,
        store: KeptPort,
        audit: AuditPort,
        pace: float = 1.0,
    ) -> None:
        self._scenes = scenes
        self._clock = clock
        self._store = store
        self._audit = audit
        self._pace = pace
        self._agenda = Agenda(clock)
        self._planned = _planned(rules)
        self._steps: dict[str, Step] = {}
        self._dues: dict[str, float] = {}
        self._alarms: dict[str, Alarm] = {}

    def on_changes(self, batch: Sequence[AlarmChange]) -> None:
        """Follow alarms as they change; what needs no waiting is claimed before this returns."""
        for change in batch:
            self._follow(change.alarm)

    def restore(self, alarms: Iterable[Alarm]) -> None:
        """Take up what was under way, given the alarms that stand now; no claim is doubled, no wait begins anew."""
        for claim, doc in self._store.kept(KIND).items():
            self._revive(claim, doc)
        claimed = [step for step in self._steps.values() if step.stage is Stage.CLAIMED]
        self._reconcile(alarms)
        for step in claimed:
            if self._steps.get(step.claim) is step:
                self._put(self._asked(step, self._alarms[step.alarm]))

    def adopt(self, rules: Iterable[AlarmRule], alarms: Iterable[Alarm]) -> None:
        """Act by these rules from now on; what no rule asks for any longer is given back."""
        self._planned = _planned(rules)
        self._reconcile(alarms)

    def tick(self) -> None:
        """Claim what has waited long enough."""
        now = self._clock.mono()
        for claim in self._agenda.take():
            due = self._dues.get(claim)
            if due is not None and due > now:
                self._agenda.set(claim, due)
            elif due is not None:
                self._claim(self._steps[claim])

    async def run(self) -> None:
        """Tick whenever something is due, for ever."""
        await self._agenda.run(self.tick)

    def _revive(self, claim: str, doc: Doc) -> None:
        try:
            step = msgspec.convert(doc, Step)
        except msgspec.ValidationError as error:
            self._store.keep(KIND, claim, None)
            self._record("action.restore", claim, outcome="unreadable", why=str(error))
            return
        self._steps[claim] = step
        if step.stage is Stage.WAITING:
            self._wait(step, Times(self._clock).mono(step.since))

    def _reconcile(self, alarms: Iterable[Alarm]) -> None:
        standing = {alarm.id: alarm for alarm in alarms}
        for step in list(self._steps.values()):
            if step.alarm not in standing:
                self._end(step, "its alarm is over")
            elif (step.claim, step.action) not in self._planned.get(step.alarm, ()):
                self._end(step, "no rule asks for it any longer")
        for alarm in standing.values():
            self._follow(alarm)

    def _follow(self, alarm: Alarm) -> None:
        planned = self._planned.get(alarm.id, ())
        if planned:
            self._alarms[alarm.id] = alarm
        for claim, action in planned:
            step = self._steps.get(claim)
            if step is not None:
                self._go_on(step, alarm)
            elif _calls_for(alarm, action):
                self._begin(Step(claim, alarm.id, action, self._clock.now()))

    def _begin(self, step: Step) -> None:
        if not step.action.after:
            self._claim(step)
            return
        self._put(step)
        self._wait(step, self._clock.mono())

    def _wait(self, step: Step, since: float) -> None:
        due = self._dues[step.claim] = since + step.action.after / self._pace
        self._agenda.set(step.claim, due)

    def _go_on(self, step: Step, alarm: Alarm) -> None:
        if not alarm.active or alarm.facts.quiet:
            self._end(step, f"the alarm is {alarm.state}")
        elif step.stage is Stage.WAITING:
            if not _calls_for(alarm, step.action):
                self._end(step, f"the alarm fell to {alarm.code}")
        elif step.priority != alarm.severity:
            self._claim(step)

    def _claim(self, step: Step) -> None:
        """Claim, or claim again because the alarm is worse or better than it was."""
        alarm = self._alarms[step.alarm]
        done = self._asked(step, alarm)
        self._put(done)
        self._record(
            "action.claim", step.claim, outcome=done.outcome, why=f"{alarm.id} is at {alarm.code}",
            after={"scene": step.action.scene, "region": step.action.region, "priority": done.priority},
        )  # fmt: skip

    def _asked(self, step: Step, alarm: Alarm) -> Step:
        action = step.action
        try:
            self._scenes.claim_for_alarm(alarm, action.scene, action.region, alarm.severity, claim=step.claim)
        except WallError as error:
            return replace(step, stage=Stage.REFUSED, priority=alarm.severity, outcome=f"refused: {error}")
        return replace(step, stage=Stage.CLAIMED, priority=alarm.severity, outcome="claimed")

    def _end(self, step: Step, why: str) -> None:
        del self._steps[step.claim]
        self._dues.pop(step.claim, None)
        self._store.keep(KIND, step.claim, None)
        if step.stage is Stage.WAITING:
            self._record("action.cancel", step.claim, outcome="cancelled", why=why)
        elif step.stage is Stage.CLAIMED:
            self._record("action.release", step.claim, outcome=self._released(step), why=why)

    def _released(self, step: Step) -> str:
        try:
            self._scenes.release(step.claim)
        except WallError as error:
            return f"refused: {error}"
        return "released"

    def _put(self, step: Step) -> None:
        self._steps[step.claim] = step
        self._store.keep(KIND, step.claim, msgspec.to_builtins(step))

    def _record(self, action: str, claim: str, *, outcome: str, why: str, after: object = None) -> None:
        self._audit.record(ACTIONS, action, claim, after=after, outcome=outcome, why=why)


def _calls_for(alarm: Alarm, action: AlarmAction) -> bool:
    return alarm.active and not alarm.facts.quiet and alarm.severity >= action.severity


def _planned(rules: Iterable[AlarmRule]) -> Mapping[str, Sequence[tuple[str, AlarmAction]]]:
    """Return (claim id, action) by rule; the first action of a rule claims as `alarm:<rule>`."""
    return {
        rule.id: [(f"alarm:{rule.id}" + (f":{n}" if n else ""), action) for n, action in enumerate(rule.actions)]
        for rule in rules
        if rule.actions
    }
