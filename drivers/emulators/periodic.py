"""What stand-ins that send by themselves have in common: a period, points that can be directed, and faults."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress

from drivers.emulators import curves
from drivers.emulators.field_sensor import LOCAL_S
from drivers.model import Clock, Point, Value


class Periodic(ABC):
    """Does its `turn` every so many seconds unless it is `silent`; `faults` gives each fault's usual seconds."""

    def __init__(
        self, name: str, points: Sequence[Point], faults: Mapping[str, float], *, clock: Clock, every: float, seed: int
    ) -> None:
        self.name = name
        self.log: deque[str] = deque(maxlen=200)
        self._points, self._known, self._clock = list(points), faults, clock
        self._every, self._seed = every, seed
        self._directed: dict[str, Value] = {}
        self._faults: dict[str, float] = {}
        self._running: asyncio.Task[None] | None = None

    async def start(self, host: str = "", port: int = 0) -> int:
        """Begin; it has no port of its own."""
        del host
        self._running = asyncio.get_running_loop().create_task(self._run(), name=self.name)
        return port

    async def stop(self) -> None:
        """Do no more."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    @abstractmethod
    async def turn(self) -> None:
        """Do what it does every period."""

    async def _run(self) -> None:
        while True:
            if "silent" not in self._faults:
                await self.turn()
            await self._clock.sleep(self._every)

    def load(self, state: Mapping[str, object]) -> None:
        """Direct points to values: `{point: value or None}`."""
        for point, value in state.items():
            if isinstance(value, bool | int | float | str):
                self._directed[point] = value
            else:
                self._directed.pop(point, None)

    def inject(self, fault: str, **params: object) -> None:
        """Do it wrong from now on; raise KeyError for a fault that it does not know."""
        if fault not in self._known:
            raise KeyError(f"{self.name} knows the faults {', '.join(self._known)}, not {fault!r}")
        self._faults[fault] = float(str(params.get("seconds", self._known[fault])))

    def clear(self) -> None:
        """Do it right again."""
        self._faults.clear()

    def _value(self, point: Point, at: float) -> Value:
        """Return what a point has at `at` (UTC seconds): what it was directed to, or its curve."""
        return self._directed.get(point.id, curves.value(point, at + LOCAL_S, seed=self._seed))
