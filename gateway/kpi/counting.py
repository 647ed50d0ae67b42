"""Counts what was sounded: in stretches of time and in floods; what nobody knows is left out."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.alarms.chatter import ACTIVATIONS
from gateway.alarms.chatter import WINDOW_S as CHATTER_S
from gateway.alarms.flood import ENDS, STARTS, WINDOW_S
from gateway.occurrences.book import Sound, Stretch

S = 1_000_000_000
MINUTE, TEN, HOUR, DAY = 60 * S, 600 * S, 3_600 * S, 86_400 * S


@dataclass(frozen=True, slots=True)
class Known:
    """A span (UTC ns) and the stretches of it, in order, in which nobody wrote down."""

    since: int
    until: int
    unknown: Sequence[Stretch]

    @property
    def observed_ns(self) -> int:
        """Return how much of it somebody wrote down."""
        return max(0, self.until - self.since) - sum(end - begin for begin, end in self.unknown)

    def whole(self, width: int) -> list[int]:
        """Return the beginnings of the stretches of `width` ns that lie in it, and of which all is known."""
        first = -(-self.since // width) * width
        return list(self._whole(first, width))

    def _whole(self, first: int, width: int) -> Iterator[int]:
        holes = iter([*self.unknown, (self.until, self.until + width)])
        begin, end = next(holes)
        for at in range(first, self.until - width + 1, width):
            while end <= at:
                begin, end = next(holes)
            if begin >= at + width:
                yield at


def per_stretch(times: Sequence[int], beginnings: Iterable[int], width: int) -> list[int]:
    """Return how many of the times (in order) fall into each stretch of `width` ns."""
    return [bisect_left(times, at + width) - bisect_left(times, at) for at in beginnings]


def floods(times: Iterable[int]) -> list[Stretch]:
    """Return the floods: from the first of ten annunciations within ten minutes until fewer than five are in as many.

    The same flood that the hall is told of, out of what was sounded (ISA-18.2, clause 16; its end is customary).
    """
    window, found = round(WINDOW_S * S), list[Stretch]()
    rung: deque[int] = deque(maxlen=STARTS)
    begin: int | None = None
    for at in times:
        if begin is not None and at - rung[-ENDS] >= window:
            found.append((begin, rung[-ENDS] + window))
            begin = None
        rung.append(at)
        if begin is None and len(rung) == STARTS and at - rung[0] <= window:
            begin = rung[0] if not found else max(rung[0], found[-1][1])
    if begin is not None:
        found.append((begin, rung[-ENDS] + window))
    return found


def inside(stretches: Iterable[Stretch], known: Known) -> int:
    """Return how many ns of the stretches lie in the part of a span that is known."""
    total = 0
    for begin, end in stretches:
        low, high = max(begin, known.since), min(end, known.until)
        total += max(0, high - low) - sum(max(0, min(high, to) - max(low, at)) for at, to in known.unknown)
    return total


def chattering(sounds: Iterable[Sound], *, times: int = ACTIVATIONS) -> Counter[str]:
    """Return the alarms that were sounded at least `times` within a minute, and how often each was."""
    rung: dict[str, deque[int]] = {}
    found: Counter[str] = Counter()
    for sound in sounds:
        its = rung.setdefault(sound.alarm, deque(maxlen=times))
        its.append(sound.at)
        if len(its) == times and sound.at - its[0] <= round(CHATTER_S * S):
            found[sound.alarm] += 1
            its.clear()
    return found


def days(known: Known, offset: int) -> list[Stretch]:
    """Return the days of a span, cut to it; a day begins `offset` ns before midnight UTC."""
    first = (known.since + offset) // DAY * DAY - offset
    cuts = [known.since, *range(first + DAY, known.until, DAY), known.until]
    return [(begin, end) for begin, end in pairwise(cuts) if end > begin]
