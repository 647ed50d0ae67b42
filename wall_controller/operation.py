"""What became of one change of the wall: every step with how it went, as far as it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drivers.model import Priority, Result, Value
from wall_controller.plan import Step


class Mark(StrEnum):
    """How a step went; LATE: its effect was read after its time, by itself or on a later try."""

    WAITING = "waiting"
    SENT = "sent"
    OK = "ok"
    LATE = "late"
    DIFFERS = "differs"
    """Accepted, and the readings say otherwise."""
    REFUSED = "refused"
    FAILED = "failed"
    UNSURE = "unsure"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    UNREACHABLE = "unreachable"
    """Not sent: the device is away; it is put right when it is back."""


MARKS: Mapping[Result, Mark] = {
    Result.DONE: Mark.SENT,
    Result.VERIFIED: Mark.SENT,
    Result.REFUSED: Mark.REFUSED,
    Result.FAILED: Mark.FAILED,
    Result.EXPIRED: Mark.EXPIRED,
    Result.SUPERSEDED: Mark.SUPERSEDED,
    Result.UNSURE: Mark.UNSURE,
}
"""What an outcome makes of a step; only a reading makes it OK."""


@dataclass(slots=True, eq=False)
class Attempt:
    """One step on its way: `left` are the effects that no reading since `since` (monotonic seconds) has proven."""

    step: Step
    since: float
    left: dict[str, Value]
    mark: Mark = Mark.WAITING
    detail: str = ""
    by: float = 0.0
    answered: bool = False
    mending: bool = False
    """It puts something right and belongs to no wish: the next try takes its place."""

    @property
    def live(self) -> bool:
        """Whether it may still come true by itself."""
        return self.mark in (Mark.WAITING, Mark.SENT)

    @property
    def good(self) -> bool:
        """Whether its effects were read."""
        return self.mark in (Mark.OK, Mark.LATE)


@dataclass(slots=True)
class Operation:
    """One change of the wall under way or over; `estimate` in seconds, times UTC ns."""

    id: str
    scene: str
    by: str
    why: str
    priority: Priority
    started_at: int
    estimate: float = 0.0
    ended_at: int | None = None
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`running`, or `done` when every step was proven, or `partial`."""
        if any(attempt.live for attempt in self.attempts):
            return "running"
        return "done" if all(attempt.good for attempt in self.attempts) else "partial"
