"""Plays recorded readings to a rule as it is and as it is meant, and tells how often each would have rung."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from drivers.model import Clock, Reading
from gateway.rehearsal.arrivals import Batch
from gateway.rehearsal.cast import before
from gateway.rehearsal.stage import Activation, Cast, Stage, StageClock

MOST_READINGS = 2_000_000
MOST_SECONDS = 60.0
MOST_TOLD = 1_000
"""Activations that are told one by one; all are counted."""
DAY_NS = 86_400_000_000_000
LOOKS = 500
"""After so many batches it is looked whether there is time left."""

Progress = Callable[[float, int], None]
"""Hears how far it is (0 to 1), and how many readings were heard."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day, or the rest of one, counted back from the end of the span; `rang` counts what could be heard."""

    since: int
    until: int
    rang: int


@dataclass(frozen=True, slots=True)
class Part:
    """How one version of the rule did; what stood already when the span began is in `before`, and in no count."""

    rules: int
    rang: int
    silenced: int
    before: int
    standing: int
    by_severity: dict[int, int]
    days: tuple[Day, ...]
    longest: float
    """Seconds; what stands is counted to the end."""
    seconds: float
    """All of them together."""
    chatter: int
    """How often a rule began to come and go all the time."""
    steadier: float
    """The `off_delay` in seconds that would have held that; 0: nothing did."""
    told: tuple[Activation, ...]
    """The latest of them, oldest first."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The rule as it is meant beside the rule as it is, over [since, until) (UTC ns) and `readings`.

    `upto` is before `until` when the work would have been too much; `left_out` says so, a sentence each.
    """

    since: int
    until: int
    upto: int
    first: int | None
    """When the first of its readings came; None: there is none."""
    readings: int
    meant: Part
    now: Part
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """What is rehearsed, UTC ns: `begin` is when the listening begins, before `since`."""

    begin: int
    since: int
    until: int


def span_of(casts: Iterable[Cast], *, since: int, until: int) -> Span:
    """Return the span with the time before it that the casts need."""
    return Span(since - round(max(map(before, casts), default=0.0) * 1e9), since, until)


def rehearse(
    meant: Cast,
    now: Cast,
    arriving: Iterable[Batch],
    *,
    span: Span,
    clock: Clock,
    progress: Progress = lambda _share, _readings: None,
    most: int = MOST_READINGS,
) -> Rehearsal:
    """Play what arrives to both casts; `clock` is the real one, by which the work is bounded."""
    players = [_Player(cast, span) for cast in (meant, now)]
    count, upto, ends = 0, span.until, clock.mono() + MOST_SECONDS
    why, first = "", None
    for n, batch in enumerate(arriving):
        at = batch[0].received_at
        first = at if first is None else first
        if n % LOOKS == 0:
            progress(min(max((at - span.begin) / max(span.until - span.begin, 1), 0.0), 1.0), count)
            why = f"it would take longer than {MOST_SECONDS:g} s" if clock.mono() > ends else ""
        if count + len(batch) > most:
            why = f"there are more than {most:,} readings"
        if why:
            upto = at
            break
        count += len(batch)
        for player in players:
            player.hear(batch)
    meant_part, now_part = (player.part(upto, span) for player in players)
    left_out = (f"the rehearsal ends early: {why}; choose a shorter span or fewer points",) if why else ()
    return Rehearsal(span.since, span.until, upto, first, count, meant_part, now_part, left_out)


class _Player:
    """A cast on its stage, hearing only what it needs."""

    def __init__(self, cast: Cast, span: Span) -> None:
        self._cast, self._heard = cast, cast.heard
        self._clock = StageClock(span.begin)
        self._stage = Stage(cast, self._clock)

    def hear(self, batch: Batch) -> None:
        mine: Sequence[Reading] = [reading for reading in batch if reading.point in self._heard]
        if mine:
            at = mine[0].received_mono
            self._pass(at)
            self._clock.reach(at)
            self._stage.on_readings(mine)

    def _pass(self, until: float) -> None:
        """Do everything that falls due before `until`, each at its time."""
        while (due := self._stage.soonest()) < until:
            self._clock.reach(due)
            self._stage.tick()

    def part(self, upto: int, span: Span) -> Part:
        self._pass(upto / 1e9)
        everything = list(self._stage.activations())
        new = [one for one in everything if one.raised_at >= span.since]
        rang = [one for one in new if not one.silenced]
        lasted = [((one.cleared_at or upto) - max(one.raised_at, span.since)) / 1e9 for one in new]
        return Part(
            rules=len(self._cast.shown), rang=len(rang), silenced=len(new) - len(rang),
            before=sum(1 for one in everything if one.raised_at < span.since < (one.cleared_at or upto)),
            standing=sum(one.cleared_at is None for one in everything),
            by_severity={n: found for n in (4, 3, 2, 1) if (found := sum(one.severity == n for one in rang))},
            days=tuple(_days(rang, span)), longest=max(lasted, default=0.0), seconds=math.fsum(lasted),
            chatter=self._stage.chatter.total(), steadier=self._stage.steadier, told=tuple(new[-MOST_TOLD:]),
        )  # fmt: skip


def _days(rang: Sequence[Activation], span: Span) -> Sequence[Day]:
    ends = range(span.until, span.since, -DAY_NS)
    counts = [0] * len(ends)
    for one in rang:
        counts[(span.until - 1 - one.raised_at) // DAY_NS] += 1
    days = [Day(max(end - DAY_NS, span.since), end, count) for end, count in zip(ends, counts, strict=True)]
    return days[::-1]
