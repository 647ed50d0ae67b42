"""When a value is in alarm: levels with a deadband on the way back and delays that run on time, not on messages.

Enter a level: value at or beyond its limit for `on_delay`; leave it: value back past limit minus deadband for
`off_delay`. A contrary value resets a delay; an unknown input pauses it. Seconds are monotonic throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gateway.alarms.rule import AlarmRule


@dataclass(frozen=True, slots=True)
class Condition:
    """How many levels are entered, and since when the value has contradicted each (None: it does not)."""

    rank: int
    began: tuple[float | None, ...]
    paused_at: float | None = None

    @property
    def waits(self) -> bool:
        """Whether any delay has begun."""
        return any(began is not None for began in self.began)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The levels of one rule, turned so that larger is worse."""

    limits: tuple[float, ...]
    sign: int
    deadband: float
    on_delay: float
    off_delay: float

    def at_rest(self, rank: int = 0) -> Condition:
        """Return the condition with `rank` levels entered and no delay begun."""
        return Condition(rank, (None,) * len(self.limits))

    def judge(self, condition: Condition, value: float, now: float) -> Condition:
        """Return the condition once `value` is known at `now`; a pause ends here and does not count."""
        pause = 0.0 if condition.paused_at is None else now - condition.paused_at
        turned = self.sign * value
        began = tuple(
            None if not self._contradicts(level, condition.rank, turned) else now if was is None else was + pause
            for level, was in enumerate(condition.began)
        )
        return Condition(condition.rank, began)

    def pause(self, condition: Condition, at: float) -> Condition:
        """Return the condition whose delays stand still from `at` on."""
        return condition if condition.paused_at is not None else replace(condition, paused_at=at)

    def next_due(self, condition: Condition) -> float:
        """Return when the next delay ends; infinite when none will."""
        if condition.paused_at is not None:
            return math.inf
        return min(self._dues(condition))

    def settle(self, condition: Condition, now: float) -> Condition:
        """Return the condition after the delays that end by `now`."""
        over = [due <= now for due in self._dues(condition)]
        entered = sum((level < condition.rank) is not toggled for level, toggled in enumerate(over))
        began = tuple(None if done else was for done, was in zip(over, condition.began, strict=True))
        return Condition(entered, began)

    def band(self, condition: Condition) -> tuple[float, float]:
        """Return the values between which, both excluded, a condition without delays does not change."""
        rank = condition.rank
        worse = self.limits[rank] if rank < len(self.limits) else math.inf
        better = self.limits[rank - 1] - self.deadband if rank else -math.inf
        return (better, worse) if self.sign > 0 else (-worse, -better)

    def _contradicts(self, level: int, rank: int, turned: float) -> bool:
        limit = self.limits[level]
        return turned < limit - self.deadband if level < rank else turned >= limit

    def _dues(self, condition: Condition) -> list[float]:
        return [
            math.inf if began is None else began + (self.off_delay if level < condition.rank else self.on_delay)
            for level, began in enumerate(condition.began)
        ]


def ladder_of(rule: AlarmRule, *, pace: float) -> Ladder:
    """Return the ladder of a rule, its delays divided by `pace`."""
    limits = tuple(rule.sign * level.limit for level in rule.levels)
    return Ladder(limits, rule.sign, rule.deadband, rule.on_delay / pace, rule.off_delay / pace)
