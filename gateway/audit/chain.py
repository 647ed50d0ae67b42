"""Prove that a chain of events is whole, or say where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.audit.event import GENESIS, digest

Row = Sequence[Any]
"""A row of the table `audit`, in the order of `COLUMNS`."""


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash of the newest event, kept apart from the events."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether `count` events are whole; else the number of the first bad one, and what is wrong with it."""

    ok: bool
    count: int
    first_bad: int | None = None
    why: str = ""


def verify(rows: Iterable[Row], head: Head | None) -> Verdict:
    """Walk rows in the order in which they are kept, oldest first, and compare their end with the head.

    It finds every change, removal, insertion and re-ordering by somebody who cannot compute the whole chain anew. Who
    may write to the file and does compute it anew, head included, is not found: export the head to a place that the
    gateway cannot write to (a printed report, a log server) and compare.
    """
    last, count = Head(0, GENESIS), 0
    for row in rows:
        wrong = _wrong(row, last)
        if wrong:
            return Verdict(ok=False, count=count, first_bad=int(row[0]), why=wrong)
        last, count = Head(row[0], row[-1]), count + 1
    return _ended(last, head, count)


def _wrong(row: Row, last: Head) -> str:
    seq = row[0]
    if seq <= last.seq:
        return f"event {seq} stands after event {last.seq}: the order was changed"
    if digest(row[:-1]) != row[-1]:
        return f"event {seq} was changed: its hash is not that of its content"
    if seq > last.seq + 1:
        return f"events {last.seq + 1} to {seq - 1} are missing before event {seq}, or the order was changed"
    if row[-2] != last.hash:
        return f"event {seq} does not follow event {last.seq}: one of them was put in or replaced"
    return ""


def _ended(last: Head, head: Head | None, count: int) -> Verdict:
    if head is None:
        why = "the head is missing, so events may be missing at the end" if count else ""
        return Verdict(ok=not count, count=count, first_bad=last.seq if count else None, why=why)
    if head.seq > last.seq:
        why = f"events {last.seq + 1} to {head.seq} are missing at the end"
        return Verdict(ok=False, count=count, first_bad=last.seq + 1, why=why)
    if head != last:
        why = f"event {last.seq} is not the one that the head names (event {head.seq}): events were put in or replaced"
        return Verdict(ok=False, count=count, first_bad=last.seq, why=why)
    return Verdict(ok=True, count=count)
