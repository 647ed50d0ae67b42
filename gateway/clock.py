"""The real clock: the only file that asks the machine what time it is."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """UTC from the machine, durations from its monotonic clock."""

    def now(self) -> int:
        """Return UTC in nanoseconds since 1970."""
        return time.time_ns()

    def mono(self) -> float:
        """Return seconds on a clock that never jumps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        await asyncio.sleep(seconds)
