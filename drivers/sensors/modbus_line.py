"""The order on one Modbus line: each block at its rhythm, and a dead unit costs the others next to nothing."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from drivers.errors import LinkError, Refused
from drivers.model import Clock
from drivers.sensors.register_map import Block, Register, Words, halves

HOLE_AGAIN_S = 300.0
"""An address that a device does not have is asked for again after so long: it may have got new firmware."""

SURE_S = 1.0
"""A unit that did not answer is asked again so soon: once may be chance, twice is silence."""


class Silent(LinkError):
    """A unit did not answer, or its gateway says that it does not."""


class IllegalAddress(Refused):
    """The unit answers that it has no such address (exception 2)."""


Ask = Callable[[Block], Awaitable[Words]]
"""Bring a block's words; raises Silent, IllegalAddress, Refused, or LinkError when the connection is gone."""


class Listener(Protocol):
    """Whoever makes readings of what the line brings."""

    def heard(self, block: Block, words: Words) -> None:
        """Take the words of a block."""

    def refused(self, register: Register, why: str) -> None:
        """Learn that a unit refuses this register."""

    def silent(self, unit: int, why: str) -> None:
        """Learn that a unit has gone silent; said once."""

    def back(self, unit: int) -> None:
        """Learn that a silent unit answers again."""


class Breaker:
    """Leaves a unit alone that did not answer twice: for 5 s, then longer each time, at most 5 minutes."""

    OPEN_AFTER = 2
    FIRST_S, MOST_S = 5.0, 300.0

    def __init__(self) -> None:
        self._failures = 0
        self._pause = self.FIRST_S
        self._until = 0.0

    @property
    def open(self) -> bool:
        """The unit counts as silent."""
        return self._failures >= self.OPEN_AFTER

    def allows(self, at: float) -> bool:
        """Return whether the unit may be asked at `at` (seconds, monotonic)."""
        return not self.open or at >= self._until

    def probe(self) -> None:
        """Allow one question at once: the connection is new."""
        self._until = 0.0

    def failed(self, at: float) -> bool:
        """Note that it did not answer; return whether it has become silent by that."""
        self._failures += 1
        if self.open:
            self._until = at + self._pause
            self._pause = min(self._pause * 2, self.MOST_S)
        return self._failures == self.OPEN_AFTER

    def worked(self) -> bool:
        """Note that it answered; return whether it had been silent."""
        was_open = self.open
        self._failures, self._pause = 0, self.FIRST_S
        return was_open


class Line:
    """The polls of one line, one at a time; keeps what it learnt about holes and silent units over connections."""

    def __init__(self, blocks: Sequence[Block], *, clock: Clock, listener: Listener, counters: Counter[str]) -> None:
        self._blocks = list(blocks)
        self._clock, self._listener, self._counters = clock, listener, counters
        self._breakers: dict[int, Breaker] = defaultdict(Breaker)

    def silent_units(self) -> list[int]:
        """Return the units that do not answer."""
        return sorted(unit for unit, breaker in self._breakers.items() if breaker.open)

    async def run(self, ask: Ask) -> None:
        """Poll until the connection fails or no unit answers any more; raise LinkError."""
        units = {block.unit for block in self._blocks}
        for breaker in self._breakers.values():
            breaker.probe()
        start = self._clock.mono()
        agenda = [(start, order, block) for order, block in enumerate(self._blocks)]
        order = len(agenda)
        while agenda:
            due, _, block = heapq.heappop(agenda)
            await self._wait(due)
            polled = await self._poll(ask, block) if self._allowed(block) else [(block, block.every)]
            self._learn(block, [part for part, _ in polled])
            for part, pause in polled:
                order += 1
                heapq.heappush(agenda, (self._next(due, pause), order, part))
            if len(self.silent_units()) == len(units):
                raise LinkError("no unit on this line answers")

    def _learn(self, block: Block, parts: list[Block]) -> None:
        """Keep the cut that a refused block needed."""
        if parts != [block]:
            at = self._blocks.index(block)
            self._blocks[at : at + 1] = parts

    def _allowed(self, block: Block) -> bool:
        return self._breakers[block.unit].allows(self._clock.mono())

    async def _wait(self, due: float) -> None:
        pause = due - self._clock.mono()
        if pause > 0:
            await self._clock.sleep(pause)

    def _next(self, due: float, pause: float) -> float:
        """Return when a block is due again: in step, unless the line is too slow for that, which is counted."""
        now = self._clock.mono()
        if due + pause >= now:
            return due + pause
        self._counters["overruns"] += 1
        return now

    async def _poll(self, ask: Ask, block: Block) -> list[tuple[Block, float]]:
        """Ask for a block; return what to ask for from now on instead, and after how many seconds."""
        breaker = self._breakers[block.unit]
        self._counters["polls"] += 1
        try:
            words = await ask(block)
        except Silent as error:
            self._counters["timeouts"] += 1
            if breaker.failed(self._clock.mono()):
                self._listener.silent(block.unit, str(error))
            return [(block, min(block.every, SURE_S))]
        except Refused as error:
            self._answered(block)
            return await self._refused(ask, block, error)
        self._answered(block)
        self._listener.heard(block, words)
        return [(block, block.every)]

    def _answered(self, block: Block) -> None:
        if self._breakers[block.unit].worked():
            self._listener.back(block.unit)

    async def _refused(self, ask: Ask, block: Block, error: Refused) -> list[tuple[Block, float]]:
        """Find out which register is refused, by asking for the halves."""
        self._counters["refused"] += 1
        illegal = isinstance(error, IllegalAddress)
        if illegal and len(block.registers) > 1:
            first, second = halves(block)
            return [*await self._poll(ask, first), *await self._poll(ask, second)]
        for register in block.registers:
            self._listener.refused(register, str(error))
        return [(block, HOLE_AGAIN_S if illegal else block.every)]
