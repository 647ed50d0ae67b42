"""The store's tables in a plain SQLite file: all is committed at once, and no thread lets virtual time run."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import gateway.store

SCHEMA = Path(gateway.store.__file__).parent / "schema"


class Rows:
    """What the queue and the audit need of the store; the next one on the same folder is the process after it."""

    def __init__(self, folder: Path) -> None:
        path = folder / "rows.db"
        fresh = not path.exists()
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA synchronous=OFF")
        for script in sorted(SCHEMA.glob("*.sql")) if fresh else ():
            self._db.executescript(script.read_text("utf-8"))

    def submit(self, sql: str, args: tuple[Any, ...]) -> None:
        """Write now."""
        self._db.execute(sql, args)

    async def write(self, sql: str, args: tuple[Any, ...]) -> None:
        """Write now."""
        self._db.execute(sql, args)

    def query(self, sql: str, args: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Read."""
        return self._db.execute(sql, args).fetchall()

    def close(self) -> None:
        """Give the file back."""
        self._db.close()
