"""Which span a report is about: a month of the hall, in WIB."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from gateway.kpi.errors import BadSpan

HALL = timezone(timedelta(hours=7), "WIB")
MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
S = 1_000_000_000


def month(text: str) -> tuple[int, int]:
    """Return from when until when (UTC ns) a month as `2026-11` lasts in WIB; raise BadSpan."""
    found = MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or not 2000 <= int(found[1]) < 2200:
        raise BadSpan(f"{text[:40]!r} is no month; write it as 2026-11")
    year, number = int(found[1]), int(found[2])
    following = (year + number // 12, number % 12 + 1)
    return _begins(year, number), _begins(*following)


def _begins(year: int, number: int) -> int:
    return round(datetime(year, number, 1, tzinfo=HALL).timestamp()) * S


def month_of(at: int) -> str:
    """Return the month in WIB of a time (UTC ns), as `2026-11`."""
    return datetime.fromtimestamp(at // S, UTC).astimezone(HALL).strftime("%Y-%m")
