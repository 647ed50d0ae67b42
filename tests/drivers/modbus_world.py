"""What Modbus tests share: points with addresses, an emulated device on each kind of wire, a source that polls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from drivers.emulators.modbus import ModbusDevice
from drivers.model import Command, Device, Name, Outcome, Point, PointKind, Value
from drivers.sensors.modbus import ModbusSource
from gateway.clock import SystemClock
from tests.drivers.telemetry_world import Heard, Silence, swallowing

WAYS = ["tcp", "rtu over tcp", "serial"]
"""Modbus TCP, serial frames over TCP, and serial frames over a pseudo-terminal."""


def point(
    name: str,
    kind: PointKind = PointKind.NUMBER,
    *,
    low: float | None = None,
    high: float | None = None,
    every: float = 0.05,
    **address: Value,
) -> Point:
    return Point(name, "line", Name(name, name), kind, low=low, high=high, every=every, address=address)


@dataclass(slots=True)
class Far:
    """The far end: an emulated device, and how it is reached."""

    emulated: ModbusDevice
    link: str
    options: dict[str, Value]


@asynccontextmanager
async def device(points: Sequence[Point], way: str = "tcp", **more: int) -> AsyncIterator[Far]:
    framing = "tcp" if way == "tcp" else "rtu"
    emulated = ModbusDevice("emulated", points, clock=SystemClock(), framing=framing, **more)  # type: ignore[arg-type]
    try:
        if way == "serial":
            path = await emulated.open_line()
            yield Far(emulated, f"serial://{path}?baud=115200", {})
        else:
            port = await emulated.start()
            yield Far(emulated, f"tcp://127.0.0.1:{port}", {"framing": framing})
    finally:
        await emulated.stop()


def source(far: Far, points: Sequence[Point], heard: Heard, **options: Value) -> ModbusSource:
    of = Device("line", Name("Line", "Line"), "modbus", far.link, {"timeout": 0.2} | far.options | options)
    return ModbusSource(of, points, clock=SystemClock(), publish=heard.publish, tap=Silence())


@asynccontextmanager
async def polling(part: ModbusSource) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(swallowing(part.run))
        yield task
        task.cancel()


async def write(part: ModbusSource, name: str, value: Value, *, verb: str = "write") -> Outcome:
    clock = SystemClock()
    args = {"point": name, "value": value}
    return await part.ask(Command(f"c-{name}-{value}", "line", verb, args, "tester", "", clock.now(), clock.mono() + 5))
