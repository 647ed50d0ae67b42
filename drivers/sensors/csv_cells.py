"""What the cells of a CSV file say: numbers with either decimal mark, flags, texts, and times in the usual formats."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from drivers.model import PointKind, Value
from drivers.sensors.bad_payload import BadPayload, shown
from drivers.sensors.time_stamp import source_time

EMPTY = frozenset({"", "-", "--", "---", "nan", "na", "n/a", "null", "none", "nil"})
"""What loggers write where they have no value; for a text only nothing at all is none."""
FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("1", "true", "on", "yes", "ya", "y", "t"), True),
    **dict.fromkeys(("0", "false", "off", "no", "tidak", "n", "f"), False),
}
LONGEST_TEXT = 500
LONGEST_TIME = 40
STAMP = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
"""Seconds, milliseconds, microseconds or nanoseconds since 1970."""
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
DAY_FIRST = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})[ T,]+(\d{1,2})[:.](\d{2})"
    r"(?:[:.](\d{2})(?:[.,](\d{1,6}))?)?\s*([-+]\d\d:?\d\d|Z)?",
    re.ASCII,
)
"""As in Indonesia: 17/01/2026 15.42, also with seconds, parts of them and an offset; the month is never first."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How a file writes: its decimal mark, the `zone` of times that say none, and strptime's `format` of times."""

    decimal: str = "."
    zone: tzinfo | None = None
    format: str = ""

    def value(self, kind: PointKind, cell: str) -> Value | None:
        """Return what a cell says, None for one that says nothing; raise BadPayload for what is none of that kind."""
        if kind is PointKind.TEXT:
            if len(cell) > LONGEST_TEXT:
                raise BadPayload("value", f"the text is longer than {LONGEST_TEXT} characters")
            return cell or None
        word = cell.lower()
        if word in EMPTY:
            return None
        if kind is PointKind.FLAG:
            if word not in FLAGS:
                raise BadPayload("value", f"{shown(cell)} is no flag; write 1 or 0")
            return FLAGS[word]
        return self._number(cell)

    def _number(self, cell: str) -> float:
        # With a decimal comma a point would separate thousands: what it means is not for us to guess.
        text = cell.replace(".", "?").replace(",", ".") if self.decimal == "," else cell
        if not NUMBER.fullmatch(text) or math.isinf(number := float(text)):
            raise BadPayload("value", f"{shown(cell)} is no number with the decimal mark {self.decimal!r}")
        return number

    def time(self, cell: str, now: int) -> int:
        """Return what a cell says of when, as UTC ns; raise BadPayload for what is no time, or one that cannot be."""
        if not self.format and len(cell) <= LONGEST_TIME and STAMP.fullmatch(cell):
            return source_time(float(cell) if "." in cell else int(cell), now)
        at = self._formatted(cell) if self.format else _usual(cell)
        if at.tzinfo is None:
            if self.zone is None:
                raise BadPayload("zone", f"{shown(cell)} says no time zone; set the option zone, as Asia/Jakarta")
            at = at.replace(tzinfo=self.zone)
        return source_time(at, now)

    def _formatted(self, cell: str) -> datetime:
        try:
            return datetime.strptime(cell, self.format)  # noqa: DTZ007 - the caller gives it its zone
        except ValueError:
            raise BadPayload("ts", f"{shown(cell)} is no time of the format {self.format!r}") from None


def _usual(cell: str) -> datetime:
    """Return a time in ISO 8601 (also with slashes), or with the day first."""
    days = DAY_FIRST.fullmatch(cell)
    try:
        if days is None:
            return datetime.fromisoformat(cell.replace("/", "-"))
        day, month, year, hour, minute, second, part, offset = days.groups()
        micro = int((part or "").ljust(6, "0"))
        at = datetime(  # noqa: DTZ001 - the caller gives it its zone
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro
        )
        return at if offset is None else at.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo)
    except ValueError:
        raise BadPayload("ts", f"{shown(cell)} is no time that is known; set the option time_format") from None
