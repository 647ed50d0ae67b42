"""What is wrong with a table of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import GatewayError


@dataclass(frozen=True, slots=True)
class RecordFault:
    """One thing wrong: `line` counts from 1, `column` is the header of the cell, empty for the whole line."""

    line: int
    column: str
    message: str
    hint: str


class BadRecords(GatewayError):
    """A table that cannot be used; `faults` has every reason that was found."""

    def __init__(self, faults: Sequence[RecordFault]) -> None:
        super().__init__("; ".join(f"line {one.line}: {one.column}: {one.message} ({one.hint})" for one in faults))
        self.faults = tuple(faults)
