"""The Modbus source against the emulated device, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.emulators.modbus import ModbusDevice
from drivers.errors import BadConfig, LinkError
from drivers.model import Device, DeviceState, Name, Point, PointKind, Quality, Reason, Value
from drivers.sensors.modbus import ModbusSource, make
from gateway.clock import SystemClock
from tests.drivers.telemetry_world import Heard, Journal, Silence, swallowing

TYPES = {"u16": 40_000.0, "s16": -1_234.0, "u32": 3_000_000_000.0, "s32": -2_000_000_000.0, "f32": 1_234.5}
ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")


def point(
    name: str,
    kind: PointKind = PointKind.NUMBER,
    *,
    low: float | None = None,
    high: float | None = None,
    **address: Value,
) -> Point:
    return Point(name, "line", Name(name, name), kind, low=low, high=high, every=0.05, address=address)


def line(port: int, points: Sequence[Point], heard: Heard, **options: Value) -> ModbusSource:
    device = Device("line", Name("Line", "Line"), "modbus", f"tcp://127.0.0.1:{port}", {"timeout": 0.2} | options)
    return ModbusSource(device, points, clock=SystemClock(), publish=heard.publish, tap=Silence())


@asynccontextmanager
async def polling(part: ModbusSource) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(swallowing(part.run))
        yield task
        task.cancel()


@asynccontextmanager
async def device(points: Sequence[Point]) -> AsyncIterator[tuple[ModbusDevice, int]]:
    emulated = ModbusDevice("emulated", points, clock=SystemClock())
    port = await emulated.start()
    try:
        yield emulated, port
    finally:
        await emulated.stop()


@pytest.mark.real
async def test_every_type_in_every_order_is_read_as_it_was_written() -> None:
    wide = [(kind, order) for kind in TYPES for order in ORDERS]
    points = [
        point(f"{kind}.{order}", low=-1e12, high=1e12, table=table, address=at * 4, type=kind, order=order)
        for at, (kind, order) in enumerate(wide)
        for table in ("hr",)
    ] + [
        point("ir", table="ir", address=7, type="s16", scale=0.1),
        point("co", PointKind.FLAG, table="co", address=19, type="bool"),
        point("di", PointKind.FLAG, table="di", address=3, type="bool"),
    ]
    heard, expected = (
        Heard(),
        {f"{kind}.{order}": TYPES[kind] for kind, order in wide} | {"ir": -12.3, "co": True, "di": True},
    )
    async with device(points) as (emulated, port):
        emulated.load(expected)
        async with polling(line(port, points, heard)):
            await heard.until(lambda: len({one.point for one in heard.readings}) == len(points))
    assert {one.point: one.value for one in heard.readings} == expected
    assert heard.state is DeviceState.UP


@pytest.mark.real
async def test_an_illegal_address_voids_only_its_own_point() -> None:
    points = [point(f"p{at}", table="hr", address=at) for at in range(4)]
    heard = Heard()
    async with device(points) as (emulated, port), polling(line(port, points, heard)):
        await heard.until(lambda: {one.point for one in heard.readings} == {"p0", "p1", "p2", "p3"})
        emulated.inject("illegal", point="p2")
        await heard.until(lambda: bool(heard.rejected))
        begin = len(heard.readings)
        await heard.until(
            lambda: {one.point for one in heard.readings[begin:] if one.quality is Quality.GOOD} == {"p0", "p1", "p3"}
        )
    bad = [one for one in heard.readings if one.quality is Quality.BAD]
    assert [(one.point, one.reason) for one in bad] == [("p2", Reason.CONFIG)]
    assert "no such address" in heard.rejected[0].why


@pytest.mark.real
async def test_a_dead_unit_is_shown_and_does_not_void_the_others() -> None:
    points = [point("live", table="hr", address=0, unit=1), point("dead", table="hr", address=0, unit=2)]
    heard = Heard()
    async with device(points) as (emulated, port):
        part = line(port, points, heard)
        async with polling(part):
            await heard.until(lambda: {one.point for one in heard.readings} == {"live", "dead"})
            emulated.inject("silent", unit=2)
            await heard.until(lambda: heard.state is DeviceState.DEGRADED)
            begin = len(heard.readings)
            await heard.until(lambda: len(heard.readings) > begin + 5)
    assert heard.statuses[-1].reason == "unit 2 does not answer"
    assert {one.point for one in heard.readings[begin:]} == {"live"}
    assert [(one.point, one.reason) for one in heard.readings if one.quality is Quality.BAD] == [("dead", Reason.COMM)]


@pytest.mark.real
async def test_a_device_that_goes_is_shown_and_doubted_once_and_comes_back() -> None:
    points = [point("p", table="hr", address=0)]
    heard = Heard()
    async with device(points) as (emulated, port):
        part = line(port, points, heard)
        async with polling(part) as task:
            await heard.until(lambda: bool(heard.readings))
            await emulated.stop()
            await task
        for _ in range(2):
            with pytest.raises(LinkError, match="cannot be reached"):
                await part.run()
        assert heard.state is DeviceState.SILENT
        assert [one.reason for one in heard.readings if one.quality is Quality.BAD] == [Reason.COMM]
        await emulated.start()
        async with polling(part):
            await heard.until(lambda: heard.state is DeviceState.UP)
    assert heard.readings[-1].quality is Quality.GOOD


@pytest.mark.real
async def test_a_late_answer_is_never_taken_for_the_next_question() -> None:
    points = [point("a", table="hr", address=0), point("b", table="hr", address=100)]
    heard = Heard()
    async with device(points) as (emulated, port):
        emulated.load({"a": 1, "b": 2})
        emulated.inject("slow", seconds=0.25)
        part = line(port, points, heard)
        async with polling(part):
            await heard.until(lambda: heard.state is DeviceState.SILENT)
        emulated.inject("slow", seconds=0.0)
        async with polling(part):
            await heard.until(lambda: {one.point for one in heard.readings} == {"a", "b"})
    assert {(one.point, one.value) for one in heard.readings} == {("a", 1.0), ("b", 2.0)}


class Garbler(asyncio.Protocol):
    """A server that answers every question with something that is no Modbus."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n\x00\xff" * 3)


