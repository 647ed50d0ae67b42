"""A whole hall that is not there: every device of a plan, started in order and stopped together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from drivers.emulators.broker import Broker
from drivers.emulators.emulator import Emulator
from drivers.emulators.families import emulate
from drivers.emulators.field import FieldSensors
from drivers.emulators.modbus import ModbusDevice
from drivers.emulators.plan import Plan, PointPlan
from drivers.emulators.scenario import Scenarios
from drivers.emulators.snmp_ups import SnmpUps
from drivers.model import Clock, Point

FIELD = "field"


class Hall:
    """The emulators of a plan by id, and the stories that can be played on its sensors."""

    def __init__(self, plan: Mapping[str, object], *, clock: Clock) -> None:
        """Raise pydantic's ValidationError for a plan that is none, KeyError for a driver that is not emulated."""
        self.plan = Plan.model_validate(plan)
        self.links: dict[str, str] = {}
        """Where each device listens, once it does."""
        self.scenarios: Scenarios | None = None
        self._clock = clock
        self._ports: dict[str, int] = {}
        self._stack = AsyncExitStack()
        self.emulators: dict[str, Emulator] = {
            device.id: emulate(
                device.driver, name=device.id, options=device.options, clock=clock, seed=self.plan.seed + number
            )
            for number, device in enumerate(self.plan.devices)
        }

    async def start(self) -> None:
        """Start everything, the broker before its sensors; on failure stop what has started and raise OSError."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.stop)
            for device in self.plan.devices:
                await self._start(device.id, "tcp", device.port)
            for modbus in self.plan.modbus:
                self.emulators[modbus.id] = self._modbus(modbus.id, _points(modbus.points))
                await self._start(modbus.id, "tcp", modbus.port)
            for ups in self.plan.snmp:
                self.emulators[ups.id] = SnmpUps(
                    ups.id, ups.options, clock=self._clock, pace=self.plan.pace, seed=self.plan.seed
                )
                await self._start(ups.id, "udp", ups.port)
            if self.plan.broker is not None:
                self.emulators[self.plan.broker.id] = Broker(self.plan.broker.id)
                await self._start(self.plan.broker.id, "mqtt", self.plan.broker.port)
                await self._start_field(self.links[self.plan.broker.id])
            stack.pop_all()

    async def stop(self) -> None:
        """Stop everything, the latest first."""
        for emulator in reversed(self.emulators.values()):
            await emulator.stop()

    async def start_one(self, name: str) -> None:
        """Start a stopped emulator again, on the port that it had."""
        await self.emulators[name].start(*(("", 0) if name == FIELD else (self.plan.host, self._ports[name])))

    def state(self) -> dict[str, object]:
        """Return the state of everything, ready for JSON."""
        stories = {} if self.scenarios is None else self.scenarios.state()
        return {
            "links": self.links,
            "devices": {name: emulator.state() for name, emulator in self.emulators.items()},
            "scenario": stories,
        }

    async def _start(self, name: str, scheme: str, port: int) -> None:
        self._ports[name] = await self.emulators[name].start(self.plan.host, port)
        self.links[name] = f"{scheme}://{self.plan.host}:{self._ports[name]}"

    def _modbus(self, name: str, points: Sequence[Point]) -> Emulator:
        return ModbusDevice(name, points, clock=self._clock, pace=self.plan.pace, seed=self.plan.seed)

    async def _start_field(self, broker: str) -> None:
        plan = self.plan
        sensors = FieldSensors(
            _points(plan.field.points), broker, clock=self._clock, pace=plan.pace, seed=plan.seed, name=FIELD
        )
        levels = {point.id: point.limits() for point in plan.field.points if point.levels}
        self.scenarios = Scenarios(sensors, clock=self._clock, pace=plan.pace, levels=levels)
        self.emulators[FIELD] = sensors
        await sensors.start()


def _points(plans: Sequence[PointPlan]) -> list[Point]:
    return [plan.point() for plan in plans]
