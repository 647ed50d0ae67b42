"""One derived point at work: its window, and what it said last."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.model import PointKind, Quality, Reading, Reason, Value
from gateway.derive.derivation import Derivation
from gateway.derive.term import Term, finite, trusted
from gateway.derive.window import Window, WindowOf

NEVER = -(1 << 63)


class Cell:
    """A derivation with its memory; `born_at` (UTC ns) parts what it hears itself from what the journal has."""

    def __init__(self, derivation: Derivation, *, born_at: int) -> None:
        self.derivation, self.point = derivation, derivation.point
        self.born_at = born_at
        self.window = Window(derivation.how) if isinstance(derivation.how, WindowOf) else None
        self.filled_to = NEVER if self.window is not None else born_at
        """Up to where (source time, ns) the journal has been read; there is nothing to read without a window."""
        self._value: Value | None = None
        self._told_at = NEVER

    def remember(self, reading: Reading) -> None:
        """Take up what was published before the start."""
        self._value, self._told_at = reading.value, reading.source_at

    def hear(self, reading: Reading) -> None:
        """Let a reading of the input into the window."""
        if self.window is None:
            return
        self.window.reach(reading.source_at)
        number = trusted(reading)
        if number is not None:
            self.window.add(reading.source_at, number)

    def reading(self, terms: Mapping[str, Term], newest: Reading) -> Reading | None:
        """Return the result as a reading as of the `newest` input; None: it has never been known.

        What is not known any more is its last value, BAD, as with any sensor.
        """
        how = self.derivation.how
        term = how.term(terms) if not isinstance(how, WindowOf) else self._window_term()
        quality, reason, value = self._fit(term)
        if value is None:
            return None
        self._value, self._told_at = value, max(newest.source_at, self._told_at + 1)
        return Reading(
            self.point.id,
            value,
            self._told_at,
            newest.received_at,
            newest.received_mono,
            quality,
            reason,
            newest.retained,
        )

    def _window_term(self) -> Term:
        return self.window.term() if self.window is not None else Term(None)

    def _fit(self, term: Term) -> tuple[Quality, Reason, Value | None]:
        """Return the term in the kind of the point, doubted when it lies beyond the range."""
        value = term.value
        if value is None:
            return Quality.BAD, term.reason, self._value
        if self.point.kind is PointKind.TEXT:
            return term.quality, term.reason, str(value)
        if self.point.kind is PointKind.FLAG:
            return term.quality, term.reason, bool(value)
        number = finite(value)
        if number is not None and term.quality is Quality.GOOD and not self._believable(number):
            return Quality.UNCERTAIN, Reason.RANGE, number
        return term.quality, term.reason, number

    def _believable(self, number: float) -> bool:
        low, high = self.point.low, self.point.high
        return (low is None or low <= number) and (high is None or number <= high)
