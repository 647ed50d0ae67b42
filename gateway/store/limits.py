"""How long and how much may wait in the store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, readings, commits and days; a bound is met by whichever comes first."""

    commit_every: float = 0.03
    """How long what somebody waits for, or what happened but once, may wait: an acknowledgement, an audit event."""
    unwaited_every: float = 0.2
    """How long readings may wait whose commit nobody waits for (QoS 0, polls): each commit costs bytes and wear."""
    commit_rows: int = 1_000
    """Commit at once when so many readings wait; more than half of a broker's in-flight window paces its intake."""
    pending_rows: int = 200_000
    """Readings beyond so many, while the disk takes nothing, are dropped and counted."""
    flood_rows: int = 60_000
    """Readings of one point in ten minutes of its own clock; beyond so many, one a second is stored."""
    compact_rows: int = 200_000
    compact_commits: int = 4_096
    compact_every: float = 3_600.0
    raw_days: int = 90
    """Chunks whose newest reading is older go with the next compaction."""
    minute_days: int = 400
    hour_days: int = 3_653
    occurrence_days: int = 1_827
    """Days for which an alarm's occurrence is kept after it is over: five years."""
    most_bytes: int = 0
    """The oldest readings go while the file holds more, their minutes and hours stay; 0: whatever the disk takes."""
    spool_bytes: int = 250_000_000
    """Journal kept for sinks that are behind; a sink further behind is served from the chunks."""


DEFAULT = Limits()
