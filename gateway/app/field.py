"""The parts that talk: a session or a source for every device, started and replaced one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.driver import DriverSpec
from drivers.links.dial import dial
from drivers.links.hints import Hints
from drivers.links.shared import SharedLinks
from drivers.links.tap import Tap
from drivers.model import Clock, Device, DeviceState, DeviceStatus
from drivers.registry import DRIVERS, SOURCES
from drivers.sensors.http_push import HttpSource
from drivers.sensors.source import Commandable, Source
from drivers.session import Session
from gateway.bus import Bus
from gateway.commands import SessionPort
from gateway.settings.site import Site
from gateway.store.store import Store
from gateway.supervisor import Supervisor


class Field:
    """Every device of the site; the mappings are live and look the same to everybody who holds them."""

    def __init__(self, *, clock: Clock, bus: Bus, store: Store, supervisor: Supervisor) -> None:
        self._clock, self._bus, self._store, self._supervisor = clock, bus, store, supervisor
        self.tap = Tap(clock)
        self._links = SharedLinks(dial)
        self._hints = Hints()
        self._drivers: Mapping[str, DriverSpec] = DRIVERS
        self.devices: dict[str, Device] = {}
        self.sessions: dict[str, SessionPort] = {}
        self.statuses: dict[str, DeviceStatus] = {}
        self.counters: dict[str, Mapping[str, int]] = {}
        self.pushed: dict[str, HttpSource] = {}
        """The devices that push to the API."""
        bus.subscribe(DeviceStatus, self._on_status)

    def verbs(self, device: Device) -> Sequence[str]:
        """Return what a device can be asked to do."""
        spec, session = self._drivers.get(device.driver), self.sessions.get(device.id)
        if spec is not None:
            return spec.verbs
        return session.verbs if isinstance(session, Commandable) else ()

    def start(self, site: Site, names: Sequence[str]) -> None:
        """Start these devices, as the site describes them."""
        self._drivers = site.drivers
        for name in names:
            device = site.devices[name]
            self.devices[name] = device
            self.statuses[name] = DeviceStatus(name, DeviceState.DIALLING, self._clock.now())
            if device.driver in SOURCES:
                source = self._source(device, site)
                self.counters[name] = source.counters
                if isinstance(source, HttpSource):
                    self.pushed[name] = source
                if isinstance(source, Commandable):
                    self.sessions[name] = source
                self._supervisor.add(part_name(device), source.run)
            else:
                session = self._session(device)
                self.sessions[name] = session
                self.counters[name] = session.counters
                self._supervisor.add(part_name(device), session.run)

    async def stop(self, names: Sequence[str]) -> None:
        """Stop these devices and forget them."""
        for name in names:
            device = self.devices.pop(name, None)
            if device is not None:
                await self._supervisor.remove(part_name(device))
            self.sessions.pop(name, None)
            self.statuses.pop(name, None)
            self.counters.pop(name, None)
            self.pushed.pop(name, None)

    def _session(self, device: Device) -> Session:
        return Session(
            device,
            self._drivers[device.driver],
            dial=self._links.dial,
            clock=self._clock,
            publish=self._bus.publish,
            tap=self.tap,
            hints=self._hints,
        )

    def _source(self, device: Device, site: Site) -> Source:
        points = [point for point in site.points.values() if point.device == device.id]
        return SOURCES[device.driver].make(
            device, points, clock=self._clock, publish=self._bus.publish, durable=self._store, tap=self.tap
        )

    def _on_status(self, batch: Sequence[DeviceStatus]) -> None:
        for status in batch:
            if status.device in self.devices:
                self.statuses[status.device] = status
                if status.state is DeviceState.UP:
                    self._supervisor.well(part_name(self.devices[status.device]))


def part_name(device: Device) -> str:
    """Return the name under which a device's part is supervised."""
    kind = "source" if device.driver in SOURCES else "device"
    return f"{kind}/{device.id}"
