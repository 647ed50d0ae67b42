"""The order on a Modbus line, in virtual time, with a bus that is a table."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from drivers.errors import LinkError, Refused
from drivers.sensors.modbus_line import Breaker, IllegalAddress, Line, Silent
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
        self.closed = False

    async def ask(self, block: Block) -> Words:
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

    def silent(self, unit: int, why: str) -> None:
        self.events.append(("silent", unit))

    def back(self, unit: int) -> None:
        self.events.append(("back", unit))


def line(bus: Bus, registers: list[Register], counters: Counter[str] | None = None) -> Line:
    return Line(
        plan(registers, gap=8, words=125, bits=2000), clock=bus.clock, listener=bus, counters=counters or Counter()
    )


def reg(address: int, unit: int = 1, every: float = 1.0) -> Register:
    return Register(f"u{unit}.{address}", unit, "hr", address, every=every)


async def run_for(seconds: float, run: Callable[[], Awaitable[None]]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await run()


async def test_each_block_keeps_its_own_rhythm() -> None:
    bus = Bus(FakeClock())
    await run_for(10.0, lambda: line(bus, [reg(0, every=1.0), reg(100, every=4.0)]).run(bus.ask))
    assert [round(at) for at, _, address, _ in bus.asked if address == 100] == [0, 4, 8]
    assert [round(at, 1) for at, _, address, _ in bus.asked if address == 0] == [float(at) for at in range(10)]


async def test_an_illegal_hole_is_found_by_halving_and_never_asked_across_again() -> None:
    bus = Bus(FakeClock())
    bus.holes = {3}
    polled = line(bus, [reg(at) for at in (0, 1, 3, 6, 7)])
    await run_for(5.0, lambda: polled.run(bus.ask))
    assert ("refused", "u1.3") in bus.events
    later = {(address, count) for at, _, address, count in bus.asked if at > 1}
    assert later == {(0, 2), (6, 2)}
    assert {point for what, points in bus.events if what == "heard" for point in points} == {
        "u1.0",
        "u1.1",
        "u1.6",
        "u1.7",
    }


async def test_a_refused_address_is_tried_again_after_a_while() -> None:
    bus = Bus(FakeClock())
    bus.holes = {3}
    polled = line(bus, [reg(3, every=10.0), reg(50, every=10.0)])
    bus.clock.advance(0)
    asyncio.get_running_loop().call_later(100, bus.holes.clear)
    await run_for(320.0, lambda: polled.run(bus.ask))
    assert ("heard", ("u1.3",)) in bus.events


async def test_one_dead_unit_in_sixteen_costs_the_others_less_than_a_twentieth() -> None:
    bus, well = Bus(FakeClock()), Bus(FakeClock())
    registers = [reg(0, unit) for unit in range(1, 17)]
    await run_for(200.0, lambda: line(well, registers).run(well.ask))
    bus.dead = {7}
    start = bus.clock.mono()
    await run_for(200.0, lambda: line(bus, registers).run(bus.ask))
    alive = sum(1 for at, unit, *_ in bus.asked if unit == 1 and at >= start)
    assert alive >= 0.95 * sum(1 for _, unit, *_ in well.asked if unit == 1)
    assert bus.events.count(("silent", 7)) == 1


async def test_a_unit_that_comes_back_is_heard_again() -> None:
    bus = Bus(FakeClock())
    bus.dead = {2}
    asyncio.get_running_loop().call_later(4.0, bus.dead.clear)
    await run_for(30.0, lambda: line(bus, [reg(0, 1), reg(0, 2)]).run(bus.ask))
    told = [event for event in bus.events if event[0] != "heard"]
    assert told == [("silent", 2), ("back", 2)]
    assert ("heard", ("u2.0",)) in bus.events


async def test_silence_is_sure_within_seconds_however_slow_the_rhythm() -> None:
    bus = Bus(FakeClock())
    bus.dead = {1}
    began = bus.clock.mono()
    with pytest.raises(LinkError, match="no unit on this line answers"):
        await line(bus, [reg(0, every=600.0)]).run(bus.ask)
    assert bus.clock.mono() - began < 5


async def test_a_new_connection_asks_a_silent_unit_at_once_and_says_so_only_once() -> None:
    bus = Bus(FakeClock())
    bus.dead = {1}
    polled = line(bus, [reg(0)])
    for _ in range(3):
        with pytest.raises(LinkError):
            await polled.run(bus.ask)
    assert bus.events == [("silent", 1)]
    bus.dead.clear()
    await run_for(2.0, lambda: polled.run(bus.ask))
    assert bus.events[:3] == [("silent", 1), ("back", 1), ("heard", ("u1.0",))]


async def test_a_lost_connection_ends_the_run() -> None:
    bus = Bus(FakeClock())
    bus.closed = True
    with pytest.raises(LinkError, match="closed"):
        await line(bus, [reg(0)]).run(bus.ask)


async def test_a_unit_that_refuses_is_alive() -> None:
    bus, counters = Bus(FakeClock()), Counter[str]()

    async def busy(_: Block) -> Words:
        await bus.clock.sleep(TURN_S)
        raise Refused("busy")

    await run_for(3.5, lambda: line(bus, [reg(0)], counters).run(busy))
    assert bus.events == [("refused", "u1.0")] * 4


async def test_a_line_that_is_too_slow_counts_its_overruns() -> None:
    bus, counters = Bus(FakeClock()), Counter[str]()
    polled = Line(
        plan([reg(at * 50, every=0.02) for at in range(5)], gap=0, words=125, bits=1),
        clock=bus.clock,
        listener=bus,
        counters=counters,
    )
    await run_for(1.0, lambda: polled.run(bus.ask))
    assert counters["overruns"] > 50


def test_a_breaker_opens_at_the_second_failure_and_waits_longer_each_time() -> None:
    breaker, pauses, at = Breaker(), [], 0.0
    assert (breaker.failed(at), breaker.allows(at), breaker.failed(at)) == (False, True, True)
    for _ in range(9):
        began = at
        while not breaker.allows(at):
            at += 1.0
        pauses.append(at - began)
        assert not breaker.failed(at)
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert (breaker.worked(), breaker.open, breaker.worked()) == (True, False, False)
