"""Reads what was written down of alarms, each question on a connection of its own: no commit waits, and no alarm."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from gateway.audit.event import COLUMNS as AUDIT_COLUMNS
from gateway.audit.event import Event, event_of
from gateway.errors import GatewayError
from gateway.occurrences.occurrence import COLUMNS, SPELL_COLUMNS, Occurrence, Spell
from gateway.occurrences.wanted import Place, Wanted, condition
from gateway.store.errors import StoreUnavailable

T = TypeVar("T")
Connect = Callable[[], sqlite3.Connection]
Stretch = tuple[int, int]
"""UTC ns: from, until."""
DAY_NS = 86_400_000_000_000
EVER = 2**63 - 1
PRESENT_NS = 60_000_000_000
MOST_SPELLS, MOST_EVENTS = 1_000, 1_000
AFTERMATH_NS = 1_000_000_000
"""How long after its end what it had set in motion is still taken back."""

ONE = f"SELECT {COLUMNS} FROM occurrence WHERE id = ?"  # noqa: S608 - constants
PAGE = f"SELECT n, {COLUMNS} FROM occurrence WHERE {{where}} ORDER BY raised_at DESC, n DESC LIMIT ?"  # noqa: S608 - constants
OLDEST_FIRST = f"SELECT n, {COLUMNS} FROM occurrence WHERE {{where}} ORDER BY raised_at, n LIMIT ?"  # noqa: S608 - constants
OF_POINT = (
    f"SELECT {COLUMNS} FROM occurrence WHERE point = ? AND raised_at < ?"  # noqa: S608 - constants
    " AND coalesce(closed_at, 9223372036854775807) >= ? ORDER BY raised_at DESC LIMIT ?"
)
LIFE = (
    "alarm, name_id, name_en, severity, raised_at, annunciated_at, acked_at, cleared_at, closed_at, active_ns,"
    " active_since, chatter, asides"
)
LONG = "closed_at - raised_at > 86400000000000"
DURING = tuple(
    f"SELECT {LIFE} FROM occurrence WHERE {where}"  # noqa: S608 - constants
    for where in (
        "raised_at >= :early AND raised_at < :until AND closed_at >= :since ORDER BY raised_at",
        f"raised_at < :early AND {LONG} AND closed_at >= :since ORDER BY raised_at",
        "closed_at IS NULL AND raised_at < :until ORDER BY raised_at",
    )
)
"""What stood at some time between two: raised within, and the day before; long ago; and what has no end."""
SPELLS_OF = (
    f"SELECT {SPELL_COLUMNS} FROM spell WHERE alarm = ? AND since < ?"  # noqa: S608 - constants
    " AND coalesce(until, 9223372036854775807) >= ? ORDER BY since LIMIT ?"
)
SPELLS = (
    f"SELECT {SPELL_COLUMNS} FROM spell WHERE since < ?"  # noqa: S608 - constants
    " AND coalesce(until, 9223372036854775807) >= ? ORDER BY since"
)
EVENTS = (
    f"SELECT {AUDIT_COLUMNS} FROM audit WHERE subject = ? AND action GLOB 'alarm.*' AND at BETWEEN ? AND ?"  # noqa: S608 - constants
    " AND json_extract(after, '$.occurrence') = ? ORDER BY seq LIMIT ?"
)
ACTIONS = ("action.claim", "action.command", "action.notify", "action.cancel", "action.release", "action.restore")
SET_IN_MOTION = (
    f"SELECT {AUDIT_COLUMNS} FROM audit WHERE action IN ({', '.join('?' for _ in ACTIONS)})"  # noqa: S608 - constants
    " AND seq >= ? AND at <= ? AND (subject = ? OR subject GLOB ? OR subject GLOB ?) ORDER BY seq LIMIT ?"
)
"""What an alarm set in motion is called after it: `alarm:<rule>`, `alarm:<rule>:<n>`, `response:<id>:<step>:<rule>`."""
SOUNDED = "SELECT at, severity, alarm, listed FROM annunciation WHERE at >= ? AND at < ? ORDER BY at"
RECORDED = "SELECT since, until FROM recorded WHERE until >= ? AND since < ? ORDER BY since"


class NoSuchOccurrence(GatewayError):
    """Nothing of that id was written down, or it was let go."""


@dataclass(frozen=True, slots=True)
class Page:
    """Occurrences, newest first, and where the next page begins; None: there is none."""

    items: Sequence[Occurrence]
    following: Place | None


@dataclass(frozen=True, slots=True)
class Bars:
    """The occurrences of a point over a span, newest first; `more`: there are older ones; where nobody wrote down."""

    items: Sequence[Occurrence]
    more: bool
    unknown: Sequence[Stretch]


class Sound(NamedTuple):
    """One annunciation: when (UTC ns), how bad, of which alarm; `listed`: in a flood, not sounded."""

    at: int
    severity: int
    alarm: str
    listed: int = 0


class Life(NamedTuple):
    """What a report needs of an occurrence: a whole month of them is in memory; the columns `LIFE`, UTC ns."""

    alarm: str
    name_id: str
    name_en: str
    severity: int
    raised_at: int
    annunciated_at: int | None = None
    acked_at: int | None = None
    cleared_at: int | None = None
    closed_at: int | None = None
    active_ns: int = 0
    active_since: int | None = None
    chatter: int = 0
    asides: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """All that was written down of a span: what stood in it, what was sounded, spells, and where nobody wrote down."""

    since: int
    until: int
    occurrences: Sequence[Life]
    sounds: Sequence[Sound]
    spells: Sequence[Spell]
    unknown: Sequence[Stretch]


class Book:
    """`connect` opens the store for reading; raises StoreUnavailable when it cannot be read."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def page(self, wanted: Wanted, *, limit: int, after: Place | None = None) -> Page:
        """Return the newest occurrences that are wanted, older than `after`."""
        return await self._ask(partial(_page, wanted=wanted, limit=limit, after=after))

    async def portion(self, wanted: Wanted, *, limit: int, after: Place | None = None) -> Page:
        """Return the oldest occurrences that are wanted, newer than `after`: for a file, portion by portion."""
        return await self._ask(partial(_page, wanted=wanted, limit=limit, after=after, oldest_first=True))

    async def one(self, id: str) -> tuple[Occurrence, Sequence[Spell]]:  # noqa: A002 - the glossary's word
        """Return an occurrence with the spells in it; raise NoSuchOccurrence."""
        return await self._ask(partial(_one, id))

    async def events(self, occurrence: Occurrence) -> Sequence[Event]:
        """Return what the audit tells of an occurrence, oldest first: its alarm, and what that set in motion."""
        return await self._ask(partial(_events, occurrence))

    async def bars(self, point: str, *, since: int, until: int, limit: int) -> Bars:
        """Return what stood at a point at some time with since ≤ time < until (UTC ns)."""
        return await self._ask(partial(_bars, point, since=since, until=until, limit=limit))

    async def material(self, since: int, until: int) -> Material:
        """Return all that was written down of since ≤ time < until (UTC ns)."""
        return await self._ask(partial(material, since=since, until=until))

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with closing(self._connect()) as db:
                return question(db)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the store cannot be read: {error}; look at the disk's health") from error


