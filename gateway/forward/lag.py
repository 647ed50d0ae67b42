"""How far a sink is behind, and when the journal will be full of what waits for it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from drivers.model import Clock
from gateway.forward.positions import Positions
from gateway.store.spool import Backlog

LONG_S = 3_600.0
FILLING_S = 86_400.0
SAMPLES_S = 900.0
"""How far back the growth is looked at."""


class Spooling(Protocol):
    """What waits for a sink in the journal."""

    def backlog(self, sink: str, /) -> Backlog: ...


@dataclass(frozen=True, slots=True)
class Wait:
    """Rows and bytes that wait, the oldest for `age` seconds; `time_to_full` in seconds, None: it does not fill."""

    rows: int
    bytes: int
    age: float
    time_to_full: float | None

    @property
    def is_long(self) -> bool:
        """Return whether a person should hear of it."""
        return self.age >= LONG_S

    @property
    def is_filling(self) -> bool:
        """Return whether the journal will be full within a day."""
        return self.is_long and self.time_to_full is not None and self.time_to_full < FILLING_S

    def sentence(self) -> str:
        """Return it in words."""
        told = f"{self.rows:,} rows wait, the oldest for {_span(self.age)}"
        return told if self.time_to_full is None else f"{told}; the journal is full in {_span(self.time_to_full)}"


class Lag:
    """One sink's; `room` is how many bytes of journal may wait."""

    def __init__(self, sink: str, spool: Spooling, positions: Positions, *, clock: Clock, room: int) -> None:
        self._sink = sink
        self._spool = spool
        self._positions = positions
        self._clock = clock
        self._room = room
        self._samples: deque[tuple[float, int]] = deque()

    def now(self) -> Wait:
        """Return what waits now; rows that were sent ahead of what was left behind do not count."""
        backlog = self._spool.backlog(self._sink)
        rows = max(0, backlog.rows - self._positions.ahead)
        size = backlog.bytes * rows // backlog.rows if backlog.rows else 0
        age = max(0.0, (self._clock.now() - backlog.oldest) / 1e9) if rows and backlog.oldest else 0.0
        return Wait(rows, size, age, self._time_to_full(backlog.bytes))

    def sample(self) -> None:
        """Note how much the journal holds for the sink now."""
        now = self._clock.mono()
        self._samples.append((now, self._spool.backlog(self._sink).bytes))
        while len(self._samples) > 1 and self._samples[1][0] <= now - SAMPLES_S:
            self._samples.popleft()

    def _time_to_full(self, size: int) -> float | None:
        if not self._samples:
            return None
        began, had = self._samples[0]
        span, grown = self._clock.mono() - began, size - had
        return max(0, self._room - size) * span / grown if span > 0 and grown > 0 else None


def _span(seconds: float) -> str:
    """Return a span in the unit that suits it."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
