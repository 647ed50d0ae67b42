"""Stories that the simulated field can play: what happens, in which order and how fast."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from drivers.emulators import curves
from drivers.model import Clock, Value

RAWA_MAKMUR = "awlr-air-bengkulu-rawamakmur"
STEP_S = 1.0
"""A directed gauge reports at least this often, so no step is shorter."""
LEAST_HOLD_S = 15.0
"""However fast the site runs, the operator gets so long to see the wall and acknowledge."""


class Field(Protocol):
    """The sensors that a story directs."""

    def override(self, point: str, value: Value | None) -> None:
        """Direct a point; None: back to its day."""


@dataclass(frozen=True, slots=True)
class Flood:
    """A flash flood at one gauge, levels in its unit, times in seconds of the site's life."""

    gauge: str
    calm: float
    limits: tuple[float, float]
    """Siaga III and Siaga II."""
    crest: float
    rise: float = 1_800.0
    hold: float = 1_800.0
    fall: float = 1_800.0
    steps: int = 16


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a story is: `phase` is rising, holding, falling or over."""

    name: str
    phase: str
    gauge: str
    level: float


BANJIR = Flood(RAWA_MAKMUR, calm=200.0, limits=(250.0, 350.0), crest=372.0)


def rising(flood: Flood) -> list[float]:
    """Return the levels of the rise: slow, then fast, then slow at the crest, and never back."""
    return [flood.calm + (flood.crest - flood.calm) * _eased(step, flood.steps) for step in range(flood.steps + 1)]


def falling(flood: Flood, *, crest: float) -> list[float]:
    """Return the levels from the crest to well below Siaga III, below any deadband."""
    low = flood.limits[0] - max(20.0, 0.08 * flood.limits[0])
    return [crest - (crest - low) * _eased(step, flood.steps) for step in range(1, flood.steps + 1)]


def _eased(step: int, steps: int) -> float:
    part = step / steps
    return part * part * (3 - 2 * part)


class Scenarios:
    """Plays stories on a field, each once at a time; `levels` are the alarm limits of the gauges, mildest first."""

    NAMES = ("banjir",)

    def __init__(
        self,
        field: Field,
        *,
        clock: Clock,
        pace: float = 1.0,
        levels: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        self._field, self._clock, self._pace = field, clock, pace
        self._levels = levels or {}
        self._progress: dict[str, Progress] = {}
        self._fall: dict[str, asyncio.Event] = {}

    def state(self) -> Mapping[str, object]:
        """Return how far each story is."""
        return {
            name: {"phase": now.phase, "gauge": now.gauge, "level": now.level} for name, now in self._progress.items()
        }

    def fall(self, name: str) -> None:
        """Let the water of a story fall at once; raise KeyError when it is not being played."""
        if name not in self._fall:
            raise KeyError(f"the story {name!r} is not being played")
        self._fall[name].set()

    async def play(
        self, name: str, *, pace: float | None = None, gauge: str = RAWA_MAKMUR, hold: float | None = None
    ) -> None:
        """Play a story to its end; `hold` is how many real seconds the water stays high. KeyError, ValueError."""
        if name not in self.NAMES:
            raise KeyError(f"there is no story {name!r}; there is {', '.join(self.NAMES)}")
        if name in self._fall:
            raise ValueError(f"the story {name!r} is being played already")
        flood, pace = self._flood(gauge), pace or self._pace
        self._fall[name] = asyncio.Event()
        self._progress[name] = Progress(name, "rising", gauge, flood.calm)
        try:
            await self._through(name, flood, rising(flood), "rising", flood.rise / pace)
            await self._hold(name, flood, max(LEAST_HOLD_S, flood.hold / pace) if hold is None else hold)
            crest = self._progress[name].level
            await self._through(name, flood, falling(flood, crest=crest), "falling", flood.fall / pace)
        finally:
            del self._fall[name]
            self._field.override(gauge, None)
            self._progress[name] = replace(self._progress[name], phase="over")

    def _flood(self, gauge: str) -> Flood:
        """Return the flood of a gauge, scaled to its own limits."""
        known = self._levels.get(gauge, BANJIR.limits)
        first, second = known[:2] if len(known) > 1 else BANJIR.limits
        crest = second + 0.22 * (second - first)
        return replace(BANJIR, gauge=gauge, calm=0.8 * first, limits=(first, second), crest=crest)

    async def _through(self, name: str, flood: Flood, levels: Sequence[float], phase: str, seconds: float) -> None:
        """Go through `levels` in so many seconds, with a little of the river's own unrest."""
        for step, level in enumerate(levels):
            if phase == "rising" and self._fall[name].is_set():
                return
            said = round(level + 0.8 * curves.dice(step, len(levels)), 1)
            self._progress[name] = Progress(name, phase, flood.gauge, said)
            self._field.override(flood.gauge, said)
            await self._clock.sleep(max(STEP_S, seconds / len(levels)))

    async def _hold(self, name: str, flood: Flood, seconds: float) -> None:
        """Keep the water at the crest until it is time, or somebody lets it fall."""
        self._progress[name] = Progress(name, "holding", flood.gauge, self._progress[name].level)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._fall[name].wait()
