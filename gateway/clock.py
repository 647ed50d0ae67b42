"""The real clock: the only file that asks the machine what time it is."""

from __future__ import annotations

import asyncio
import ctypes
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


TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised."""


def clock_quality() -> str:
    """Return `synchronised`, `unsynchronised`, or `unknown` where the kernel does not tell (adjtimex(2))."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    except (AttributeError, OSError):
        return "unknown"
    return "unknown" if state < 0 else "unsynchronised" if state == TIME_ERROR else "synchronised"
