"""Times in files: RFC 3339 in UTC, exact to the nanosecond."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache

SECOND_NS = 1_000_000_000
STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[-+]\d\d:\d\d)", re.ASCII)


def written(at: int) -> str:
    """Return UTC ns as text with 3, 6 or 9 decimals, the fewest that say all."""
    second, ns = divmod(at, SECOND_NS)
    if not ns % 1_000_000:
        return f"{_date(second)}.{ns // 1_000_000:03d}Z"
    return f"{_date(second)}.{ns:09d}Z" if ns % 1_000 else f"{_date(second)}.{ns // 1_000:06d}Z"


def read(text: str) -> int:
    """Return the UTC ns that a text tells; raise ValueError for one that is no time, or that says no time zone."""
    found = STAMP.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no time; write it as 2026-01-17T08:30:00.000Z")
    day, clock, fraction, zone = found.groups()
    return _second(f"{day}T{clock}{zone.upper()}") * SECOND_NS + int((fraction or "").ljust(9, "0"))


def day_of(at: int) -> date:
    """Return the day of UTC ns, in UTC."""
    return datetime.fromtimestamp(at // SECOND_NS, UTC).date()


@lru_cache(maxsize=4096)
def _date(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=4096)
def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
