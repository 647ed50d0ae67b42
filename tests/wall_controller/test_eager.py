"""A coroutine that begins at once and goes on in a task."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes import FakeClock
from wall_controller.eager import begun


async def test_it_runs_until_it_first_waits_and_the_task_does_the_rest() -> None:
    told: list[str] = []
    gate = asyncio.get_running_loop().create_future()

    async def work() -> int:
        told.append("begun")
        told.append(await gate)
        await FakeClock().sleep(0)
        return 7

    rest = begun(work())
    assert told == ["begun"]
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(rest)
        await FakeClock().sleep(0)
        gate.set_result("gone on")
    assert task.result() == 7
    assert told == ["begun", "gone on"]


async def test_one_that_never_waits_is_done_at_once() -> None:
    async def work() -> int:
        return 7

    assert await begun(work()) == 7


async def test_what_it_waits_for_may_be_over_before_the_task_looks() -> None:
    gate = asyncio.get_running_loop().create_future()

    async def work() -> str:
        return str(await gate)

    rest = begun(work())
    gate.set_result("early")
    assert await rest == "early"


async def test_its_errors_come_from_the_rest() -> None:
    async def fails() -> None:
        raise ValueError("at once")

    with pytest.raises(ValueError, match="at once"):
        await begun(fails())


async def test_a_cancelled_task_cancels_it_where_it_waits() -> None:
    told: list[str] = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            told.append("cleaned up")

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(begun(work()))
        await FakeClock().sleep(0)
        task.cancel()
    assert task.cancelled()
    assert told == ["cleaned up"]
