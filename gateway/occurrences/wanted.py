"""Which occurrences are asked for, and how that is put to the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Cell = str | int


class State(StrEnum):
    """What an occurrence may be asked for by."""

    ALL = "all"
    OPEN = "open"
    CLOSED = "closed"
    UNACKNOWLEDGED = "unacknowledged"
    """Nobody ever acknowledged it."""
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"
    FLOOD = "flood"
    CHATTERED = "chattered"


STATES: Mapping[State, str] = {
    State.OPEN: "closed_at IS NULL",
    State.CLOSED: "closed_at IS NOT NULL",
    State.UNACKNOWLEDGED: "acked_at IS NULL",
    State.SHELVED: "instr(asides, 'shelved')",
    State.SUPPRESSED: "instr(asides, 'suppressed')",
    State.OUT_OF_SERVICE: "instr(asides, 'out_of_service')",
    State.FLOOD: "in_flood = 1",
    State.CHATTERED: "chatter > 0",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: when its last occurrence was raised (UTC ns), and which it was of those of that moment."""

    raised_at: int
    n: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Raised with since ≤ time < until (UTC ns); `alarm` may be a pattern as `river.*`; every word of `text` occurs."""

    since: int = 0
    until: int = 2**63 - 1
    alarm: str = ""
    point: str = ""
    place: str = ""
    severity: int = 0
    state: State = State.ALL
    text: str = ""


def condition(wanted: Wanted, after: Place | None, *, oldest_first: bool = False) -> tuple[str, tuple[Cell, ...]]:
    """Return the condition on rows, and what is bound in it; `after` is where the page before ended."""
    parts: list[tuple[str, tuple[Cell, ...]]] = [("raised_at >= ? AND raised_at < ?", (wanted.since, wanted.until))]
    if after is not None:
        sign = ">" if oldest_first else "<"
        parts.append((f"(raised_at, n) {sign} (?, ?)", (after.raised_at, after.n)))
    if wanted.alarm:
        parts.append(("alarm GLOB ?" if set("*?[") & set(wanted.alarm) else "alarm = ?", (wanted.alarm,)))
    if wanted.point:
        parts.append(("point = ?", (wanted.point,)))
    if wanted.place:
        parts.append(("instr(lower(place), ?)", (wanted.place.casefold(),)))
    if wanted.severity:
        parts.append(("severity >= ?", (wanted.severity,)))
    if wanted.state in STATES:
        parts.append((STATES[wanted.state], ()))
    parts += [("instr(words, ?)", (word,)) for word in wanted.text.casefold().split()]
    return " AND ".join(sql for sql, _ in parts), tuple(cell for _, args in parts for cell in args)
