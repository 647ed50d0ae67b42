"""Any stretch of a series as buckets: from roll-ups where they have all of it, from readings where they have not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gateway.store.buckets import Bucket, Grid, of_summary
from gateway.store.chunks import OPEN, Stretch, listed, piece, readings_of, stretches
from gateway.store.columns import Columns
from gateway.store.errors import Garbled
from gateway.store.merge import TIE_NS
from gateway.store.rollups import BLOCKS, FROM, HOURS, MINUTES, Tier
from gateway.store.summary import Summary, following, grouped, of_series, unpack_summary

NEAR_NS = 4 * 3_600_000_000_000
"""Dirty steps closer to each other than this are looked at as one stretch."""

Span = tuple[int, int]
"""Source times in ns: from, until."""


class Series:
    """One series as it is now: `arrived` has what no chunk holds yet, in the order of arrival."""

    def __init__(self, connection: sqlite3.Connection, series: int, arrived: Columns) -> None:
        self._db = connection
        self._series = series
        self._arrived = arrived
        self.garbled = set[int]()
        """The chunks that could not be read."""

    def buckets(self, grid: Grid, since: int, until: int) -> list[Bucket]:
        """Return the buckets of [since, until) that hold numbers."""
        tiers = [tier for tier in (HOURS, MINUTES) if grid.width % tier.step == 0 and grid.first % tier.step == 0]
        parts = list(self._summaries(tiers, (since, until), grid))
        return of_summary(grouped(following(parts), first=grid.first, width=grid.width))

    def _summaries(self, tiers: Sequence[Tier], span: Span, grid: Grid) -> Iterator[Summary]:
        """Yield summaries of a stretch, oldest first: what the first of `tiers` has, and the rest from finer ones."""
        if span[0] >= span[1]:
            return
        if not tiers:
            yield from self._raw(span, grid)
            return
        tier, finer = tiers[0], tiers[1:]
        begin = span[0]
        for dirty in self._dirty(tier, span):
            yield from self._blocks(tiers, (begin, dirty[0]), grid)
            yield from self._summaries(finer, dirty, grid)
            begin = dirty[1]
        yield from self._blocks(tiers, (begin, span[1]), grid)

    def _dirty(self, tier: Tier, span: Span) -> list[Span]:
        """Return where a tier does not say all: where something arrived since, in open chunks, in cut off steps."""
        since, until = span
        arrived = self._arrived.at[(self._arrived.at >= since) & (self._arrived.at < until)]
        steps = np.unique(arrived // tier.step) * tier.step
        found = [(at, at + tier.step) for at in steps.tolist()]
        found += [
            tier.around(chunk.t0, chunk.t1 + 1) for chunk in listed(self._db, self._series, since, until, which=OPEN)
        ]
        (finer_from,) = self._db.execute(FROM[tier.step]).fetchone()
        found += [tier.around(at, at + 1) for at in span if at % tier.step and at >= finer_from]
        return _joined(found, span)

    def _blocks(self, tiers: Sequence[Tier], span: Span, grid: Grid) -> Iterator[Summary]:
        tier, (since, until) = tiers[0], span
        if since >= until:
            return
        first, last = since // tier.length, -(-until // tier.length)
        for block, blob, checksum in self._db.execute(BLOCKS, (tier.step, first, last, self._series)).fetchall():
            try:
                yield unpack_summary(blob, checksum, tier.step).between(since, until)
            except Garbled:
                inside = max(since, block * tier.length), min(until, (block + 1) * tier.length)
                yield from self._summaries(tiers[1:], inside, grid)

    def _raw(self, span: Span, grid: Grid) -> Iterator[Summary]:
        since, until = span
        near = self._arrived.take((self._arrived.at >= since - TIE_NS) & (self._arrived.at < until))
        for stretch in stretches(listed(self._db, self._series, since, until), near):
            readings = self._readings(stretch)
            begin, end = np.searchsorted(readings.at, span).tolist()
            found = of_series(readings.take(slice(begin, end)), first=grid.first, width=grid.width)
            # What was yielded before may lie later in the same bucket than where the bucket begins.
            yield replace(found, at=np.maximum(found.at, readings.at[begin:end][:1])) if len(found) else found

    def _readings(self, stretch: Stretch) -> Columns:
        """Return the readings of a stretch; chunks that nothing arrived in are unpacked without times of arrival."""
        if len(stretch.arrived):
            found = piece(self._db, self._series, stretch)
            self.garbled |= {chunk.id for chunk in found.lost}
            return found.readings
        try:
            return readings_of(self._db, stretch.chunks[0], self._series, arrivals=False)
        except Garbled:
            self.garbled.add(stretch.chunks[0].id)
            return stretch.arrived


def _joined(spans: list[Span], within: Span) -> list[Span]:
    """Return spans in order, cut to `within`, those that are near each other as one."""
    done: list[Span] = []
    for since, until in sorted(spans):
        begin, end = max(since, within[0]), min(until, within[1])
        if begin >= end:
            continue
        if done and begin - done[-1][1] < NEAR_NS:
            done[-1] = done[-1][0], max(done[-1][1], end)
        else:
            done.append((begin, end))
    return done
