"""What telemetry tests share: a bus that can be waited for, a store that commits when told, brokers of two makes."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from drivers.emulators.broker import Broker
from drivers.errors import DriverError
from drivers.model import Device, DeviceState, DeviceStatus, Name, Point, PointKind, Reading, Value
from drivers.sensors.mqtt import MqttSource
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.source import Rejected
from gateway.clock import SystemClock

BROKERS = ["amqtt", "mosquitto"]
PATIENCE_S = 45.0


class Heard:
    """A bus that remembers everything and lets a test wait for what it needs."""

    def __init__(self) -> None:
        self.all: list[object] = []
        self._news = asyncio.Event()

    def publish(self, batch: Sequence[object]) -> None:
        assert len({type(one) for one in batch}) == 1, "a batch has one type"
        self.all += batch
        self._news.set()

    @property
    def readings(self) -> list[Reading]:
        return [one for one in self.all if isinstance(one, Reading)]

    @property
    def rejected(self) -> list[Rejected]:
        return [one for one in self.all if isinstance(one, Rejected)]

    @property
    def statuses(self) -> list[DeviceStatus]:
        return [one for one in self.all if isinstance(one, DeviceStatus)]

    @property
    def state(self) -> DeviceState | None:
        return self.statuses[-1].state if self.statuses else None

    def values(self, point: str) -> list[Value]:
        return [one.value for one in self.readings if one.point == point]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._news.clear()
                await self._news.wait()


class Journal:
    """A store whose commits the test makes, or which commits everything at once."""

    def __init__(self, *, at_once: bool = False) -> None:
        self.heard: Heard | None = None
        self._at_once = at_once
        self._waiting: list[Callable[[], None]] = []

    def when_durable(self, done: Callable[[], None]) -> None:
        self._waiting.append(done)
        if self._at_once:
            self.commit()

    def last(self, point: str) -> Reading | None:
        known = [one for one in (self.heard.readings if self.heard else []) if one.point == point]
        return max(known, key=lambda one: one.source_at, default=None)

    def commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done()


class Silence:
    """A technician's log that nobody reads."""

    def seen(self, device: str, direction: str, data: bytes) -> None:
        pass


def gauge(name: str = "pos-1", kind: PointKind = PointKind.NUMBER, **changes: object) -> Point:
    topic = f"bkl/v1/bpbd/{name}/telemetry"
    fields: dict[str, object] = {
        "unit": "cm",
        "low": 0.0,
        "high": 700.0,
        "every": 300.0,
        "address": {"topic": topic, "metric": "tma"},
    }
    return Point(name, "broker", Name(name, name), kind, **(fields | changes))  # type: ignore[arg-type]


def source(
    port: int,
    points: Sequence[Point],
    heard: Heard,
    journal: Journal,
    *,
    link: str = "mqtt://127.0.0.1",
    **options: Value,
) -> MqttSource:
    device = Device("broker", Name("Broker", "Broker"), "mqtt", f"{link}:{port}", options)
    journal.heard = heard
    return MqttSource(device, points, clock=SystemClock(), publish=heard.publish, durable=journal, tap=Silence())


@asynccontextmanager
async def running(part: MqttSource, heard: Heard) -> AsyncIterator[asyncio.Task[None]]:
    """Run a source until it is up; at the end take it away as a killed process goes: without a word."""
    up = len([one for one in heard.statuses if one.state == "up"])
    again = part.counters.get("connections", 0)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(swallowing(part.run))
        await heard.until(
            lambda: (
                len([one for one in heard.statuses if one.state == "up"]) > up
                or part.counters.get("connections", 0) > again
            )
        )
        yield task
        task.cancel()


async def swallowing(run: Callable[[], Awaitable[None]]) -> None:
    with suppress(DriverError):
        await run()


async def publisher(port: int, name: str = "tester") -> MqttLink:
    link = MqttLink(name, clean=True)
    await link.open("127.0.0.1", port, keepalive=5)
    return link


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Mosquitto:
    """The broker that sites run, as a child process; stopped by a kill, which it cannot miss while it starts."""

    def __init__(self, folder: Path, *, more: str = "") -> None:
        self._folder, self._more = folder, more
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0

    async def start(self) -> int:
        self._port = self._port or free_port()
        config = self._folder / f"mosquitto-{self._port}.conf"
        plain = f"listener {self._port} 127.0.0.1\nallow_anonymous true\n"
        config.write_text(f"per_listener_settings true\nmax_queued_messages 0\nuser root\n{plain}{self._more}")
        self._process = await asyncio.create_subprocess_exec(
            shutil.which("mosquitto") or "mosquitto",
            "-c",
            str(config),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self._process.stderr is not None
        told = b""
        async with asyncio.timeout(PATIENCE_S):
            while b"running" not in (line := await self._process.stderr.readline()):
                told += line
                assert line, f"mosquitto did not start: {told.decode()}"
        return self._port

    async def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            async with asyncio.timeout(PATIENCE_S):
                await self._process.communicate()
            self._process = None

    def state(self) -> Mapping[str, object]:
        return {}


def broker_of(kind: str, folder: Path) -> Broker | Mosquitto:
    if kind == "amqtt":
        return Broker()
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed here")
    return Mosquitto(folder)


@asynccontextmanager
async def serving(kind: str, folder: Path) -> AsyncIterator[tuple[int, Broker | Mosquitto]]:
    broker = broker_of(kind, folder)
    port = await broker.start()
    try:
        yield port, broker
    finally:
        await broker.stop()
