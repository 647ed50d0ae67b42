"""Each series by minutes and by hours: what closed chunks hold, in blocks that are packed like chunks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.store.errors import Garbled
from gateway.store.packing import crc
from gateway.store.summary import (
    DAY_NS,
    HOUR_NS,
    MINUTE_NS,
    Summary,
    following,
    grouped,
    nothing,
    pack_summary,
    unpack_summary,
)

READ = "SELECT blob, crc FROM rollup WHERE step = ? AND block = ? AND series = ?"
BLOCKS = "SELECT block, blob, crc FROM rollup WHERE step = ? AND block >= ? AND block < ? AND series = ? ORDER BY block"
FROM = {MINUTE_NS: "SELECT raw_from FROM compacted", HOUR_NS: "SELECT minute_from FROM compacted"}
"""From when on what a tier is made of is still there."""
WRITE = "INSERT OR REPLACE INTO rollup (step, block, series, crc, blob) VALUES (?, ?, ?, ?, ?)"
EXPIRE = "DELETE FROM rollup WHERE step = ? AND block < ?"


@dataclass(frozen=True, slots=True)
class Tier:
    """Summaries of `step` ns, kept in blocks of `length` ns."""

    step: int
    length: int

    def around(self, since: int, until: int) -> tuple[int, int]:
        """Return the whole steps that [since, until) touches: from, until."""
        return since // self.step * self.step, -(-until // self.step) * self.step


MINUTES = Tier(MINUTE_NS, DAY_NS)
HOURS = Tier(HOUR_NS, 32 * DAY_NS)


@dataclass(slots=True)
class Rollups:
    """The roll-ups of one series while a compaction changes them; nothing is written before `rows` are."""

    connection: sqlite3.Connection
    series: int
    _changed: dict[tuple[Tier, int], Summary] = field(default_factory=dict)

    def garbled(self, since: int, until: int) -> tuple[int, int]:
        """Return [since, until) widened by the blocks in it that cannot be read, which must be made anew."""
        for block in range(since // MINUTES.length, -(-until // MINUTES.length)):
            try:
                self._block(MINUTES, block)
            except Garbled:
                since, until = min(since, block * DAY_NS), max(until, (block + 1) * DAY_NS)
        return since, until

    def replace(self, since: int, until: int, minutes: Summary) -> None:
        """Let `minutes` be all that the minutes of [since, until) hold; both are whole minutes."""
        self._replace(MINUTES, since, until, minutes)
        begin, end = HOURS.around(since, until)
        days = [self._readable(MINUTES, day) for day in range(begin // DAY_NS, -(-end // DAY_NS))]
        hours = grouped(following(days).between(begin, end), first=0, width=HOUR_NS)
        self._replace(HOURS, begin, end, hours)

    def rows(self) -> Iterator[tuple[int, int, int, int, bytes]]:
        """Yield the changed blocks as `WRITE` takes them."""
        for (tier, block), summary in self._changed.items():
            blob = pack_summary(summary, tier.step)
            yield tier.step, block, self.series, crc(blob), blob

    def _replace(self, tier: Tier, since: int, until: int, summary: Summary) -> None:
        for block in range(since // tier.length, -(-until // tier.length)):
            begin, end = max(since, block * tier.length), min(until, (block + 1) * tier.length)
            old = self._readable(tier, block)
            whole = following([old.between(0, begin), summary.between(begin, end), old.between(end, 2**63 - 1)])
            if len(whole):
                self._changed[tier, block] = whole

    def _readable(self, tier: Tier, block: int) -> Summary:
        try:
            return self._block(tier, block)
        except Garbled:
            return self._of_minutes(block) if tier is HOURS else nothing()

    def _of_minutes(self, block: int) -> Summary:
        days = [self._readable(MINUTES, day) for day in range(block * 32, block * 32 + 32)]
        return grouped(following(days), first=0, width=HOUR_NS)

    def _block(self, tier: Tier, block: int) -> Summary:
        changed = self._changed.get((tier, block))
        if changed is not None:
            return changed
        row = self.connection.execute(READ, (tier.step, block, self.series)).fetchone()
        if row is None:
            return nothing()
        blob, checksum = row
        return unpack_summary(blob, checksum, tier.step)
