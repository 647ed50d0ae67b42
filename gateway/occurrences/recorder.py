"""Writes down what becomes of every alarm: noted at once, written a moment later, so that no alarm waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from drivers.model import Clock
from gateway.alarms.alarm import Alarm, AlarmChange
from gateway.alarms.annunciation import Annunciation
from gateway.alarms.flood import Flood
from gateway.alarms.lifecycle import Cue, Effect
from gateway.occurrences.growth import SpellKey, caught_up, grown, over, spells_of
from gateway.occurrences.occurrence import (
    COLUMNS,
    SPELL_COLUMNS,
    WRITE,
    WRITE_SPELL,
    Ended,
    Kind,
    Occurrence,
    Spell,
    begun,
)
from gateway.occurrences.retention import Retention

SOON_S = 0.005
"""How long a change waits: a salvo goes first, and a commit comes every 30 ms."""
AT_ONCE = 50
"""Changes that one turn of the loop writes down: one to two milliseconds."""
BEAT_S = 30.0
"""How often it is written down that somebody was there; a kill leaves at most so much unsaid."""

OPEN = f"SELECT {COLUMNS} FROM occurrence WHERE closed_at IS NULL"  # noqa: S608 - constants
OPEN_SPELLS = f"SELECT {SPELL_COLUMNS} FROM spell WHERE until IS NULL"  # noqa: S608 - constants
LAST_BEAT = "SELECT max(until) FROM recorded"
BEAT = "INSERT INTO recorded (since, until) VALUES (?, ?) ON CONFLICT (since) DO UPDATE SET until = excluded.until"
SOUNDED = "INSERT INTO annunciation (at, alarm, occurrence, severity, listed) VALUES (?, ?, ?, ?, ?)"
FLOODED = "UPDATE occurrence SET in_flood = 1 WHERE annunciated_at >= ? AND raised_at >= ?"
SLACK_NS = 100_000_000
"""A flood is noticed a moment after the alarm that began it was sounded."""
LOOK_BACK_NS = 3_600_000_000_000
"""How long before a flood what is sounded within it may have been raised, and be over."""

Noted = AlarmChange | Annunciation | Flood


class Ledger(Protocol):
    """Where rows are kept: written in order with the next commit."""

    def submit(self, sql: str, args: tuple[Any, ...], /) -> None: ...
    def query(self, sql: str, args: tuple[Any, ...] = (), /) -> Sequence[Sequence[Any]]: ...


class Recorder:
    """Hears changes, annunciations and floods; `where` says a point's place, `later` does a work in so many seconds."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        clock: Clock,
        where: Callable[[str], str],
        later: Callable[[float, Callable[[], None]], object],
        keep_days: int,
    ) -> None:
        self._ledger, self._clock, self._where, self._later = ledger, clock, where, later
        self._noted: list[Noted] = []
        self._open: dict[str, Occurrence] = {}
        self._spells: dict[str, dict[SpellKey, Spell]] = {}
        self._dirty: set[str] = set()
        self._flood_since: int | None = None
        self._since = clock.now()
        self.retention = Retention(ledger, clock=clock, keep_days=keep_days)

    @property
    def counters(self) -> Mapping[str, int]:
        """Return how many occurrences are open, and how many were let go because they were too old."""
        return {"open": len(self._open), "expired": self.retention.expired}

    # ── hearing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def on_news(self, batch: Sequence[Noted]) -> None:
        """Note what has happened; it is written soon."""
        first = not self._noted
        self._noted.extend(batch)
        if first:
            self._later(SOON_S, self._settle_some)

    def _settle_some(self) -> None:
        """Write down a portion, and the others a moment later: in a flood of alarms the next one does not wait."""
        rest = self._noted[AT_ONCE:]
        del self._noted[AT_ONCE:]
        self.settle()
        self._noted += rest
        if rest:
            self._later(SOON_S, self._settle_some)

    def settle(self) -> None:
        """Write down what was noted, each occurrence once, as it is after all of it."""
        noted, self._noted = self._noted, []
        for news in noted:
            if isinstance(news, AlarmChange):
                self._take(news)
            elif isinstance(news, Annunciation):
                self._sounded(news)
            else:
                self._flooded(news)
        for name in self._dirty:
            if name in self._open:
                self._ledger.submit(WRITE, self._open[name].row())
        self._dirty.clear()

    def _take(self, change: AlarmChange) -> None:
        alarm = change.alarm
        self._follow_spells(change)
        if Effect.OPEN in change.effects:
            self._finish(alarm.id, at=change.at, ended=Ended.CLOSED)
            self._open[alarm.id] = begun(alarm, at=change.at, where=self._where(alarm.point))
        found = self._open.get(alarm.id)
        if found is None:
            return
        kinds = {*found.asides.split(), *(str(kind) for kind, _ in self._spells.get(alarm.id, ()))}
        self._open[alarm.id] = occurrence = replace(grown(found, change), asides=" ".join(sorted(kinds)))
        if change.cue is Cue.ON and change.was.active and occurrence.open:
            self._dirty.add(alarm.id)
            return
        self._write(occurrence)

    def _write(self, occurrence: Occurrence) -> None:
        """An occurrence that is over is written at once: another one of the same alarm may follow."""
        if occurrence.open:
            self._dirty.add(occurrence.alarm)
        else:
            del self._open[occurrence.alarm]
            self._dirty.discard(occurrence.alarm)
            self._ledger.submit(WRITE, occurrence.row())

    def _finish(self, alarm: str, *, at: int, ended: Ended) -> None:
        found = self._open.get(alarm)
        if found is not None:
            self._write(over(found, at=at, ended=ended))

    def _sounded(self, news: Annunciation) -> None:
        alarm = news.alarm
        self._ledger.submit(SOUNDED, (news.at, alarm.id, alarm.occurrence, alarm.severity, int(news.list_only)))
        if self._flood_since is not None:
            self._mark(alarm.id)

    def _flooded(self, flood: Flood) -> None:
        """What was sounded since a flood began belongs to it, what is over already as well."""
        since = flood.since if flood.on else None
        if since is not None and since != self._flood_since:
            first = since - SLACK_NS
            self._ledger.submit(FLOODED, (first, first - LOOK_BACK_NS))
            for name, occurrence in list(self._open.items()):
                if (occurrence.annunciated_at or 0) >= first:
                    self._mark(name)
        self._flood_since = since

    def _mark(self, alarm: str) -> None:
        if alarm in self._open:
            self._open[alarm] = replace(self._open[alarm], in_flood=1)
            self._dirty.add(alarm)

    def _follow_spells(self, change: AlarmChange) -> None:
        """End the spells that are over, begin those that are new."""
        alarm, at = change.alarm, change.at
        held = self._spells.setdefault(alarm.id, {})
        wanted = spells_of(alarm, at=at, actor=change.actor, why=change.why)
        for key, spell in list(held.items()):
            again = wanted.get(key)
            if again is None or (key[0] in (Kind.SHELVED, Kind.OUT_OF_SERVICE) and again.since != spell.since):
                self._spell(replace(held.pop(key), until=max(at, spell.since), ended_by=change.actor))
        for key, spell in wanted.items():
            if key not in held:
                held[key] = spell
                self._spell(spell)
        if not held:
            del self._spells[alarm.id]

    def _spell(self, spell: Spell) -> None:
        self._ledger.submit(
            WRITE_SPELL,
            (
                spell.id, spell.alarm, spell.kind, spell.whose, spell.why, spell.severity, spell.since, spell.due,
                spell.until, spell.ended_by,
            ),
        )  # fmt: skip

    # ── coming back ───────────────────────────────────────────────────────────────────────────────────────────────

    def restore(self, alarms: Iterable[Alarm], flood: Flood) -> None:
        """Go on where the last run ended: what stands goes on, what does not ended while nobody was there."""
        self._noted.clear()
        by_id = {alarm.id: alarm for alarm in alarms}
        rows = self._ledger.query(LAST_BEAT)
        alive = (rows[0][0] if rows else None) or self._since
        self._restore_spells(by_id, alive)
        for row in self._ledger.query(OPEN):
            was = Occurrence.of_row(row)
            self._open[was.alarm] = was
            alarm = by_id.get(was.alarm)
            if alarm is None or not alarm.standing or alarm.occurrence != was.id:
                self._finish(was.alarm, at=max(alive, was.last_known), ended=Ended.UNKNOWN)
        for alarm in by_id.values():
            if alarm.standing:
                found = self._open.get(alarm.id) or begun(alarm, at=self._since, where=self._where(alarm.point))
                self._open[alarm.id] = caught_up(found, alarm)
                self._dirty.add(alarm.id)
        self._flood_since = flood.since if flood.on else None
        self._beat()
        self.settle()

    def _restore_spells(self, alarms: Mapping[str, Alarm], alive: int) -> None:
        for row in self._ledger.query(OPEN_SPELLS):
            spell = Spell(*row)
            key = (Kind(spell.kind), spell.whose if spell.kind == Kind.SUPPRESSED else "")
            alarm = alarms.get(spell.alarm)
            if alarm is not None and key in spells_of(alarm, at=alive):
                self._spells.setdefault(spell.alarm, {})[key] = spell
            else:
                self._spell(replace(spell, until=max(alive, spell.since)))
        for alarm in alarms.values():
            for key, spell in spells_of(alarm, at=self._since).items():
                if key not in self._spells.get(alarm.id, {}):
                    self._spells.setdefault(alarm.id, {})[key] = spell
                    self._spell(spell)

    async def run(self) -> None:
        """Write down now and then that somebody is here, and let go of what is too old."""
        while True:
            self._beat()
            self.settle()
            self.retention.look()
            await self._clock.sleep(BEAT_S)

    def close(self) -> None:
        """Write down all that is known, before the ledger closes."""
        self.settle()
        self._beat()

    def _beat(self) -> None:
        """A clock that was set back begins another stretch: nothing is said about the time in between."""
        now = self._clock.now()
        self._since = min(self._since, now)
        self._ledger.submit(BEAT, (self._since, now))
