"""Whether a reading is history when it comes: too old to tell anything of now, so that it may ring nothing."""

from __future__ import annotations

from drivers.model import Point

SECOND_NS = 1_000_000_000
OLD_S = 3_600.0
"""For a point that is never stale, what was measured longer ago than this is history."""


def is_history(point: Point, source_at: int, now: int) -> bool:
    """Return whether what was measured at `source_at` is stale already at `now` (both UTC ns)."""
    return source_at < now - round((point.stale_after or OLD_S) * SECOND_NS)
