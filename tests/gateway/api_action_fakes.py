"""Whom the alarms of the API's small hall act on: its wall, and one call list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.model import Clock, Command, Outcome, Result
from gateway.actions.response import Show
from gateway.alarms.alarm import Alarm
from gateway.errors import NotifyError
from wall_controller.apply import WallKeeper
from wall_controller.layout import Layout
from wall_controller.plan import Plan
from wall_controller.reflex import Call
from wall_controller.scene import Scene


class Bell:
    """One call list, with one person on it."""

    def notify(self, alarm: Alarm, call_list: str, *, step: str, valid: float) -> str:
        return self.would_notify(call_list, 0, severity=alarm.severity)[0]

    def withdraw(self, step: str, *, why: str) -> None:
        pass

    def would_notify(self, call_list: str, at: int, *, severity: int) -> Sequence[str]:
        if call_list != "watch":
            raise NotifyError(f"there is no call list {call_list!r}")
        return [f"Dewi (sms) of severity {severity}"]


class Shows:
    """The alarms' way to the one wall, as the composition makes it."""

    def __init__(self, keeper: WallKeeper, scenes: Mapping[str, Scene]) -> None:
        self._keeper, self._scenes = keeper, scenes

    def claim_for_alarm(self, alarm: Alarm, show: Show, *, claim: str) -> None:
        self._keeper.ring(Call(show.scene, show.region, show.at(alarm.severity), show.layout), claim, name=claim)

    def release(self, claim: str) -> None:
        self._keeper.release(claim)

    def preview(self, alarm: Alarm, show: Show, *, claim: str) -> tuple[Sequence[Layout], Plan]:
        call = Call(show.scene, show.region, show.at(alarm.severity), show.layout)
        wish = self._keeper.call_wish(call, claim, name=claim)
        return [self._scenes[each.scene].layouts[each.region] for each in wish.claims], self._keeper.preview(wish)


class Commands:
    """The one door down, which does what it is told."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.issued: list[Command] = []

    async def issue(self, command: Command, actor: object | None = None) -> Outcome:
        self.issued.append(command)
        return Outcome(command.id, Result.DONE, "", self.clock.now())

    def refusal(self, command: Command, actor: object | None = None) -> str:
        return "" if command.device == "lfd-1" else f"there is no device {command.device!r}"
