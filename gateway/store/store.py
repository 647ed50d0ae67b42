"""What was read and what must outlive the process: one file, one writer, committed in groups."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Self

import msgspec

from drivers.model import Clock, Point, Reading
from gateway.store.buckets import Bucket, Grid
from gateway.store.database import Lock, open_reader, open_writer
from gateway.store.errors import StatementRefused, StoreBroken, StoreUnavailable
from gateway.store.group import GroupCommit
from gateway.store.journal import Journal
from gateway.store.latest import Latest
from gateway.store.limits import DEFAULT, Limits
from gateway.store.pending import Cell, Statement
from gateway.store.rate_guard import RateGuard
from gateway.store.report import Reports
from gateway.store.retention import Extent
from gateway.store.spool import BACKLOG, CURSORS, Backlog, Spooled

EVER = 2**63 - 1
TOGETHER = 8
"""Series that one turn of the writer's thread looks into: a commit that is due waits some ten milliseconds at most."""


class Store:
    """Called in the loop's thread only; `run` commits and compacts until the disk fails, and may be run again."""

    def __init__(self, path: Path, journal: Journal, *, clock: Clock, limits: Limits, held: ExitStack) -> None:
        self.path = path
        self.latest = Latest()
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._held = held
        self._group = GroupCommit(journal, clock=clock, limits=limits)
        self._reader = held.enter_context(closing(open_reader(path)))
        self._kept: dict[str, dict[str, bytes]] = {}
        self._cursors: dict[str, int] = {}
        self._reports = Reports()
        self._guard = RateGuard()
        self._dropped = 0
        self._zero_ns = clock.now() - round(clock.mono() * 1e9)
        self._compacted_mono = clock.mono()

    @classmethod
    def open(cls, path: Path, *, clock: Clock, limits: Limits = DEFAULT) -> Self:
        """Open or make the file; raise StoreLocked when another process has it, StoreBroken when it is unusable."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            held.callback(Lock.take(path.with_suffix(".lock")).release)
            writer = held.enter_context(closing(open_writer(path)))
            journal = Journal(writer, mono_zero=clock.now() / 1e9 - clock.mono())
            store = cls(path, journal, clock=clock, limits=limits, held=held)
            try:
                store._load()
            except sqlite3.DatabaseError as error:
                raise StoreBroken(f"{path} is damaged: {error}; restore it from a backup, or move it away") from error
            store._held = held.pop_all()
        return store

    def _load(self) -> None:
        self.latest.restore(self._journal.load(self._clock.now()))
        for kind, name, doc in self.query("SELECT kind, id, doc FROM kept"):
            self._kept.setdefault(kind, {})[name] = doc
        self._cursors = dict(self.query(CURSORS))

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Take a batch for the next commit; redeliveries are dropped, and all while too much waits, both counted."""
        waiting = self._group.pending.readings
        begin = len(waiting)
        if len(waiting) + len(batch) > self._limits.pending_rows:
            self._dropped += len(batch)
            self._group.hole()
            return
        if self._reports:
            fresh: list[Reading] = []
            self.latest.sift(batch, fresh)
            self._reports.sift(fresh, waiting)
        else:
            self.latest.sift(batch, waiting)
        self._guard.thin(waiting, begin, most=self._limits.flood_rows)
        self._group.stir_readings()

    def adopt(self, limits: Limits, *, points: Iterable[Point]) -> None:
        """Follow the site as it is now: how long things are kept, and which readings of each point are stored."""
        self._limits = limits
        self._reports.adopt(points)
        self._reports.restore(self.latest.all())

    def when_durable(self, done: Callable[[], None]) -> None:
        """Call `done` in the loop once everything published so far is committed; never, when some of it was dropped."""
        self._group.when_durable(done)

    def last(self, point: str) -> Reading | None:
        """Return the newest reading of a point, committed or not; None when it has never been read."""
        return self.latest.get(point)

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None) -> None:  # noqa: A002 - the word of the contract
        """Keep a JSON document with the next commit, instead of the one of that id; None forgets it."""
        packed = None if doc is None else msgspec.json.encode(doc)
        if packed is None:
            self._kept.get(kind, {}).pop(id, None)
        else:
            self._kept.setdefault(kind, {})[id] = packed
        self._group.pending.kept[kind, id] = packed
        self._group.stir()

    def kept(self, kind: str) -> dict[str, dict[str, object]]:
        """Return the documents of a kind by id, those included that the next commit will write."""
        return {name: msgspec.json.decode(doc) for name, doc in self._kept.get(kind, {}).items()}

    def submit(self, sql: str, args: tuple[Cell, ...]) -> None:
        """Put a statement into the next commit, in order; one that the database refuses is counted."""
        self._group.pending.statements.append(Statement(sql, args))
        self._group.stir()

    async def write(self, sql: str, args: tuple[Cell, ...]) -> None:
        """Commit a statement now; after StatementRefused or StoreUnavailable it is not written later either."""
        statement = Statement(sql, args)
        self._group.pending.statements.append(statement)
        try:
            await self._group.flush()
        except StoreUnavailable:
            if statement in self._group.pending.statements:
                self._group.pending.statements.remove(statement)
            raise
        if statement.refused is not None:
            raise StatementRefused(f"the database refuses {sql!r}: {statement.refused}") from statement.refused

    def query(self, sql: str, args: tuple[Cell, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a small read at once; it sees what is committed."""
        return self._reader.execute(sql, args).fetchall()

    async def readings(self, point: str, *, since: int, until: int, limit: int) -> list[Reading]:
        """Return a point's first `limit` readings with since ≤ source time < until (UTC ns), oldest first.

        Uncommitted ones are among them. What was stored comes back with `received_at` to the millisecond, and with the
        `received_mono` that this process's clock would have shown then.
        """
        span = (max(since, 0), min(until, EVER))
        read = partial(self._journal.read, point, span, waiting=self._waiting(point), limit=limit)
        return await self._group.do(read)

    async def buckets(self, points: Sequence[str], *, since: int, until: int, count: int) -> Mapping[str, list[Bucket]]:
        """Return, for each point, those of about `count` buckets over since ≤ source time < until that hold numbers.

        The buckets are those of `Grid.over(since, until, count)` for every point; one that is missing is a gap.
        """
        span = (max(since, 0), min(until, EVER))
        grid, found = Grid.over(*span, count), dict[str, list[Bucket]]()
        distinct = list(dict.fromkeys(points))
        for begin in range(0, len(distinct), TOGETHER):
            waiting: dict[str, list[Reading]] = {point: [] for point in distinct[begin : begin + TOGETHER]}
            for reading in chain(self._group.flying.readings, self._group.pending.readings):
                if reading.point in waiting:
                    waiting[reading.point].append(reading)
            found |= await self._group.do(partial(self._journal.buckets, waiting, span, grid=grid))
        return found

    def _waiting(self, point: str) -> list[Reading]:
        both = chain(self._group.flying.readings, self._group.pending.readings)
        return [reading for reading in both if reading.point == point]

    async def committed(self, after: int, *, most: int) -> Spooled:
        """Return about `most` readings that were committed after cursor `after`, at least one commit's, oldest first.

        Nothing is new when `upto` is `after`. Readings may come twice: after a restart, a redelivery or a refill.
        """
        while (found := await self._group.do(self._journal.spool.read, after, most)) is None:
            pass
        return found

    @property
    def newest_seq(self) -> int:
        """Return the number of the newest commit that holds readings."""
        return self._journal.seq

    def hold(self, sink: str, seq: int) -> None:
        """Note, with the next commit, that a sink has everything up to `seq`; what follows is kept for it."""
        self._cursors[sink] = seq
        self._group.pending.cursors[sink] = seq

    def cursor(self, sink: str) -> int:
        """Return how far a sink is; 0 for one that never held: it should hold before it reads."""
        return self._cursors.get(sink, 0)

    def release(self, sink: str) -> None:
        """Forget a sink with the next commit: nothing is kept for it any more."""
        self._cursors.pop(sink, None)
        self._group.pending.cursors[sink] = None

    def floods(self) -> Mapping[str, int]:
        """Return the points that report so often that what is stored of them is thinned, and by how much."""
        return self._guard.floods(self._clock.now())

    def backlog(self, sink: str) -> Backlog:
        """Return what a sink has not had yet."""
        (row,) = self.query(BACKLOG, (self.cursor(sink),))
        return Backlog(*row)

    async def extent(self) -> Extent:
        """Return how far back readings, minutes and hours reach, and how full the file is."""
        return await self._group.do(self._journal.extent, self._limits)

    async def flush(self) -> None:
        """Commit everything that has come in; raise StoreUnavailable, and keep it, when the disk does not take it."""
        await self._group.flush()

    async def run(self) -> None:
        """Commit in time and compact when due, until the disk fails (StoreUnavailable); run again, nothing is lost."""
        while True:
            await self._group.due()
            await self._group.flush()
            while self._compaction_due() and await self._step() and not self._group.stirred:
                pass

    async def compact(self) -> None:
        """Move all that is committed into chunks now."""
        while await self._step():
            pass

    async def _step(self) -> bool:
        """Take one step of a compaction; old readings are judged by a clock that does not jump."""
        now = self._zero_ns + round(self._clock.mono() * 1e9)
        more = await self._group.do(partial(self._journal.compact, now, limits=self._limits))
        if not more:
            self._compacted_mono = self._clock.mono()
        return more

    def _compaction_due(self) -> bool:
        tail, limits = self._journal.tail, self._limits
        return (
            self._journal.compacting
            or tail.rows >= limits.compact_rows
            or tail.commits >= limits.compact_commits
            or (tail.rows > 0 and self._clock.mono() - self._compacted_mono >= limits.compact_every)
        )

    @property
    def last_commit_mono(self) -> float:
        """Return when the last commit was synced, on the monotonic clock."""
        return self._group.last_commit_mono

    @property
    def pending(self) -> int:
        """Return how many readings wait for a commit."""
        return len(self._group.pending.readings) + len(self._group.flying.readings)

    @property
    def counters(self) -> Mapping[str, int]:
        """Return what was done and everything that was left out, by reason."""
        kept = self._journal.counters
        return {
            "rows": kept["rows"],
            "commits": kept["commits"],
            "compactions": kept["compactions"],
            "pending": self.pending,
            "duplicates": kept["duplicates"] + self.latest.duplicates,
            "late": self.latest.late,
            "ahead": self.latest.ahead,
            "impossible": self.latest.impossible,
            "unreported": self._reports.unreported,
            "thinned": self._guard.thinned,
            "dropped": self._dropped,
            "unacknowledged": self._group.unacknowledged,
            "refused": kept["refused"],
            "quarantined": kept["quarantined"],
            "garbled": kept["garbled"],
            "lost": kept["lost"],
            "expired": kept["expired"],
            "dropped.bytes": kept["dropped.bytes"],
            "spool.owed": kept["spool.owed"],
            "spool.expired": kept["spool.expired"],
        }

    async def close(self) -> None:
        """Commit what waits, end the thread and give the file back, even when the disk does not take the commit."""
        with self._held:
            await self._group.close()
