"""The hall of alarms with a history that is written into real tables; `kill` is what kill -9 and a new start leave."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gateway.store
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.annunciation import Annunciation
from gateway.alarms.flood import Flood
from gateway.occurrences.book import Book
from gateway.occurrences.occurrence import COLUMNS, SPELL_COLUMNS, Occurrence, Spell
from gateway.occurrences.recorder import Recorder
from tests.gateway.handling_world import Hall

NEWS = (AlarmChange, Annunciation, Flood)
SCHEMA = Path(gateway.store.__file__).parent / "schema"


class Ledger:
    """The tables of the store in a file, each statement committed as it comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA synchronous=OFF")
        for script in sorted(SCHEMA.glob("*.sql")):
            self.db.executescript(script.read_text("utf-8"))

    def submit(self, sql: str, args: tuple[Any, ...]) -> None:
        self.db.execute(sql, args)

    def query(self, sql: str, args: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self.db.execute(sql, args).fetchall()


class Written(Hall):
    """A hall whose alarms are written down."""

    def __init__(self, folder: Path, *rules: dict[str, Any], keep_days: int = 1_827, **written: Any) -> None:
        self.ledger = Ledger(folder / "history.db")
        self.keep_days = keep_days
        self.recorder: Recorder | None = None
        super().__init__(*rules, **written)
        self.begin()

    def begin(self) -> Recorder:
        """Begin to write down, as a service that starts does."""
        recorder = self.recorder = Recorder(
            self.ledger, clock=self.clock, where=lambda point: f"ruang {point}", later=lambda _s, _work: None,
            keep_days=self.keep_days,
        )  # fmt: skip
        recorder.restore(self.engine.every(), self.handling.flood)
        self.heard = partial(_hear, recorder)
        return recorder

    def kill(self, *, after: float = 0.0) -> None:
        """Lose what was not written down yet, and start again."""
        self.restart(after=after)
        self.begin()

    def settle(self) -> None:
        if self.recorder is not None:
            self.recorder.settle()

    @property
    def rows(self) -> list[Occurrence]:
        """Everything that was written down, oldest first."""
        self.settle()
        return [Occurrence.of_row(row) for row in self.ledger.query(f"SELECT {COLUMNS} FROM occurrence ORDER BY n")]

    @property
    def spells(self) -> list[Spell]:
        self.settle()
        return [Spell(*row) for row in self.ledger.query(f"SELECT {SPELL_COLUMNS} FROM spell ORDER BY since, id")]

    @property
    def book(self) -> Book:
        self.settle()
        return Book(partial(sqlite3.connect, self.ledger.path))


def _hear(recorder: Recorder, batch: Sequence[Any]) -> None:
    if isinstance(batch[0], NEWS):
        recorder.on_news(batch)
