"""What is to be done later, by name: set, set anew, or dropped."""

from __future__ import annotations

import math
from collections.abc import Callable

from drivers.model import Clock
from gateway.alarms.agenda import Agenda


class Timers:
    """Work by name, each at its time; unlike an agenda a name never comes up too soon."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._agenda = Agenda(clock)
        self._work: dict[str, tuple[float, Callable[[], object]]] = {}

    def at(self, name: str, due: float, work: Callable[[], object]) -> None:
        """Do `work` at `due` (monotonic seconds), instead of what was to be done under `name`; infinite: never."""
        if math.isinf(due):
            self.drop(name)
            return
        self._work[name] = (due, work)
        self._agenda.set(name, due)

    def drop(self, name: str) -> None:
        """Do nothing under this name."""
        self._work.pop(name, None)

    def clear(self) -> None:
        """Do nothing any more."""
        self._work.clear()

    def soonest(self) -> float:
        """Return when something may be due next (monotonic seconds); infinite: nothing is planned."""
        return self._agenda.soonest()

    def tick(self) -> None:
        """Do what is due now."""
        now = self._clock.mono()
        for name in self._agenda.take():
            due, work = self._work.get(name, (math.inf, _nothing))
            if due > now:
                self._agenda.set(name, due)
            else:
                del self._work[name]
                work()

    async def run(self) -> None:
        """Do everything at its time, for ever."""
        await self._agenda.run(self.tick)


def _nothing() -> None:
    """Do nothing."""
