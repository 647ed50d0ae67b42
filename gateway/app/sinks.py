"""The sinks of the site: a part for each, started and replaced one by one; whatever ails one touches nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from drivers.model import Clock, Device, DeviceStatus, Point
from gateway.alarms.alarm import AlarmChange
from gateway.forward.client import opened
from gateway.forward.config import SinkConfig
from gateway.forward.errors import SinkError
from gateway.forward.heads import Heads
from gateway.forward.mqtt_publisher import Publisher
from gateway.forward.notice_board import AlarmOf
from gateway.forward.sink import Sink
from gateway.repairs import Repairs
from gateway.settings.site import Site
from gateway.store.buckets import Bucket
from gateway.store.store import Store
from gateway.supervisor import Supervisor


class Sinks:
    """`running` is live; `room` is the journal's, in bytes; `alarms` and `statuses` are what brokers are told."""

    def __init__(
        self, *, clock: Clock, store: Store, supervisor: Supervisor, repairs: Repairs, room: int, alarms: AlarmOf,
        statuses: Mapping[str, DeviceStatus],
    ) -> None:  # fmt: skip
        self._clock, self._store, self._supervisor, self._repairs = clock, store, supervisor, repairs
        self._room, self._alarms, self._statuses = room, alarms, statuses
        self._points: dict[str, Point] = {}
        self._devices: dict[str, Device] = {}
        self.running: dict[str, Sink | Publisher] = {}

    def start(self, site: Site, names: Sequence[str]) -> None:
        """Start these sinks where they were; all sinks tell of points, alarms and devices as this site has them."""
        self._points.clear()
        self._points.update(site.points)
        self._devices.clear()
        self._devices.update(site.devices)
        for publisher in self._publishers():
            publisher.board.describe(site)
        for name in names:
            self.running[name] = self._sink(site, name)
            self._supervisor.add(f"forward/{name}", self.running[name].run)

    async def stop(self, names: Sequence[str], *, for_good: bool = False) -> None:
        """Stop these sinks; `for_good`: they are no more, and what was kept for them goes."""
        for name in names:
            sink = self.running.pop(name, None)
            if sink is not None:
                await self._supervisor.remove(f"forward/{name}")
                if for_good:
                    sink.forget()

    def watch(self) -> None:
        """Look at what waits for each."""
        for sink in self.running.values():
            sink.watch()

    def on_alarms(self, batch: Sequence[AlarmChange]) -> None:
        """Tell the brokers of alarms that have changed."""
        for publisher in self._publishers():
            for change in batch:
                publisher.board.on_alarm(change.alarm)

    def on_statuses(self, batch: Sequence[DeviceStatus]) -> None:
        """Tell the brokers of devices whose state has changed."""
        for publisher in self._publishers():
            for status in batch:
                publisher.board.on_status(status)

    def _publishers(self) -> list[Publisher]:
        return [each for each in self.running.values() if isinstance(each, Publisher)]

    async def buckets(self, points: Sequence[str], *, since: int, until: int, count: int) -> Mapping[str, list[Bucket]]:
        """Return history older than the journal's own, from the first sink that answers; nothing when none does."""
        for sink in [each for each in self.running.values() if isinstance(each, Sink)]:
            try:
                return await sink.buckets(points, since=since, until=until, count=count)
            except SinkError:
                continue
        return {}

    def _sink(self, site: Site, name: str) -> Sink | Publisher:
        config = site.sinks[name]
        if not isinstance(config, SinkConfig):
            return Publisher(
                config, site, journal=self._store, alarms=self._alarms, statuses=self._statuses,
                repairs=self._repairs, clock=self._clock, room=self._room,
            )  # fmt: skip
        heads = Heads(config.measurement, site=site.id, points=self._points, devices=self._devices)
        return Sink(
            config, open_client=partial(opened, config, clock=self._clock), spool=self._store, heads=heads,
            repairs=self._repairs, clock=self._clock, room=self._room,
        )  # fmt: skip
