"""The Modbus source: polled registers become readings, a silence becomes a quality, and commands become registers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from drivers.errors import BadConfig, DriverError, LinkError, ProtocolError, first_error
from drivers.links import Link, Unreachable
from drivers.links.dial import dial
from drivers.model import Clock, Command, Device, DeviceState, Outcome, Point, Reading, Reason
from drivers.sensors.last_values import LastValues
from drivers.sensors.modbus_line import Line
from drivers.sensors.modbus_load import too_much
from drivers.sensors.modbus_options import BUS_UNITS, ModbusOptions, Way, way_of
from drivers.sensors.modbus_wire import ModbusWire
from drivers.sensors.modbus_writes import VERB, Writes
from drivers.sensors.register_map import Block, Register, RegisterAddress, Words, plan, register
from drivers.sensors.register_values import decode, wire_bytes
from drivers.sensors.source import BadPoint, Durable, Log, Publish, Rejected, Source, SourceSpec, Standing, options_of

CHECK_MAP = "check the register map: unit, table and address, and whether the manual counts from 1"


class ModbusSource:
    """One line: dials, asks by `Line`, publishes; a connection that fails is for the supervisor to begin again."""

    def __init__(
        self,
        device: Device,
        points: Sequence[Point],
        *,
        clock: Clock,
        publish: Publish,
        tap: Log,
        dial: Callable[[str], Awaitable[Link]] = dial,
    ) -> None:
        self._way, options, self._registers = line_of(device, points)
        self._device, self._clock, self._publish, self._tap, self._dial = device, clock, publish, tap, dial
        self._counters: Counter[str] = Counter()
        self._last = LastValues(clock, publish)
        blocks = plan(self._registers, gap=options.gap, words=options.words, bits=options.bits)
        self._line = Line(blocks, clock=clock, listener=self, counters=self._counters, quiet=self._way.quiet)
        self._writes = Writes(self._registers, line=self._line, clock=clock, heard=self.heard, last=self._last.value)
        self._standing = Standing(device, clock, publish)
        self._unreadable: dict[str, str] = {}
        """The points that a unit refuses, and why."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Polls, readings, and what went wrong by its reason: timeouts, late, garbage, refused, illegal, overruns …"""
        return self._counters

    @property
    def verbs(self) -> tuple[str, ...]:
        """What can be asked of this line: nothing unless a point is writable."""
        return self._writes.verbs

    async def ask(self, command: Command) -> Outcome:
        """Return what became of a command; it goes before every poll that is not yet on its way."""
        self._counters["commands"] += 1
        return await self._writes.ask(command)

    async def run(self) -> None:
        """Work until the line fails; raise LinkError, or BadConfig for a line that cannot work."""
        self._standing.dialling()
        try:
            await self._connect()
        except BadConfig as error:
            self._standing.show(DeviceState.BAD_CONFIG, str(error), "correct the site's files")
            raise
        except LinkError as error:
            hint = error.hint if isinstance(error, Unreachable) else self._way.hint
            self._standing.show(DeviceState.SILENT, str(error), hint)
            self._doubt(self._registers, Reason.COMM)
            raise

    async def _connect(self) -> None:
        if not self._registers:
            raise BadConfig(f"{self._device.id}: no point is read from this line; give it points, or remove it")
        link = await self._dial(self._way.url)
        self._counters["connections"] += 1
        way = self._way
        wire = ModbusWire(
            link, way.framing(self._counters), timing=way.timing, clock=self._clock, where=way.where, seen=self._seen
        )
        try:
            await self._work(wire)
        finally:
            await link.close()

    async def _work(self, wire: ModbusWire) -> None:
        trouble: DriverError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(wire.listen(), name=f"{self._device.id}: listen")
                tasks.create_task(self._line.run(wire.ask), name=f"{self._device.id}: line")
        except* DriverError as group:
            trouble = first_error(group)
        if trouble is not None:
            raise trouble

    def heard(self, block: Block, words: Words) -> None:
        """Publish the readings of a block."""
        readings: list[Reading] = []
        for one in block.registers:
            self._unreadable.pop(one.point, None)
            mine = words[one.address - block.address :][: one.width]
            try:
                readings.append(self._last.reading(one.point, decode(one, mine), low=one.low, high=one.high))
            except ProtocolError as error:
                self._refuse(one, str(error), wire_bytes(mine), Reason.SOURCE)
        self._counters["readings"] += len(readings)
        self._last.publish(readings)
        self._show()

    def refused(self, register: Register, why: str) -> None:
        """Doubt a register that the device refuses."""
        self._unreadable[register.point] = why
        self._refuse(register, why, b"", Reason.CONFIG)
        self._show()

    def missed(self, block: Block) -> None:
        """Doubt what could not be read this time."""
        self._doubt(block.registers, Reason.COMM)

    def silent(self, unit: int, why: str) -> None:
        """Doubt all that a silent unit has said."""
        self._doubt([one for one in self._registers if one.unit == unit], Reason.COMM)
        self._show(f"{why}; {self._way.hint}")

    def back(self, unit: int) -> None:  # noqa: ARG002 - all units that are still silent are shown
        """Show that a unit answers again; its readings follow."""
        self._show()

    def _show(self, hint: str = "") -> None:
        dead = ", ".join(map(str, self._line.silent_units()))
        if dead:
            self._standing.show(DeviceState.DEGRADED, f"unit {dead} does not answer", hint)
        elif self._unreadable:
            point, why = next(iter(self._unreadable.items()))
            more = f", and {len(self._unreadable) - 1} more" if len(self._unreadable) > 1 else ""
            self._standing.show(DeviceState.DEGRADED, f"{point} cannot be read{more}: {why}", CHECK_MAP)
        else:
            self._standing.show(DeviceState.UP)

    def _doubt(self, registers: Iterable[Register], reason: Reason) -> None:
        self._last.doubt((one.point for one in registers), reason)

    def _refuse(self, one: Register, why: str, sample: bytes, reason: Reason) -> None:
        """Count a register that gives no value, and say so when that is new."""
        self._counters["rejected"] += 1
        if not self._last.doubted(one.point):
            self._publish([Rejected(self._device.id, one.where, why, sample, self._clock.now())])
            self._doubt([one], reason)

    def _seen(self, direction: str, data: bytes) -> None:
        self._tap.seen(self._device.id, direction, data)


def line_of(device: Device, points: Sequence[Point]) -> tuple[Way, ModbusOptions, list[Register]]:
    """Return the way to a line, its options and its registers; raise BadConfig for what cannot work together."""
    options = options_of(device, ModbusOptions)
    way = way_of(device, options)
    registers = [register(point, unit=options.unit, every=options.every) for point in points]
    for one in registers:
        if way.rtu and one.unit not in BUS_UNITS:
            raise BadPoint(one.point, "unit", f"{one.unit} is none on a serial line; they go from 1 to 247")
    return way, options, registers


def check(device: Device, points: Sequence[Point]) -> None:
    """Raise BadConfig for a line that cannot be polled so."""
    line_of(device, points)


def doubt(device: Device, points: Sequence[Point]) -> str:
    """Return why these points are too much for their line; empty when they are not."""
    way, options, registers = line_of(device, points)
    return too_much(plan(registers, gap=options.gap, words=options.words, bits=options.bits), way.timing)


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a Modbus line; what is polled needs no acknowledgement, so `durable` is not asked."""
    del durable
    return ModbusSource(device, points, clock=clock, publish=publish, tap=tap)


SPEC = SourceSpec("modbus", ModbusOptions, RegisterAddress, make, check, (VERB,), doubt)
