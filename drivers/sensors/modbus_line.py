"""The order on one Modbus line: commands first, then each block at its rhythm; one question at a time."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from drivers.errors import LinkError, Refused
from drivers.model import Clock, Result
from drivers.sensors.modbus_breaker import Breaker
from drivers.sensors.modbus_frames import Question, reading
from drivers.sensors.register_map import Block, Register, Words, halves
from drivers.turn import Ending, Job, Turn

HOLE_AGAIN_S = 300.0
"""An address that a device does not have is asked for again after so long: it may have got new firmware."""

SURE_S = 1.0
"""A unit that did not answer is asked again so soon: once may be chance, twice is silence."""

MOST_LOST = 3
"""So many units that had answered, silent one after the other: it is the connection that is dead."""


class Silent(LinkError):
    """A unit did not answer."""


class Absent(Silent):
    """The gateway of the bus says that the unit does not answer: nothing can have reached it."""


class IllegalFunction(Refused):
    """The unit answers that it does not know this function (exception 1)."""


class IllegalAddress(Refused):
    """The unit answers that it has no such address (exception 2)."""


class IllegalValue(Refused):
    """The unit answers that it cannot do so many at once, or that the value is none (exception 3)."""


Ask = Callable[[Question], Awaitable[Words]]
"""Bring what is asked for; raises Silent, IllegalAddress, Refused, or LinkError when the connection is gone."""


@dataclass(slots=True, eq=False)
class Errand(Job):
    """Something to do between polls at one unit, without a poll or another errand in the middle."""

    unit: int = 0
    work: Callable[[Ask], Awaitable[Ending]] = field(kw_only=True)


class Listener(Protocol):
    """Whoever makes readings of what the line brings."""

    def heard(self, block: Block, words: Words) -> None:
        """Take the words of a block."""

    def refused(self, register: Register, why: str) -> None:
        """Learn that a unit refuses this register."""

    def missed(self, block: Block) -> None:
        """Learn that a block could not be read this time."""

    def silent(self, unit: int, why: str) -> None:
        """Learn that a unit has gone silent; said once."""

    def back(self, unit: int) -> None:
        """Learn that a silent unit answers again."""


class Line:
    """What is asked on one line, one at a time; keeps what it learnt about holes and silent units over connections.

    After a silence a unit is left alone for `quiet` seconds: a late answer must not be taken for that to the next
    question. The others go on meanwhile; nothing that this unit says is an answer to them.
    """

    def __init__(
        self, blocks: Sequence[Block], *, clock: Clock, listener: Listener, counters: Counter[str], quiet: float = 0.0
    ) -> None:
        self._blocks = list(blocks)
        self._clock, self._listener, self._counters, self._quiet = clock, listener, counters, quiet
        self._breakers: dict[int, Breaker] = defaultdict(Breaker)
        self._turn = Turn(counters)
        self._agenda: list[tuple[float, int, Block]] = []
        self._order = 0
        self._busy: Errand | None = None
        self._ready = False
        self._tried: set[int] = set()
        self._proven: set[int] = set()
        """The units that have answered on this connection."""
        self._lost: set[int] = set()
        """Those of them that have been silent since anybody answered."""

    def silent_units(self) -> list[int]:
        """Return the units that do not answer."""
        return sorted(unit for unit, breaker in self._breakers.items() if breaker.open)

    async def do(self, errand: Errand) -> Ending:
        """Return how an errand ended; it waits for its turn, but for no poll that is not yet on its way."""
        if not self._ready:
            return Ending(Result.FAILED, "the line is not connected; see the device's state")
        self._turn.add(errand, self._clock.mono())
        return await errand.end

    async def run(self, ask: Ask) -> None:
        """Work until the connection fails or no unit answers any more; raise LinkError."""
        units = {block.unit for block in self._blocks}
        self._begin()
        try:
            while True:
                await self._step(ask)
                if self._tried >= units and set(self.silent_units()) >= units:
                    raise LinkError("no unit on this line answers")
                if len(self._lost) >= MOST_LOST:
                    raise LinkError(f"units {', '.join(map(str, sorted(self._lost)))} went silent together")
        finally:
            self._end()

    def _begin(self) -> None:
        for breaker in self._breakers.values():
            breaker.probe()
        for units in (self._tried, self._proven, self._lost):
            units.clear()
        self._agenda = []
        for block in self._blocks:
            self._plan(self._clock.mono(), block)
        self._ready = True

    def _end(self) -> None:
        """End whatever waits; nothing is kept for the next connection."""
        self._ready = False
        errand, self._busy = self._busy, None
        if errand is not None:
            errand.finish(Result.UNSURE, "the connection ended before the answer came")
        self._turn.clear("the connection ended before it was sent")

    def _plan(self, due: float, block: Block) -> None:
        self._order += 1
        heapq.heappush(self._agenda, (due, self._order, block))

    async def _step(self, ask: Ask) -> None:
        """Do what is next: an errand, a poll that is due, or wait for either."""
        now = self._clock.mono()
        errand = self._turn.take(now)
        if isinstance(errand, Errand):
            await self._serve(ask, errand)
            await self._clock.sleep(0)  # Whoever reads back asks before the next poll is taken.
            return
        due, _, block = self._agenda[0]
        if due > now:
            with suppress(TimeoutError):
                async with asyncio.timeout(due - now):
                    await self._turn.wait(now)
            return
        heapq.heappop(self._agenda)
        following = await self._poll(ask, block, due) if self._allowed(block) else [(self._later(block), block)]
        self._learn(block, [part for _, part in following])
        for due, part in following:
            self._plan(due, part)

    def _allowed(self, block: Block) -> bool:
        return self._breakers[block.unit].allows(self._clock.mono())

    def _later(self, block: Block) -> float:
        """Return when a block of a resting unit is looked at again."""
        return min(self._clock.mono() + block.every, self._breakers[block.unit].until)

    def _learn(self, block: Block, parts: list[Block]) -> None:
        """Keep the cut that a refused block needed."""
        if parts != [block]:
            at = self._blocks.index(block)
            self._blocks[at : at + 1] = parts

    def _next(self, due: float, pause: float) -> float:
        """Return when a block is due again: in step, unless the line is too slow for that, which is counted."""
        now = self._clock.mono()
        if due + pause >= now:
            return due + pause
        self._counters["overruns"] += 1
        return now

    async def _poll(self, ask: Ask, block: Block, due: float) -> list[tuple[float, Block]]:
        """Ask for a block; return what to ask for from now on instead, and when."""
        self._counters["polls"] += 1
        began = self._clock.mono()
        try:
            words = await ask(reading(block.unit, block.table, block.address, count=block.count))
        except Silent as error:
            self._missed(block.unit, error, began)
            self._listener.missed(block)
            return [(self._clock.mono() + max(min(block.every, SURE_S), self._quiet), block)]
        except Refused as error:
            self._answered(block.unit)
            return self._refused(block, error, due)
        self._answered(block.unit)
        self._listener.heard(block, words)
        return [(self._next(due, block.every), block)]

    def _refused(self, block: Block, error: Refused, due: float) -> list[tuple[float, Block]]:
        """Find out which register is refused, by asking for the halves at once."""
        self._counters["refused"] += 1
        if isinstance(error, IllegalAddress | IllegalValue) and len(block.registers) > 1:
            return [(due, half) for half in halves(block)]
        illegal = isinstance(error, IllegalAddress)
        self._counters["illegal"] += illegal
        for register in block.registers:
            self._listener.refused(register, str(error))
        return [(self._next(due, HOLE_AGAIN_S if illegal else block.every), block)]

    async def _serve(self, ask: Ask, errand: Errand) -> None:
        """Do an errand, unless its unit is silent (then it fails) or rests for a moment (then it waits)."""
        breaker, began = self._breakers[errand.unit], self._clock.mono()
        if not breaker.allows(began):
            if breaker.open:
                pause = breaker.until - began
                errand.finish(Result.FAILED, f"unit {errand.unit} does not answer; it is asked again in {pause:.0f} s")
            else:
                self._turn.put_back(errand, not_before=breaker.until)
            return
        self._busy, errand.left = errand, True
        try:
            ending = await errand.work(ask)
            self._answered(errand.unit)
        except Silent as error:
            self._missed(errand.unit, error, began)
            self._hurry(errand.unit)
            unsure = Ending(Result.UNSURE, f"{error}; whether it has taken is read next")
            ending = Ending(Result.FAILED, str(error)) if isinstance(error, Absent) else unsure
        except Refused as error:
            self._answered(errand.unit)
            self._counters["refused"] += 1
            ending = Ending(Result.REFUSED, str(error))
        self._busy = None
        errand.finish(ending.result, ending.detail)

    def _hurry(self, unit: int) -> None:
        """Read a unit as soon as it may be asked again: its state is in doubt."""
        now = self._clock.mono()
        self._agenda = [(now if block.unit == unit else due, order, block) for due, order, block in self._agenda]
        heapq.heapify(self._agenda)

    def _answered(self, unit: int) -> None:
        self._lost.clear()
        self._tried.add(unit)
        self._proven.add(unit)
        if self._breakers[unit].worked():
            self._listener.back(unit)

    def _missed(self, unit: int, error: Silent, began: float) -> None:
        now = self._clock.mono()
        self._counters["timeouts"] += 1
        self._tried.add(unit)
        if unit in self._proven:
            self._lost.add(unit)
        if self._breakers[unit].failed(now, took=now - began, rest=self._quiet):
            self._listener.silent(unit, str(error))
