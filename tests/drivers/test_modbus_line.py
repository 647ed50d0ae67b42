"""The order on a Modbus line, in virtual time, with a bus that is a table."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

import pytest

from drivers.errors import LinkError, Refused
from drivers.sensors.modbus_breaker import Breaker
from drivers.sensors.modbus_frames import Question
from drivers.sensors.modbus_line import IllegalValue, Line
from drivers.sensors.register_map import Words, plan
from tests.drivers.modbus_bus import TIMEOUT_S, TURN_S, Bus, line, reg, run_for
from tests.fakes import FakeClock


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


async def test_r07_one_dead_unit_in_sixteen_costs_the_others_less_than_a_twentieth() -> None:
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

    async def busy(_: Question) -> Words:
        await bus.clock.sleep(TURN_S)
        raise Refused("busy")

    await run_for(3.5, lambda: line(bus, [reg(0)], counters).run(busy))
    assert bus.events == [("refused", "u1.0")] * 4


async def test_r20_a_line_that_is_too_slow_counts_its_overruns() -> None:
    bus, counters = Bus(FakeClock()), Counter[str]()
    polled = Line(
        plan([reg(at * 50, every=0.02) for at in range(5)], gap=0, words=125, bits=1),
        clock=bus.clock,
        listener=bus,
        counters=counters,
    )
    await run_for(1.0, lambda: polled.run(bus.ask))
    assert counters["overruns"] > 50


async def test_a_block_that_is_too_long_for_the_unit_is_cut_until_it_is_not() -> None:
    bus, counters = Bus(FakeClock()), Counter[str]()

    async def short(question: Question) -> Words:
        if question.count > 10:
            await bus.clock.sleep(TURN_S)
            raise IllegalValue("not so many")
        return await bus.ask(question)

    await run_for(3.5, lambda: line(bus, [reg(at) for at in range(32)], counters).run(short))
    assert {(address, count) for at, _, address, count in bus.asked if at > 1} == {(0, 8), (8, 8), (16, 8), (24, 8)}
    assert "refused" not in [what for what, _ in bus.events]
    assert counters["illegal"] == 0


async def test_a_hole_is_counted_once_a_look() -> None:
    bus, counters = Bus(FakeClock()), Counter[str]()
    bus.holes = {3}
    await run_for(100.0, lambda: line(bus, [reg(0), reg(3)], counters).run(bus.ask))
    assert counters["illegal"] == 1


async def test_what_could_not_be_read_is_told_at_once() -> None:
    bus = Bus(FakeClock())
    bus.dead = {2}
    await run_for(1.5, lambda: line(bus, [reg(0, 1), reg(0, 2)]).run(bus.ask))
    assert [unit for _, unit in bus.missing] == [2]


async def test_a_unit_that_was_silent_is_left_alone_for_a_while_and_the_others_are_not() -> None:
    bus = Bus(FakeClock())
    bus.dead = {2}
    asyncio.get_running_loop().call_later(0.5, bus.dead.clear)
    await run_for(6.0, lambda: line(bus, [reg(0, 1, 0.1), reg(0, 2, 0.1), reg(90, 2, 0.1)], quiet=2.0).run(bus.ask))
    first = next(at for at, unit, *_ in bus.asked if unit == 2)
    silent_until = first + TIMEOUT_S + 2.0
    assert not [at for at, unit, *_ in bus.asked if unit == 2 and first < at < silent_until]
    assert [at for at, unit, *_ in bus.asked if unit == 2 and at >= silent_until]
    assert len([at for at, unit, *_ in bus.asked if unit == 1 and first + TIMEOUT_S < at < silent_until]) >= 18


async def test_a_dead_unit_never_costs_more_than_a_twentieth_of_the_time() -> None:
    bus = Bus(FakeClock())
    bus.dead = {2}
    await run_for(3_600.0, lambda: line(bus, [reg(0, 1), reg(0, 2)]).run(bus.ask))
    probes = [at for at, unit, *_ in bus.asked if unit == 2]
    gaps = [later - earlier for earlier, later in itertools.pairwise(probes[1:])]
    assert min(gaps) >= 20 * TIMEOUT_S
    assert max(gaps) <= 302


async def test_when_all_were_silent_every_unit_is_tried_again_not_only_the_first() -> None:
    bus = Bus(FakeClock())
    bus.dead = {1, 2, 3}
    polled = line(bus, [reg(0, unit) for unit in (1, 2, 3)])
    for _ in range(2):
        with pytest.raises(LinkError, match="no unit on this line answers"):
            await polled.run(bus.ask)
    bus.dead = {1}
    await run_for(60.0, lambda: polled.run(bus.ask))
    assert polled.silent_units() == [1]


async def test_three_units_that_go_silent_together_are_a_dead_connection() -> None:
    bus = Bus(FakeClock())
    polled = line(bus, [reg(0, unit) for unit in range(1, 9)])
    asyncio.get_running_loop().call_later(10.5, lambda: bus.dead.update(range(1, 9)))
    began = bus.clock.mono()
    with pytest.raises(LinkError, match="went silent together"):
        await polled.run(bus.ask)
    assert bus.clock.mono() - began < 10.5 + 4 * TIMEOUT_S
    bus.dead = {1, 2, 3}
    await run_for(60.0, lambda: polled.run(bus.ask))


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


def test_a_breaker_rests_as_long_as_a_late_answer_may_take_and_nineteen_times_what_the_wait_took() -> None:
    breaker = Breaker()
    breaker.failed(0.0, took=1.0, rest=2.0)
    assert (breaker.open, breaker.until) == (False, 2.0)
    breaker.failed(10.0, took=1.0, rest=2.0)
    assert (breaker.open, breaker.until) == (True, 29.0)
    breaker.worked()
    assert breaker.allows(11.0)
