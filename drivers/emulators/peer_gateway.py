"""Another Semarak gateway, as its neighbours see it on the broker: retained readings, and a will that says offline."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.model import Clock, Quality, Reading, Reason, Value
from drivers.sensors.gateway_topics import READING_TEMPLATE, STATUS_TEMPLATE, encode
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.presence import OFFLINE, ONLINE
from drivers.sensors.topic_template import fill

KEEPALIVE_S = 5


class PeerGateway:
    """Publishes what it is told to, under the name of its site."""

    FAULTS = ("garbage", "version", "mistaken", "silent")

    def __init__(self, site: str, *, clock: Clock) -> None:
        self.site, self.fault = site, ""
        self._clock = clock
        self._status = fill(STATUS_TEMPLATE, {"site": site})
        self._known: dict[str, Reading] = {}
        self._units: dict[str, str] = {}
        self._link = MqttLink(f"gateway-{site}", clean=True, will=(self._status, OFFLINE.encode()))

    async def start(self, host: str, port: int) -> int:
        """Connect, publish all that it knows anew, say that it is online; raise LinkError."""
        await self._link.open(host, port, keepalive=KEEPALIVE_S)
        for reading in self._known.values():
            self._publish(reading)
        self._link.publish(self._status, ONLINE.encode(), retain=True)
        return port

    async def stop(self) -> None:
        """Say that it goes, and go."""
        self._link.publish(self._status, OFFLINE.encode(), retain=True)
        self._link.close()

    def cut(self) -> None:
        """Break the cable: the broker publishes the will."""
        self._link.cut()

    def say(
        self, point: str, value: Value, *, unit: str = "", quality: Quality = Quality.GOOD, reason: Reason = Reason.NONE
    ) -> None:
        """Publish a reading of one of its points, measured now."""
        now = self._clock.now()
        self._units[point] = unit
        self._known[point] = Reading(point, value, now, now, self._clock.mono(), quality, reason)
        self._publish(self._known[point])

    def _publish(self, reading: Reading) -> None:
        if self.fault == "silent":
            return
        topic = fill(READING_TEMPLATE, {"site": self.site, "point": reading.point})
        payload = encode(reading, self._units[reading.point])
        spoilt = {
            "garbage": b"\x00\xff" + payload[3:],
            "version": payload.replace(b'"v":1', b'"v":2'),
            "mistaken": payload.replace(reading.point.encode(), b"another.point"),
        }
        self._link.publish(topic, spoilt.get(self.fault, payload), retain=True)

    def state(self) -> Mapping[str, object]:
        """Return what its points said last and what is wrong with it."""
        return {"values": {point: reading.value for point, reading in self._known.items()}, "fault": self.fault}

    def inject(self, fault: str) -> None:
        """Break it; raise KeyError for a fault that it does not know."""
        if fault not in self.FAULTS:
            raise KeyError(f"a gateway knows the faults {', '.join(self.FAULTS)}, not {fault!r}")
        self.fault = fault

    def clear(self) -> None:
        """Mend it."""
        self.fault = ""
