"""What a broker is told of a site: which topic should hold what, as points, alarms and devices come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from importlib.metadata import version

from drivers.model import DeviceStatus, Reading
from gateway.forward.home_assistant import SiteLike, discovered
from gateway.forward.mqtt_config import MqttSinkConfig
from gateway.forward.mqtt_states import (
    AlarmLike,
    alarm_state,
    alarm_topic,
    device_state,
    device_topic,
    point_of,
    reading_payload,
    reading_topic,
)
from gateway.forward.retained import Retained

AlarmOf = Callable[[str], AlarmLike]
"""Gives a rule's alarm, standing or not."""


class NoticeBoard:
    """One sink's; `statuses` is live. Counts readings that came late, were superseded, or cannot be told."""

    def __init__(
        self, config: MqttSinkConfig, site: SiteLike, retained: Retained, *, alarms: AlarmOf,
        statuses: Mapping[str, DeviceStatus], counters: Counter[str],
    ) -> None:  # fmt: skip
        self._config = config
        self._site = site
        self._retained = retained
        self._alarms = alarms
        self._statuses = statuses
        self._counters = counters
        self._newest: dict[str, int] = {}
        self.describe(site)

    def describe(self, site: SiteLike) -> None:
        """Tell of this site from now on: topics of what is no more are emptied."""
        self._site = site
        topics = {alarm_topic(site.id, rule.id): alarm_state(self._alarms(rule.id)) for rule in site.rules}
        for name, device in site.devices.items():
            topics[device_topic(site.id, name)] = device_state(device, self._statuses.get(name))
        if self._config.home_assistant:
            points = [point for point in site.points.values() if self.wants(point.id)]
            prefix = self._config.home_assistant_prefix
            topics |= discovered(site, points, prefix=prefix, version=version("semarak"))
        for topic in self._retained.topics:
            if topic not in topics and not self._is_alive(point_of(topic, site.id)):
                self._retained.want(topic, b"")
        for topic, payload in topics.items():
            self._retained.want(topic, payload)

    def on_alarm(self, alarm: AlarmLike) -> None:
        """Tell of an alarm that has changed."""
        if any(rule.id == alarm.id for rule in self._site.rules):
            self._retained.want(alarm_topic(self._site.id, alarm.id), alarm_state(alarm))

    def on_status(self, status: DeviceStatus) -> None:
        """Tell of a device whose state has changed."""
        device = self._site.devices.get(status.device)
        if device is not None:
            self._retained.want(device_topic(self._site.id, device.id), device_state(device, status))

    def show(self, reading: Reading) -> None:
        """Have a point's topic hold this reading, unless it holds a newer one."""
        if reading.source_at < self._newest.get(reading.point, 0):
            self._counters["late"] += 1
            return
        for topic, payload in self._packed(reading):
            self._newest[reading.point] = reading.source_at
            self._counters["superseded"] += self._retained.want(topic, payload)

    def handed_out(self, reading: Reading) -> Iterator[tuple[str, bytes, bool]]:
        """Yield topic and payload of a reading that the caller publishes, and whether the topic should hold it."""
        newest = reading.source_at >= self._newest.get(reading.point, 0)
        for topic, payload in self._packed(reading):
            if newest:
                self._newest[reading.point] = reading.source_at
                self._retained.sent(topic, payload)
            yield topic, payload, newest

    def wants(self, point: str) -> bool:
        """Return whether a point's readings are told."""
        return any(fnmatchcase(point, pattern) for pattern in self._config.points)

    def _packed(self, reading: Reading) -> Iterator[tuple[str, bytes]]:
        """Yield a reading's topic and payload; nothing, counted by reason, when it cannot be told."""
        point = self._site.points.get(reading.point)
        try:
            topic = reading_topic(self._site.id, reading.point)
        except ValueError:
            self._counters["dropped.topic"] += 1
            return
        try:
            yield topic, reading_payload(reading, point.unit if point else "")
        except ValueError:
            self._counters["dropped.value"] += 1

    def _is_alive(self, point: str | None) -> bool:
        """Return whether a point, or a value that one or a device tells of itself (`<id>.<value>`), is still there."""
        if point is None or not self.wants(point):
            return False
        parts = point.split(".")
        owners = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
        return any(owner in self._site.points or owner in self._site.devices for owner in owners)
