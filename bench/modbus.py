"""What one dead unit costs the others on a serial line of sixteen, and how long a command to one of those waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from bench.report import Row, quantile
from drivers.emulators.modbus import ModbusDevice
from drivers.errors import DriverError
from drivers.model import Arg, Command, Device, Name, Point, Result, Value
from drivers.sensors.modbus import ModbusSource
from gateway.clock import SystemClock

UNITS, DEAD = 16, 7
BAUD = 9600
WARM_S = 3.0
COMMAND_EVERY_S = 0.5
"""Commands to the live units are spread over the whole run, so that some fall upon a wait for the dead one."""
RHYTHMS: Mapping[str, float] = {"1 s": 1.0, "flat out": 0.001}
"""Every point once a second (a third of the line's time), and as often as the line allows."""


class _Quiet:
    def seen(self, device: str, direction: str, data: bytes) -> None:
        """Nobody reads this log."""


class Bus:
    """An emulated line at its true pace, polled by the source with its defaults."""

    def __init__(self, every: float, *, dead: bool) -> None:
        self.rate = 0.0
        self.waits: list[float] = []
        self._clock = SystemClock()
        self._dead = dead
        self._points = [_point(unit, every) for unit in range(1, UNITS + 1)]
        self.emulated = ModbusDevice("line", self._points, clock=self._clock, framing="rtu", baud=BAUD)

    def publish(self, batch: Sequence[object]) -> None:
        """Nobody hears this bus."""

    async def run(self, seconds: float) -> None:
        """Poll until warm, let the unit die, and count what the others are asked in that time."""
        link = f"serial://{await self.emulated.open_line()}?baud={BAUD}"
        device = Device("line", Name("line", "line"), "modbus", link)
        source = ModbusSource(device, self._points, clock=self._clock, publish=self.publish, tap=_Quiet())
        async with asyncio.TaskGroup() as tasks:
            polling = tasks.create_task(_until_it_fails(source))
            await asyncio.sleep(WARM_S)
            if self._dead:
                self.emulated.inject("silent", unit=DEAD)
            before = self._polls(source)
            await self._command(source, seconds)
            self.rate = (self._polls(source) - before) / seconds
            polling.cancel()
        await self.emulated.stop()

    def _polls(self, source: ModbusSource) -> int:
        """Return how often the others have been polled: no command goes to the one that may be dead."""
        return source.counters["polls"] - self.emulated.asked[DEAD]

    async def _command(self, source: ModbusSource, seconds: float) -> None:
        over = time.monotonic() + seconds
        number = 0
        while (pause := over - time.monotonic()) > COMMAND_EVERY_S:
            await asyncio.sleep(COMMAND_EVERY_S)
            number += 1
            unit = 1 + number % (DEAD - 1)
            began = time.monotonic()
            args: dict[str, Arg] = {"point": f"unit-{unit}", "value": number % 1000}
            wish = Command(str(number), "line", "write", args, "bench", "", self._clock.now(), self._clock.mono() + 10)
            outcome = await source.ask(wish)
            if outcome.result is not Result.VERIFIED:
                raise SystemExit(f"a command to unit {unit} ended as {outcome.result}: {outcome.detail}")
            self.waits.append((time.monotonic() - began) * 1000)
        await asyncio.sleep(max(pause, 0.0))


def measure(*, runs: int, seconds: float) -> list[Row]:
    """Return the rates of the fifteen others, beside the same line with all units alive, and the commands' p95."""
    rows = []
    commands = Row("Modbus: command p95, one unit of 16 dead, 9600 Bd", "ms", "all alive", "first < 500")
    for name, every in RHYTHMS.items():
        row = Row(f"Modbus: 15 others, one of 16 dead, 9600 Bd, {name}", "polls/s", "all alive", ">= 0.95")
        for run in range(runs):
            print(f"modbus, {name}: run {run + 1} of {runs} …", flush=True)
            hurt, well = asyncio.run(_both(every, seconds))
            row.add(hurt.rate, well.rate)
            commands.add(quantile(hurt.waits, 0.95), quantile(well.waits, 0.95))
        rows.append(row)
    return [*rows, commands]


async def _both(every: float, seconds: float) -> tuple[Bus, Bus]:
    """Run both lines side by side: they share nothing but the machine."""
    hurt, well = Bus(every, dead=True), Bus(every, dead=False)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hurt.run(seconds))
        tasks.create_task(well.run(seconds))
    return hurt, well


async def _until_it_fails(source: ModbusSource) -> None:
    with suppress(DriverError):
        await source.run()


def _point(unit: int, every: float) -> Point:
    address: dict[str, Value] = {"unit": unit, "table": "hr", "address": 0, "writable": True}
    return Point(f"unit-{unit}", "line", Name("", ""), every=every, address=address)