@pytest.mark.real
async def test_a_server_that_speaks_no_modbus_is_shown_as_silent() -> None:
    heard, points = Heard(), [point("p", table="hr", address=0)]
    server = await asyncio.get_running_loop().create_server(Garbler, "127.0.0.1", 0)
    async with server:
        with pytest.raises(LinkError):
            await line(server.sockets[0].getsockname()[1], points, heard).run()
    assert heard.state is DeviceState.SILENT
    assert not heard.readings


@pytest.mark.real
async def test_a_value_out_of_range_is_kept_and_doubted_and_no_number_is_rejected_once() -> None:
    points = [point("p", low=0, high=300, table="hr", address=0, type="f32")]
    heard = Heard()
    async with device(points) as (emulated, port):
        emulated.inject("wrong", point="p", value=5_000.0)
        part = line(port, points, heard)
        async with polling(part):
            await heard.until(lambda: bool(heard.readings))
            assert (heard.readings[0].value, heard.readings[0].reason) == (5_000.0, Reason.RANGE)
            emulated.override("p", float("nan"))
            await heard.until(lambda: part.counters["rejected"] >= 1 and heard.readings[-1].quality is Quality.BAD)
            emulated.override("p", 5.0)
            await heard.until(lambda: heard.readings[-1].value == 5.0)
    assert len(heard.rejected) == 1


@pytest.mark.parametrize(
    ("options", "told"), [({"gap": 200}, "gap"), ({"timeout": 0}, "timeout"), ({"unti": 1}, "unti")]
)
def test_an_option_that_cannot_be_is_refused_by_name(options: dict[str, Value], told: str) -> None:
    with pytest.raises(BadConfig, match=f"line: options: {told}"):
        line(502, [], Heard(), **options)


def test_a_link_that_names_no_host_is_refused() -> None:
    with pytest.raises(BadConfig, match="names no host"):
        make(
            Device("line", Name("L", "L"), "modbus", "tcp://:502"),
            [],
            clock=SystemClock(),
            publish=Heard().publish,
            durable=Journal(),
            tap=Silence(),
        )


async def test_a_line_without_points_says_so() -> None:
    heard = Heard()
    with pytest.raises(BadConfig, match="no point is read"):
        await line(502, [], heard).run()
    assert heard.state is DeviceState.BAD_CONFIG
