"""Errands on a Modbus line, in virtual time: before every poll, never in the middle of one, honest about their end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from drivers.model import Command, Priority, Result
from drivers.sensors.modbus_frames import Question, reading
from drivers.sensors.modbus_line import Absent, Ask, Errand
from drivers.sensors.register_map import Words
from drivers.turn import Ending
from tests.drivers.modbus_bus import TIMEOUT_S, TURN_S, Bus, line, reg
from tests.fakes import FakeClock


def errand(work: Callable[[Ask], Awaitable[Ending]], unit: int = 1, *, deadline: float = 1e9) -> Errand:
    clock = FakeClock()
    command = Command(f"c{id(work)}", "line", "write", {"point": str(id(work))}, "", "", clock.now(), deadline)
    return Errand(Priority.OPERATOR, asyncio.get_running_loop().create_future(), command, unit=unit, work=work)


def one_question(address: int, unit: int = 1) -> Callable[[Ask], Awaitable[Ending]]:
    async def work(ask: Ask) -> Ending:
        await ask(reading(unit, "hr", address, count=1))
        return Ending(Result.DONE)

    return work


async def test_r16_an_errand_goes_before_every_poll_that_waits() -> None:
    bus = Bus(FakeClock())
    polled = line(bus, [reg(at * 50, every=0.02) for at in range(5)])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(bus.ask))
        await bus.clock.sleep(0.5 + TURN_S / 2)
        began = bus.clock.mono()
        ending = await polled.do(errand(one_question(7)))
        took = bus.clock.mono() - began
        running.cancel()
    assert ending.result is Result.DONE
    assert took <= 2 * TURN_S


async def test_no_poll_comes_between_the_questions_of_an_errand() -> None:
    bus = Bus(FakeClock())
    polled = line(bus, [reg(at * 50, every=0.02) for at in range(5)])

    async def work(ask: Ask) -> Ending:
        for address in (1001, 1002, 1003):
            await ask(reading(1, "hr", address, count=1))
        return Ending(Result.VERIFIED)

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(bus.ask))
        await bus.clock.sleep(0.5)
        await polled.do(errand(work))
        running.cancel()
    addresses = [address for _, _, address, _ in bus.asked]
    at = addresses.index(1001)
    assert addresses[at : at + 3] == [1001, 1002, 1003]


async def test_errands_come_between_the_halves_of_a_cut() -> None:
    bus = Bus(FakeClock())
    bus.holes = set(range(1, 100, 2))
    polled = line(bus, [reg(at) for at in range(100)])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(bus.ask))
        await bus.clock.sleep(0.1)
        began = bus.clock.mono()
        await polled.do(errand(one_question(0)))
        took = bus.clock.mono() - began
        running.cancel()
    assert took <= 2 * TURN_S


async def test_an_errand_to_a_silent_unit_fails_at_once_and_costs_nothing() -> None:
    bus = Bus(FakeClock())
    bus.dead = {2}
    polled = line(bus, [reg(0, 1), reg(0, 2)])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(bus.ask))
        await bus.clock.sleep(5.5)
        asked, began = len(bus.asked), bus.clock.mono()
        ending = await polled.do(errand(one_question(7, unit=2), unit=2))
        took = bus.clock.mono() - began
        running.cancel()
    assert (ending.result, took) == (Result.FAILED, 0.0)
    assert "unit 2 does not answer; it is asked again in" in ending.detail
    assert len(bus.asked) == asked


async def test_an_errand_that_gets_no_answer_is_unsure_and_its_unit_is_read_at_once() -> None:
    bus = Bus(FakeClock())
    polled = line(bus, [reg(0, 1, every=0.5), reg(0, 2, every=500.0)])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(bus.ask))
        await bus.clock.sleep(10)
        bus.dead = {2}
        ending = await polled.do(errand(one_question(7, unit=2), unit=2))
        bus.dead = set()
        asked = len(bus.asked)
        await bus.clock.sleep(0.1)
        running.cancel()
    assert (ending.result, ending.detail) == (Result.UNSURE, "unit 2; whether it has taken is read next")
    assert (2, 0) in [(unit, address) for _, unit, address, _ in bus.asked[asked:]]


async def test_an_errand_to_a_unit_that_its_gateway_cannot_reach_has_failed() -> None:
    bus = Bus(FakeClock())

    async def absent(question: Question) -> Words:
        if question.unit == 2:
            raise Absent("no such unit")
        return await bus.ask(question)

    polled = line(bus, [reg(0, 1), reg(0, 2, every=500.0)])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(absent))
        ending = await polled.do(errand(one_question(7, unit=2), unit=2)) if await ready(bus) else None
        running.cancel()
    assert ending is not None
    assert (ending.result, ending.detail) == (Result.FAILED, "no such unit")


async def ready(bus: Bus) -> bool:
    await bus.clock.sleep(TURN_S / 2)
    return True


async def test_an_errand_that_its_unit_refuses_is_refused() -> None:
    bus = Bus(FakeClock())
    bus.holes = {7}
    polled = line(bus, [reg(0)])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(bus.ask))
        await bus.clock.sleep(0.5)
        ending = await polled.do(errand(one_question(7)))
        running.cancel()
    assert (ending.result, ending.detail) == (Result.REFUSED, "no such address")


async def test_an_errand_waits_while_a_late_answer_may_come_and_expires_when_that_is_too_long() -> None:
    bus, counters = Bus(FakeClock()), Counter[str]()
    polled = line(bus, [reg(0, 1), reg(0, 2, every=500.0)], counters, quiet=3.0)
    bus.dead = {2}
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(bus.ask))
        await bus.clock.sleep(TIMEOUT_S + 0.1)
        bus.dead = set()
        now = bus.clock.mono()
        patient = tasks.create_task(polled.do(errand(one_question(7, unit=2), unit=2)))
        hasty = await polled.do(errand(one_question(8, unit=2), unit=2, deadline=now + 1.0))
        waited = bus.clock.mono() - now
        assert (await patient).result is Result.DONE
        running.cancel()
    assert (hasty.result, round(waited, 1)) == (Result.EXPIRED, 1.0)
    assert [round(at) for at, unit, address, _ in bus.asked if address == 7] == [4]
    assert counters["expired"] == 1


async def test_what_waits_when_the_connection_ends_was_not_sent_and_what_is_under_way_is_unsure() -> None:
    bus = Bus(FakeClock())
    polled = line(bus, [reg(0)])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(polled.run(bus.ask))
        await bus.clock.sleep(0.5)
        under_way = tasks.create_task(polled.do(errand(one_question(1))))
        await bus.clock.sleep(0)
        waiting = tasks.create_task(polled.do(errand(one_question(2))))
        await bus.clock.sleep(TURN_S / 2)
        running.cancel()
    assert (under_way.result().result, waiting.result().result) == (Result.UNSURE, Result.FAILED)
    assert "before it was sent" in waiting.result().detail
    after = await polled.do(errand(one_question(3)))
    assert (after.result, after.detail) == (Result.FAILED, "the line is not connected; see the device's state")
