"""Leaves a silent unit alone, so that it costs the others on its line next to nothing."""

from __future__ import annotations


class Breaker:
    """A unit that did not answer twice rests: 5 s, then longer each time, at most 5 min; seconds are monotonic.

    A rest is never so short that the waits for this unit could take more than SHARE of the line's time.
    """

    OPEN_AFTER = 2
    FIRST_S, MOST_S = 5.0, 300.0
    SHARE = 0.05

    def __init__(self) -> None:
        self.until = 0.0
        """The second before which it must not be asked."""
        self._failures = 0
        self._pause = self.FIRST_S

    @property
    def open(self) -> bool:
        """The unit counts as silent."""
        return self._failures >= self.OPEN_AFTER

    def allows(self, at: float) -> bool:
        """Return whether the unit may be asked at `at`."""
        return at >= self.until

    def probe(self) -> None:
        """Allow one question at once: the connection is new."""
        self.until = 0.0

    def failed(self, at: float, *, took: float = 0.0, rest: float = 0.0) -> bool:
        """Note that it did not answer for `took` seconds; return whether it has become silent by that.

        `rest` is how many seconds a late answer may still be on its way: until then it is not asked in any case.
        """
        self._failures += 1
        self.until = at + rest
        if self.open:
            self.until = at + max(self._pause, took * (1 / self.SHARE - 1), rest)
            self._pause = min(self._pause * 2, self.MOST_S)
        return self._failures == self.OPEN_AFTER

    def worked(self) -> bool:
        """Note that it answered; return whether it had been silent."""
        was_open = self.open
        self._failures, self._pause, self.until = 0, self.FIRST_S, 0.0
        return was_open
