"""Whether a sensor is online, by its own word or by its will: when it is not, its points are BAD at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from drivers.model import Quality, Reading, Reason
from drivers.sensors.bad_payload import BadPayload, shown
from drivers.sensors.json_text import decoded
from drivers.sensors.time_stamp import Stamped, source_time

Last = Callable[[str], Reading | None]
"""Returns what a point said last, if it ever spoke."""

ONLINE, OFFLINE = "online", "offline"
LONGEST_WORD = 64


class _Status(msgspec.Struct):
    """The fields of a status payload that are used here."""

    state: str
    v: int = 1
    ts: datetime | int | float | None = None


_STATUS = msgspec.json.Decoder(_Status)


class Presence:
    """One sensor's status topic: JSON with a `state`, or the bare word; `words` are what it says on- and offline."""

    def __init__(self, sensor: str, points: Sequence[str], *, words: tuple[str, str], last: Last) -> None:
        self.sensor = sensor
        self.points = tuple(points)
        self.online = True
        """False from the moment it said offline until it says online."""
        self._states = dict(zip(words, (ONLINE, OFFLINE), strict=True))
        self._last = last

    def read(self, payload: bytes, *, retained: bool, now: int, mono: float) -> Sequence[Reading | BadPayload]:
        """Return the state as a reading of its own, and when it is offline the last readings of its points as BAD."""
        try:
            state, at = self._said(payload, now)
        except BadPayload as error:
            return [error]
        self.online = state == ONLINE
        status = Reading(f"{self.points[0]}.status", state, at, now, mono, retained=retained)
        return [status] if self.online else [status, *taken_back(self.points, self._last, now=now, mono=mono)]

    def _said(self, payload: bytes, now: int) -> tuple[str, int]:
        text = payload[:LONGEST_WORD].decode("utf-8", "replace").strip()
        ts: Stamped = None
        if text.startswith("{"):
            said = decoded(_STATUS, payload)
            text, ts = said.state, said.ts
        if text not in self._states:
            raise BadPayload("state", f"{shown(text)} is neither {' nor '.join(self._states)}")
        return self._states[text], source_time(ts, now)


def taken_back(
    points: Iterable[str], last: Last, *, now: int, mono: float, quality: Quality = Quality.BAD
) -> Sequence[Reading]:
    """Return the last readings once more, of this quality or a worse one, as of when they were measured.

    A nanosecond later, to be exact: so they replace them, and whatever the sensor measures next replaces these,
    however wrong or coarse its clock is.
    """
    found = [was for point in points if (was := last(point)) is not None]
    return [
        Reading(was.point, was.value, was.source_at + 1, now, mono, max(was.quality, quality), Reason.COMM)
        for was in found
        if was.reason is not Reason.COMM or was.quality < quality
    ]
