"""Keep every part running: the only place that starts free-standing tasks or catches `Exception`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import structlog

from drivers.model import Clock

log = structlog.get_logger()

LASTING_PAUSE_S = 60.0
"""How long a part rests whose error says that trying again will not help (a wrong password)."""


class PartState(StrEnum):
    """How a part stands: a closed list."""

    RUNNING = "running"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PartHealth:
    """A part's state since `since` (UTC ns), how often it was started again, how often a listener of it failed, why."""

    name: str
    state: PartState
    since: int
    restarts: int = 0
    faults: int = 0
    reason: str = ""


class Supervisor:
    """Run parts side by side; one that fails comes back after a growing, jittered pause and harms no other."""

    def __init__(
        self,
        *,
        clock: Clock,
        publish: Callable[[Sequence[object]], None],
        first_pause: float = 0.5,
        most_pause: float = 15.0,
    ) -> None:
        self._clock = clock
        self._publish = publish
        self._first_pause = first_pause
        self._most_pause = most_pause
        self._random = random.Random()  # noqa: S311 - jitter, not a secret
        self._health: dict[str, PartHealth] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def health(self) -> list[PartHealth]:
        """Return how every part stands, in the order in which they were added."""
        return list(self._health.values())

    def add(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Start the part `run` under `name`; it works until it fails, is removed, or ends by itself."""
        if name in self._tasks:
            raise ValueError(f"a part named {name!r} is already running")
        self._health[name] = PartHealth(name, PartState.RUNNING, self._clock.now())
        self._tasks[name] = asyncio.create_task(self._keep(name, run), name=name)

    async def remove(self, name: str) -> None:
        """Stop a part and wait until it has let go; an unknown name is none."""
        task = self._tasks.pop(name, None)
        if task is None:
            return
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self._health.pop(name, None)

    async def stop(self, *, within: float = 10.0) -> None:
        """Stop every part, the last added first, `within` seconds in all."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                for name in reversed(list(self._tasks)):
                    await self.remove(name)
        for task in self._tasks.values():
            task.cancel()

    def guard(self, name: str, listener: Callable[[Sequence[Any]], None]) -> Callable[[Sequence[Any]], None]:
        """Return `listener` made safe: what it raises is counted, shown under `name`, and harms no other listener."""

        def guarded(batch: Sequence[Any]) -> None:
            try:
                listener(batch)
            except Exception as error:
                self._fault(name, error)

        return guarded

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        pause = self._first_pause
        while True:
            started = self._clock.mono()
            try:
                await run()
            except Exception as caught:
                if self._tasks.get(name) is not asyncio.current_task():
                    return  # removed: a library turned the cancellation into an error of its own
                error = _first_cause(caught)
                if self._clock.mono() - started > self._most_pause:
                    pause = self._first_pause
                rest = LASTING_PAUSE_S if getattr(error, "permanent", False) else pause
                self._failed(name, error)
            else:
                self._show(name, PartState.STOPPED, "")
                return
            await self._clock.sleep(rest * self._random.uniform(0.5, 1.0))
            pause = min(pause * 2, self._most_pause)
            self._show(name, PartState.RUNNING, self._health[name].reason, restarts=self._health[name].restarts + 1)

    def _failed(self, name: str, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if reason != self._health[name].reason:
            log.warning("part failed", part=name, reason=reason, exc_info=_unexpected(error))
        self._show(name, PartState.RESTARTING, reason)

    def _fault(self, name: str, error: Exception) -> None:
        was = self._health.get(name) or PartHealth(name, PartState.RUNNING, self._clock.now())
        reason = f"{type(error).__name__}: {error}"
        if reason != was.reason:
            log.error("a listener failed", part=name, reason=reason, exc_info=error)
        self._health[name] = replace(was, faults=was.faults + 1, reason=reason)
        self._publish([self._health[name]])

    def well(self, name: str) -> None:
        """Forget a part's last reason: it has proved that it works again."""
        was = self._health.get(name)
        if was is not None and was.reason:
            log.info("part is well again", part=name, after=was.reason)
            self._show(name, was.state, "")

    def _show(self, name: str, state: PartState, reason: str, *, restarts: int | None = None) -> None:
        was = self._health.get(name)
        if was is None:
            return
        since = was.since if was.state == state else self._clock.now()
        now = replace(
            was, state=state, since=since, reason=reason, restarts=was.restarts if restarts is None else restarts
        )
        self._health[name] = now
        self._publish([now])


def _first_cause(error: Exception) -> Exception:
    """Return the error itself, or the first one inside a task group's bundle."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _unexpected(error: Exception) -> Exception | None:
    """Return the error when its traceback helps: our own errors are sentences already."""
    return None if type(error).__module__.startswith(("drivers.", "gateway.", "wall_controller.")) else error
