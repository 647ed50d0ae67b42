"""Records as CSV: read from whatever a spreadsheet saves, and written so that reading it gives the same records."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeVar

from drivers.model import Name
from gateway.errors import GatewayError
from gateway.rationalisation.errors import BadRecords, RecordFault
from gateway.rationalisation.record import Consequence, Key, Record, Urgency

FILE = "rationalisation.csv"
COLUMNS = (
    "rule", "level", "cause", "cause_en", "consequence", "consequence_en", "action", "action_en", "respond_minutes",
    "consequence_class", "urgency", "priority", "alarm_class", "setpoint_basis", "owner", "reviewed_by", "reviewed_on",
    "next_review", "note",
)  # fmt: skip
FORMULA = re.compile(r"'*[=+\-@\t]")
"""What a spreadsheet would calculate; one apostrophe more makes it text, one less is what was meant."""
LONGEST_CELL = 2_000
E = TypeVar("E", bound=StrEnum)


class _BadCell(GatewayError):
    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class _Row(NamedTuple):
    line: int
    cells: Mapping[str, str]


def cells(record: Record) -> Sequence[str]:
    """Return a record as the cells of COLUMNS, not yet guarded."""
    texts = [
        part
        for name in (record.cause, record.consequence, record.action)
        for part in (name.id, "" if name.en == name.id else name.en)
    ]
    return [
        record.rule, record.level, *texts,
        "" if record.minutes is None else f"{record.minutes!r}".removesuffix(".0"),
        record.consequence_class or "", record.urgency or "", str(record.priority or ""),
        record.alarm_class, record.basis, record.owner, record.reviewed_by,
        "" if record.reviewed_on is None else record.reviewed_on.isoformat(),
        "" if record.next_review is None else record.next_review.isoformat(), record.note,
    ]  # fmt: skip


def write(records: Iterable[Record]) -> str:
    """Return records as CSV (RFC 4180, commas, CRLF)."""
    return table(COLUMNS, map(cells, records))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV; a cell that a spreadsheet would calculate is guarded by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([f"'{cell}" if FORMULA.match(cell) else cell for cell in row] for row in rows)
    return out.getvalue()


def read(text: str) -> tuple[Record, ...]:
    """Return the records of a table with commas or semicolons; raise BadRecords with every fault."""
    faults: list[RecordFault] = []
    found: dict[Key, Record] = {}
    for row in _rows(text, faults):
        record = _record(row, faults)
        if record.key in found:
            hint = "keep one record for a rule and level"
            faults.append(RecordFault(row.line, "rule", f"{record.label} has a record already", hint))
        found[record.key] = record
    if faults:
        raise BadRecords(faults)
    return tuple(found.values())


def _rows(text: str, faults: list[RecordFault]) -> Iterator[_Row]:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head = plain.partition("\n")[0]
    lines = csv.reader(io.StringIO(plain), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    begins = 1
    try:
        names = [name.strip().lower() for name in next(lines, [])]
        if not _sound(names, faults):
            return
        begins = lines.line_num + 1
        for found in lines:
            texts = [_meant(cell) for cell in found]
            if len(texts) > len(names):
                hint = "put a text with the separator in it into double quotes"
                faults.append(RecordFault(begins, "", f"{len(texts)} cells under {len(names)} columns", hint))
            elif any(texts):
                yield _Row(begins, dict(zip(names, texts, strict=False)))
            begins = lines.line_num + 1
    except csv.Error as error:
        faults.append(RecordFault(begins, "", f"this is no CSV: {error}", "save it as CSV once more"))


def _meant(cell: str) -> str:
    text = cell.strip(" \n")
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def _sound(names: Sequence[str], faults: list[RecordFault]) -> bool:
    known = f"columns are {', '.join(COLUMNS)}"
    strange = [name for name in dict.fromkeys(names) if name not in COLUMNS]
    faults += [RecordFault(1, name, f"there is no column {name[:60]!r} here", known) for name in strange]
    twice = [name for name in dict.fromkeys(names) if name in COLUMNS and names.count(name) > 1]
    faults += [RecordFault(1, name, f"the column {name!r} stands here twice", "keep one") for name in twice]
    if "rule" not in names:
        faults.append(RecordFault(1, "rule", "there is no column 'rule'", f"begin the table with it; {known}"))
    return not faults


def _record(row: _Row, faults: list[RecordFault]) -> Record:
    cell = _Cells(row, faults)
    record = Record(
        cell.text("rule"), cell.text("level"), cell.name("cause"), cell.name("consequence"), cell.name("action"),
        cell.as_("respond_minutes", _minutes), cell.as_("consequence_class", _word(Consequence)),
        cell.as_("urgency", _word(Urgency)), cell.as_("priority", _priority), cell.text("alarm_class"),
        cell.text("setpoint_basis"), cell.text("owner"), cell.text("reviewed_by"), cell.as_("reviewed_on", _day),
        cell.as_("next_review", _day), cell.text("note"),
    )  # fmt: skip
    if not record.rule:
        faults.append(RecordFault(row.line, "rule", "the record names no rule", "write an id, or a pattern as awlr-*"))
    if record.reviewed_on and record.next_review and record.next_review <= record.reviewed_on:
        text = f"{record.next_review} is not after reviewed_on, {record.reviewed_on}"
        faults.append(RecordFault(row.line, "next_review", text, "write a later day"))
    return record


T = TypeVar("T")


class _Cells:
    """One row, cell by cell; what cannot be read is a fault and counts as not written."""

    def __init__(self, row: _Row, faults: list[RecordFault]) -> None:
        self._row, self._faults = row, faults

    def text(self, name: str) -> str:
        found = self._row.cells.get(name, "")
        if len(found) > LONGEST_CELL:
            text = f"the text has {len(found)} characters, more than {LONGEST_CELL}"
            self._faults.append(RecordFault(self._row.line, name, text, "say it shorter"))
        return found

    def name(self, column: str) -> Name:
        own, english = self.text(column), self.text(f"{column}_en")
        return Name(own, english or own)

    def as_(self, name: str, read_one: Callable[[str], T]) -> T | None:
        text = self._row.cells.get(name, "")
        try:
            return read_one(text) if text else None
        except _BadCell as error:
            self._faults.append(RecordFault(self._row.line, name, error.message, error.hint))
        return None


def _word(words: type[E]) -> Callable[[str], E]:
    def one(text: str) -> E:
        try:
            return words(text.lower())
        except ValueError:
            raise _BadCell(f"{text[:60]!r} is none of the words", f"write {', '.join(words)}") from None

    return one


def _minutes(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number <= 525_600:
        raise _BadCell(f"{text[:60]!r} is no number of minutes", "write it as 15 or 7.5")
    return number


def _priority(text: str) -> int:
    if text not in ("1", "2", "3", "4"):
        raise _BadCell(f"{text[:60]!r} is no priority", "write 1 (low) to 4 (critical), or nothing: the matrix says")
    return int(text)


def _day(text: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _BadCell(f"{text[:60]!r} is no day", "write it as 2026-11-24")
