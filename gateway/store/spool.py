"""What sinks have not had yet: the journal in the order of its commits, and how far each sink is."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from gateway.store.chunks import EVER, pieces
from gateway.store.columns import Columns, empty, joined
from gateway.store.database import transaction
from gateway.store.errors import Garbled
from gateway.store.packing import unpack_commit

TURN = 24
"""Series that one turn of the writer's thread looks into for what is owed."""

CURSORS = "SELECT sink, seq FROM cursor"
HOLD = "INSERT OR REPLACE INTO cursor (sink, seq) VALUES (?, ?)"
RELEASE = "DELETE FROM cursor WHERE sink = ?"
HELD = "SELECT min(seq) FROM cursor"
ROWS = "SELECT seq, n, crc, blob FROM journal WHERE seq > ? ORDER BY seq"
KEPT = "SELECT seq, n, t0, t1, r0, r1, size FROM journal WHERE seq <= ? ORDER BY seq"
NEXT_OWED = "SELECT first, seq, n, t0, t1, r0, r1 FROM owed WHERE seq > ? ORDER BY seq LIMIT 1"
OWE = "INSERT INTO owed (seq, first, n, t0, t1, r0, r1) VALUES (?, ?, ?, ?, ?, ?, ?)"
OWE_ROW = "INSERT INTO owed SELECT seq, seq, n, t0, t1, r0, r1 FROM journal WHERE seq = ?"
UNPAYABLE = "SELECT coalesce(sum(n), 0) FROM owed WHERE t1 < (SELECT raw_from FROM compacted)"
BACKLOG = """
WITH beyond AS (SELECT seq, n, blob, total, size, r0 FROM journal WHERE seq > ?1 ORDER BY seq LIMIT 1),
     newest AS (SELECT total, size FROM journal ORDER BY seq DESC LIMIT 1),
     owing AS (SELECT sum(n) AS n, min(r0) AS r0 FROM owed WHERE seq > ?1)
SELECT coalesce((SELECT newest.total - beyond.total + beyond.n FROM newest, beyond), 0) + coalesce(owing.n, 0),
       coalesce((SELECT newest.size - beyond.size + length(beyond.blob) FROM newest, beyond), 0),
       coalesce(owing.r0, (SELECT r0 FROM beyond), 0) * 1000000
FROM owing
"""


