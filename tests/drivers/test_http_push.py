"""The source of a device that pushes: up when it does, silent when it does not, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drivers.errors import BadConfig
from drivers.model import Device, DeviceState, Name, Point, Reading, Value
from drivers.sensors import http_push
from drivers.sensors.history import is_history
from tests.drivers.telemetry_world import Heard, Journal, Silence
from tests.fakes import FakeClock

RAIN = Point("rain", "logger", Name("Hujan", "Rain"), every=600, stale_after=1_800)
DOOR = Point("door", "logger", Name("Pintu", "Door"))


def source(clock: FakeClock, heard: Heard, *points: Point, **options: Value) -> http_push.HttpSource:
    device = Device("logger", Name("Logger", "Logger"), "http", "http://192.0.2.77", options)
    part = http_push.make(
        device, points, clock=clock, publish=heard.publish, durable=Journal(), tap=Silence()
    )  # fmt: skip
    assert isinstance(part, http_push.HttpSource)
    return part


@asynccontextmanager
async def running(part: http_push.HttpSource) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(part.run())
        yield
        task.cancel()


def reading(clock: FakeClock) -> Reading:
    return Reading("rain", 3.0, clock.now(), clock.now(), clock.mono())


async def test_a_device_is_silent_when_its_quickest_point_is_stale_and_up_again_with_the_next_push() -> None:
    clock, heard = FakeClock(), Heard()
    part = source(clock, heard, RAIN, DOOR)
    async with running(part):
        for _ in range(3):
            await clock.sleep(1_000)
            part.took([reading(clock)], refused=0, body=b"{}")
        await clock.sleep(1_799)
        assert heard.state is DeviceState.UP
        await clock.sleep(2)
        assert (heard.state, heard.statuses[-1].reason) == (DeviceState.SILENT, "nothing was pushed for 1800 s")
        part.took([reading(clock)], refused=0, body=b"{}")
        assert heard.state is DeviceState.UP
        await clock.sleep(1_801)
        assert heard.state is DeviceState.SILENT
    assert [one.state for one in heard.statuses] == ["dialling", "up", "silent", "up", "silent"]


async def test_a_device_that_never_pushes_is_silent_too() -> None:
    clock, heard = FakeClock(), Heard()
    async with running(source(clock, heard, RAIN)):
        await clock.sleep(1_801)
    assert heard.state is DeviceState.SILENT
    assert "token" in heard.statuses[-1].hint


async def test_a_device_that_speaks_when_something_changes_is_never_silent() -> None:
    clock, heard = FakeClock(), Heard()
    async with running(source(clock, heard, DOOR)):
        await clock.sleep(1_000_000)
    assert heard.state is DeviceState.DIALLING


async def test_a_device_of_which_nothing_can_be_used_is_degraded() -> None:
    clock, heard = FakeClock(), Heard()
    part = source(clock, heard, RAIN)
    async with running(part):
        await clock.sleep(1)
        part.took([], refused=2, body=b"{}")
    assert (heard.state, part.counters["rejected"]) == (DeviceState.DEGRADED, 2)


def test_an_option_is_refused_because_there_is_none() -> None:
    with pytest.raises(BadConfig, match="logger: options: every"):
        source(FakeClock(), Heard(), RAIN, every=5)


def test_what_is_older_than_its_stale_after_is_history() -> None:
    now = FakeClock().now()
    assert [is_history(RAIN, now - seconds * 10**9, now) for seconds in (0, 1_800, 1_801)] == [False, False, True]
    assert [is_history(DOOR, now - seconds * 10**9, now) for seconds in (3_600, 3_601)] == [False, True]
