"""The source of instruments that are asked: what answers a question, what does not, and what comes too late."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from drivers.errors import LinkError
from drivers.links import Link
from drivers.links.memory import memory_pair
from drivers.links.tap import Tap
from drivers.model import DeviceState, Reason
from tests.drivers.serial_world import CLOCK, Line, points, running


async def answer(far: Link, answers: dict[bytes, bytes], *, late: float = 0.0, more: bytes = b"") -> None:
    """Be an instrument that answers questions, and says more than it was asked."""
    with suppress(LinkError):
        while True:
            question = await far.receive()
            await CLOCK.sleep(late)
            if question in answers:
                await far.send(answers[question])
                await far.send(more)


async def test_each_question_brings_its_own_points() -> None:
    near, far = memory_pair()
    asked = {"t": {"column": 1, "ask": "T?\r\n"}, "h": {"column": 1, "ask": "H?\r\n"}}
    line = Line(points(asked, every=5.0), clock=CLOCK, ends=[near], settle=2.0)
    async with asyncio.TaskGroup() as tasks:
        device = tasks.create_task(answer(far, {b"T?\r\n": b"T?\r\n21.5\r\n", b"H?\r\n": b"80\r\n"}))
        async with running(line):
            await far.send(b"READY\r\n999\r\n")
            await CLOCK.sleep(12)
            assert line.heard.values("t") == [21.5, 21.5]
            assert line.heard.values("h") == [80, 80]
            assert line.heard.state is DeviceState.UP
        device.cancel()
    assert line.source.counters["unasked_bytes"] == 12


async def test_a_late_answer_is_never_taken_for_the_next_question() -> None:
    near, far = memory_pair()
    asked = {"t": {"column": 1, "ask": "T?\r\n"}, "h": {"column": 1, "ask": "H?\r\n"}}
    line = Line(points(asked, every=1.0), clock=CLOCK, ends=[near], timeout=1.0)
    async with asyncio.TaskGroup() as tasks:
        device = tasks.create_task(answer(far, {b"T?\r\n": b"21.5\r\n", b"H?\r\n": b"80\r\n"}, late=1.5))
        async with running(line):
            await CLOCK.sleep(20)
        device.cancel()
    assert line.heard.readings == []
    assert line.heard.state is DeviceState.SILENT
    assert line.source.counters["timeouts"] >= 4


async def test_what_is_said_beyond_the_answer_is_not_the_next_ones() -> None:
    near, far = memory_pair()
    asked = {"t": {"column": 1, "ask": "T?\r\n"}, "h": {"column": 1, "ask": "H?\r\n"}}
    line = Line(points(asked, every=5.0), clock=CLOCK, ends=[near])
    async with asyncio.TaskGroup() as tasks:
        device = tasks.create_task(answer(far, {b"T?\r\n": b"21.5\r\n", b"H?\r\n": b"80\r\n"}, more=b"7\r\n"))
        async with running(line):
            await CLOCK.sleep(4)
        device.cancel()
    assert [(one.point, one.value) for one in line.heard.readings] == [("t", 21.5), ("h", 80)]


async def test_half_an_answer_is_not_the_beginning_of_the_next() -> None:
    near, far = memory_pair()
    line = Line(points({"t": {"column": 1}}, every=5.0), clock=CLOCK, ends=[near], ask="T?\r\n", timeout=0.5)
    answers = {b"T?\r\n": b"99"}
    async with asyncio.TaskGroup() as tasks:
        device = tasks.create_task(answer(far, answers))
        async with running(line):
            await CLOCK.sleep(2)
            answers[b"T?\r\n"] = b"21.5\r\n"
            await CLOCK.sleep(5)
        device.cancel()
    assert line.heard.values("t") == [21.5]


async def test_one_question_that_is_not_answered_degrades_the_line_and_doubts_its_points() -> None:
    near, far = memory_pair()
    asked = {"t": {"column": 1, "ask": "T?\r\n"}, "h": {"column": 1, "ask": "H?\r\n"}}
    line = Line(points(asked, every=5.0), clock=CLOCK, ends=[near], timeout=0.5)
    answers = {b"T?\r\n": b"21.5\r\n", b"H?\r\n": b"80\r\n"}
    async with asyncio.TaskGroup() as tasks:
        device = tasks.create_task(answer(far, answers))
        async with running(line):
            await CLOCK.sleep(3)
            del answers[b"H?\r\n"]
            await CLOCK.sleep(13)
            assert line.heard.state is DeviceState.DEGRADED
            assert line.last[0] == "no answer to 'H?\\r\\n'"
            assert [one.reason for one in line.heard.readings if one.point == "h"] == [Reason.NONE, Reason.COMM]
            answers[b"H?\r\n"] = b"81\r\n"
            await CLOCK.sleep(6)
            assert line.heard.state is DeviceState.UP
            assert line.heard.values("h")[-1] == 81
        device.cancel()


async def test_the_technicians_log_has_both_directions() -> None:
    near, far = memory_pair()
    clock = CLOCK
    line = Line(points({"t": {"column": 1}}, every=1.0), clock=clock, ends=[near], ask="T?\r\n")
    tap = Tap(clock)
    line.source._tap = tap
    async with asyncio.TaskGroup() as tasks:
        device = tasks.create_task(answer(far, {b"T?\r\n": b"20\r\n"}))
        async with running(line):
            await CLOCK.sleep(0.5)
        device.cancel()
    assert [(one.direction, one.data) for one in tap.last("line", 9)] == [("sent", b"T?\r\n"), ("received", b"20\r\n")]
