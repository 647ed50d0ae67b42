"""What waits for the next group commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.model import Reading

Cell = str | int | float | bytes | None


@dataclass(slots=True, eq=False)
class Statement:
    """One statement of a group commit; `refused` is why the database did not take it."""

    sql: str
    args: tuple[Cell, ...]
    refused: sqlite3.Error | ValueError | OverflowError | None = None


@dataclass(slots=True)
class Pending:
    """Readings, statements, kept state, cursors, in the order in which they came; whom to tell once all is durable."""

    readings: list[Reading] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    kept: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    cursors: dict[str, int | None] = field(default_factory=dict)
    waiting: list[Callable[[], None]] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Return whether there is something to write."""
        return bool(self.readings or self.statements or self.kept or self.cursors)

    def follow(self, later: Pending) -> None:
        """Put what came later behind this."""
        self.readings += later.readings
        self.statements += later.statements
        self.kept |= later.kept
        self.cursors |= later.cursors
        self.waiting += later.waiting
