"""Move the journal into chunks: prepared in short steps between commits, written in one transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter

import numpy as np

from gateway.store.chunks import Change, apply, change
from gateway.store.columns import Columns
from gateway.store.database import transaction

STEP = 48
"""Series that one step prepares: some ten milliseconds, which the next commit may have to wait."""


class Compaction:
    """One compaction of the journal rows up to and with `upto`, whose readings are `tail`."""

    def __init__(self, connection: sqlite3.Connection, tail: Columns, *, upto: int) -> None:
        self._db = connection
        self._upto = upto
        order = np.argsort(tail.series, kind="stable")
        self._tail = tail.take(order)
        self._begins = np.flatnonzero(np.diff(self._tail.series, prepend=-1)).tolist()
        self._ends = [*self._begins[1:], len(order)]
        self._changes: list[Change] = []

    def step(self, now: int, *, cut: int) -> Counter[str] | None:
        """Prepare some series; once all are, write them, drop chunks from before `cut` (UTC ns) and return counts."""
        done = len(self._changes)
        if done < len(self._begins):
            for begin, end in zip(self._begins[done : done + STEP], self._ends[done : done + STEP], strict=True):
                mine = self._tail.take(slice(begin, end))
                self._changes.append(change(self._db, int(mine.series[0]), mine))
            return None
        with transaction(self._db):
            return self._write(now, cut)

    def _write(self, now: int, cut: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        for one in self._changes:
            counts["duplicates"] += one.gone
            counts["lost"] += one.lost
            counts["quarantined"] += len(one.garbled)
            apply(self._db, one, now=now)
        (counts["expired"],) = self._db.execute("SELECT coalesce(sum(n), 0) FROM chunk WHERE t1 < ?", (cut,)).fetchone()
        self._db.execute("DELETE FROM chunk WHERE t1 < ?", (cut,))
        self._db.execute("DELETE FROM journal WHERE seq <= ?", (self._upto,))
        grown = len(self._tail) - counts["duplicates"] - counts["expired"] - counts["lost"]
        self._db.execute("UPDATE compacted SET seq = ?, rows = rows + ?", (self._upto, grown))
        return counts
