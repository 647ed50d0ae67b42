"""Open the one SQLite file: locked against a second writer, migrated, as durable as the disk allows."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Self

from gateway.store.errors import StoreBroken, StoreLocked, StoreUnavailable

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384")

OWN_FAULTS = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE})
"""What the database says when a statement is wrong; everything else is the disk's or the machine's fault."""


class Lock:
    """The right to write to a data directory, held until `release` or the end of the process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def take(cls, path: Path) -> Self:
        """Take the lock file at `path`; raise StoreLocked when another process holds it."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise StoreLocked(
                f"{path.parent} is in use by process {holder}; stop that one first, or choose another --data directory"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        return cls(handle)

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._handle)


def open_writer(path: Path) -> sqlite3.Connection:
    """Return the writing connection, migrated to the newest schema; raise StoreBroken when the file cannot be used."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        _migrate(connection, path)
    except sqlite3.DatabaseError as error:
        raise StoreBroken(f"{path} cannot be opened: {error}; restore it from a backup, or move it away") from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Return a connection that sees every commit and can write nothing."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    connection.execute("PRAGMA query_only=ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit, synced, what the body writes, or nothing; raise StoreUnavailable when the disk does not take it."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreUnavailable(
            f"the store cannot write: {error}; what waits stays in memory and is not acknowledged;"
            " free space on the disk or look at its health"
        ) from error
    finally:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


def own_fault(error: sqlite3.Error | ValueError | OverflowError) -> bool:
    """Return whether a statement failed because of what it says, so that the commit around it can go on."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in OWN_FAULTS


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    steps = _steps()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(steps):
        raise StoreBroken(
            f"{path} was written by a newer program (schema {version}, this one knows {len(steps)}); update this one"
        )
    for number, script in enumerate(steps[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={number};\nCOMMIT;")


def _steps() -> list[str]:
    folder = resources.files("gateway.store") / "schema"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [file.read_text("utf-8") for file in files]
