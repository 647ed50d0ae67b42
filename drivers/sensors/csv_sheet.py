"""One CSV file being read: its first line says where everything stands, every other becomes readings or reasons."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from drivers.model import Point, Quality, Reading, Reason, Value
from drivers.sensors.bad_payload import BadPayload, shown
from drivers.sensors.csv_cells import Notation
from drivers.sensors.history import is_history
from drivers.sensors.payload import OUT_OF_RANGE, QUALITIES

SEPARATORS = (";", "\t", ",")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
Column = str | int
"""A column by its name in the header, or by its number from 1."""


class BadSheet(BadPayload):
    """A file of which no line can be read."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the files of a folder are written; the times of one row may stand in several columns."""

    layout: Literal["wide", "long"] = "wide"
    header: bool = True
    separator: str = ""
    encoding: str = "utf-8"
    time: tuple[Column, ...] = ("time",)
    point: Column = "point"
    value: Column = "value"
    quality: Column | None = None
    notation: Notation = field(default_factory=Notation)


class Sheet:
    """Reads one file's lines in order; `points` by the column, or in a long file by the name, that is theirs."""

    def __init__(self, form: Form, points: Mapping[Column, Point]) -> None:
        self._form, self._points = form, points
        self._separator = form.separator
        self._names: list[str] = []
        self._time: list[int] = []
        self._wide: list[tuple[int, Point]] = []
        self._long = (0, 0)
        self._quality: int | None = None
        self.missing: list[str] = []
        """Points whose column the file does not have."""
        self.newest = 0
        """The latest time of its rows so far, UTC ns."""

    def begin(self, line: bytes) -> bool:
        """Learn from the first line where everything stands; return whether it was a header, else it is a row too.

        Raises BadSheet when no reading can come of such a file.
        """
        if line.startswith(UTF_16):
            raise BadSheet("encoding", "the file is UTF-16; save it as UTF-8")
        self._separator = self._form.separator or self._likely(line.decode(self._form.encoding, "replace"))
        if self._form.header:
            try:
                self._names = [cell.strip() for cell in self._cells(self._text(line))]
            except BadPayload as error:
                raise BadSheet(error.word, str(error).partition(": ")[2]) from None
        self._time = [self._place(column, "the time") for column in self._form.time]
        self._quality = None if self._form.quality is None else self._place(self._form.quality, "the quality")
        if self._form.layout == "long":
            self._long = (self._place(self._form.point, "the point"), self._place(self._form.value, "the value"))
        else:
            self._find_points()
        return self._form.header

    def read(self, line: bytes, *, now: int, mono: float) -> tuple[list[Reading], list[BadPayload]]:
        """Return the readings of a row, and why others of it are none; `now` is UTC ns, `mono` seconds."""
        faults: list[BadPayload] = []
        try:
            cells = [cell.strip() for cell in self._cells(self._text(line))]
            at = self._form.notation.time(" ".join(self._cell(cells, place) for place in self._time), now)
            quality = QUALITIES[self._word(cells)]
            told = self._told(cells)
        except BadPayload as error:
            return [], [error]
        self.newest = max(self.newest, at)
        readings: list[Reading] = []
        for place, point in told:
            try:
                value = self._form.notation.value(point.kind, self._cell(cells, place))
            except BadPayload as error:
                faults.append(BadPayload(error.word, f"{point.id}: {str(error).partition(': ')[2]}"))
                continue
            if value is not None:
                readings.append(_reading(point, value, at, now=now, mono=mono, quality=quality))
        return readings, faults

    def _text(self, line: bytes) -> str:
        try:
            return line.decode(self._form.encoding).removeprefix("\ufeff").rstrip("\r\n")
        except UnicodeDecodeError:
            raise BadPayload(
                "encoding", f"{shown(line)} is no {self._form.encoding}; set the option encoding"
            ) from None

    def _cells(self, text: str) -> list[str]:
        try:
            return next(csv.reader([text], delimiter=self._separator, strict=True), [])
        except csv.Error as error:
            raise BadPayload("row", f"{error}") from None

    def _likely(self, text: str) -> str:
        """Return the separator that the first line has most of."""
        usable = [each for each in SEPARATORS if each != self._form.notation.decimal]
        return max(usable, key=text.count)

    def _place(self, column: Column, what: str) -> int:
        """Return where a column stands, from 0."""
        if isinstance(column, int):
            return column - 1
        names = [name.casefold() for name in self._names]
        if column.casefold() not in names:
            has = ", ".join(self._names)[:200] or "no header"
            raise BadSheet("column", f"there is no column {column!r} for {what}; the file has: {has}")
        return names.index(column.casefold())

    def _find_points(self) -> None:
        for column, point in self._points.items():
            try:
                self._wide.append((self._place(column, point.id), point))
            except BadSheet:
                self.missing.append(point.id)
        if not self._wide:
            raise BadSheet("column", f"no column is a point's; the file has: {', '.join(self._names)[:200]}")

    def _told(self, cells: Sequence[str]) -> Sequence[tuple[int, Point]]:
        """Return which cells of a row tell of which points."""
        if self._form.layout == "wide":
            return self._wide
        name = self._cell(cells, self._long[0])
        point = self._points.get(name)
        if point is None:
            raise BadPayload("point", f"no point has the name {shown(name)}")
        return [(self._long[1], point)]

    def _word(self, cells: Sequence[str]) -> str:
        if self._quality is None:
            return "good"
        word = self._cell(cells, self._quality).lower() or "good"
        if word not in QUALITIES:
            raise BadPayload("quality", f"{shown(word)} is none of {', '.join(QUALITIES)}")
        return word

    @staticmethod
    def _cell(cells: Sequence[str], place: int) -> str:
        if place >= len(cells):
            raise BadPayload("row", f"the row has {len(cells)} columns; column {place + 1} is needed")
        return cells[place]


def _reading(
    point: Point, value: Value, at: int, *, now: int, mono: float, quality: tuple[Quality, Reason]
) -> Reading:  # fmt: skip
    outside = not isinstance(value, str) and (
        (point.low is not None and value < point.low) or (point.high is not None and value > point.high)
    )
    trust, reason = OUT_OF_RANGE if outside and quality[0] is Quality.GOOD else quality
    return Reading(point.id, value, at, now, mono, trust, reason, retained=is_history(point, at, now))
