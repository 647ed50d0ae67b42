"""The simulated field over a real broker: what the gateway hears of it, whole and broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.emulators.broker import Broker
from drivers.emulators.field import FieldSensors
from drivers.model import Point, PointKind, Reason
from gateway.clock import SystemClock
from tests.drivers.telemetry_world import Heard, Journal, gauge, running, source

pytestmark = pytest.mark.real
FAST = 3_000.0
"""A gauge that reports every 300 s does so every tenth of a second."""


@asynccontextmanager
async def field(points: Sequence[Point], *, pace: float = FAST) -> AsyncIterator[tuple[FieldSensors, Heard, Broker]]:
    broker, heard = Broker(), Heard()
    port = await broker.start()
    sensors = FieldSensors(points, f"mqtt://127.0.0.1:{port}", clock=SystemClock(), pace=pace)
    async with running(source(port, points, heard, Journal(at_once=True)), heard):
        await sensors.start()
        yield sensors, heard, broker
        await sensors.stop()
    await broker.stop()


async def test_every_sensor_says_that_it_is_online_and_then_its_values() -> None:
    async with field([gauge("pos-1"), gauge("pos-2")]) as (sensors, heard, _):
        await heard.until(lambda: len(heard.values("pos-1")) > 2 and len(heard.values("pos-2")) > 2)
        assert heard.values("pos-1.status")[-1] == "online"
        assert sensors.reading("pos-1") == heard.values("pos-1")[-1]
        assert not heard.rejected


async def test_a_directed_value_is_said_at_once() -> None:
    async with field([gauge("pos-1")], pace=1.0) as (sensors, heard, _):
        await heard.until(lambda: len(heard.values("pos-1")) == 1)
        sensors.override("pos-1", 333.0)
        await heard.until(lambda: heard.values("pos-1")[-1] == 333.0)
        sensors.override("pos-1", None)
        await heard.until(lambda: heard.values("pos-1")[-1] != 333.0)


async def test_a_door_speaks_only_when_it_changes() -> None:
    door = gauge(
        "door",
        PointKind.FLAG,
        unit="",
        low=None,
        high=None,
        every=0.0,
        address={"topic": "bkl/v1/hall/door/telemetry", "metric": "bocor"},
    )
    async with field([door]) as (sensors, heard, _):
        await heard.until(lambda: heard.values("door") == [False])
        sensors.press("override", {"point": "door", "value": True})
        await heard.until(lambda: heard.values("door") == [False, True])


@pytest.mark.parametrize(
    ("fault", "word"),
    [("garbage", "json"), ("nan", "json"), ("skew", "future")],
)
async def test_a_broken_sensor_is_rejected_with_its_word(fault: str, word: str) -> None:
    async with field([gauge("pos-1")]) as (sensors, heard, _):
        sensors.inject(fault, point="pos-1")
        await heard.until(lambda: bool(heard.rejected))
        assert heard.rejected[-1].why.startswith(word)
        sensors.clear()
        begin = len(heard.readings)
        await heard.until(lambda: len(heard.readings) > begin)


async def test_late_stuck_and_doubled_messages_are_what_they_are() -> None:
    async with field([gauge("pos-1")]) as (sensors, heard, _):
        sensors.inject("late", seconds=-600)
        await heard.until(lambda: any(one.received_at - one.source_at > 599e9 for one in heard.readings))
        sensors.inject("duplicate", point="pos-1")
        await heard.until(lambda: len({one.source_at for one in heard.readings}) < len(heard.readings))
        sensors.inject("stuck", point="pos-1")
        begin = len(heard.readings)
        await heard.until(lambda: len(heard.readings) > begin + 4)
        assert len({one.value for one in heard.readings[begin + 2 :]}) == 1


async def test_a_sensor_that_drops_off_is_said_to_be_offline_by_the_broker() -> None:
    async with field([gauge("pos-1")]) as (sensors, heard, _):
        await heard.until(lambda: bool(heard.values("pos-1")))
        sensors.inject("offline", point="pos-1")
        await heard.until(lambda: heard.values("pos-1.status")[-1:] == ["offline"])
        sensors.clear()
        await heard.until(lambda: heard.values("pos-1.status")[-1:] == ["online"])


async def test_the_field_outlives_its_broker() -> None:
    broker = Broker()
    port = await broker.start()
    sensors = FieldSensors([gauge("pos-1")], f"mqtt://127.0.0.1:{port}", clock=SystemClock(), pace=FAST)
    await sensors.start()
    for _ in range(2):
        heard = Heard()
        async with running(source(port, [gauge("pos-1")], heard, Journal(at_once=True)), heard) as task:
            await heard.until(lambda heard=heard: len(heard.values("pos-1")) > 1)  # type: ignore[misc]
            await broker.stop()
            await task
        await broker.start()
    await sensors.stop()
    await broker.stop()


async def test_a_value_out_of_range_reaches_the_bus_as_doubtful() -> None:
    async with field([gauge("pos-1")]) as (sensors, heard, _):
        sensors.load({"pos-1": 9_999})
        await heard.until(lambda: bool(heard.readings) and heard.readings[-1].reason is Reason.RANGE)


async def test_what_it_does_not_have_is_named() -> None:
    sensors = FieldSensors([gauge("pos-1")], "mqtt://127.0.0.1:1", clock=SystemClock())
    for wrong in (
        lambda: sensors.override("pos-9", 1),
        lambda: sensors.inject("melt"),
        lambda: sensors.press("melt", {}),
    ):
        with pytest.raises(KeyError, match=r"pos-9|melt"):
            wrong()
    assert asyncio.get_running_loop() is not None
