"""How a folder of CSV files is described in a site's files, and what of it cannot work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from drivers.errors import BadConfig
from drivers.model import Device, Point
from drivers.sensors.csv_cells import Notation
from drivers.sensors.csv_sheet import Column, Form
from drivers.sensors.source import BadPoint, options_of
from drivers.sensors.time_stamp import zone_of


class CsvOptions(BaseModel):
    """The options of a folder: what its files are called and how they are written; `every` in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    pattern: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^/\x00]+$")] = "*.csv"
    """Which files are taken; what ends in .part or .tmp, or begins with a dot, never is."""
    every: Annotated[float, Field(gt=0, le=86_400)] = 5.0
    """Seconds between two looks; a file that is the same at both is complete."""
    layout: Literal["wide", "long"] = "wide"
    """wide: a column for every point; long: a row for every value, with the point's name in it."""
    header: bool = True
    """False: the first line is data, and columns are given by number."""
    separator: Literal["", ",", ";", "\t"] = ""
    """What separates columns; found out from the first line unless given."""
    decimal: Literal[".", ","] = "."
    """The decimal mark."""
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    """How the text is encoded; a byte order mark does no harm."""
    time: str | int = "time"
    """The column of the time; two that belong together as `date+time`."""
    time_format: Annotated[str, Field(max_length=60)] = ""
    """The time's format as of strptime; ISO 8601, day first (17/01/2026 15.42) and Unix times need none."""
    zone: Annotated[str, Field(max_length=60)] = ""
    """The zone of times that say none, as Asia/Jakarta or +07:00; without it such rows are rejected."""
    point: str | int = "point"
    """In a long file, the column of the point's name."""
    value: str | int = "value"
    """In a long file, the column of the value."""
    quality: str | int = ""
    """The column of the quality (good, suspect, bad, manual, test); none: all are good."""

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        zone_of(zone)
        return zone

    def form(self) -> Form:
        """Return how the files are written."""
        time = (self.time,) if isinstance(self.time, int) else tuple(map(_column, self.time.split("+")))
        zone = zone_of(self.zone) if self.zone else None
        return Form(
            self.layout, self.header, self.separator, self.encoding, time, _column(self.point), _column(self.value),
            _column(self.quality) if self.quality else None, Notation(self.decimal, zone, self.time_format),
        )  # fmt: skip


class CsvAddress(BaseModel):
    """Where a file has a point: the name or number of its column, or in a long file the name that rows say."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    column: str | Annotated[int, Field(ge=1, le=10_000)] = ""
    """The column by its name in the header or by its number from 1; in a long file the name; the point's id if none."""


def _column(text: str | int) -> Column:
    """Return a column, a number also when it is written as text."""
    return int(text) if isinstance(text, str) and text.strip().isdecimal() else text


def columns_of(device: Device, points: Sequence[Point]) -> dict[Column, Point]:
    """Return the points by their column, or in a long file by their name; raise BadPoint when two have the same."""
    options = options_of(device, CsvOptions)
    found: dict[Column, Point] = {}
    for point in points:
        column = CsvAddress.model_validate(dict(point.address)).column or point.id
        column = str(column) if options.layout == "long" else column
        if column in found:
            raise BadPoint(point.id, "column", f"{column!r} is already the column of {found[column].id}")
        if options.layout == "wide" and not options.header and isinstance(column, str):
            raise BadPoint(point.id, "column", "the files have no header: give the column's number, from 1")
        found[column] = point
    return found


def folder_of(device: Device) -> Path:
    """Return the folder that a link names; raise BadConfig for what is none on this machine."""
    parts = urlsplit(device.link)
    path = Path(unquote(parts.path))
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not path.is_absolute():
        raise BadConfig(
            f"{device.id}: the link {device.link!r} is no folder of this machine; write file:///var/lib/semarak/drop"
        )
    return path


def check(device: Device, points: Sequence[Point]) -> None:
    """Raise BadPoint or BadConfig for points that cannot be told apart, and for a link that is no folder."""
    columns_of(device, points)
    folder_of(device)
    options = options_of(device, CsvOptions)
    columns = [*options.form().time, *((options.point, options.value) if options.layout == "long" else ())]
    if not options.header and any(isinstance(_column(column), str) for column in columns):
        raise BadConfig(f"{device.id}: the files have no header: give time (and point, value) by number, from 1")
