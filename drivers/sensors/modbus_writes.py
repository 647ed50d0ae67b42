"""Commands to the points of a Modbus line: checked, written, and read back before anybody calls them done."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence

from drivers.capability import check, plain
from drivers.errors import BadCommand, ProtocolError, Refused
from drivers.model import Clock, Command, Outcome, Priority, Result, Value
from drivers.sensors.modbus_frames import Question, reading, writing
from drivers.sensors.modbus_line import Ask, Errand, IllegalFunction, Line
from drivers.sensors.register_map import BIT_TABLES, Block, Register, Words
from drivers.sensors.register_values import decode, encode, same
from drivers.turn import Ending

VERB = "write"
LOOK_PAUSES = (0.3, 0.6)
"""Seconds before each further look at whether an accepted write has taken; the first comes with the write."""

Work = Callable[[Ask], Awaitable[Ending]]
Heard = Callable[[Block, Words], None]


class Writes:
    """Whoever asks gets an outcome; `heard` gets what is read back, `last` tells what a point said last."""

    def __init__(
        self,
        registers: Sequence[Register],
        *,
        line: Line,
        clock: Clock,
        heard: Heard,
        last: Callable[[str], Value | None],
    ) -> None:
        self._registers = {one.point: one for one in registers}
        self._line, self._clock, self._heard, self._last = line, clock, heard, last
        self._newest: dict[str, str] = {}
        self._several: set[tuple[int, str]] = set()
        """Units and tables that know only the functions for several (15, 16)."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """What can be asked: `write`, when any point may be written."""
        return (VERB,) if any(one.writable for one in self._registers.values()) else ()

    async def ask(self, command: Command) -> Outcome:
        """Return what became of a command; whatever forbids it is an outcome too."""
        try:
            change = self._change(command)
        except BadCommand as error:
            return self._outcome(command, Ending(Result.REFUSED, str(error)))
        point = change.register.point
        self._newest[point] = command.id
        before = self._last(point)
        ending = await self._line.do(change.errand(change.carry_out, command.priority, command=command))
        for pause in LOOK_PAUSES:
            if ending.result is not Result.DONE or change.found is None:
                break
            await self._clock.sleep(pause)
            if self._newest[point] != command.id:
                told = "accepted; it could not be read back before what came next"
                return self._outcome(command, Ending(Result.DONE, told))
            ending = await self._look_again(change, command.priority)
        if ending.result is Result.DONE and change.found is not None and change.found == before:
            ending = Ending(Result.FAILED, f"the device did not act on it: {change.difference}")
        return self._outcome(command, ending)

    async def _look_again(self, change: _Change, priority: Priority) -> Ending:
        ending = await self._line.do(change.errand(change.look, priority))
        if ending.result in (Result.VERIFIED, Result.DONE):
            return ending
        return Ending(Result.DONE, f"accepted; it could not be read back: {ending.detail}")

    def _change(self, command: Command) -> _Change:
        """Return what the command asks for; raise BadCommand when it cannot or must not be done."""
        check(command.verb, command.args)
        if command.verb != VERB:
            raise BadCommand(f"a Modbus line knows {VERB}, not {command.verb}")
        point, value = str(command.args["point"]), plain(command.args["value"])
        register = self._registers.get(point)
        if register is None:
            raise BadCommand(f"no point {point!r} is read from this line; it has {', '.join(sorted(self._registers))}")
        if not register.writable:
            raise BadCommand(f"{point} may not be written; its address in points.yaml does not say `writable: true`")
        _check_value(register, value)
        return _Change(register, value, several=self._several, heard=self._heard)

    def _outcome(self, command: Command, ending: Ending) -> Outcome:
        return Outcome(command.id, ending.result, ending.detail, self._clock.now())


class _Change:
    """One wish for one register, on its way."""

    def __init__(self, register: Register, value: Value, *, several: set[tuple[int, str]], heard: Heard) -> None:
        self.register = register
        self.found: Value | None = None
        """What was read instead of the wish."""
        self._value, self._several, self._heard = value, several, heard
        self._words: Words = encode(register, value)

    def errand(self, work: Work, priority: Priority, *, command: Command | None = None) -> Errand:
        """Return the errand that does `work` when its turn has come."""
        coming = asyncio.get_running_loop().create_future()
        return Errand(priority, coming, command, unit=self.register.unit, work=work)

    @property
    def difference(self) -> str:
        """What was read, and what should have been."""
        return f"{self.register.point} reads {self.found} and not {self._value}"

    async def carry_out(self, ask: Ask) -> Ending:
        """Write, and read back at once; a part of a register is read before, so that the rest of it stays."""
        one = self.register
        if one.bits and one.table not in BIT_TABLES:
            self._words = encode(one, self._value, over=await ask(self._reading()))
        await self._write(ask)
        try:
            return await self.look(ask)
        except Refused as error:
            return Ending(Result.DONE, f"accepted; it cannot be read back: {error}")

    async def look(self, ask: Ask) -> Ending:
        """Read it back: VERIFIED when it reads as wished, DONE with the difference when it does not (yet)."""
        one = self.register
        words = await ask(self._reading())
        self._heard(Block((one,)), words)
        if same(one, self._words, words):
            self.found = None
            return Ending(Result.VERIFIED)
        try:
            self.found = decode(one, words)
        except ProtocolError as error:
            self.found = str(error)
        return Ending(Result.DONE, f"accepted; {self.difference}")

    async def _write(self, ask: Ask) -> None:
        """Write by the function for one; a device that does not know it gets the one for several, from then on."""
        one = self.register
        kind = (one.unit, one.table)
        many = kind in self._several
        try:
            await ask(writing(one.unit, one.table, one.address, words=self._words, many=many))
        except IllegalFunction:
            if many or len(self._words) > 1:
                raise
            await ask(writing(one.unit, one.table, one.address, words=self._words, many=True))
            self._several.add(kind)

    def _reading(self) -> Question:
        one = self.register
        return reading(one.unit, one.table, one.address, count=one.width)


WANTED: Mapping[str, tuple[type, ...]] = {"bool": (bool,), "text": (str,)}
"""What a value must be, by the register's type; a number for all others."""


def _check_value(one: Register, value: Value) -> None:
    """Raise BadCommand for a value of another kind, or beyond what the point can believably read."""
    kinds = WANTED.get(one.type, (int, float))
    if not isinstance(value, kinds) or (bool not in kinds and isinstance(value, bool)):
        wanted = {"bool": "true or false", "text": "a text"}.get(one.type, "a number")
        raise BadCommand(f"{one.point}: {wanted} is wanted, not {value!r}")
    if isinstance(value, str | bool):
        return
    if not math.isfinite(value) or not one.low <= value <= one.high:
        raise BadCommand(f"{one.point}: {value} is outside its range of {one.low:g} to {one.high:g}")
