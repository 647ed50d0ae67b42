"""What alarms set in motion: steps begun, done, given back, each once, and each in the audit with its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from drivers.model import Clock, Outcome, Result
from gateway.actions.course import Move, Stage, Step, due, move, why_over
from gateway.actions.orders import Orders, command
from gateway.actions.ports import CommandsPort, NotifyPort, ScenesPort
from gateway.actions.response import Order, Planned, Plans, Show, Tell
from gateway.alarms.agenda import Agenda
from gateway.alarms.alarm import Alarm, AlarmChange
from gateway.alarms.chronicle import AuditPort
from gateway.alarms.kept import Doc, KeptPort, Times
from gateway.errors import NotifyError
from wall_controller.errors import WallError

KIND = "action"
ACTIONS = "actions"
"""The actor of what is done here."""
UNANSWERED = "unsure: the service stopped before the answer came; read the device to find out"
TAKEN = frozenset({Result.DONE, Result.VERIFIED, Result.UNSURE})
"""After these a device may have done what it was asked."""


class Actions:
    """The steps of every alarm; `pace` divides their delays."""

    def __init__(
        self, plans: Plans, *, scenes: ScenesPort, commands: CommandsPort, notify: NotifyPort, clock: Clock,
        store: KeptPort, audit: AuditPort, pace: float = 1.0,
    ) -> None:  # fmt: skip
        self._scenes, self._notify, self._clock = scenes, notify, clock
        self._store, self._audit, self._pace = store, audit, pace
        self._agenda = Agenda(clock)
        self._orders = Orders(commands)
        self._plans = plans
        self._steps: dict[str, Step] = {}
        self._dues: dict[str, float] = {}
        self._alarms: dict[str, Alarm] = {}
        self._restored = False

    def steps(self, alarm: str) -> Sequence[Step]:
        """Return the steps of an alarm that are under way or done, in the order in which they are planned."""
        mine = [self._steps.get(planned.id) for planned in self._plans.get(alarm, ())]
        return [step for step in mine if step is not None]

    def known(self, alarm: str) -> Sequence[str]:
        """Return the ids of every step that an alarm may set in motion."""
        return [planned.id for planned in self._plans.get(alarm, ())]

    def on_changes(self, batch: Sequence[AlarmChange]) -> None:
        """Follow alarms as they change; what needs no waiting has been asked for before this returns.

        What changes before `restore` is left to it: it would be taken for the first that is heard of an alarm.
        """
        for change in batch if self._restored else ():
            self._follow(change.alarm)

    def restore(self, alarms: Iterable[Alarm]) -> None:
        """Take up what was under way, given the alarms that stand now; nothing is done twice, no wait begins anew."""
        self._restored = True
        times = Times(self._clock)
        for id_, doc in self._store.kept(KIND).items():
            self._revive(id_, doc, times)
        shown = [step for step in self._steps.values() if step.stage is Stage.DONE and step.planned.show is not None]
        self._reconcile(alarms)
        for step in shown:
            if self._steps.get(step.id) is step and step.planned.show is not None:
                self._put(self._claimed(step, step.planned.show, self._alarms[step.alarm]))

    def adopt(self, plans: Plans, alarms: Iterable[Alarm]) -> None:
        """Act by these plans from now on; what none asks for any longer is given back."""
        self._plans = plans
        self._reconcile(alarms)

    def tick(self) -> None:
        """Do what has waited long enough, and end what has lasted long enough."""
        now = self._clock.mono()
        for id_ in self._agenda.take():
            at = self._dues.get(id_)
            if at is not None and at > now:
                self._agenda.set(id_, at)
            elif at is not None:
                self._in_time(self._steps[id_])

    async def run(self) -> None:
        """Tick whenever something is due, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._orders.run(), name="orders")
            await self._agenda.run(self.tick)

    def _revive(self, id_: str, doc: Doc, times: Times) -> None:
        try:
            step = msgspec.convert(doc, Step)
        except msgspec.ValidationError as error:
            self._store.keep(KIND, id_, None)
            self._record("action.restore", id_, outcome="unreadable", why=f"{self._released(id_)}; {error}")
            return
        if step.stage is Stage.SENT:
            step = replace(step, stage=Stage.DONE, done_at=step.since, outcome=UNANSWERED)
            self._record("action.command", id_, outcome=UNANSWERED, why="")
        self._put(step)
        self._wait(step, times.mono(step.since if step.done_at is None else step.done_at))

    def _reconcile(self, alarms: Iterable[Alarm]) -> None:
        standing = {alarm.id: alarm for alarm in alarms}
        asked = {planned.id: planned for planned in self._all()}
        for step in list(self._steps.values()):
            if step.alarm not in standing:
                self._end(step, "its alarm is over")
            elif asked.get(step.id) != step.planned:
                self._end(step, "no rule asks for it any longer")
        for alarm in standing.values():
            self._follow(alarm)

    def _all(self) -> Iterable[Planned]:
        return (planned for plan in self._plans.values() for planned in plan)

    def _follow(self, alarm: Alarm) -> None:
        plan = self._plans.get(alarm.id, ())
        if plan:
            self._alarms[alarm.id] = alarm
        for planned in plan:
            step = self._steps.get(planned.id)
            what = move(planned, step, alarm)
            if what is Move.REST:
                continue
            if step is None:
                self._begin(Step(planned, alarm.id, self._clock.now()))
            elif what is Move.END:
                self._end(step, why_over(planned, alarm))
            else:
                self._do(step)

    def _begin(self, step: Step) -> None:
        if not step.planned.after:
            self._do(step)
            return
        self._put(step)
        self._wait(step, self._clock.mono())

    def _wait(self, step: Step, since: float) -> None:
        wait = due(step, self._pace)
        if wait is None:
            self._dues.pop(step.id, None)
            return
        at = self._dues[step.id] = since + wait
        self._agenda.set(step.id, at)

    def _in_time(self, step: Step) -> None:
        del self._dues[step.id]
        if step.stage is Stage.WAITING:
            self._do(step)
            return
        self._give_back(step, "it was asked for no longer than this")
        self._put(replace(step, stage=Stage.OVER))

    def _do(self, step: Step) -> None:
        """Do it, or do it again because the alarm is worse or better than it was."""
        alarm, planned = self._alarms[step.alarm], step.planned
        if planned.show is not None:
            self._show(step, planned.show, alarm)
        elif planned.order is not None:
            self._order(step, planned.order, alarm)
        elif planned.tell is not None:
            self._tell(step, planned.tell, alarm)

    def _show(self, step: Step, show: Show, alarm: Alarm) -> None:
        done = self._claimed(step, show, alarm)
        self._finish(done)
        self._record(
            "action.claim", step.id, outcome=done.outcome, why=_because(alarm),
            after={"scene": show.scene, "region": show.region, "priority": show.at(alarm.severity)}
            | ({"cameras": list(show.cameras)} if show.cameras else {}),
        )  # fmt: skip

    def _claimed(self, step: Step, show: Show, alarm: Alarm) -> Step:
        try:
            self._scenes.claim_for_alarm(alarm, show, claim=step.id)
        except WallError as error:
            return replace(step, stage=Stage.REFUSED, severity=alarm.severity, outcome=f"refused: {error}")
        return self._done(step, alarm, "claimed")

    def _order(self, step: Step, order: Order, alarm: Alarm) -> None:
        self._finish(replace(step, stage=Stage.SENT, severity=alarm.severity, outcome="sent"))
        wanted = command(step.once, order.device, order.verb, order.args, why=_because(alarm), clock=self._clock)
        self._orders.give(wanted, lambda outcome: self._answered(step, outcome))

    def _answered(self, step: Step, outcome: Outcome) -> None:
        """Write down what became of a command; its alarm may be over by now."""
        told, planned = _told(outcome), step.planned
        known = self._steps.get(step.id)
        if known is not None and known.once == step.once and known.stage is Stage.SENT:
            stage = Stage.DONE if outcome.result in TAKEN else Stage.REFUSED
            self._finish(replace(known, stage=stage, done_at=self._clock.now(), outcome=told))
        order = planned.order
        after = {} if order is None else {"device": order.device, "verb": order.verb}
        self._record("action.command", step.id, outcome=told, why=f"for {step.alarm}", after=after)

    def _tell(self, step: Step, tell: Tell, alarm: Alarm) -> None:
        wanted = tell.lists.get(alarm.code, "")
        try:
            whom = self._notify.notify(alarm, wanted, step=f"{step.once}/{wanted}", valid=tell.valid)
        except NotifyError as error:
            done = replace(step, stage=Stage.REFUSED, severity=alarm.severity, outcome=f"refused: {error}")
        else:
            done = replace(self._done(step, alarm, f"sent: {whom}"), told=(*step.told, wanted))
        self._finish(done)
        self._record("action.notify", step.id, outcome=done.outcome, why=_because(alarm), after={"call_list": wanted})

    def _done(self, step: Step, alarm: Alarm, outcome: str) -> Step:
        done_at = self._clock.now() if step.done_at is None else step.done_at
        return replace(step, stage=Stage.DONE, done_at=done_at, severity=alarm.severity, outcome=outcome)

    def _finish(self, step: Step) -> None:
        """Keep a step that was done, and wait for its end if time alone ends it."""
        self._put(step)
        if step.planned.lasts:
            self._wait(step, Times(self._clock).mono(step.done_at or step.since))

    def _end(self, step: Step, why: str) -> None:
        del self._steps[step.id]
        self._dues.pop(step.id, None)
        self._store.keep(KIND, step.id, None)
        if step.stage is Stage.WAITING:
            self._record("action.cancel", step.id, outcome="cancelled", why=why)
        elif step.stage in (Stage.DONE, Stage.SENT):
            self._give_back(step, why)

    def _give_back(self, step: Step, why: str) -> None:
        """Give back what a step has taken: the wall, a device's state, and what waits to be sent."""
        order = step.planned.order
        if step.planned.show is not None:
            self._record("action.release", step.id, outcome=self._released(step.id), why=why)
        elif order is not None and order.back_verb:
            back = command(
                f"{step.once}/back", order.device, order.back_verb, order.back_args, why=why, clock=self._clock
            )
            self._orders.give(back, lambda outcome: self._taken_back(step, outcome, why))
        for wanted in step.told:
            self._notify.withdraw(f"{step.once}/{wanted}", why=why)

    def _taken_back(self, step: Step, outcome: Outcome, why: str) -> None:
        self._record("action.release", step.id, outcome=_told(outcome), why=why)

    def _released(self, claim: str) -> str:
        try:
            self._scenes.release(claim)
        except WallError as error:
            return f"refused: {error}"
        return "released"

    def _put(self, step: Step) -> None:
        self._steps[step.id] = step
        self._store.keep(KIND, step.id, msgspec.to_builtins(step))

    def _record(
        self, action: str, step: str, *, outcome: str, why: str, after: Mapping[str, object] | None = None
    ) -> None:
        self._audit.record(ACTIONS, action, step, after=after, outcome=outcome, why=why)


def _because(alarm: Alarm) -> str:
    return f"{alarm.id} is at {alarm.code}"


def _told(outcome: Outcome) -> str:
    return f"{outcome.result}: {outcome.detail}" if outcome.detail else str(outcome.result)
