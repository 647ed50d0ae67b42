"""Measures at work: each follows the points of one rule, and tells the number that its levels are compared with."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from drivers.model import Point, Reading, Value
from gateway.alarms.measure import Activations, Combined, OneOf, Rate, Silence, Spread
from gateway.derive.term import Term
from gateway.derive.window import SECOND_NS, TAKES, Window, WindowOf

AHEAD_NS = 120_000_000_000
"""A source time further ahead of ours than this was a clock's mistake: it must not make all that follows late."""
ENOUGH = 0.9
"""The share of its window that samples must cover before a value is said to stand still."""


class Seen(NamedTuple):
    """What a measure says: the number to be judged, and the value to be shown."""

    number: float
    value: Value


class Input(Protocol):
    """What is known of a point, or of another rule's measure."""

    @property
    def heard(self) -> float: ...
    @property
    def waiting(self) -> bool: ...
    @property
    def term(self) -> Term: ...


class Meter(Protocol):
    """A measure at work; times are monotonic seconds."""

    def hear(self, reading: Reading, at: float) -> None:
        """Take in a trusted reading of one of its points."""

    def look(self, at: float) -> Seen | None:
        """Return what there is to judge; None: it is not known."""

    def due(self) -> float:
        """Return when the number changes although no reading comes; infinite: never."""


class WindowMeter:
    """Rate or spread, over the samples of one point by their source times."""

    def __init__(
        self, measure: Rate | Spread, point: Point, watch: Input, *, memory: Meter | None, pace: float
    ) -> None:
        self._measure, self._watch = measure, watch
        self._of = WindowOf(point.id, "rate", measure.window / pace, 1.0, point.every, pace)
        self._window, self._last = Window(self._of), math.nan
        if isinstance(memory, WindowMeter):
            self._window, self._last = memory._window, memory._last  # noqa: SLF001 - one of our own

    def hear(self, reading: Reading, at: float) -> None:
        del at
        number = float(reading.value)
        if isinstance(self._measure, Rate) and self._measure.counter and number < self._last:
            self._window = Window(self._of)
        self._last = number
        ahead = reading.source_at > reading.received_at + AHEAD_NS
        self._window.add(reading.received_at if ahead else reading.source_at, number)

    def look(self, at: float) -> Seen | None:
        del at
        number = None if self._watch.term.value is None else self._number()
        return None if number is None else Seen(number, round(number, 6))

    def _number(self) -> float | None:
        sums, measure = self._window.sums, self._measure
        if sums is None:
            return None
        seconds = (sums.last_at - sums.first_at) / SECOND_NS
        if isinstance(measure, Rate):
            known = sums.n >= measure.samples and seconds >= self._of.span / 2
            return TAKES["rate"](sums, self._of) if known else None
        spread = sums.high - sums.low
        covered = sums.n >= measure.samples and seconds + self._of.every >= ENOUGH * self._of.span
        return spread if covered or spread > measure.moves else None

    def due(self) -> float:
        return math.inf


class ActivationsMeter:
    """How often a flag became true; until a whole window has been heard, no less than what stands already.

    `held` is the limit of the level that stands: after a restart nobody knows how often it was before.
    """

    def __init__(
        self,
        measure: Activations,
        watch: Input,
        *,
        held: Callable[[], float],
        born: float,
        memory: Meter | None,
        pace: float,
    ) -> None:
        self._watch, self._held = watch, held
        self._span = measure.window / pace
        self._complete = born + self._span
        self._at: deque[float] = deque(maxlen=measure.most)
        self._was: bool | None = None
        self._looked = -math.inf
        if isinstance(memory, ActivationsMeter):
            self._at, self._was, self._complete = memory._at, memory._was, memory._complete  # noqa: SLF001 - our own

    def hear(self, reading: Reading, at: float) -> None:
        on = bool(reading.value)
        if on and self._was is False:
            self._at.append(at)
        self._was = on

    def look(self, at: float) -> Seen | None:
        self._looked = max(at, self._looked)
        while self._at and self._at[0] + self._span <= at:
            self._at.popleft()
        if self._watch.term.value is None:
            return None
        number = float(len(self._at))
        return Seen(max(number, self._held()) if at < self._complete else number, len(self._at))

    def due(self) -> float:
        oldest = self._at[0] + self._span if self._at else math.inf
        return min(oldest, self._complete if self._complete > self._looked else math.inf)


class Outage(Protocol):
    """When the service began, and how long it had been away: what it did not hear was no silence."""

    started: float
    away: float


class SilenceMeter:
    """Seconds since the last good reading; what stood at a restart stands until something is heard."""

    def __init__(
        self, measure: Silence, watches: Sequence[Input], *, held: Callable[[], float], outage: Outage, pace: float
    ) -> None:
        self._watches, self._held, self._outage, self._pace = watches, held, outage, pace
        self._limits = measure.limits
        self._looked = -math.inf

    def hear(self, reading: Reading, at: float) -> None: ...

    def look(self, at: float) -> Seen | None:
        self._looked = max(at, self._looked)
        since = self._since()
        over = [limit for limit in self._limits if since + limit / self._pace <= at]
        number = max([(at - since) * self._pace, 0.0, *over])
        kept = self._held() if all(watch.waiting for watch in self._watches) else 0.0
        return Seen(max(number, kept), round(number))

    def due(self) -> float:
        since = self._since()
        dues = (since + limit / self._pace for limit in self._limits)
        return min((due for due in dues if due > self._looked), default=math.inf)

    def _since(self) -> float:
        outage = self._outage
        heard = max(watch.heard for watch in self._watches)
        return heard if heard >= outage.started else min(heard + outage.away, outage.started)


class OneOfMeter:
    """The level that a text or a number stands for."""

    def __init__(self, measure: OneOf, watch: Input) -> None:
        self._watch, self._ranks = watch, dict(measure.ranks)

    def hear(self, reading: Reading, at: float) -> None: ...

    def look(self, at: float) -> Seen | None:
        del at
        value = self._watch.term.value
        return None if value is None else Seen(float(self._ranks.get(value, 0)), value)

    def due(self) -> float:
        return math.inf


class CombinedMeter:
    """A formula over what points and other rules say."""

    def __init__(self, measure: Combined, terms: Mapping[str, Callable[[], Term]]) -> None:
        self._formula, self._terms = measure.formula, terms

    def hear(self, reading: Reading, at: float) -> None: ...

    def look(self, at: float) -> Seen | None:
        del at
        value = self._formula.term({key: term() for key, term in self._terms.items()}).value
        return None if value is None or isinstance(value, str) else Seen(float(value), value)

    def due(self) -> float:
        return math.inf
