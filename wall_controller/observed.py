"""What one device is known to read, what is on its way to it, and what went wrong with it."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.model import DeviceState, DeviceStatus, Outcome, Result, Value
from wall_controller.operation import MARKS, Attempt, Mark

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
GRACE = 1.0
"""Seconds that the readings have after an answer that came late."""
MOST_OPEN = 8


class Observed:
    """One device as the wall sees it; times are monotonic seconds."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.status: DeviceStatus | None = None
        self.reported: dict[str, Value] = {}
        self.attempts: list[Attempt] = []
        self.trouble = ""
        self.matched = False
        """It has read as wanted since it was last read anew: a difference from now on is somebody else's doing."""
        self.asks = False
        self.failures = 0
        self.due: float | None = None

    @property
    def up(self) -> bool:
        """Whether commands may be sent: a degraded device is connected, and answers most of the time."""
        return self.status is not None and self.status.state in (DeviceState.UP, DeviceState.DEGRADED)

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return any(attempt.live for attempt in self.attempts)

    @property
    def away(self) -> str:
        """Why no command can be sent, as a sentence; empty when one can."""
        if self.status is None:
            return f"{self.device} has not been heard of yet"
        return "" if self.up else f"{self.device} is {self.status.state}: {self.status.reason or 'no reason given'}"

    def expected(self) -> dict[str, Value]:
        """Return what the device reads once everything on its way has taken."""
        values = dict(self.reported)
        for attempt in self.attempts:
            if attempt.live:
                values.update(attempt.left)
        return values

    def differences(self, wanted: Mapping[str, Value]) -> dict[str, Value]:
        """Return the wanted values that are not reported."""
        return {name: value for name, value in wanted.items() if self.reported.get(name) != value}

    def said(self, status: DeviceStatus) -> None:
        """Take a new status; what was read before an outage counts no more."""
        was_up = self.up
        self.status = status
        if was_up and not self.up:
            self.reported.clear()
            for attempt in self.attempts:
                if attempt.mark is Mark.SENT and attempt.answered:
                    attempt.mark, attempt.detail = Mark.UNREACHABLE, "it went away before its readings proved anything"
            self.matched = self.asks = False
            self.failures, self.due, self.trouble = 0, None, ""

    def heard(self, name: str, value: Value, at: float) -> bool:
        """Take a reading; return whether it tells anything new."""
        news = self.reported.get(name) != value
        self.reported[name] = value
        for attempt in self.attempts:
            if attempt.left.get(name) == value and at >= attempt.since:
                del attempt.left[name]
                news = True
                if not attempt.left:
                    in_time = attempt.mark is Mark.WAITING or (attempt.mark is Mark.SENT and at <= attempt.by)
                    attempt.mark, attempt.detail = (Mark.OK, "") if in_time else (Mark.LATE, attempt.detail)
        self.attempts = [attempt for attempt in self.attempts if attempt.left]
        return news

    def unheard(self, name: str) -> bool:
        """Forget a value that is no longer to be trusted; return whether it was known."""
        return self.reported.pop(name, None) is not None

    def supersede(self) -> None:
        """Call off what has not been sent, and let go of what went wrong: something else is wanted now."""
        for attempt in self.attempts:
            if attempt.mark is Mark.WAITING:
                attempt.mark, attempt.detail = Mark.SUPERSEDED, "a newer wish came before it was sent"
        self.attempts = [attempt for attempt in self.attempts if attempt.live]
        self.matched = self.asks = False
        self.failures, self.due, self.trouble = 0, None, ""

    def add(self, attempt: Attempt) -> None:
        """Follow a new attempt; of those that went wrong for an operation the last few are followed on."""
        over = [old for old in self.attempts if not old.live and not old.mending][-MOST_OPEN:]
        self.attempts = [old for old in self.attempts if old.live or old in over]
        self.attempts.append(attempt)

    def answered(self, attempt: Attempt, outcome: Outcome, now: float) -> None:
        """Take a command's outcome; a proof that came first stands."""
        if attempt.mark is not Mark.SENT:
            return
        attempt.answered, attempt.detail = True, outcome.detail
        mark = MARKS[outcome.result]
        if mark is Mark.SENT:
            attempt.by = max(attempt.by, now + GRACE)
            return
        attempt.mark = mark
        if outcome.result is Result.SUPERSEDED:
            self.due = now
            return
        self.went_wrong(f"{attempt.step.verb} {mark}: {outcome.detail}", now)

    def overdue(self, now: float, wanted: Mapping[str, Value]) -> bool:
        """Mark what was accepted and not proven in time; return whether there was any."""
        late = [a for a in self.attempts if a.mark is Mark.SENT and a.answered and now >= a.by]
        for attempt in late:
            if all(wanted.get(name) != value for name, value in attempt.left.items()):
                attempt.mark, attempt.detail = Mark.SUPERSEDED, "something else was wanted before it was proven"
                continue
            attempt.mark = Mark.DIFFERS
            attempt.detail = f"accepted, but {self.unlike(attempt.left)}"
            self.went_wrong(f"{attempt.step.verb} {attempt.detail}", now)
        return bool(late)

    def went_wrong(self, text: str, now: float) -> None:
        """Note the trouble; the next try waits longer each time."""
        self.failures += 1
        pause = min(FIRST_PAUSE * 2 ** (self.failures - 1), LONGEST_PAUSE)
        self.trouble = f"{text}; tried {self.failures} times, again after {pause:g} s"
        self.due = now + pause

    def unlike(self, wanted: Mapping[str, Value]) -> str:
        """Return in words how the readings differ from `wanted`."""
        return ", ".join(
            f"{name} reads {self.reported.get(name, 'nothing')}, wanted {value}"
            for name, value in self.differences(wanted).items()
        )

    def settled(self) -> None:
        """It reads as wanted: what went wrong before is over."""
        self.matched, self.asks = True, False
        self.failures, self.due, self.trouble = 0, None, ""

    def forget(self) -> None:
        """Nothing is on its way any more: who was sending has been stopped."""
        for attempt in self.attempts:
            if attempt.live:
                attempt.mark, attempt.detail = Mark.UNSURE, "the wall's part was stopped meanwhile"
        self.matched = self.asks = False
        self.failures, self.due, self.trouble = 0, None, ""

    def is_due(self, now: float) -> bool:
        """Return whether a difference is to be mended now."""
        return self.due is not None and self.due <= now and self.up and not self.busy

    def next_due(self) -> float | None:
        """Return when something is to be done about it by itself."""
        times = [attempt.by for attempt in self.attempts if attempt.mark is Mark.SENT and attempt.answered]
        if self.due is not None and self.up and not self.busy:
            times.append(self.due)
        return min(times, default=None)
