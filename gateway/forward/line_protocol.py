"""Readings as InfluxDB line protocol: columns in, bytes out, without an object a point.

The syntax and what must be escaped: docs.influxdata.com, "Line protocol" (InfluxDB 1.8, 2 and 3 say the same). What no
escape can save (a backslash or a line break in a tag, an empty tag, a measurement that begins with `#` or `_`) is
replaced, and what a field cannot hold (NaN, infinity) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
import orjson

from gateway.store.columns import FLAG, INT, QUALITIES, REASONS, TEXT, Columns, value_at

NOTHING = "none"
"""Stands for an empty tag: a tag that is sometimes missing would make a second series."""
TAGS = ("device", "owner", "point", "room", "site")
"""The same for every line, always in this order: InfluxDB 3 fixes a table's tags for good."""

_IN_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ "})
_IN_TAG = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_IN_TEXT = str.maketrans({"\\": r"\\", '"': r"\""})
_UNSAVED = str.maketrans({"\\": "/", **{chr(code): " " for code in (*range(32), 127)}})


def plain(text: str) -> str:
    """Return a text that can name a measurement or fill a tag."""
    return text.translate(_UNSAVED).strip() or NOTHING


def measurement_name(text: str) -> str:
    """Return a measurement's name as it is stored; `#` would begin a comment, and `_` is InfluxDB's own."""
    name = plain(text)
    return f"m{name}" if name[0] in "#_" else name


def head(measurement: str, tags: Mapping[str, str]) -> bytes:
    """Return what all lines of a series begin with; `tags` has a text, empty or not, for each of TAGS."""
    told = [f",{key}={plain(tags[key]).translate(_IN_TAG)}" for key in TAGS]
    name = measurement_name(measurement).translate(_IN_MEASUREMENT)
    return "".join([name, *told]).encode("utf-8", "replace")


def encoded(columns: Columns, heads: Mapping[int, bytes]) -> bytes:
    """Return a line a reading, in order; `heads` has the head of each series' number. Times are nanoseconds.

    Fields: `quality` (0 good, 1 uncertain, 2 bad) always; `reason` when there is one; `value`, always a float, for
    numbers and flags; `flag` beside it for flags; `text` for texts.
    """
    count = len(columns)
    if not count:
        return b""
    marks = columns.marks.tolist()
    openings = {mark: _opening(mark) for mark in set(marks)}
    opened, values = list(map(openings.__getitem__, marks)), _cells(columns.number)
    for row in np.flatnonzero(((columns.marks & 7) > INT) | ~np.isfinite(columns.number)).tolist():
        opened[row], values[row] = _about(marks[row]), _odd(columns, row)
    parts = [b"\n"] * (6 * count)
    parts[0::6] = map(heads.__getitem__, columns.series.tolist())
    parts[1::6], parts[2::6], parts[3::6], parts[4::6] = opened, values, [b" "] * count, _cells(columns.at)
    return b"".join(parts)


def _cells(numbers: np.typing.NDArray[Any]) -> list[bytes]:
    """Return numbers as text, the shortest that reads back as the same; what is not finite becomes `null`."""
    text = orjson.dumps(np.ascontiguousarray(numbers), option=orjson.OPT_SERIALIZE_NUMPY)
    return text[1:-1].split(b",")


def _about(mark: int) -> bytes:
    """Return the fields that say how far a reading may be trusted."""
    reason = REASONS[mark >> 6]
    told = f" quality={int(QUALITIES[mark >> 3 & 3])}i" + (f',reason="{reason}"' if reason else "")
    return told.encode()


def _opening(mark: int) -> bytes:
    return _about(mark) + b",value="


def _odd(columns: Columns, row: int) -> bytes:
    """Return the fields of a value that is not simply a finite number."""
    kind, value = int(columns.marks[row]) & 7, value_at(columns, row)
    if kind == FLAG:
        return b",value=1.0,flag=true" if value else b",value=0.0,flag=false"
    if kind == TEXT:
        return f',text="{str(value).translate(_IN_TEXT)}"'.encode("utf-8", "replace")
    try:
        number = float(value)
    except OverflowError:
        return f',text="{value}"'.encode()
    return f",value={number!r}".encode() if isfinite(number) else b""
