"""What the tests of Sparkplug share: a pumping station behind an edge node, and the source that listens to it."""

from __future__ import annotations

import json

from drivers.codecs.sparkplug_values import DataType
from drivers.emulators.edge_node import EdgeNode
from drivers.model import Device, Name, Point, PointKind, Quality, Reading, Reason, Value
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_wire import Message
from drivers.sensors.sparkplug import SparkplugSource
from gateway.clock import SystemClock
from tests.drivers.telemetry_world import Heard, Journal

GROUP, NODE = "Bengkulu", "Pompa 1"
COMM = (Quality.UNCERTAIN, Reason.COMM)
GONE = (Quality.BAD, Reason.COMM)
FINE = (Quality.GOOD, Reason.NONE)


class Ear(Heard):
    """A bus that wakes whoever waits also when a message came of which nothing was published."""

    def seen(self, device: str, direction: str, data: bytes) -> None:
        self._news.set()


class Witness(Ear):
    """Hears what hosts say of themselves: `told` has online, ms UTC, and whether the broker kept it."""

    async def open(self, port: int, name: str) -> MqttLink:
        link = MqttLink(name, clean=True, subscribe=[("spBv1.0/STATE/+", 0)], on_chunk=self._take)
        await link.open("127.0.0.1", port, keepalive=5)
        return link

    @property
    def told(self) -> list[tuple[bool, int, bool]]:
        return [one for one in self.all if isinstance(one, tuple)]

    def _take(self, messages: list[Message]) -> None:
        for _, body, _, _, retained, _ in messages:
            said = json.loads(body)
            self.publish([(said["online"], said["timestamp"], retained)])


def metric(name: str, kind: PointKind = PointKind.NUMBER, *, of: str = "", **changes: object) -> Point:
    address: dict[str, Value] = {"group": GROUP, "node": NODE, "metric": name}
    if of:
        address["device"] = of
    fields: dict[str, object] = {"low": -50.0, "high": 700.0, "address": address}
    return Point(name.lower(), "edge", Name(name, name), kind, **(fields | changes))  # type: ignore[arg-type]


def points() -> list[Point]:
    return [
        metric("Suhu"),
        metric("Level", of="Sungai"),
        metric("Aliran", of="Sungai"),
        metric("Nyala", PointKind.FLAG, of="Pompa"),
        metric("Mode", PointKind.TEXT, of="Pompa"),
    ]


def station(*, host: str = "", node: str = NODE) -> EdgeNode:
    devices = {
        "": {"Suhu": (DataType.INT16, -7)},
        "Sungai": {"Level": (DataType.DOUBLE, 311.5), "Aliran": (DataType.UINT32, 12)},
        "Pompa": {"Nyala": (DataType.BOOLEAN, False), "Mode": (DataType.STRING, "otomatis")},
        "Lemari": {"Pintu": (DataType.BOOLEAN, False), "Hari": (DataType.DATE_TIME, 0)},
    }
    return EdgeNode(GROUP, node, devices, clock=SystemClock(), host=host)


def listener(
    port: int, heard: Ear, journal: Journal, chosen: list[Point] | None = None, **options: Value
) -> SparkplugSource:
    device = Device("edge", Name("Edge", "Edge"), "sparkplug", f"mqtt://127.0.0.1:{port}", options)
    journal.heard = heard
    return SparkplugSource(
        device, points() if chosen is None else chosen,
        clock=SystemClock(), publish=heard.publish, durable=journal, tap=heard,
    )  # fmt: skip


def newest(heard: Heard, point: str) -> Reading:
    """Return what a point is now, as the store finds it: of two with one time the later counts."""
    found = [one for one in heard.readings if one.point == point]
    return max(found, key=lambda one: one.source_at) if found else Reading(point, "", 0, 0, 0.0, Quality.BAD)


def stands(heard: Heard, point: str) -> tuple[Quality, Reason]:
    return newest(heard, point).quality, newest(heard, point).reason


def all_stand(heard: Heard, *names: str) -> set[tuple[Quality, Reason]]:
    chosen = names or [point.id for point in points()]
    return {stands(heard, name) for name in chosen}
