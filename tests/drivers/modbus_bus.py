"""A Modbus bus that is a table, in virtual time, and the line that is asked on it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from drivers.errors import LinkError
from drivers.sensors.modbus_frames import Question
from drivers.sensors.modbus_line import IllegalAddress, Line, Silent
from drivers.sensors.register_map import Block, Register, Words, plan
from tests.fakes import FakeClock

TIMEOUT_S = 1.0
TURN_S = 0.01


class Bus:
    """Answers with each register's own address, except for what is told to fail; remembers who was asked when."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.dead: set[int] = set()
        self.holes: set[int] = set()
        self.asked: list[tuple[float, int, int, int]] = []
        self.events: list[tuple[str, Any]] = []
        self.missing: list[tuple[float, int]] = []
        self.closed = False

    async def ask(self, block: Question) -> Words:
        self.asked.append((self.clock.mono(), block.unit, block.address, block.count))
        if self.closed:
            raise LinkError("closed")
        if block.unit in self.dead:
            await self.clock.sleep(TIMEOUT_S)
            raise Silent(f"unit {block.unit}")
        await self.clock.sleep(TURN_S)
        if self.holes & set(range(block.address, block.address + block.count)):
            raise IllegalAddress("no such address")
        return list(range(block.address, block.address + block.count))

    def heard(self, block: Block, words: Words) -> None:
        self.events.append(("heard", tuple(one.point for one in block.registers)))

    def refused(self, register: Register, why: str) -> None:
        self.events.append(("refused", register.point))

    def missed(self, block: Block) -> None:
        self.missing.append((self.clock.mono(), block.unit))

    def silent(self, unit: int, why: str) -> None:
        self.events.append(("silent", unit))

    def back(self, unit: int) -> None:
        self.events.append(("back", unit))


def line(bus: Bus, registers: list[Register], counters: Counter[str] | None = None, *, quiet: float = 0.0) -> Line:
    blocks = plan(registers, gap=8, words=125, bits=2000)
    told = Counter() if counters is None else counters
    return Line(blocks, clock=bus.clock, listener=bus, counters=told, quiet=quiet)


def reg(address: int, unit: int = 1, every: float = 1.0) -> Register:
    return Register(f"u{unit}.{address}", unit, "hr", address, every=every)


async def run_for(seconds: float, run: Callable[[], Awaitable[None]]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await run()
