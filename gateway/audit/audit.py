"""The record of who did what: append-only, each event bound to the one before it by its hash."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from drivers.model import Clock
from gateway.audit.chain import Head, Row, Verdict, verify
from gateway.audit.event import COLUMNS, GENESIS, Event, Json, canonical, digest, event_of, storable

INSERT = f"INSERT INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
HEAD = "INSERT OR REPLACE INTO audit_head (id, seq, hash) VALUES (1, ?, ?)"
ALL = f"SELECT {COLUMNS} FROM audit ORDER BY seq"  # noqa: S608 - a constant
NEWEST = f"SELECT {COLUMNS} FROM audit ORDER BY seq DESC LIMIT ?"  # noqa: S608 - a constant
PAGE = f"SELECT {COLUMNS} FROM audit WHERE seq > ? AND (? = '' OR action = ?) ORDER BY seq LIMIT ?"  # noqa: S608 - a constant
ABOUT = f"SELECT {COLUMNS} FROM audit WHERE subject = ? AND action GLOB ? ORDER BY seq DESC LIMIT ?"  # noqa: S608 - a constant
RECENT = 200
"""Events that stay in memory for a screen that has just opened."""

Told = Json | Callable[[], Json]
"""A state as JSON, or how to make it from values that do not change: it is made when the event is chained."""

_Noted = tuple[int, str, str, str, Told, Told, str, str, str]
"""When (UTC ns), and what `record` was given."""


class Ledger(Protocol):
    """Where events are kept: in order, durable soon after."""

    def submit(self, sql: str, args: tuple[str | int, ...]) -> None:
        """Put a statement into the next commit."""

    def query(self, sql: str, args: tuple[str | int, ...] = ()) -> Sequence[Sequence[Any]]:
        """Return the committed rows of a read."""


def _nobody(batch: Sequence[object]) -> None:
    """Publish to nobody."""


def _unknown() -> str:
    return "unknown"


def _at_once(work: Callable[[], None]) -> None:
    work()


class Audit:
    """Record events; `load` first, so that the chain goes on where it ended.

    What happened is noted at once, with its time; `later` says when it is chained, so that an alarm's way to the wall
    does not wait for a hash. Every question here settles first, and so must whoever closes the ledger.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        publish: Callable[[Sequence[object]], None] = _nobody,
        clock_quality: Callable[[], str] = _unknown,
        later: Callable[[Callable[[], None]], object] = _at_once,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._publish = publish
        self._clock_quality = clock_quality
        self._later = later
        self._waiting: list[_Noted] = []
        self._head = Head(0, GENESIS)
        self._recent: deque[Event] = deque(maxlen=RECENT)

    def load(self) -> None:
        """Go on from the head. A tail that was cut off before stays a hole that `verify` finds, for ever."""
        newest = [event_of(row) for row in self._ledger.query(NEWEST, (RECENT,))]
        self._recent.extend(reversed(newest))
        head = read_head(self._ledger)
        if head is not None:
            self._head = head
        elif newest:
            self._head = Head(newest[0].seq, newest[0].hash)
            self.record("system", "audit.head_lost", "audit", outcome="events may be missing at the end")

    def record(
        self,
        actor: str,
        action: str,
        subject: str,
        *,
        before: Told = None,
        after: Told = None,
        outcome: str = "",
        why: str = "",
        request: str = "",
    ) -> None:
        """Append an event: chained and published soon, durable with the next commit after that."""
        self._waiting.append((self._clock.now(), actor, action, subject, before, after, outcome, why, request))
        if len(self._waiting) == 1:
            self._later(self.settle)

    def settle(self) -> None:
        """Chain, submit and publish what was noted, in order."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        quality = self._clock_quality()
        events = [self._chain(noted, quality) for noted in waiting]
        self._recent.extend(events)
        self._publish(events)

    def _chain(self, noted: _Noted, quality: str) -> Event:
        at, actor, action, subject, before, after, *rest = noted
        texts = (actor, action, subject, canonical(_made(before)), canonical(_made(after)), *rest, quality)
        seq = self._head.seq + 1
        row: tuple[int | str, ...] = (seq, at, *map(storable, texts), self._head.hash)
        self._head = Head(seq, digest(row))
        self._ledger.submit(INSERT, (*row, self._head.hash))
        self._ledger.submit(HEAD, (seq, self._head.hash))
        return event_of((*row, self._head.hash))

    def recent(self, count: int = 50) -> list[Event]:
        """Return the newest events, oldest first, those included that are not committed yet."""
        self.settle()
        return list(self._recent)[-count:]

    def events(self, *, after: int = 0, action: str = "", limit: int = 100) -> list[Event]:
        """Return committed events with numbers above `after`, oldest first, of one action or of all."""
        self.settle()
        return [event_of(row) for row in self._ledger.query(PAGE, (after, action, action, limit))]

    def about(self, subject: str, *, family: str, limit: int = 100) -> list[Event]:
        """Return the newest events about a subject, newest first, whose actions are `family` and what is under it."""
        self.settle()
        found = {
            event.seq: event for event in self._recent
            if event.subject == subject and event.action.startswith(f"{family}.")
        }  # fmt: skip
        for row in self._ledger.query(ABOUT, (subject, f"{family}.*", limit)):
            event = event_of(row)
            found[event.seq] = event
        return sorted(found.values(), key=lambda event: -event.seq)[:limit]

    def verify(self, rows: Iterable[Row] | None = None) -> Verdict:
        """Prove the committed chain, or say where it is broken; a long one is left to `verify_file` in a thread."""
        self.settle()
        head = read_head(self._ledger)
        return verify(self._ledger.query(ALL) if rows is None else rows, head)


def _made(told: Told) -> Json:
    return told() if callable(told) else told


def read_head(ledger: Ledger) -> Head | None:
    """Return the kept head, or None when there is none."""
    rows = ledger.query("SELECT seq, hash FROM audit_head")
    return Head(*rows[0]) if rows else None
