"""A driver meets its emulator: a real session, real sockets, and a fraction of the usual patience."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from drivers.driver import Attentive, Driver, DriverSpec, EndsByHangUp, Reply, Request
from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.pty_port import plugged_in
from drivers.emulators.tcp_device import TcpDevice
from drivers.errors import DriverError
from drivers.links.dial import dial
from drivers.model import Arg, Clock, Command, Device, DeviceState, Name, Outcome, Reading, Value
from drivers.registry import DRIVERS
from drivers.session import Session
from tests.drivers.memory_port import MemoryPort
from tests.fakes import FakeClock

PATIENCE = 0.3
"""Seconds after which silence is taken for silence here, in virtual time."""
PATIENCE_ON_SOCKETS = 2.0
"""The same where time is real: a busy machine is no silent device."""
AGAIN = 0.05
"""Seconds before a failed session runs again."""


class Hasty:
    """A driver with less patience and no settling, so that a test does not wait for what a panel needs."""

    def __init__(self, driver: Driver, patience: float) -> None:
        self._driver = driver
        self._patience = patience

    def hello(self) -> Sequence[Request]:
        return self._hurried(self._driver.hello())

    def poll(self) -> Sequence[Request]:
        return self._hurried(self._driver.poll())

    def request(self, command: Command) -> Sequence[Request]:
        return self._hurried(self._driver.request(command))

    def verify(self, command: Command) -> Sequence[Request]:
        return self._hurried(self._driver.verify(command))

    def feed(self, data: bytes) -> Sequence[Reply]:
        return self._driver.feed(data)

    def leaving(self, request: Request) -> bytes:
        return self._driver.leaving(request) if isinstance(self._driver, Attentive) else request.payload

    def hung_up(self) -> Sequence[Reply]:
        return self._driver.hung_up() if isinstance(self._driver, EndsByHangUp) else ()

    def _hurried(self, requests: Sequence[Request]) -> Sequence[Request]:
        return [replace(request, patience=self._patience, settle=0.0) for request in requests]


def hasty(spec: DriverSpec, patience: float = PATIENCE) -> DriverSpec:
    """Return the driver, polling quickly and giving up quickly."""

    def make(options: BaseModel) -> Driver:
        return Hasty(spec.make(options), patience)

    return replace(spec, make=make, poll_every=0.1, gap=spec.gap / 5)


class Meeting:
    """A session that runs again whenever it fails, and the emulator that it talks to."""

    def __init__(
        self, emulator: TcpDevice[Any], session: Session, device: Device, *, clock: Clock | None = None
    ) -> None:
        self.emulator = emulator
        self.session = session
        self.failures: list[DriverError] = []
        self.values: dict[str, Value] = {}
        self._device = device
        self._clock = clock or RealClock()
        self._stirred = asyncio.Event()
        self._numbers = count(1)

    def hear(self, batch: Sequence[object]) -> None:
        """Take in what the session publishes."""
        self.values.update(
            {one.point.removeprefix(f"{self._device.id}."): one.value for one in batch if isinstance(one, Reading)}
        )
        self._stirred.set()

    async def run(self) -> None:
        """Run the session for ever."""
        while True:
            try:
                await self.session.run()
            except DriverError as error:
                self.failures.append(error)
                self._stirred.set()
            await self._clock.sleep(AGAIN)

    async def until(self, condition: Callable[[], object], *, patience: float = 30.0) -> None:
        """Wait until something published makes the condition true."""
        async with asyncio.timeout(patience):
            while not condition():
                self._stirred.clear()
                await self._stirred.wait()

    async def up(self) -> None:
        """Wait until the session is up."""
        await self.until(lambda: self.session.status.state is DeviceState.UP)

    async def reads(self, **values: Value) -> None:
        """Wait until the points read these values (`route.1` is written `route_1`)."""
        wanted = {name.replace("_", ".") if name[-1].isdigit() else name: value for name, value in values.items()}
        await self.until(lambda: wanted.items() <= self.values.items())

    async def ask(self, verb: str, **args: Arg) -> Outcome:
        """Issue a command."""
        name = f"c{next(self._numbers)}"
        return await self.session.ask(Command(name, self._device.id, verb, args, "test", "a test", 0, math.inf))


@asynccontextmanager
async def meeting(
    family: str,
    *,
    state: Mapping[str, Value] | None = None,
    options: Mapping[str, Value] | None = None,
    before: Callable[[TcpDevice[Any]], None] = lambda _: None,
    memory: bool = False,
    serial: Path | None = None,
) -> AsyncIterator[Meeting]:
    """Let a session and an emulator of `family` meet; `state` is the emulator's, `options` the driver's.

    Over TCP, over a serial port at `serial`, or in `memory` and virtual time.
    """
    clock: Clock = FakeClock() if memory else RealClock()
    emulator = emulate(family, name=family, options=state or {}, clock=clock)
    assert isinstance(emulator, TcpDevice)
    before(emulator)
    wire = MemoryPort()
    if memory:
        emulator.listen = wire.listen
    port = await emulator.start("127.0.0.1", 0)
    url = f"serial://{serial}" if serial else f"tcp://127.0.0.1:{port}"
    device = Device("unit", Name("Alat", "Unit"), family, url, options or {})
    told: list[Meeting] = []
    spec = hasty(DRIVERS[family], PATIENCE if memory else PATIENCE_ON_SOCKETS)
    dialled = wire.dial if memory else dial
    session = Session(device, spec, dial=dialled, clock=clock, publish=lambda batch: told[0].hear(batch))
    told.append(Meeting(emulator, session, device, clock=clock))
    try:
        cable = plugged_in(serial, "127.0.0.1", port, clock=clock) if serial else nullcontext()
        async with cable, asyncio.TaskGroup() as tasks:
            running = tasks.create_task(told[0].run(), name="session")
            yield told[0]
            running.cancel()
    finally:
        await emulator.stop()
