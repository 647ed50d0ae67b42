"""The end of a movement: it is stopped when its seconds are over, and again until a stop is known to have arrived."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress

from drivers.capability import VERBS
from drivers.model import Clock, Command, Result
from drivers.turn import Job

AGAIN_S = 0.5
"""Seconds before a stop whose answer did not come is sent again; that never ends by itself."""
UNHEARD = 3
"""How often a stop is sent to a device that answers nothing."""


class Deadman:
    """One device's; it outlives the connection, so that what moved when the cable broke is stopped when it is back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at = math.inf
        self._moves = 0
        """Movements so far: a stop ends those before it and none that came after."""
        self._unheard = 0
        self._stirred = asyncio.Event()

    def begin(self, command: Command) -> int:
        """Note a command that is to be sent, and return the number to give to `end`."""
        if _lasts(command):
            self._moves += 1
            now = self._clock.mono()
            over = now + _seconds(command)
            self._until(min(self._at, over) if self._at > now else over)
        return self._moves

    def end(self, job: Job, result: Result, moves: int) -> None:
        """Note how the command ended: what may be moving must be stopped, what is known to be stopped need not."""
        command = job.command
        if command is None or moves != self._moves:
            return
        if _lasts(command) and job.left:
            self._unheard = 0
            self._until(job.began + _seconds(command))
        elif command.verb in ENDS:
            self._stopped(job, result)

    async def due(self) -> None:
        """Wait until something must be stopped."""
        while (left := self._at - self._clock.mono()) > 0:
            self._stirred.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if left == math.inf else left):
                    await self._stirred.wait()

    def _stopped(self, job: Job, result: Result) -> None:
        silent = bool(job.requests) and all(request.silent for request in job.requests)
        self._unheard = self._unheard + 1 if silent else 0
        if result in (Result.DONE, Result.VERIFIED, Result.REFUSED) and (not silent or self._unheard >= UNHEARD):
            self._unheard = 0
            self._until(math.inf)
            return
        self._until(self._clock.mono() + AGAIN_S)

    def _until(self, at: float) -> None:
        self._at = at
        self._stirred.set()


ENDS = frozenset(verb.lasts for verb in VERBS.values() if verb.lasts)
"""The verbs that end movements."""


def _lasts(command: Command) -> bool:
    verb = VERBS.get(command.verb)
    return bool(verb and verb.lasts)


def _seconds(command: Command) -> float:
    seconds = command.args.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else 0.0
