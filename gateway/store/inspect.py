"""Look into a store's file from outside, also while a service writes to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

FILE = "semarak.db"
PATIENCE_S = 5.0
COUNT = "SELECT (SELECT coalesce(sum(n), 0) FROM journal) + (SELECT coalesce(sum(n), 0) FROM chunk)"


def count_readings(data: Path) -> int:
    """Return how many readings are committed in the data folder; 0 while there is no store.

    Raises sqlite3.DatabaseError for a file that is none.
    """
    path = data / FILE
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE_S)) as reader:
        (known,) = reader.execute("SELECT count(*) FROM sqlite_master WHERE name = 'chunk'").fetchone()
        return int(reader.execute(COUNT).fetchone()[0]) if known else 0
