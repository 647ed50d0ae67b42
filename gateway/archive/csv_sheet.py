"""Readings as CSV (RFC 4180, UTF-8, a header line), written and read line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO

from drivers.model import Value
from gateway.archive import stamp
from gateway.archive.errors import BadFile, BadLine
from gateway.archive.table import READINGS, Cells, Columns, Kind, Row

LONGEST_LINE = 65_536
MOST_JOINED = 64
"""Lines that one quoted text may span; an unclosed quote spoils its own line only."""
NEEDED = ("point", "source_at", "value")

Numbered = tuple[int, Cells | BadLine]
"""The number of a line, from 1, and what it holds or why it holds nothing."""


def text_of(value: Value) -> str:
    """Return a value as a cell: a flag as true or false, a number in the fewest digits that say all of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


WRITTEN: Mapping[Kind, Callable[[Value], str]] = {
    Kind.TEXT: str,
    Kind.TIME: lambda value: stamp.written(int(value)),
    Kind.VALUE: text_of,
    Kind.NUMBER: text_of,
    Kind.COUNT: str,
}


class CsvSheet:
    """A CSV file being written."""

    def __init__(self, columns: Columns) -> None:
        self._names = list(columns)
        self._write = [WRITTEN[kind] for kind in columns.values()]

    def begin(self) -> bytes:
        """Return the header line."""
        return self._text([self._names])

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return rows as lines."""
        return self._text(
            [
                ["" if cell is None else write(cell) for write, cell in zip(self._write, row, strict=True)]
                for row in rows
            ]
        )

    def end(self) -> bytes:
        """Return what ends the file: nothing."""
        return b""

    @staticmethod
    def _text(rows: Sequence[Sequence[str]]) -> bytes:
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        return out.getvalue().encode("utf-8", "replace")


def lines(file: BinaryIO) -> Iterator[Numbered]:
    """Yield the lines after the header; raise BadFile when the header does not say where everything stands."""
    records = _records(file)
    number, header = next(records, (1, ""))
    places = _places(header, number)
    for number, record in records:
        try:
            yield number, _cells(record, places)
        except BadLine as error:
            yield number, error


def _places(header: str | BadLine, number: int) -> Mapping[str, int]:
    try:
        names = [name.strip().lower() for name in _split(header)]
    except BadLine as error:
        raise BadFile(f"line {number} is no header: {error}") from None
    missing = [name for name in NEEDED if name not in names]
    strange = [name for name in names if name not in READINGS]
    if missing or strange or len(set(names)) < len(names):
        raise BadFile(
            f"line {number} must name the columns, each once, of {', '.join(READINGS)}; "
            f"it lacks {', '.join(missing) or 'none'}, and has {', '.join(names)[:200] or 'nothing'}"
        )
    return {name: place for place, name in enumerate(names)}


def _cells(record: str | BadLine, places: Mapping[str, int]) -> Cells:
    found = _split(record)
    if len(found) != len(places):
        raise BadLine(f"{len(found)} cells under {len(places)} columns")
    given = {name: found[place] for name, place in places.items()}
    return Cells(
        given["point"], given["source_at"], given.get("received_at") or None, given["value"],
        given.get("unit", ""), given.get("quality", ""), given.get("reason", ""),
    )  # fmt: skip


def _split(record: str | BadLine) -> list[str]:
    if isinstance(record, BadLine):
        raise record
    try:
        return next(csv.reader([record], strict=True), [])
    except csv.Error as error:
        raise BadLine(f"no CSV: {error}") from None


def _records(file: BinaryIO) -> Iterator[tuple[int, str | BadLine]]:
    """Yield the records that are not empty; lines are joined while a quoted text is open."""
    waiting: list[tuple[int, str]] = []
    for number, line in enumerate(_physical(file), start=1):
        if isinstance(line, BadLine):
            yield from _given_up(waiting)
            yield number, line
            waiting = []
            continue
        waiting.append((number, line))
        whole = "".join(text for _, text in waiting)
        if whole.count('"') % 2 == 0:
            if record := whole.rstrip("\r\n"):
                yield waiting[0][0], record
            waiting = []
        elif len(waiting) == MOST_JOINED:
            yield from _given_up(waiting)
            waiting = []
    yield from _given_up(waiting)


def _given_up(waiting: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str | BadLine]]:
    """Yield lines one by one after all: the first opens a quote that nothing closes."""
    for place, (number, text) in enumerate(waiting):
        yield number, text.rstrip("\r\n") if place else BadLine("a quote that is not closed")


def _physical(file: BinaryIO) -> Iterator[str | BadLine]:
    first = True
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            _skip(file)
            yield BadLine(f"longer than {LONGEST_LINE} bytes")
            continue
        try:
            yield line.decode("utf-8-sig" if first else "utf-8")
        except UnicodeDecodeError as error:
            yield BadLine(f"no UTF-8: {error.reason} at byte {error.start + 1}")
        first = False


def _skip(file: BinaryIO) -> None:
    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass
