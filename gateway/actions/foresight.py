"""What an alarm would set in motion, step by step: asked of everybody who would act, and nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import structs

from drivers.model import Clock, Command, Name
from gateway.actions.orders import ACTOR, command
from gateway.actions.ports import CommandsPort, NotifyPreview, WallPreview
from gateway.actions.response import Order, Planned, Responses, Show, Tell
from gateway.alarms.alarm import Alarm, level_fields
from gateway.alarms.lifecycle import Facts
from gateway.alarms.rule import AlarmRule
from gateway.errors import GatewayError, NotifyError
from wall_controller.errors import WallError
from wall_controller.layout import Layout
from wall_controller.plan import Step as WallStep


class NoSuchLevel(GatewayError):
    """The rule has no level of that code."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One step as it would go: what the wall would show and send, whom it would tell, and why it would be refused."""

    planned: Planned
    priority: int | None = None
    layouts: tuple[Layout, ...] = ()
    commands: tuple[WallStep, ...] = ()
    """What would be sent to the wall's devices as they stand now; nothing: it is there already, or cannot be seen."""
    call_list: str = ""
    decides: Name | None = None
    told: tuple[str, ...] = ()
    refused: str = ""


class Foresight:
    """Asks the walls, the door for commands and the call lists what they would do."""

    def __init__(
        self, responses: Callable[[], Responses], *, walls: WallPreview, commands: CommandsPort, notify: NotifyPreview,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._responses, self._walls = responses, walls
        self._commands, self._notify, self._clock = commands, notify, clock

    def foresee(self, alarm: Alarm, rule: AlarmRule, *, code: str, at: int) -> Sequence[Foreseen]:
        """Return what the alarm would set in motion if it rang at level `code` at `at` (UTC ns), soonest first.

        Raise NoSuchLevel.
        """
        rank = next((n for n, level in enumerate(rule.levels, start=1) if level.code == code), 0)
        if not rank:
            known = ", ".join(level.code for level in rule.levels)
            raise NoSuchLevel(f"alarm {rule.id} has no level {code!r}; it has {known}")
        rung = structs.replace(alarm, **level_fields(rule, rank), facts=Facts(active=True, acked=False))
        plan = [planned for planned in self._responses().plans.get(rule.id, ()) if code in planned.codes]
        plan.sort(key=lambda planned: planned.after)
        return [self._step(planned, rung, at) for planned in plan]

    def _step(self, planned: Planned, alarm: Alarm, at: int) -> Foreseen:
        if planned.show is not None:
            return self._shown(planned, planned.show, alarm)
        if planned.order is not None:
            return Foreseen(planned, refused=self._refusal(planned, planned.order))
        if planned.tell is not None:
            return self._told(planned, planned.tell, alarm, at)
        return Foreseen(planned)

    def _shown(self, planned: Planned, show: Show, alarm: Alarm) -> Foreseen:
        priority = show.at(alarm.severity)
        try:
            layouts, plan = self._walls.preview(alarm, show, claim=planned.id)
        except WallError as error:
            return Foreseen(planned, priority, refused=str(error))
        return Foreseen(planned, priority, tuple(layouts), plan.steps)

    def _refusal(self, planned: Planned, order: Order) -> str:
        """Return why one of a step's commands would be refused now; empty: none would."""
        asked = [self._command(planned, order.verb, order)]
        if order.back_verb:
            asked.append(self._command(planned, order.back_verb, order))
        return next((why for each in asked if (why := self._commands.refusal(each, ACTOR))), "")

    def _command(self, planned: Planned, verb: str, order: Order) -> Command:
        args = order.args if verb is order.verb else order.back_args
        return command(planned.id, order.device, verb, args, why="a preview", clock=self._clock)

    def _told(self, planned: Planned, tell: Tell, alarm: Alarm, at: int) -> Foreseen:
        wanted = tell.lists[alarm.code]
        decides = self._responses().authorities.get(alarm.scale, {}).get(alarm.code) if tell.decides else None
        try:
            told = tuple(self._notify.would_notify(wanted, at, severity=alarm.severity))
        except NotifyError as error:
            return Foreseen(planned, call_list=wanted, decides=decides, refused=str(error))
        refused = "" if told else f"nobody of call list {wanted} is on call then"
        return Foreseen(planned, call_list=wanted, decides=decides, told=told, refused=refused)
