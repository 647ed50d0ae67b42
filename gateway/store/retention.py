"""Let go of what is too old or too much: readings, then minutes, then hours, each after its own time."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass

from gateway.store.change import apply, closing
from gateway.store.chunks import SPAN_NS, Listed, State
from gateway.store.limits import Limits
from gateway.store.rollups import EXPIRE, HOURS, MINUTES, Tier
from gateway.store.summary import DAY_NS, HOUR_NS

MOST = 2_000
"""Chunks that one compaction lets go or closes at most, the oldest first; the others go with the next."""
FRESH_NS = HOUR_NS
"""What is younger is never dropped for its bytes."""

FROM = "SELECT raw_from, minute_from, hour_from FROM compacted"
FROM_IS = "UPDATE compacted SET rows = rows - ?, raw_from = ?, minute_from = ?, hour_from = ?"
OPEN_OLD = "SELECT series, id, t0, t1, n, state FROM chunk WHERE state = 0 AND (t1 < ? OR t0 < ?) ORDER BY t1 LIMIT ?"
OLD = "SELECT id, n FROM chunk WHERE state IN (0, 1) AND t1 < ? ORDER BY t1 LIMIT ?"
BY_AGE = "SELECT t1, length(blob) FROM chunk WHERE state = 1 ORDER BY t1 LIMIT ?"
DELETE = "DELETE FROM chunk WHERE id = ?"
OLDEST = "SELECT min(t0) FROM chunk WHERE state = ?"
OLDEST_BLOCK = "SELECT min(block) FROM rollup WHERE step = ?"


@dataclass(frozen=True, slots=True)
class Extent:
    """How far back each tier reaches (UTC ns; 0: it holds nothing), and the bytes in use of those allowed (0: any)."""

    raw: int
    minutes: int
    hours: int
    bytes: int
    most_bytes: int


def raw_from(connection: sqlite3.Connection) -> int:
    """Return the source time (UTC ns) from which on readings are kept; a whole hour."""
    (since,) = connection.execute("SELECT raw_from FROM compacted").fetchone()
    return int(since)


def expire(connection: sqlite3.Connection, now: int, *, limits: Limits) -> Counter[str]:
    """Let go, within the caller's transaction, of what is too old at `now` (UTC ns) or too much; return counts."""
    counts: Counter[str] = Counter()
    raw, minute, hour = connection.execute(FROM).fetchone()
    by_age = max(raw, _whole_hour(now - limits.raw_days * DAY_NS))
    by_bytes = max(by_age, min(_too_much(connection, limits.most_bytes), _whole_hour(now - FRESH_NS)))
    minute = min(max(minute, _whole_hour(now - limits.minute_days * DAY_NS)), by_bytes)
    hour = min(max(hour, _whole_hour(now - limits.hour_days * DAY_NS)), minute)
    counts.update(_close(connection, by_bytes, now=now))
    counts["expired"] += _drop(connection, by_age)
    counts["dropped.bytes"] += _drop(connection, by_bytes)
    for tier, since in ((MINUTES, minute), (HOURS, hour)):
        connection.execute(EXPIRE, (tier.step, since // tier.length))
    gone = counts["expired"] + counts["dropped.bytes"] + counts["lost"]
    connection.execute(FROM_IS, (gone, by_bytes, minute, hour))
    return counts


def extent(connection: sqlite3.Connection, limits: Limits) -> Extent:
    """Return how far back the committed and compacted readings reach."""
    oldest = [connection.execute(OLDEST, (state,)).fetchone()[0] for state in State]
    raw = min((at for at in oldest if at is not None), default=0)
    minutes, hours = (_first(connection, tier) for tier in (MINUTES, HOURS))
    return Extent(raw, minutes, hours, used(connection), limits.most_bytes)


def used(connection: sqlite3.Connection) -> int:
    """Return the bytes of the file that hold something."""
    (pages,), (free,), (size,) = (
        connection.execute(f"PRAGMA {what}").fetchone() for what in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _first(connection: sqlite3.Connection, tier: Tier) -> int:
    (block,) = connection.execute(OLDEST_BLOCK, (tier.step,)).fetchone()
    return 0 if block is None else int(block * tier.length)


def _whole_hour(at: int) -> int:
    return max(0, -(-at // HOUR_NS) * HOUR_NS)


def _too_much(connection: sqlite3.Connection, most: int) -> int:
    """Return from when on readings may stay so that the file holds no more than `most` bytes; 0: no bound is met."""
    excess = used(connection) - most if most else 0
    at = 0
    if excess > 0:
        for t1, size in connection.execute(BY_AGE, (MOST,)):
            at, excess = t1 + 1, excess - size
            if excess <= 0:
                break
    return _whole_hour(at)


def _close(connection: sqlite3.Connection, raw: int, *, now: int) -> Counter[str]:
    """Close the open chunks that nothing will be merged with any more, and those that `raw` is about to cut."""
    counts: Counter[str] = Counter()
    for series, *chunk in connection.execute(OPEN_OLD, (now - 2 * SPAN_NS, raw, MOST)).fetchall():
        done = closing(connection, series, Listed(*chunk))
        counts.update(lost=done.lost, quarantined=len(done.garbled))
        apply(connection, done, now=now)
    return counts


def _drop(connection: sqlite3.Connection, before: int) -> int:
    old = connection.execute(OLD, (before, MOST)).fetchall()
    connection.executemany(DELETE, [(chunk,) for chunk, _ in old])
    return sum(n for _, n in old)
