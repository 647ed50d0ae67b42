"""The course of one step, from the alarm that calls for it to its end: a pure function of the step and the alarm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.actions.response import Planned, Until
from gateway.alarms.alarm import Alarm


class Stage(StrEnum):
    """How far a step has come."""

    WAITING = "waiting"
    SENT = "sent"
    """A command is on its way; what became of it is not known yet."""
    DONE = "done"
    REFUSED = "refused"
    OVER = "over"
    """It was done, and its time is up while the alarm still stands."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one alarm under way: `since` (UTC ns) the alarm has called for it, `done_at` it was done."""

    planned: Planned
    alarm: str
    since: int
    stage: Stage = Stage.WAITING
    done_at: int | None = None
    severity: int = 0
    """That it was done for: the worst one, of what tells people."""
    told: tuple[str, ...] = ()
    """The call lists that were told, in order."""
    outcome: str = ""

    @property
    def id(self) -> str:
        """The name of this step, the same each time that its alarm calls for it."""
        return self.planned.id

    @property
    def once(self) -> str:
        """The name of this one time."""
        return f"{self.planned.id}@{self.since}"


class Move(StrEnum):
    """What is to be done with a step now."""

    REST = "rest"
    BEGIN = "begin"
    AGAIN = "again"
    """Do it once more, because the alarm has another level."""
    END = "end"


def move(planned: Planned, step: Step | None, alarm: Alarm) -> Move:
    """Return what an alarm asks of a step; the same alarm again asks nothing."""
    if not holds(planned, alarm):
        return Move.REST if step is None else Move.END
    called = alarm.code in planned.codes
    if step is None:
        return Move.BEGIN if called else Move.REST
    if step.stage is Stage.WAITING:
        return Move.REST if called else Move.END
    return Move.AGAIN if _again(step, alarm) else Move.REST


def holds(planned: Planned, alarm: Alarm) -> bool:
    """Whether a step of this alarm may go on: it stands, nobody has silenced it, nor done what ends the step."""
    over = planned.until is Until.ACKNOWLEDGED and alarm.acked
    return alarm.active and not alarm.facts.quiet and not over


def why_over(planned: Planned, alarm: Alarm) -> str:
    """Return why a step has come to its end."""
    if not alarm.active or alarm.facts.quiet:
        return f"the alarm is {alarm.state}" + (", and put aside" if alarm.facts.quiet else "")
    if planned.until is Until.ACKNOWLEDGED and alarm.acked:
        return f"acknowledged by {alarm.acked_by}" if alarm.acked_by else "it is acknowledged"
    return f"the alarm fell to {alarm.code}" if alarm.code not in planned.codes else "the alarm is over"


def due(step: Step, pace: float) -> float | None:
    """Return after how many seconds from `since`, or from `done_at`, time alone moves it; None: it does not."""
    if step.stage is Stage.WAITING:
        return step.planned.after / pace
    return step.planned.lasts / pace if step.stage is Stage.DONE and step.planned.lasts else None


def _again(step: Step, alarm: Alarm) -> bool:
    """A claim follows the severity both ways, and news goes to more people only when it gets worse."""
    show, tell = step.planned.show, step.planned.tell
    if step.stage is Stage.OVER:
        return False
    if show is not None:
        return show.at(step.severity) != show.at(alarm.severity)
    wanted = tell.lists.get(alarm.code) if tell is not None else None
    return wanted is not None and wanted not in step.told and alarm.severity > step.severity
