"""The Modbus source: polled registers become readings, and a silence becomes a quality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from drivers.errors import BadConfig, LinkError, ProtocolError
from drivers.model import Clock, Device, DeviceState, Point, Quality, Reading, Reason, Value
from drivers.sensors.modbus_line import Line
from drivers.sensors.modbus_wire import ModbusWire
from drivers.sensors.register_map import Block, Register, RegisterAddress, Words, decode, plan, register
from drivers.sensors.source import (
    Durable,
    Log,
    Publish,
    Rejected,
    Source,
    SourceSpec,
    Standing,
    host_and_port,
    options_of,
)


class ModbusOptions(BaseModel):
    """The options of a line: `timeout` and `every` (for points that do not say) in seconds, `gap` in addresses."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    unit: Annotated[int, Field(ge=0, le=255)] = 1
    """The unit that is asked when a point does not say."""
    timeout: Annotated[float, Field(gt=0, le=30)] = 1.0
    """Seconds to wait for an answer."""
    every: Annotated[float, Field(gt=0)] = 5.0
    """Seconds between polls of points that do not say."""
    gap: Annotated[int, Field(ge=0, le=100)] = 8
    """How many unused addresses are read along rather than asking twice."""
    words: Annotated[int, Field(ge=1, le=125)] = 125
    """How many registers the device gives in one answer."""
    bits: Annotated[int, Field(ge=1, le=2000)] = 2000
    """How many bits the device gives in one answer."""


class ModbusSource:
    """One line: dials, polls by `Line`, publishes; a connection that fails is for the supervisor to begin again."""

    def __init__(self, device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, tap: Log) -> None:
        options = options_of(device, ModbusOptions)
        self._host, self._port = host_and_port(device, 502)
        self._device, self._clock, self._publish, self._tap = device, clock, publish, tap
        self._timeout = options.timeout
        self._registers = [register(point, unit=options.unit, every=options.every) for point in points]
        self._counters: Counter[str] = Counter()
        blocks = plan(self._registers, gap=options.gap, words=options.words, bits=options.bits)
        self._line = Line(blocks, clock=clock, listener=self, counters=self._counters)
        self._standing = Standing(device, clock, publish)
        self._values: dict[str, Value] = {}
        self._doubtful: set[str] = set()

    @property
    def counters(self) -> Mapping[str, int]:
        """Polls, readings, timeouts, refused, rejected, overruns, connections."""
        return self._counters

    async def run(self) -> None:
        """Poll until the line fails; raise LinkError."""
        if not self._registers:
            self._standing.show(
                DeviceState.BAD_CONFIG, "no point is read from this line", "give points this device, or remove it"
            )
            raise BadConfig(
                f"{self._device.id}: no point is read from this line; give points this device, or remove it"
            )
        self._standing.dialling()
        wire = ModbusWire(self._host, self._port, timeout=self._timeout, seen=self._seen)
        try:
            await wire.open()
            self._counters["connections"] += 1
            await self._line.run(wire.ask)
        except LinkError as error:
            hint = f"does {self._host}:{self._port} answer, and are the unit numbers right?"
            self._standing.show(DeviceState.SILENT, str(error), hint)
            self._doubt(self._registers, Reason.COMM)
            raise
        finally:
            wire.close()

    def heard(self, block: Block, words: Words) -> None:
        """Publish the readings of a block."""
        readings: list[Reading] = []
        for one in block.registers:
            mine = words[one.address - block.address :]
            try:
                readings.append(self._reading(one, decode(one, mine)))
            except ProtocolError as error:
                sample = b"".join(int(word).to_bytes(2, "big") for word in mine[: one.width])
                self._refuse(one, str(error), sample, Reason.SOURCE)
        self._counters["readings"] += len(readings)
        if readings:
            self._publish(readings)
        self._show()

    def refused(self, register: Register, why: str) -> None:
        """Doubt a register that the device refuses."""
        self._refuse(register, why, b"", Reason.CONFIG)
        self._show()

    def silent(self, unit: int, why: str) -> None:
        """Doubt all that a silent unit has said."""
        self._doubt([one for one in self._registers if one.unit == unit], Reason.COMM)
        self._show(why)

    def back(self, unit: int) -> None:  # noqa: ARG002 - all units that are still silent are shown
        """Show that a unit answers again; its readings follow."""
        self._show()

    def _show(self, hint: str = "") -> None:
        dead = ", ".join(map(str, self._line.silent_units()))
        if dead:
            self._standing.show(DeviceState.DEGRADED, f"unit {dead} does not answer", hint)
        else:
            self._standing.show(DeviceState.UP)

    def _reading(self, one: Register, value: Value) -> Reading:
        self._values[one.point] = value
        self._doubtful.discard(one.point)
        inside = isinstance(value, str) or one.low <= value <= one.high
        quality, reason = (Quality.GOOD, Reason.NONE) if inside else (Quality.UNCERTAIN, Reason.RANGE)
        now = self._clock.now()
        return Reading(one.point, value, now, now, self._clock.mono(), quality, reason)

    def _doubt(self, registers: Sequence[Register], reason: Reason) -> None:
        """Publish last values as BAD, once; a point that never had a value has nothing to take back."""
        now, mono, values = self._clock.now(), self._clock.mono(), self._values
        fresh = [one.point for one in registers if one.point not in self._doubtful]
        self._doubtful.update(fresh)
        bad = [Reading(name, values[name], now, now, mono, Quality.BAD, reason) for name in fresh if name in values]
        if bad:
            self._publish(bad)

    def _refuse(self, one: Register, why: str, sample: bytes, reason: Reason) -> None:
        """Count a register that gives no value, and say so when that is new."""
        self._counters["rejected"] += 1
        if one.point not in self._doubtful:
            where = f"unit {one.unit} {one.table} {one.address}"
            self._publish([Rejected(self._device.id, where, why, sample, self._clock.now())])
            self._doubt([one], reason)

    def _seen(self, direction: str, data: bytes) -> None:
        self._tap.seen(self._device.id, direction, data)


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a Modbus line; what is polled needs no acknowledgement, so `durable` is not asked."""
    del durable
    return ModbusSource(device, points, clock=clock, publish=publish, tap=tap)


SPEC = SourceSpec("modbus", ModbusOptions, RegisterAddress, make)
