"""Fakes that behave: a clock that jumps, a loop in virtual time."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

EPOCH_NS = 1_768_608_000_000_000_000
"""2026-01-17T00:00:00Z, where every test's day begins."""


class _JumpingSelector(selectors.DefaultSelector):
    """Answers at once: when nothing is ready, virtual time jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            ready = super().select(2.0)
            if not ready:
                raise RuntimeError("the test waits for something that nothing will bring")
            return ready
        ready = super().select(0)
        if not ready:
            self.elapsed += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose sleeps cost no time; for tests without real sockets."""

    def __init__(self) -> None:
        self._jumps = _JumpingSelector()
        super().__init__(self._jumps)

    def time(self) -> float:
        return self._jumps.elapsed


class FakeClock:
    """A clock for tests: follows the virtual loop when one runs, and `advance` otherwise."""

    def __init__(self, start_ns: int = EPOCH_NS) -> None:
        self._start_ns = start_ns
        self._advanced = 0.0

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._advanced += seconds

    def mono(self) -> float:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._advanced
        return self._advanced + (loop.time() if isinstance(loop, VirtualLoop) else 0.0)

    def now(self) -> int:
        return self._start_ns + round(self.mono() * 1e9)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
