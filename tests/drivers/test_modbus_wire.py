"""One Modbus connection in virtual time: patience, silence between frames, refusals, and answers that come too late."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drivers.emulators.modbus_frames import crc
from drivers.errors import LinkError, Refused
from drivers.links import Link
from drivers.links.memory import memory_pair
from drivers.sensors.modbus_frames import RtuFraming, TcpFraming, reading, writing
from drivers.sensors.modbus_line import Absent, IllegalAddress, IllegalFunction, IllegalValue, Silent
from drivers.sensors.modbus_wire import ModbusWire, Timing, place, refusal
from tests.fakes import FakeClock

QUESTION = reading(1, "hr", 0, count=1)


def rtu(pdu: str, unit: int = 1) -> bytes:
    frame = bytes((unit,)) + bytes.fromhex(pdu)
    return frame + crc(frame)


@asynccontextmanager
async def line(
    timing: Timing, counters: Counter[str] | None = None
) -> AsyncIterator[tuple[ModbusWire, Link, FakeClock]]:
    near, far = memory_pair()
    clock = FakeClock()
    framing = RtuFraming(Counter() if counters is None else counters)
    wire = ModbusWire(near, framing, timing=timing, clock=clock, where="the line", seen=lambda *_: None)
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(wire.listen())
        yield wire, far, clock
        listening.cancel()


async def test_an_answer_may_come_in_pieces_until_its_time_is_over() -> None:
    async with line(Timing(1.0)) as (wire, far, clock), asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(wire.ask(QUESTION))
        await far.receive()
        for byte in rtu("03 02 002A"):
            await clock.sleep(0.1)
            await far.send(bytes((byte,)))
    assert list(asked.result()) == [42]


async def test_on_a_slow_line_the_frames_own_time_comes_on_top_of_the_units() -> None:
    async with line(Timing(0.1, character=11 / 1200)) as (wire, _, clock):
        began = clock.mono()
        with pytest.raises(Silent, match="unit 1 hr 0\\+125 on the line did not answer"):
            await wire.ask(reading(1, "hr", 0, count=125))
        waited = clock.mono() - began
    assert waited == pytest.approx(0.1 + (8 + 8 + 250) * 11 / 1200)
    assert Timing(0.1, character=0.01).patience(reading(1, "co", 0, count=17), 8) == pytest.approx(0.1 + 0.01 * 19)


async def test_a_silence_says_what_came_instead() -> None:
    async with line(Timing(1.0)) as (wire, far, _), asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(swallowed(wire))
        await far.receive()
        await far.send(rtu("03 02 002A", unit=9))
    assert "an answer to another question came: 09 03 02 00 2a" in asked.result()


async def swallowed(wire: ModbusWire) -> str:
    try:
        await wire.ask(QUESTION)
    except Silent as error:
        return str(error)
    return ""


async def test_between_an_answer_and_the_next_question_the_line_is_silent() -> None:
    """3.5 characters of 11 bits at 9600 Bd are 4 ms; a pause that is longer counts instead."""
    for timing, least in ((Timing(1.0, character=11 / 9600), 3.5 * 11 / 9600), (Timing(1.0, pause=0.5), 0.5)):
        async with line(timing) as (wire, far, clock), asyncio.TaskGroup() as tasks:
            tasks.create_task(answering(far))
            await wire.ask(QUESTION)
            began = clock.mono()
            await wire.ask(QUESTION)
            assert clock.mono() - began == pytest.approx(least)


async def answering(far: Link) -> None:
    for _ in range(2):
        await far.receive()
        await far.send(rtu("03 02 002A"))


async def test_a_fast_line_is_silent_for_the_least_time_and_a_socket_for_none() -> None:
    assert Timing(1.0, character=10 / 115_200).rest == 0.00175
    assert Timing(1.0).rest == 0.0


async def test_after_connecting_the_line_is_left_alone_and_what_comes_is_dropped() -> None:
    counters = Counter[str]()
    async with line(Timing(1.0, settle=2.0), counters) as (wire, far, clock), asyncio.TaskGroup() as tasks:
        began = clock.mono()
        asked = tasks.create_task(wire.ask(QUESTION))
        await far.send(rtu("03 02 0063"))
        await far.receive()
        assert clock.mono() - began == pytest.approx(2.0)
        await far.send(rtu("03 02 002A"))
    assert list(asked.result()) == [42]
    assert counters == {"late": 1}


async def test_a_stream_that_cannot_be_read_ends_the_connection() -> None:
    near, far = memory_pair()
    wire = ModbusWire(
        near, TcpFraming(Counter()), timing=Timing(1.0), clock=FakeClock(), where="192.0.2.1:502", seen=lambda *_: None
    )
    await far.send(b"HTTP/1.1 400 Bad Request\r\n")
    with pytest.raises(LinkError, match=r"192\.0\.2\.1:502: this is no Modbus TCP"):
        await wire.listen()


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (1, IllegalFunction, "it does not know this function"),
        (2, IllegalAddress, "the device has no such address"),
        (3, IllegalValue, "not so many at once"),
        (4, Refused, "a failure of its own"),
        (6, Refused, "it is busy"),
        (10, Absent, "the gateway says"),
        (11, Absent, "the gateway says"),
        (99, Refused, "exception 99"),
    ],
)
def test_every_exception_has_a_meaning(code: int, kind: type[Exception], told: str) -> None:
    error = refusal("unit 1 hr 0+1", code)
    assert type(error) is kind
    assert str(error).startswith("unit 1 hr 0+1: ")
    assert told in str(error)


def test_what_is_asked_is_named_by_its_table() -> None:
    asked = [reading(3, "di", 7, count=2), writing(3, "co", 7, words=[True]), writing(3, "hr", 7, words=[1, 2])]
    assert [place(one) for one in asked] == ["unit 3 di 7+2", "unit 3 co 7+1", "unit 3 hr 7+2"]
