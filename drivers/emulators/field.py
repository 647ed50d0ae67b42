"""The field: one simulated sensor per MQTT point, all of a site together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from drivers.emulators.field_sensor import FAULTS, FieldSensor
from drivers.model import Clock, Point, Value


class FieldSensors:
    """All simulated sensors of a site; `pace` is how much faster than life its days and periods run."""

    def __init__(
        self,
        points: Sequence[Point],
        broker_url: str,
        *,
        clock: Clock,
        pace: float = 1.0,
        seed: int = 0,
        name: str = "field",
    ) -> None:
        self.name = name
        self.log: deque[str] = deque(maxlen=200)
        parts = urlsplit(broker_url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 1883
        login = (parts.username or "", parts.password or "")
        self.sensors: dict[str, FieldSensor] = {
            point.id: FieldSensor(point, clock=clock, pace=pace, seed=seed, log=self.log, login=login)
            for point in points
            if "topic" in point.address and point.address.get("format", "contract") == "contract"
        }
        self.pace, self.clock = pace, clock
        self._running: asyncio.Task[None] | None = None

    async def start(self, host: str = "", port: int = 0) -> int:
        """Connect every sensor to the broker (another one, when host and port are given); return the broker's port."""
        self._host, self._port = host or self._host, port or self._port
        self._running = asyncio.get_running_loop().create_task(self.run(), name=f"{self.name} sensors")
        return self._port

    async def stop(self) -> None:
        """Switch every sensor off, politely."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait((self._running,))
            self._running = None

    async def run(self) -> None:
        """Run every sensor until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for sensor in self.sensors.values():
                tasks.create_task(sensor.run(self._host, self._port), name=f"sensor {sensor.sensor}")

    def state(self) -> Mapping[str, object]:
        """Return every sensor's last value, count, connection and fault."""
        return {point: sensor.state() for point, sensor in self.sensors.items()}

    def load(self, state: Mapping[str, object]) -> None:
        """Direct points to values: `{point: value or None}`."""
        for point, value in state.items():
            self.override(point, value if isinstance(value, bool | int | float | str) else None)

    def override(self, point: str, value: Value | None) -> None:
        """Direct a point to `value` (None: back to its day); raise KeyError for a point that is not here."""
        self._sensor(point).direct(value)

    def reading(self, point: str) -> Value | None:
        """Return what a point said last."""
        return self._sensor(point).last

    def press(self, verb: str, args: Mapping[str, object]) -> None:
        """Turn a knob: `override` with `point` and `value`; raise KeyError for any other."""
        if verb != "override":
            raise KeyError(f"sensors know override, not {verb!r}")
        self.load({str(args["point"]): args.get("value")})

    def inject(self, fault: str, **params: object) -> None:
        """Break `point` (none: every sensor) with `stuck, lying, nan, garbage, late, skew, duplicate` or `offline`."""
        if fault not in FAULTS:
            raise KeyError(f"sensors know the faults {', '.join(FAULTS)}, not {fault!r}")
        numbers = {name: float(value) for name, value in params.items() if isinstance(value, int | float)}
        broken = [self._sensor(str(params["point"]))] if "point" in params else list(self.sensors.values())
        for sensor in broken:
            sensor.damage(fault, numbers)

    def clear(self) -> None:
        """Mend every sensor."""
        for sensor in self.sensors.values():
            sensor.damage("", {})

    def _sensor(self, point: str) -> FieldSensor:
        try:
            return self.sensors[point]
        except KeyError:
            raise KeyError(f"no simulated sensor is called {point!r}") from None
