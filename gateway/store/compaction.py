"""Move the journal into chunks: prepared in short steps between commits, written in one transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter

import numpy as np

from gateway.store.change import Change, apply, change
from gateway.store.columns import Columns
from gateway.store.database import transaction
from gateway.store.limits import Limits
from gateway.store.retention import expire, raw_from
from gateway.store.spool import trim

STEP_SERIES = 24
STEP_READINGS = 50_000
"""What one step prepares at most: some ten milliseconds, which the next commit may have to wait."""


class Compaction:
    """One compaction of the journal rows up to and with `upto`, whose readings are `tail`."""

    def __init__(self, connection: sqlite3.Connection, tail: Columns, *, upto: int, limits: Limits) -> None:
        self._db = connection
        self._upto = upto
        self._limits = limits
        self._raw_from = raw_from(connection)
        order = np.argsort(tail.series, kind="stable")
        self._tail = tail.take(order)
        self._begins = np.flatnonzero(np.diff(self._tail.series, prepend=-1)).tolist()
        self._ends = [*self._begins[1:], len(order)]
        self._changes: list[Change] = []

    def step(self, now: int) -> Counter[str] | None:
        """Prepare some series; once all are, write them, drop what is too old at `now` (UTC ns), and return counts."""
        done = len(self._changes)
        if done == len(self._begins):
            with transaction(self._db):
                return self._write(now)
        first = self._begins[done]
        for begin, end in zip(self._begins[done : done + STEP_SERIES], self._ends[done:], strict=False):
            mine = self._tail.take(slice(begin, end))
            self._changes.append(change(self._db, int(mine.series[0]), mine, raw_from=self._raw_from))
            if end - first > STEP_READINGS:
                break
        return None

    def _write(self, now: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        for one in self._changes:
            counts.update(duplicates=one.gone, expired=one.expired, lost=one.lost, quarantined=len(one.garbled))
            apply(self._db, one, now=now)
        left = counts["duplicates"] + counts["expired"] + counts["lost"]
        self._db.execute("UPDATE compacted SET seq = ?, rows = rows + ?", (self._upto, len(self._tail) - left))
        counts.update(expire(self._db, now, limits=self._limits))
        counts.update(trim(self._db, self._upto, most_bytes=self._limits.spool_bytes))
        return counts