def _page(
    db: sqlite3.Connection, *, wanted: Wanted, limit: int, after: Place | None, oldest_first: bool = False
) -> Page:
    where, args = condition(wanted, after, oldest_first=oldest_first)
    asked = (OLDEST_FIRST if oldest_first else PAGE).format(where=where)
    rows = db.execute(asked, (*args, limit + 1)).fetchall()
    items = [Occurrence.of_row(row[1:]) for row in rows[:limit]]
    following = Place(items[-1].raised_at, rows[limit - 1][0]) if len(rows) > limit else None
    return Page(items, following)


def _one(id: str, db: sqlite3.Connection) -> tuple[Occurrence, Sequence[Spell]]:  # noqa: A002 - the glossary's word
    row = db.execute(ONE, (id,)).fetchone()
    if row is None:
        raise NoSuchOccurrence(f"there is no occurrence {id[:200]!r}; it may have been let go")
    found = Occurrence.of_row(row)
    end = EVER if found.closed_at is None else found.closed_at
    rows = db.execute(SPELLS_OF, (found.alarm, end, found.raised_at, MOST_SPELLS)).fetchall()
    return found, [Spell(*row) for row in rows]


def _events(of: Occurrence, db: sqlite3.Connection) -> list[Event]:
    end = EVER if of.closed_at is None else of.closed_at + AFTERMATH_NS
    found = [event_of(row) for row in db.execute(EVENTS, (of.alarm, of.raised_at, end, of.id, MOST_EVENTS))]
    if not found:
        return []
    named = (f"alarm:{of.alarm}", f"alarm:{of.alarm}:*", f"response:*:{of.alarm}")
    asked = (*ACTIONS, found[0].seq, end, *named, MOST_EVENTS)
    moved = [event_of(row) for row in db.execute(SET_IN_MOTION, asked)]
    return sorted([*found, *moved], key=lambda event: event.seq)


def _bars(point: str, db: sqlite3.Connection, *, since: int, until: int, limit: int) -> Bars:
    rows = db.execute(OF_POINT, (point, until, since, limit + 1)).fetchall()
    items = [Occurrence.of_row(row) for row in rows[:limit]]
    return Bars(items, len(rows) > limit, unknown(db, since, until))


def material(db: sqlite3.Connection, since: int, until: int) -> Material:
    """Return all that was written down of a span (UTC ns), as it stands in the file."""
    span = {"since": since, "until": until, "early": since - DAY_NS}
    occurrences = [Life(*row) for sql in DURING for row in db.execute(sql, _named(sql, span))]
    sounds = [Sound(*row) for row in db.execute(SOUNDED, (since, until))]
    spells = [Spell(*row) for row in db.execute(SPELLS, (until, since))]
    return Material(since, until, occurrences, sounds, spells, unknown(db, since, until))


def _named(sql: str, span: dict[str, int]) -> dict[str, Any]:
    return {name: value for name, value in span.items() if f":{name}" in sql}


def settled(stretches: Sequence[Stretch], now: int) -> list[Stretch]:
    """Return the stretches without one that reaches up to `now` (UTC ns) and is short: it is not written down yet."""
    return [(begin, end) for begin, end in stretches if end < now or begin < now - PRESENT_NS]


def unknown(db: sqlite3.Connection, since: int, until: int) -> list[Stretch]:
    """Return the stretches of a span (UTC ns) in which nobody wrote down, oldest first."""
    found, reached = list[Stretch](), since
    for begin, end in db.execute(RECORDED, (since, until)):
        if begin > reached:
            found.append((reached, begin))
        reached = max(reached, end)
    if reached < until:
        found.append((reached, until))
    return found
