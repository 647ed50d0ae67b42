"""A journal as it is at one moment, read from outside: also while a service writes to it, and without its lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from drivers.model import Clock, Reading
from gateway.archive.errors import NoStore
from gateway.store.errors import StoreError
from gateway.store.journal import Journal
from gateway.store.retention import raw_from

PATIENCE_S = 5.0
POINTS = "SELECT point FROM series ORDER BY id"


class Snapshot:
    """What was committed when it was opened; what is committed meanwhile is not in it."""

    def __init__(self, connection: sqlite3.Connection, journal: Journal) -> None:
        self._db, self._journal = connection, journal

    @property
    def points(self) -> list[str]:
        """Return every point that was ever read."""
        return [point for (point,) in self._db.execute(POINTS)]

    @property
    def garbled(self) -> int:
        """Return how many chunks could not be read so far: their readings are missing."""
        return self._journal.counters["garbled"]

    @property
    def whole_since(self) -> int:
        """Return the source time (UTC ns) from which on every reading is kept."""
        return raw_from(self._db)

    async def readings(self, point: str, *, since: int, until: int, limit: int) -> Sequence[Reading]:
        """Return a point's first `limit` readings with since ≤ source time < until (UTC ns), oldest first."""
        return self.recorded(point, since=since, until=until, limit=limit)

    def recorded(self, point: str, *, since: int, until: int, limit: int) -> Sequence[Reading]:
        """Return the same where nobody else waits for this thread."""
        return self._journal.read(point, (since, until), waiting=(), limit=limit)


@contextmanager
def opened(path: Path, *, clock: Clock) -> Iterator[Snapshot]:
    """Open a store's file for reading; raise NoStore when there is none, or none that can be read as it is.

    One transaction is open as long as the block runs: the file's log grows meanwhile, and nobody waits.
    """
    if not path.exists():
        raise NoStore(f"there is no journal {path}; name the data folder with --data")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=PATIENCE_S)) as db:
            db.execute("BEGIN")
            journal = Journal(db, mono_zero=clock.now() / 1e9 - clock.mono())
            journal.load(clock.now())
            yield Snapshot(db, journal)
    except (sqlite3.Error, StoreError) as error:
        raise NoStore(
            f"{path} cannot be read: {error}; if it was written by an older version, start the service once"
        ) from error
