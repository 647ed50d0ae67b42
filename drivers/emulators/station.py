"""A station that follows no contract: one topic, several values in JSON, CSV or plain text, faults included."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from drivers.model import Clock, Value
from drivers.sensors.mqtt_link import MqttLink

KEEPALIVE_S = 5
SECOND_NS = 1_000_000_000

Values = Mapping[str, Value]


def _json(at: float, values: Values) -> bytes:
    """Write as LoRaWAN gateways do: the values in a list, the time beside them in seconds."""
    return json.dumps({"time": at, "data": [values]}).encode()


def _csv(at: float, values: Values) -> bytes:
    return ",".join(map(str, (round(at, 3), *values.values()))).encode()


def _plain(at: float, values: Values) -> bytes:  # noqa: ARG001 - the shape of Encode
    return str(next(iter(values.values()), "")).encode()


Encode = Callable[[float, Values], bytes]
FORMATS: Mapping[str, Encode] = {"json": _json, "csv": _csv, "plain": _plain}
"""How it speaks: `$.time` (seconds) and `$.data[0].NAME`; a line of time and values; the first value alone."""


class Station:
    """Says what it is told to say; its will and its `status` topic have the bare words online and offline."""

    FAULTS: Sequence[str] = ("nan", "garbage", "missing", "empty", "late", "skew", "duplicate", "silent")

    def __init__(self, topic: str, *, format: str, clock: Clock, name: str = "station") -> None:  # noqa: A002 - the word of the site files
        self.name, self.topic = name, topic
        self.log: deque[str] = deque(maxlen=200)
        self.fault = ""
        self._clock, self._encode = clock, FORMATS[format]
        self._status = f"{topic.rpartition('/')[0]}/status"
        self._said: Values = {}
        self._link = MqttLink(f"sim-{name}", clean=True, will=(self._status, b"offline"))

    async def start(self, host: str, port: int) -> int:
        """Connect and say that it is online; raise LinkError."""
        await self._link.open(host, port, keepalive=KEEPALIVE_S)
        self._link.publish(self._status, b"online", retain=True)
        return port

    async def stop(self) -> None:
        """Say goodbye, as somebody who is expected back: no will."""
        self._link.close()

    def cut(self) -> None:
        """Break the cable: the broker publishes the will."""
        self._link.cut()

    def say(self, values: Values, *, retain: bool = False) -> None:
        """Publish a message of these values, measured now."""
        self._said = values
        if self.fault == "silent":
            return
        payload = self._spoilt(values)
        for _ in range(2 if self.fault == "duplicate" else 1):
            self._link.publish(self.topic, payload, retain=retain)

    def _spoilt(self, values: Values) -> bytes:
        at = self._clock.now() / SECOND_NS + {"late": -900.0, "skew": 600.0}.get(self.fault, 0.0)
        if self.fault == "missing":
            values = dict(list(values.items())[:-1])
        elif self.fault == "nan":
            values = dict.fromkeys(values, float("nan"))
        whole = self._encode(at, values)
        return {"garbage": b"\x00\xff{" + whole[5:40], "empty": b""}.get(self.fault, whole)

    def state(self) -> Mapping[str, object]:
        """Return what it said last and what is wrong with it."""
        return {"values": dict(self._said), "fault": self.fault}

    def inject(self, fault: str) -> None:
        """Break it; raise KeyError for a fault that it does not know."""
        if fault not in self.FAULTS:
            raise KeyError(f"a station knows the faults {', '.join(self.FAULTS)}, not {fault!r}")
        self.fault = fault

    def clear(self) -> None:
        """Mend it."""
        self.fault = ""
