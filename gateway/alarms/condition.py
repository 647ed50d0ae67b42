"""When a value is in alarm: levels with a deadband on the way back and delays that run on time, not on messages.

Enter a level: value at or beyond its limit for `on_delay`; leave it: value back past limit minus deadband for
`off_delay`. A contrary value resets a delay; an unknown input pauses it. A value is on one side only: whoever enters
a level of one side has left those of the other. Seconds are monotonic throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gateway.alarms.rule import AlarmRule


@dataclass(frozen=True, slots=True)
class Condition:
    """The worst level entered, counted from 1 (0: none), and since when the value has contradicted each level."""

    rank: int
    began: tuple[float | None, ...]
    paused_at: float | None = None

    @property
    def waits(self) -> bool:
        """Whether any delay has begun."""
        return self.began.count(None) != len(self.began)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The levels of one rule from mild to bad; `limits` are turned by `signs` so that larger is worse."""

    limits: tuple[float, ...]
    signs: tuple[int, ...]
    deadband: float
    on_delay: float
    off_delay: float

    def at_rest(self, rank: int = 0) -> Condition:
        """Return the condition at `rank` with no delay begun."""
        return Condition(rank, (None,) * len(self.limits))

    def entered(self, rank: int, level: int) -> bool:
        """Whether a level (index) is entered at `rank`: it, or a worse one of its side."""
        return level < rank and self.signs[level] == self.signs[rank - 1]

    def sign(self, rank: int) -> int:
        """Return which way is worse at `rank`."""
        return self.signs[rank - 1]

    def limit(self, rank: int) -> float:
        """Return the limit of the level at `rank`, as it was written; 0 without one."""
        return self.signs[rank - 1] * self.limits[rank - 1] if rank else 0.0

    def judge(self, condition: Condition, value: float, now: float) -> Condition:
        """Return the condition once `value` is known at `now`; a pause ends here and does not count."""
        pause = 0.0 if condition.paused_at is None else now - condition.paused_at
        began = tuple(
            None if not self._contradicts(level, condition.rank, value) else now if was is None else was + pause
            for level, was in enumerate(condition.began)
        )
        return Condition(condition.rank, began)

    def pause(self, condition: Condition, at: float) -> Condition:
        """Return the condition whose delays stand still from `at` on."""
        return condition if condition.paused_at is not None else replace(condition, paused_at=at)

    def next_due(self, condition: Condition) -> float:
        """Return when the next delay ends; infinite when none will."""
        if condition.paused_at is not None or not condition.waits:
            return math.inf
        return min(self._dues(condition))

    def settle(self, condition: Condition, now: float) -> Condition:
        """Return the condition after the delays that end by `now`."""
        if not condition.waits:
            return condition
        over = [due <= now for due in self._dues(condition)]
        if True not in over:
            return condition
        rank = self._reached(condition.rank, over)
        began = tuple(
            None if done or self.entered(rank, level) is not self.entered(condition.rank, level) else was
            for level, (done, was) in enumerate(zip(over, condition.began, strict=True))
        )
        return Condition(rank, began, condition.paused_at)

    def band(self, condition: Condition) -> tuple[float, float]:
        """Return the values between which, both excluded, a condition without delays does not change."""
        low, high = -math.inf, math.inf
        for level, (limit, sign) in enumerate(zip(self.limits, self.signs, strict=True)):
            entered = self.entered(condition.rank, level)
            edge = sign * (limit - self.deadband if entered else limit)
            if (sign > 0) is entered:
                low = max(low, edge)
            else:
                high = min(high, edge)
        return low, high

    def _reached(self, rank: int, over: list[bool]) -> int:
        """Return the rank once the levels that are `over` have been entered or left."""
        inside = [level for level, done in enumerate(over) if self.entered(rank, level) is not done]
        came = [level for level in inside if over[level]]
        side = self.signs[came[-1] if came else rank - 1]
        return max((level + 1 for level in inside if self.signs[level] == side), default=0)

    def _contradicts(self, level: int, rank: int, value: float) -> bool:
        limit, turned = self.limits[level], self.signs[level] * value
        return turned < limit - self.deadband if self.entered(rank, level) else turned >= limit

    def _dues(self, condition: Condition) -> list[float]:
        rank = condition.rank
        return [
            math.inf if began is None else began + (self.off_delay if self.entered(rank, level) else self.on_delay)
            for level, began in enumerate(condition.began)
        ]


def ladder_of(rule: AlarmRule, *, pace: float) -> Ladder:
    """Return the ladder of a rule, its delays divided by `pace`."""
    limits = tuple(level.sign * level.limit for level in rule.levels)
    signs = tuple(level.sign for level in rule.levels)
    return Ladder(limits, signs, rule.deadband, rule.on_delay / pace, rule.off_delay / pace)
