"""A flood of alarms: when more are sounded than a person can take in, what is low stays on the list and is silent."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from drivers.model import Clock
from gateway.alarms.alarm import Alarm
from gateway.alarms.chronicle import ENGINE, AuditPort
from gateway.alarms.kept import KeptPort
from gateway.alarms.timers import Timers

KIND = "flood"
STARTS, ENDS = 10, 5
"""So many annunciations within the window start it; fewer than these end it."""
WINDOW_S = 600.0
LIST_ONLY = 2
"""In a flood alarms up to this severity are listed and not sounded; a high one is always sounded."""


@dataclass(frozen=True, slots=True)
class Flood:
    """Whether there is one, since when (UTC ns), and what was annunciated since then, by severity."""

    on: bool = False
    since: int | None = None
    counts: dict[int, int] = field(default_factory=dict)
    listed: int = 0
    """How many of them were only listed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A flood as it survives a restart; times in UTC ns."""

    flood: Flood
    rung: list[tuple[int, int]]
    """The latest annunciations: when, and of which severity."""


class FloodWatch:
    """Counts what is annunciated at the operators' position."""

    def __init__(
        self,
        *,
        clock: Clock,
        timers: Timers,
        store: KeptPort,
        publish: Callable[[Sequence[object]], None],
        audit: AuditPort,
        pace: float,
    ) -> None:
        self._clock, self._timers, self._store, self._publish, self._audit = clock, timers, store, publish, audit
        self._window = WINDOW_S / pace
        self._rung: deque[tuple[int, int]] = deque(maxlen=STARTS)
        self.flood = Flood()

    def restore(self) -> None:
        """Take up what was kept."""
        doc = self._store.kept(KIND).get(KIND)
        if doc is None:
            return
        try:
            kept = msgspec.convert(doc, Kept, strict=False)
        except msgspec.ValidationError:
            self._store.keep(KIND, KIND, None)
            return
        self.flood = kept.flood
        self._rung.extend(kept.rung)

    def begin(self) -> None:
        """Look when it ends."""
        self._await_end()

    def lists_only(self, alarm: Alarm) -> bool:
        """Whether an alarm that is annunciated now is only listed."""
        return self.flood.on and alarm.severity <= LIST_ONLY

    def on_annunciation(self, alarm: Alarm) -> None:
        """Count one."""
        self._rung.append((self._clock.now(), alarm.severity))
        flood = self.flood
        if flood.on:
            counts = flood.counts | {alarm.severity: flood.counts.get(alarm.severity, 0) + 1}
            self._tell(replace(flood, counts=counts, listed=flood.listed + self.lists_only(alarm)))
        elif len(self._rung) == STARTS and self._ago(self._rung[0]) <= self._window:
            counts = dict(Counter(severity for _, severity in self._rung))
            listed = int(alarm.severity <= LIST_ONLY)
            self._tell(Flood(on=True, since=self._rung[0][0], counts=counts, listed=listed))
            why = f"{STARTS} annunciations in {self._ago(self._rung[0]):.0f} s"
            self._audit.record(ENGINE, "flood.start", KIND, why=why)
        self._keep()
        self._await_end()

    def _ago(self, rung: tuple[int, int]) -> float:
        return (self._clock.now() - rung[0]) / 1e9

    def _await_end(self) -> None:
        """It ends when the fifth latest annunciation is no longer within the window."""
        if self.flood.on:
            left = self._window - self._ago(self._rung[-ENDS]) if len(self._rung) >= ENDS else 0.0
            self._timers.at(KIND, self._clock.mono() + max(left, 0.0), self._end)

    def _end(self) -> None:
        told = {str(severity): count for severity, count in sorted(self.flood.counts.items())}
        self._audit.record(ENGINE, "flood.end", KIND, after={"counts": told, "listed": self.flood.listed})
        self._tell(Flood())
        self._keep()

    def _keep(self) -> None:
        self._store.keep(KIND, KIND, msgspec.to_builtins(Kept(self.flood, list(self._rung)), str_keys=True))

    def _tell(self, flood: Flood) -> None:
        self.flood = flood
        self._publish([flood])
