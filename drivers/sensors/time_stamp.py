"""When something was measured: a sensor's time stamp, in any usual unit, as UTC nanoseconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from drivers.sensors.bad_payload import BadPayload, shown

Stamped = datetime | int | float | str | None
Stamp = Callable[[Stamped, int], int]
"""Turns a time stamp (none: our time, the second argument) into UTC ns; raises BadPayload for one that cannot be."""

SECOND_NS = 1_000_000_000
FUTURE_NS = 120 * SECOND_NS
"""A time stamp may be this far ahead of ours: clocks differ, but a wrong one would block a series for hours."""
OLDEST_NS = 946_684_800 * SECOND_NS
"""2000-01-01: an earlier time stamp is a clock that was never set, or a unit that was guessed wrong."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MAGNITUDES = ((1e11, SECOND_NS), (1e14, 1_000_000), (1e17, 1_000))
"""Below the first bound a number counts seconds, below the next milliseconds, then microseconds, else nanoseconds."""
UNITS: Mapping[str, int] = {"s": SECOND_NS, "ms": 1_000_000, "us": 1_000, "ns": 1}
"""The units that a site can name, in nanoseconds; besides them `iso8601`, and `auto`, which goes by the magnitude."""

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
LONGEST_NUMBER = 40
MOST = 1e30
"""No time stamp is so large, whatever its unit."""
OFFSET = re.compile(r"([-+])(\d\d):(\d\d)", re.ASCII)


def source_time(ts: Stamped, now: int) -> int:
    """Return a time stamp as UTC ns (none: `now`), its unit inferred; raise BadPayload for one that cannot be."""
    if ts is None:
        return now
    at = _ns(ts)
    if at > now + FUTURE_NS:
        raise BadPayload("future", f"the time stamp is {(at - now) // SECOND_NS} s ahead; set the sensor's clock")
    if at < OLDEST_NS:
        raise BadPayload("ts", f"the time stamp {shown(ts)} is before the year 2000; set the sensor's clock")
    return at


def stamp_of(unit: str, zone: str = "") -> Stamp:
    """Return how time stamps of a unit are read, those without an offset in `zone`; raise ValueError for a bad zone."""
    where = zone_of(zone)
    if unit == "auto" and where is UTC:
        return source_time

    def stamp(ts: Stamped, now: int) -> int:
        if ts is None:
            return now
        if unit in UNITS:
            return source_time(_scaled(_numeric(ts), unit), now)
        if unit == "iso8601" and not isinstance(ts, datetime | str):
            raise BadPayload("ts", f"the time stamp {shown(ts)} is no ISO 8601; correct time_unit, or leave it out")
        return source_time(_placed(_numeric(ts) if unit == "auto" else ts, where), now)

    return stamp


def zone_of(name: str) -> tzinfo:
    """Return the time zone of `+07:00` or `Asia/Jakarta` (none: UTC); raise ValueError for what is neither."""
    if not name:
        return UTC
    offset = OFFSET.fullmatch(name)
    try:
        if offset:
            sign = -1 if offset[1] == "-" else 1
            return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3])))
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; write it as +07:00 or as Asia/Jakarta") from None


def _ns(ts: datetime | int | float | str) -> int:
    if isinstance(ts, datetime):
        since = (ts if ts.tzinfo else ts.replace(tzinfo=UTC)) - EPOCH
        return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * 1_000
    if isinstance(ts, str):
        return _ns(_placed(_numeric(ts), UTC))
    scale = next((scale for bound, scale in MAGNITUDES if abs(ts) < bound), 1)
    if scale == 1 and not abs(ts) < MOST:
        raise BadPayload("ts", f"the time stamp {shown(ts)} is too large; set the sensor's clock")
    return _times(ts, scale)


def _times(ts: float, scale: int) -> int:
    # A float has no room for nanoseconds: microseconds are what it truly says.
    return ts * scale if isinstance(ts, int) else round(ts * scale / 1_000) * 1_000


def _scaled(ts: datetime | int | float | str, unit: str) -> int:
    """Return a number of a named unit as an int of nanoseconds, large enough never to be taken for another unit."""
    if isinstance(ts, datetime | str) or not abs(ts) < MOST:
        raise BadPayload("ts", f"the time stamp {shown(ts)} is no number of {unit}; correct time_unit, or leave it out")
    at = _times(ts, UNITS[unit])
    if at < OLDEST_NS:
        raise BadPayload("ts", f"the time stamp {shown(ts)} {unit} is before the year 2000; set the sensor's clock")
    return at


def _numeric(ts: datetime | int | float | str) -> datetime | int | float | str:
    """Return text that is a number as that number."""
    if isinstance(ts, bool):
        raise BadPayload("ts", f"{ts} is no time stamp")
    if not isinstance(ts, str):
        return ts
    text = ts.strip()
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        return text
    return int(text) if text.isdecimal() else float(text)


def _placed(ts: datetime | int | float | str, zone: tzinfo) -> datetime | int | float:
    """Return text as the time that it tells, what has no offset in `zone`."""
    if isinstance(ts, str):
        try:
            ts = datetime.fromisoformat(ts)
        except ValueError:
            raise BadPayload("ts", f"the time stamp {shown(ts)} is neither a number nor ISO 8601") from None
    if isinstance(ts, datetime) and ts.tzinfo is None:
        return ts.replace(tzinfo=zone)
    return ts
