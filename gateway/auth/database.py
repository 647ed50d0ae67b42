"""What accounts, sessions and tokens need of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Args = tuple[str | int | None, ...]


class Database(Protocol):
    """One writer, and reads that see what is committed."""

    def submit(self, sql: str, args: Args) -> None:
        """Put a statement into the next commit, in order."""

    async def write(self, sql: str, args: Args) -> None:
        """Commit a statement, and everything submitted before it, now."""

    def query(self, sql: str, args: Args = ()) -> Sequence[Sequence[Any]]:
        """Return the committed rows of a small read."""
