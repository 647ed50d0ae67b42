"""The committed readings that no chunk holds yet, in memory."""

from __future__ import annotations

from gateway.store.columns import Columns, empty, joined


class Tail:
    """Columns in the order of their commits; `freeze` sets what is there aside until `drop`, both stay readable."""

    def __init__(self) -> None:
        self.frozen = empty()
        self._recent: list[Columns] = []
        self.commits = 0
        self.rows = 0

    def add(self, columns: Columns) -> None:
        """Append the readings of one commit."""
        self._recent.append(columns)
        self.commits += 1
        self.rows += len(columns)

    def all(self) -> Columns:
        """Return every reading of the tail."""
        return joined([self.frozen, *self._recent])

    def of(self, series: int) -> Columns:
        """Return one series' readings, in the order of their arrival."""
        self._settle()
        return joined([part.take(part.series == series) for part in (self.frozen, *self._recent)])

    def _settle(self) -> None:
        """Join the small parts that came since somebody looked; the large one only when they have become as large."""
        if len(self._recent) > 2:
            self._recent = [self._recent[0], joined(self._recent[1:])]
        if len(self._recent) == 2 and len(self._recent[0]) <= len(self._recent[1]):
            self._recent = [joined(self._recent)]

    def freeze(self) -> Columns:
        """Return every reading so far; what is added from now on stays apart."""
        self.frozen = self.all()
        self._recent = []
        self.commits = 0
        self.rows = len(self.frozen)
        return self.frozen

    def drop(self) -> None:
        """Forget what was frozen."""
        self.rows -= len(self.frozen)
        self.frozen = empty()
