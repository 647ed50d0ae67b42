"""What is to be done when: one entry per name, and a wait until the next is due."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable
from contextlib import suppress

from drivers.model import Clock


class Agenda:
    """Times (monotonic seconds) by name. The sooner wins: a name may come up before its time, never after it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._sooner = asyncio.Event()

    def set(self, name: str, due: float) -> None:
        """Make `name` due at `due`, unless it is due sooner already; infinite: never."""
        if due >= self._due.get(name, math.inf):
            return
        self._due[name] = due
        heapq.heappush(self._heap, (due, name))
        if self._heap[0] == (due, name):
            self._sooner.set()

    def soonest(self) -> float:
        """Return when something is due next (monotonic seconds); infinite: nothing is planned."""
        while self._heap and self._outdated(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf

    def take(self) -> list[str]:
        """Return the names that are due by now, soonest first, and forget them."""
        now, names = self._clock.mono(), []
        while self._heap and (self._heap[0][0] <= now or self._outdated(self._heap[0])):
            entry = heapq.heappop(self._heap)
            if not self._outdated(entry):
                del self._due[entry[1]]
                names.append(entry[1])
        return names

    async def run(self, work: Callable[[], None]) -> None:
        """Call `work` whenever something is due, for ever."""
        while True:
            work()
            self._sooner.clear()
            wait = self._heap[0][0] - self._clock.mono() if self._heap else None
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._sooner.wait()

    def _outdated(self, entry: tuple[float, str]) -> bool:
        return self._due.get(entry[1]) != entry[0]
