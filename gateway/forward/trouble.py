"""What stands between a sink and its server: shown at once, told to a person when it lasts, and rested for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from random import Random

from drivers.model import Clock
from gateway.forward.replies import Answer, Told, pause
from gateway.forward.status import SinkState
from gateway.repairs import Repairs

PASSING = (Answer.AWAY, Answer.BUSY)
AWAY_AFTER_S = 30.0
"""How long a server is silent before a person hears of it."""


class Trouble:
    """One sink's: its state since `since` (UTC ns), and why; `kinds` has the repair that each answer needs."""

    def __init__(self, sink: str, *, kinds: Mapping[Answer, str], repairs: Repairs, clock: Clock) -> None:
        self._sink = sink
        self._kinds = kinds
        self._repairs = repairs
        self._clock = clock
        self._random = Random()  # noqa: S311 - jitter, not a secret
        self._hurry = asyncio.Event()
        self._failures = 0
        self._failing_since: float | None = None
        self.state, self.since, self.reason = SinkState.STARTING, clock.now(), ""

    def over(self) -> None:
        """Note that the server takes what it gets: whatever ailed it is over."""
        self._failures, self._failing_since = 0, None
        self._tell(None, "")

    def stands(self, state: SinkState, reason: str = "") -> None:
        """Show how the sink stands, unless it is in trouble."""
        if self._failing_since is None:
            self._show(state, reason)

    def partly(self, answer: Answer, text: str) -> None:
        """Show, and tell a person, what the server does not take, while it takes everything else."""
        self._failures, self._failing_since = 0, None
        self._tell(self._kinds[answer], text)
        self._show(SinkState.of(answer), text)

    def shows(self, answer: Answer, text: str) -> None:
        """Show, and tell a person, what the server does not take, while it takes everything else."""
        self._failures, self._failing_since = 0, None
        self._tell(self._kinds[answer], text)
        self._show(SinkState.of(answer), text)

    async def rest(self, told: Told) -> None:
        """Say why things wait, and wait until it is time to try again."""
        now = self._clock.mono()
        self._failures += 1
        self._failing_since = now if self._failing_since is None else self._failing_since
        self._show(SinkState.of(told.answer), told.text)
        if told.answer not in PASSING or now - self._failing_since >= AWAY_AFTER_S:
            self._tell(self._kinds[told.answer], told.text)
        self._hurry.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause(told, self._failures, self._random)):
                await self._hurry.wait()

    def hurry(self) -> None:
        """End the rest: it may work now."""
        self._hurry.set()

    def _tell(self, repair: str | None, detail: str) -> None:
        for kind in set(self._kinds.values()):
            self._repairs.settle(kind, self._sink, detail if kind == repair else None)

    def _show(self, state: SinkState, reason: str) -> None:
        if state is not self.state:
            self.since = self._clock.now()
        self.state, self.reason = state, reason
