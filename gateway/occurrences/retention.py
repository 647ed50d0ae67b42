"""Lets go of occurrences that were over long ago, and of what belongs to them, a portion at a time, and counts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from drivers.model import Clock

DAY_NS = 86_400_000_000_000
EVERY_S = 600.0
MOST = 2_000
"""Occurrences that one look lets go; the others go with the next."""

OLD = "SELECT n FROM occurrence WHERE raised_at < ? AND closed_at < ? ORDER BY raised_at LIMIT ?"
LET_GO = "DELETE FROM occurrence WHERE n = ?"
LET_GO_OLD: Sequence[str] = (
    "DELETE FROM annunciation WHERE rowid IN (SELECT rowid FROM annunciation WHERE at < ? ORDER BY at LIMIT ?)",
    "DELETE FROM spell WHERE id IN (SELECT id FROM spell WHERE since < ? AND until < ? ORDER BY since LIMIT ?)",
    "DELETE FROM recorded WHERE until < ?",
)


class Ledger(Protocol):
    """Where rows are kept."""

    def submit(self, sql: str, args: tuple[Any, ...], /) -> None: ...
    def query(self, sql: str, args: tuple[Any, ...] = (), /) -> Sequence[Sequence[Any]]: ...


class Retention:
    """Looks every ten minutes; `keep_days` may change with the site's files."""

    def __init__(self, ledger: Ledger, *, clock: Clock, keep_days: int) -> None:
        self._ledger, self._clock = ledger, clock
        self.keep_days = keep_days
        self.expired = 0
        self._looked: float | None = None

    def look(self) -> None:
        """Let go of what is too old, if it is time to look; the spell that still runs stays."""
        mono = self._clock.mono()
        if self._looked is not None and mono - self._looked < EVERY_S:
            return
        self._looked = mono
        before = self._clock.now() - self.keep_days * DAY_NS
        old = self._ledger.query(OLD, (before, before, MOST))
        for (number,) in old:
            self._ledger.submit(LET_GO, (number,))
        self.expired += len(old)
        sounded, spells, recorded = LET_GO_OLD
        self._ledger.submit(sounded, (before, 4 * MOST))
        self._ledger.submit(spells, (before, before, 4 * MOST))
        self._ledger.submit(recorded, (before,))