@dataclass(frozen=True, slots=True)
class Spooled:
    """The readings of the commits after the cursor that was asked about, up to and with commit `upto`.

    `points` names the series of `columns`. `refilled`: the journal had to let these commits go, and they come from the
    chunks, oldest arrival first; some of them the sink may have had already.
    """

    upto: int
    columns: Columns
    points: Callable[[int], str]
    refilled: bool = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a sink has not had: readings, bytes of journal, and when the oldest of it arrived (UTC ns; 0: nothing)."""

    rows: int
    bytes: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Owed:
    """Commits that left the journal before every sink had them: source times in ns, arrivals in ms."""

    first: int
    seq: int
    n: int
    t0: int
    t1: int
    r0: int
    r1: int

    def arrived_until(self, seq: int) -> int:
        """Return the last arrival (ms) that goes with the commits up to `seq`: the stretch is shared out evenly."""
        return self.r0 - 1 + (self.r1 - self.r0 + 1) * (seq - self.first + 1) // (self.seq - self.first + 1)


@dataclass(slots=True)
class Refill:
    """What chunks hold of what is owed, gathered a few series a turn and then handed out in slices."""

    seq: int
    todo: list[int]
    parts: list[Columns] = field(default_factory=list)
    whole: Columns | None = None


class Spool:
    """The writer thread's side."""

    def __init__(self, connection: sqlite3.Connection, points: Mapping[int, str]) -> None:
        self._db = connection
        self._points = points
        self._refill = Refill(0, [])

    def read(self, after: int, most: int) -> Spooled | None:
        """Return about `most` readings of the commits after `after`, at least one commit, none when there is none.

        Return None when another turn is needed to gather them from the chunks.
        """
        row = self._db.execute(NEXT_OWED, (after,)).fetchone()
        if row is not None:
            return self._owed(Owed(*row), after, most)
        self._refill = Refill(0, [])
        upto, found, parts = after, 0, list[Columns]()
        for seq, n, checksum, blob in self._db.execute(ROWS, (after,)):
            try:
                parts.append(unpack_commit(blob, checksum))
            except Garbled:
                return self._without(seq, after, Spooled(upto, joined(parts), self._points.__getitem__))
            upto, found = seq, found + n
            if found >= most:
                break
        return Spooled(upto, joined(parts), self._points.__getitem__)

    def _without(self, seq: int, after: int, before: Spooled) -> Spooled | None:
        """Return what lies before a row that cannot be read; once it is the next, its readings are owed from chunks."""
        (compacted,) = self._db.execute("SELECT seq FROM compacted").fetchone()
        if before.upto > after or seq > compacted:
            return before
        with transaction(self._db):
            self._db.execute(OWE_ROW, (seq,))
            self._db.execute("DELETE FROM journal WHERE seq = ?", (seq,))
        return None

    def _owed(self, owed: Owed, after: int, most: int) -> Spooled | None:
        arrived = self._gathered(owed)
        if arrived is None:
            return None
        after = max(after, owed.first - 1)
        share = max(1, most * (owed.seq - owed.first + 1) // max(owed.n, 1))
        upto = min(after + share, owed.seq)
        ends = owed.arrived_until(after), owed.arrived_until(upto)
        begin, end = np.searchsorted(arrived.received, ends, side="right").tolist()
        return Spooled(upto, arrived.take(slice(begin, end)), self._points.__getitem__, refilled=True)

    def _gathered(self, owed: Owed) -> Columns | None:
        """Return what chunks hold of what is owed, in the order of arrival; None while there are series to see."""
        refill = self._refill
        if refill.seq != owed.seq:
            refill = self._refill = Refill(owed.seq, list(self._points))
        if refill.whole is None:
            turn, refill.todo = refill.todo[:TURN], refill.todo[TURN:]
            for series in turn:
                refill.parts += self._of(series, owed)
            if refill.todo:
                return None
            whole = joined(refill.parts)
            refill.whole, refill.parts = whole.take(np.argsort(whole.received, kind="stable")), []
        return refill.whole

    def _of(self, series: int, owed: Owed) -> list[Columns]:
        parts = []
        for piece in pieces(self._db, series, empty(), span=(owed.t0, min(owed.t1, EVER[1] - 1) + 1)):
            received = piece.readings.received
            parts.append(piece.readings.take((received >= owed.r0) & (received <= owed.r1)))
        return parts


def trim(connection: sqlite3.Connection, upto: int, *, most_bytes: int) -> Counter[str]:
    """Drop, within the caller's transaction, journal rows up to `upto`, whose readings are in chunks; return counts.

    What a sink has not had stays, up to `most_bytes`; beyond, the oldest rows go, and are owed from the chunks.
    """
    (held,) = connection.execute(HELD).fetchone()
    connection.execute("DELETE FROM journal WHERE seq <= ?", (upto if held is None else min(upto, held),))
    owed = _owe(connection, upto, most_bytes)
    connection.execute("DELETE FROM owed WHERE ?1 IS NULL OR seq <= ?1", (held,))
    (unpayable,) = connection.execute(UNPAYABLE).fetchone()
    connection.execute("DELETE FROM owed WHERE t1 < (SELECT raw_from FROM compacted)")
    return Counter({"spool.owed": owed, "spool.expired": unpayable})


def _owe(connection: sqlite3.Connection, upto: int, most_bytes: int) -> int:
    """Let the oldest rows up to `upto` go while they take more than `most_bytes`; return their number of readings."""
    newest = connection.execute("SELECT size FROM journal WHERE seq <= ? ORDER BY seq DESC LIMIT 1", (upto,)).fetchone()
    gone: list[tuple[int, ...]] = []
    for row in connection.execute(KEPT, (upto,)):
        if newest[0] - row[-1] < most_bytes:
            break
        gone.append(row)
    if not gone:
        return 0
    seqs, ns, t0s, t1s, r0s, r1s, _ = zip(*gone, strict=True)
    connection.execute(OWE, (seqs[-1], seqs[0], sum(ns), min(t0s), max(t1s), min(r0s), max(r1s)))
    connection.execute("DELETE FROM journal WHERE seq <= ?", (seqs[-1],))
    return sum(ns)
