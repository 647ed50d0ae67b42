"""A Modbus TCP device, or the gateway of a bus with several units, that reads what the day brings."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.emulators import curves
from drivers.emulators.field_sensor import LOCAL_S
from drivers.model import Clock, Point, Value
from drivers.sensors.register_map import BIT_TABLES, Register, encode, register

TABLES = {1: "co", 2: "di", 3: "hr", 4: "ir"}
"""Which table a function reads."""
UNIT_AT = 6
"""Where the unit stands in a Modbus TCP frame."""
FAULTS = ("illegal", "silent", "wrong", "slow", "stop")


class _Server(ModbusTcpServer):
    """pymodbus's server, which can be late: as released it would then answer with the number of another question."""

    late: Callable[[], Awaitable[None]]

    def callback_new_connection(self) -> ServerRequestHandler:
        """Give every client its own conversation."""
        talk = _Conversation(  # type: ignore[no-untyped-call]  # the library leaves it untyped
            self, self.trace_packet, self.trace_pdu, self.trace_connect
        )
        talk.late = self.late
        return talk


class _Conversation(ServerRequestHandler):
    """Answers each question with its own number, however late."""

    late: Callable[[], Awaitable[None]]

    async def handle_request(self) -> None:
        """Wait as long as the fault says, then answer."""
        asked = self.last_pdu, self.last_addr
        await self.late()
        self.last_pdu, self.last_addr = asked
        await super().handle_request()  # type: ignore[no-untyped-call]  # the library leaves it untyped


