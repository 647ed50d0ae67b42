"""How long and how much may wait in the store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, readings, commits and days; a bound is met by whichever comes first."""

    commit_every: float = 0.03
    commit_rows: int = 1_000
    """Commit at once when so many readings wait; more than half of a broker's in-flight window paces its intake."""
    pending_rows: int = 200_000
    """Readings beyond so many, while the disk takes nothing, are dropped and counted."""
    compact_rows: int = 200_000
    compact_commits: int = 4_096
    compact_every: float = 3_600.0
    keep_days: int = 400
    """Chunks whose newest reading is older go with the next compaction."""


DEFAULT = Limits()
