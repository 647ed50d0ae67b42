"""A Modbus device, or a bus of units, over TCP, RTU over TCP or a serial line, that reads what the day brings."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence

from drivers.emulators import curves
from drivers.emulators.field_sensor import LOCAL_S
from drivers.emulators.modbus_faults import FAULTS, Troubles
from drivers.emulators.modbus_frames import FRAMES, Adu
from drivers.emulators.modbus_talk import PseudoLine, Talk
from drivers.emulators.modbus_units import NO_ANSWER, Units
from drivers.model import Clock, Point, Value
from drivers.sensors.register_map import Register, register

FRAME = 3
"""Bytes of a serial request beside function and data."""
NOISE = bytes.fromhex("00ff5a3c00")


class ModbusDevice:
    """Serves the registers of `points`; behind a TCP gateway an absent unit is answered for, on a line it is silent.

    `baud` paces a serial line: a question and its answer take as long as their bytes would. 0 is as fast as can be.
    """

    def __init__(
        self,
        name: str,
        points: Sequence[Point],
        *,
        clock: Clock,
        pace: float = 1.0,
        seed: int = 0,
        unit: int = 1,
        framing: str = "tcp",
        baud: int = 0,
    ) -> None:
        self.name = name
        self.log: deque[str] = deque(maxlen=200)
        self.asked: Counter[int] = Counter()
        """How many requests each unit has got."""
        self._points = {point.id: point for point in points}
        self._registers = {point.id: register(point, unit=unit, every=1.0) for point in points}
        self._troubles = Troubles()
        self._units = Units(list(self._registers.values()), self._raw, troubles=self._troubles)
        self._clock, self._pace, self._seed = clock, pace, seed
        self._began_ns, self._began = clock.now(), clock.mono()
        self._values: dict[str, Value] = {}
        self._framing, self._character = framing, 10 / baud if baud else 0.0
        self._server: asyncio.Server | None = None
        self._lines: list[PseudoLine] = []
        self._talks: set[Talk] = set()
        self._host, self._port = "127.0.0.1", 0
        self._errand: asyncio.Task[object] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Serve on `port` (0: any free one, the same again after a stop) and return it."""
        self._host, port = host, port or self._port
        self._server = await asyncio.get_running_loop().create_server(self._talk, host, port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        self.log.append(f"serving on {host}:{self._port}")
        return self._port

    async def open_line(self) -> str:
        """Serve on a pseudo-terminal and return the path of its other end, which stands for a serial adapter."""
        line = PseudoLine()
        self._lines.append(line)
        await line.serve(self._talk())
        self.log.append(f"serving on {line.path}")
        return line.path

    async def stop(self) -> None:
        """Close the port, the line and every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for talk in list(self._talks):
            talk.hang_up()
        while self._lines:
            self._lines.pop().unplug()
        if server is not None:
            await server.wait_closed()
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
        self._units.forget(self._register(point))
        self._troubles.nan.discard(point)
        if value is None:
            self._values.pop(point, None)
        elif isinstance(value, float) and math.isnan(value):
            self._troubles.nan.add(point)
        else:
            self._values[point] = value

    def reading(self, point: str) -> Value:
        """Return what a point reads now: what was written last, what it was directed to, or what the day brings."""
        return self._units.value(self._register(point))

    def press(self, verb: str, args: Mapping[str, object]) -> None:
        """Turn a knob: `override` with `point` and `value`; raise KeyError for any other."""
        if verb != "override":
            raise KeyError(f"{self.name} knows override, not {verb!r}")
        self.load({str(args["point"]): args.get("value")})

    def inject(self, fault: str, **params: object) -> None:
        """Break it, as FAULTS says; raise KeyError for a fault or a point that it does not have."""
        if fault not in FAULTS:
            raise KeyError(f"{self.name} knows the faults {', '.join(FAULTS)}, not {fault!r}")
        one = self._register(str(params["point"])) if "point" in params else None
        if fault in ("wrong", "stuck") and one is not None:
            self.load({one.point: params["value"] if fault == "wrong" else self.reading(one.point)})
        elif fault == "illegal" and one is not None:
            self._troubles.holes.update((one.unit, one.table, at) for at in range(one.address, one.end))
        elif fault == "half_open":
            for talk in self._talks:
                talk.dead = True
        elif fault == "stop":
            self._errand = asyncio.get_running_loop().create_task(self.stop(), name=f"{self.name} stops")
        else:
            self._troubles.add(fault, params)

    def clear(self) -> None:
        """Mend it; a stopped one serves again on the same port."""
        self._troubles = self._units.troubles = Troubles()
        self._values.clear()
        if self._errand is not None:
            self._errand = asyncio.get_running_loop().create_task(self._again(self._errand), name=f"{self.name} starts")

    async def _again(self, stopping: asyncio.Task[object]) -> None:
        await stopping
        if self._server is None:
            await self.start(self._host, self._port)

    def _talk(self) -> Talk:
        talk = Talk(FRAMES[self._framing](), hear=self._hear, gone=self._talks.discard)
        self._talks.add(talk)
        return talk

    def _hear(self, talk: Talk, asked: Adu) -> None:
        """Answer one request, as well as the faults in force allow."""
        self.asked[asked.unit] += 1
        absent = asked.unit not in self._units
        if asked.unit in self._troubles.silent or (absent and self._framing == "rtu"):
            return
        refused = bytes((asked.pdu[0] | 0x80, NO_ANSWER))
        answer = Adu(asked.unit, refused if absent else self._units.answer(asked.unit, asked.pdu), asked.number)
        if self._troubles.strikes("lost") is not None:
            return
        if self._troubles.strikes("misplaced") is not None:
            answer = talk.frames.misplace(answer)
        data = talk.frames.wrap(answer)
        if self._troubles.strikes("garbled") is not None:
            data = talk.frames.garble(data)
        if self._troubles.strikes("noise") is not None:
            data = NOISE + data
        airtime = self._character * (len(asked.pdu) + FRAME + len(data))
        talk.say(asked.unit, data, after=self._troubles.slow + (self._troubles.strikes("late") or 0.0) + airtime)

    def _raw(self, point: str) -> Value:
        """Return what a point reads by itself: what it was directed to, or what the day brings."""
        passed = (self._clock.mono() - self._began) * self._pace
        at = self._began_ns / 1e9 + LOCAL_S + passed
        return self._values.get(point, curves.value(self._points[point], at, seed=self._seed))

    def _register(self, point: str) -> Register:
        try:
            return self._registers[point]
        except KeyError:
            raise KeyError(f"{self.name} has no point {point!r}") from None
