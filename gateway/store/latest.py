"""The newest reading of every point, in memory: the sensor's time decides, not the order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs

from drivers.model import Quality, Reading, Reason
from gateway.store.columns import AHEAD_NS

FIRST, LAST = 0, 2**63 - 2**40
"""Source times that can be stored: the years 1970 to 2262."""


class Latest:
    """Fold batches into the newest reading of each point, and sift out what is already known."""

    def __init__(self) -> None:
        self._newest: dict[str, Reading] = {}
        self.duplicates = 0
        self.late = 0
        self.ahead = 0
        self.impossible = 0

    def get(self, point: str) -> Reading | None:
        """Return the newest reading of a point, or None when it has never been read."""
        return self._newest.get(point)

    def all(self) -> list[Reading]:
        """Return the newest reading of every point that has one."""
        return list(self._newest.values())

    def restore(self, readings: Iterable[Reading]) -> None:
        """Take what was stored earlier, counting nothing."""
        for reading in readings:
            believed = _believed(reading)
            newest = self._newest.get(reading.point)
            if newest is None or believed.source_at >= newest.source_at:
                self._newest[reading.point] = believed

    def sift(self, batch: Sequence[Reading], keep: list[Reading]) -> None:
        """Append to `keep` what must be stored of `batch`; late readings too, which never become the newest."""
        newest = self._newest
        for reading in batch:
            known = newest.get(reading.point)
            at = reading.source_at
            if (known is None or at > known.source_at) and FIRST <= at <= reading.received_at + AHEAD_NS:
                newest[reading.point] = reading
                keep.append(reading)
            else:
                self._odd(reading, known, keep)

    def _odd(self, reading: Reading, known: Reading | None, keep: list[Reading]) -> None:
        if not FIRST <= reading.source_at < LAST:
            self.impossible += 1
        elif reading.source_at > reading.received_at + AHEAD_NS:
            self._ahead(reading, known, keep)
        elif known is None or reading.source_at < known.source_at:
            self.late += 1
            keep.append(reading)
        elif _says(reading) == _says(known):
            self.duplicates += 1
        else:
            self._tie(reading, keep)

    def _ahead(self, reading: Reading, known: Reading | None, keep: list[Reading]) -> None:
        """Store a reading from the future as it came, but show it flagged and as of its arrival: it must not block."""
        self.ahead += 1
        keep.append(reading)
        believed = _believed(reading)
        if known is None or believed.source_at > known.source_at:
            self._newest[reading.point] = believed

    def _tie(self, reading: Reading, keep: list[Reading]) -> None:
        """Two events in one tick of the sensor's clock are both kept, the second a nanosecond later."""
        keep.append(reading)
        if not reading.retained:
            self._newest[reading.point] = structs.replace(reading, source_at=reading.source_at + 1)


def _believed(reading: Reading) -> Reading:
    if reading.source_at <= reading.received_at + AHEAD_NS:
        return reading
    return structs.replace(
        reading,
        source_at=reading.received_at,
        quality=max(reading.quality, Quality.UNCERTAIN),
        reason=reading.reason or Reason.SOURCE,
    )


def _says(reading: Reading) -> tuple[type, str, Quality, Reason]:
    return type(reading.value), repr(reading.value), reading.quality, reading.reason