class ModbusDevice:
    """Serves the registers of `points`; a unit that has none is answered for by the gateway: it is not there."""

    def __init__(
        self, name: str, points: Sequence[Point], *, clock: Clock, pace: float = 1.0, seed: int = 0, unit: int = 1
    ) -> None:
        self.name = name
        self.log: deque[str] = deque(maxlen=200)
        self._points = {point.id: point for point in points}
        self._registers = [register(point, unit=unit, every=1.0) for point in points]
        self._clock, self._pace, self._seed = clock, pace, seed
        self._began_ns, self._began = clock.now(), clock.mono()
        self._values: dict[str, Value] = {}
        self._server: _Server | None = None
        self._host, self._port = "127.0.0.1", 0
        self._errand: asyncio.Task[object] | None = None
        self._illegal: set[str] = set()
        self._silent: set[int] = set()
        self._slow = 0.0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Serve on `port` (0: any free one, the same again after a stop) and return it."""
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
        self._host, port = host, port or self._port
        self._server = _Server(self._devices(), address=(host, port), trace_packet=self._trace)
        self._server.late = self._late
        await self._server.serve_forever(background=True)
        listening: Any = self._server.transport
        self._port = int(listening.sockets[0].getsockname()[1])
        self.log.append(f"serving on {host}:{self._port}")
        return self._port

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            server, self._server = self._server, None
            await server.shutdown()  # type: ignore[no-untyped-call]  # the library leaves it untyped
            self.log.append("stopped")

    def state(self) -> Mapping[str, object]:
        """Return what every point reads now."""
        return {name: self.reading(name) for name in self._points}

    def load(self, state: Mapping[str, object]) -> None:
        """Direct points to values: `{point: value or None}`."""
        for point, value in state.items():
            self.override(point, value if isinstance(value, bool | int | float | str) else None)

    def override(self, point: str, value: Value | None) -> None:
        """Direct a point to `value` (None: back to its day); raise KeyError for a point that is not here."""
        if point not in self._points:
            raise KeyError(f"{self.name} has no point {point!r}")
        if value is None:
            self._values.pop(point, None)
        else:
            self._values[point] = value

    def reading(self, point: str) -> Value:
        """Return what a point reads now."""
        passed = (self._clock.mono() - self._began) * self._pace
        at = self._began_ns / 1e9 + LOCAL_S + passed
        return self._values.get(point, curves.value(self._points[point], at, seed=self._seed))

    def press(self, verb: str, args: Mapping[str, object]) -> None:
        """Turn a knob: `override` with `point` and `value`; raise KeyError for any other."""
        if verb != "override":
            raise KeyError(f"{self.name} knows override, not {verb!r}")
        self.load({str(args["point"]): args.get("value")})

    def inject(self, fault: str, **params: object) -> None:
        """Break it: `illegal` point, `silent` unit, `wrong` point and value, `slow` seconds, `stop`."""
        if fault not in FAULTS:
            raise KeyError(f"{self.name} knows the faults {', '.join(FAULTS)}, not {fault!r}")
        if fault == "illegal":
            self._illegal.add(str(params["point"]))
        elif fault == "silent":
            self._silent.add(int(str(params.get("unit", 1))))
        elif fault == "wrong":
            self.load({str(params["point"]): params["value"]})
        elif fault == "slow":
            self._slow = float(str(params.get("seconds", 1.0)))
        else:
            self._errand = asyncio.get_running_loop().create_task(self.stop(), name=f"{self.name} stops")

    def clear(self) -> None:
        """Mend it; a stopped one serves again on the same port."""
        self._illegal.clear()
        self._silent.clear()
        self._values.clear()
        self._slow = 0.0
        if self._errand is not None:
            self._errand = asyncio.get_running_loop().create_task(self._again(self._errand), name=f"{self.name} starts")

    async def _again(self, stopping: asyncio.Task[object]) -> None:
        await stopping
        if self._server is None:
            await self.start(self._host, self._port)

    def _devices(self) -> list[SimDevice]:
        units: dict[int, list[Register]] = defaultdict(list)
        for one in self._registers:
            units[one.unit].append(one)
        absent = SimDevice(0, SimData(0, count=65_536, datatype=DataType.REGISTERS), action=_absent)
        return [absent, *(self._unit(number, registers) for number, registers in units.items() if number)]

    def _unit(self, number: int, registers: Sequence[Register]) -> SimDevice:
        async def action(
            function: int, start: int, address: int, count: int, memory: list[int], _written: object
        ) -> ExcCodes | None:
            mine = [one for one in registers if one.table == TABLES.get(function)]
            asked = [one for one in mine if one.address < address + count and address < one.end]
            if any(one.point in self._illegal for one in asked):
                return ExcCodes.ILLEGAL_ADDRESS
            for one in mine:
                _write(memory, start, one, encode(one, self.reading(one.point)))
            return None

        tables: dict[str, list[SimData]] = {table: [] for table in ("co", "di", "hr", "ir")}
        for one in sorted(registers, key=lambda one: one.address):
            tables[one.table].append(_memory(one))
        filled = tuple(data or [_filler(table)] for table, data in tables.items())
        return SimDevice(number, filled, action=action)  # type: ignore[arg-type]  # a tuple of four, one a table

    async def _late(self) -> None:
        if self._slow:
            await self._clock.sleep(self._slow)

    def _trace(self, sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - the library's signature
        """Keep back what a silent unit would say."""
        return b"" if sending and len(data) > UNIT_AT and data[UNIT_AT] in self._silent else data


async def _absent(*_asked: object) -> ExcCodes:
    """Answer for a unit that is not on the bus."""
    return ExcCodes.GATEWAY_NO_RESPONSE


def _memory(one: Register) -> SimData:
    if one.table in BIT_TABLES:
        return SimData(one.address, values=[False], datatype=DataType.BITS)
    return SimData(one.address, count=one.width, datatype=DataType.REGISTERS)


def _filler(table: str) -> SimData:
    """Return one cell: the library wants every table to have something."""
    if table in BIT_TABLES:
        return SimData(65_535, values=[False], datatype=DataType.BITS)
    return SimData(65_535, datatype=DataType.REGISTERS)


def _write(memory: list[int], start: int, one: Register, words: Sequence[int]) -> None:
    """Put a value where the library keeps the table; sixteen bits share one of its cells."""
    if one.table in BIT_TABLES:
        cell, bit = one.address // 16 - start, 1 << one.address % 16
        memory[cell] = memory[cell] | bit if words[0] else memory[cell] & ~bit
    else:
        memory[one.address - start : one.end - start] = words
