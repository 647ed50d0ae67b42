"""The emulators' real clock: they are a process of their own, on a floor that cannot import the gateway's."""

from __future__ import annotations

import asyncio
import time


class RealClock:
    """UTC from the machine, durations from its monotonic clock."""

    def now(self) -> int:
        """Return UTC in nanoseconds since 1970."""
        return time.time_ns()  # noqa: TID251 - this is the clock

    def mono(self) -> float:
        """Return seconds on a clock that never jumps."""
        return time.monotonic()  # noqa: TID251 - this is the clock

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        await asyncio.sleep(seconds)
