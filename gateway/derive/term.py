"""A value with its doubt: what derived points are calculated with."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivers.model import Point, Quality, Reading, Reason, Value


@dataclass(frozen=True, slots=True)
class Term:
    """A value and how far it may be trusted; without a value it is not known, and BAD."""

    value: Value | None
    quality: Quality = Quality.GOOD
    reason: Reason = Reason.NONE


UNREAD = Term(None, Quality.BAD, Reason.COMM)
"""What nobody has read yet."""

Doubt = tuple[Quality, Reason]


def worst(terms: Iterable[Term]) -> Doubt:
    """Return the greatest doubt; what a person read is doubted least of what is doubted."""
    term = max(terms, key=weight, default=Term(None))
    return term.quality, term.reason


def weight(term: Term) -> tuple[int, bool]:
    """Return what sorts terms by doubt, the best first."""
    return term.quality, term.reason is not Reason.MANUAL


def doubted(of: Term | Reading) -> bool:
    """Whether it is not to be believed; what a person has read is."""
    return of.quality is Quality.BAD or (of.quality is Quality.UNCERTAIN and of.reason is not Reason.MANUAL)


def trusted(reading: Reading) -> float | None:
    """Return the number that a window may take in; None for what is doubted, has no time of its own or is no number."""
    timeless = reading.retained and reading.source_at >= reading.received_at
    return None if timeless or doubted(reading) else finite(reading.value)


def finite(value: Value) -> float | None:
    """Return the value as a number; None for a text and for what is no finite number."""
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def term_of(reading: Reading, point: Point, now: float) -> Term:
    """Return a reading as a term at `now` (monotonic seconds): what is silent for too long is UNCERTAIN."""
    if reading.quality is Quality.BAD:
        return Term(None, Quality.BAD, reading.reason)
    value = reading.value
    if not isinstance(value, str) and finite(value) is None:
        return Term(None, Quality.BAD, Reason.SOURCE)
    if point.stale_after and now - reading.received_mono > point.stale_after:
        return Term(value, Quality.UNCERTAIN, Reason.STALE)
    return Term(value, reading.quality, reading.reason)


def known_enough(terms: Sequence[Term], *, cover: float) -> tuple[list[Value], Doubt]:
    """Return the values that count, and the doubt about what comes of them.

    Those that are trusted count alone when they are at least `cover` of all; else whatever is known counts, in doubt.
    """
    good = [term for term in terms if term.value is not None and not doubted(term)]
    if good and len(good) >= cover * len(terms):
        return [term.value for term in good if term.value is not None], worst(good)
    known = [term.value for term in terms if term.value is not None]
    quality, reason = worst(terms)
    return known, (Quality.UNCERTAIN if known else quality, reason)
