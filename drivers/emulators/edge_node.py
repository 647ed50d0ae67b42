"""An edge node of Sparkplug B with its devices: births, data by alias, deaths and rebirths, faults included."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from drivers.codecs.sparkplug_b import GOOD, Metric, Payload, decode, encode
from drivers.codecs.sparkplug_session import COUNT, NODE
from drivers.codecs.sparkplug_topic import (
    BD_SEQ,
    DBIRTH,
    DDATA,
    DDEATH,
    NBIRTH,
    NCMD,
    NDATA,
    NDEATH,
    REBIRTH,
    Said,
    state_topic,
    topic,
)
from drivers.codecs.sparkplug_values import DataType, raw_of
from drivers.model import Clock, Value
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_wire import Message

KEEPALIVE_S = 5
MS_NS = 1_000_000

Device = Mapping[str, tuple[DataType, Value | None]]
"""The metrics of a device by name, each with its data type and its first value (None: a null)."""


class _HostState(msgspec.Struct):
    """What a host says of itself (Sparkplug 3.0, section 4.2.3)."""

    online: bool
    timestamp: int


@dataclass(slots=True)
class _Tag:
    """One metric as it is now."""

    datatype: DataType
    value: Value | None
    alias: int
    at: int


class EdgeNode:
    """Says what it is told to say; obeys a rebirth request; with `host` it waits until that host is online.

    What it cannot say while it is silent or away it keeps, and says as history after the next births.
    """

    FAULTS: Mapping[str, str] = {
        "lost": "counts its messages, and they do not arrive",
        "wrong_seq": "counts wrong",
        "death_overtakes": "comes back, and its old death arrives after the new birth",
        "alias_reuse": "gives every alias to another metric at each birth",
        "alias_twice": "gives all its metrics one alias",
        "garbage": "sends payloads that are cut short",
        "silent": "keeps its connection and says nothing",
        "deaf": "does not obey a rebirth request",
    }

    def __init__(self, group: str, node: str, devices: Mapping[str, Device], *, clock: Clock, host: str = "") -> None:
        self.name, self.group, self.node = f"{group}/{node}", group, node
        self.log: deque[str] = deque(maxlen=200)
        self.fault = ""
        self.births = 0
        self._clock, self._host, self._host_since = clock, host, 0
        self._alive = dict.fromkeys(devices, True)
        self._tags = {
            device: {name: _Tag(*kind, alias=0, at=self._now()) for name, kind in metrics.items()}
            for device, metrics in devices.items()
        }
        self._seq = 0
        self._bd_seq = -1
        self._kept: list[tuple[str, Metric]] = []
        self._link: MqttLink | None = None

    async def start(self, host: str, port: int) -> int:
        """Connect with its death as the will, and say all births; raise LinkError."""
        before, self._bd_seq = self._death(), (self._bd_seq + 1) % COUNT
        self._link = MqttLink(
            f"edge-{self.group}-{self.node}",
            clean=True,
            will=(self._topic(NDEATH), self._death()),
            will_stays=False,
            subscribe=[(self._topic(NCMD), 1), *([(state_topic(self._host), 1)] if self._host else [])],
            on_chunk=self._hear,
        )
        await self._link.open(host, port, keepalive=KEEPALIVE_S)
        if not self._host:
            self.bear()
        if self.fault == "death_overtakes":
            self._link.publish(self._topic(NDEATH), before)
        return port

    async def stop(self) -> None:
        """Say its death, as it must before it leaves, and leave."""
        if self._link is not None:
            self._link.publish(self._topic(NDEATH), self._death())
            self._link.close()
            self._link = None

    def cut(self) -> None:
        """Break the cable: the broker publishes the will."""
        if self._link is not None:
            self._link.cut()
            self._link = None

    def bear(self) -> None:
        """Say its birth and those of its devices, then what it has kept."""
        self.births += 1
        self._seq = 0
        self._name_anew()
        at = self._now()
        own = (
            Metric(BD_SEQ, timestamp=at, datatype=DataType.INT64, raw=raw_of(self._bd_seq, DataType.INT64)),
            Metric(REBIRTH, timestamp=at, datatype=DataType.BOOLEAN, raw=False),
        )
        self._send(NBIRTH, NODE, (*own, *self._all(NODE)))
        for device in self._tags:
            if device != NODE and self._alive[device]:
                self._send(DBIRTH, device, tuple(self._all(device)))
        kept, self._kept = self._kept, []
        for device, metric in kept:
            self._send(NDATA if device == NODE else DDATA, device, (metric,))

    def say(self, device: str, values: Mapping[str, Value | None], *, quality: int = GOOD) -> None:
        """Say what a device measures now; None is a null."""
        at = self._now()
        metrics = []
        for name, value in values.items():
            tag = self._tags[device][name]
            tag.value, tag.at = value, at
            metrics.append(replace(_metric(tag), quality=quality))
        if self._link is None or self.fault == "silent":
            self._kept += [(device, replace(metric, historical=True)) for metric in metrics]
        else:
            self._send(NDATA if device == NODE else DDATA, device, tuple(metrics))

    def lose(self, device: str) -> None:
        """Lose a device: say its death."""
        self._alive[device] = False
        self._send(DDEATH, device, ())

    def find(self, device: str) -> None:
        """Have a device back: say its birth."""
        self._alive[device] = True
        self._send(DBIRTH, device, tuple(self._all(device)))

    def state(self) -> Mapping[str, object]:
        """Return what its metrics are, how often it was born and what is wrong with it."""
        values = {device: {name: tag.value for name, tag in tags.items()} for device, tags in self._tags.items()}
        return {"values": values, "births": self.births, "session": self._bd_seq, "fault": self.fault}

    def inject(self, fault: str) -> None:
        """Break it; raise KeyError for a fault that it does not know."""
        if fault not in self.FAULTS:
            raise KeyError(f"an edge node knows the faults {', '.join(self.FAULTS)}, not {fault!r}")
        self.fault = fault

    def clear(self) -> None:
        """Mend it."""
        self.fault = ""

    def _name_anew(self) -> None:
        """Give out the aliases of a birth."""
        tags = [tag for metrics in self._tags.values() for tag in metrics.values()]
        turn = self.births if self.fault == "alias_reuse" else 0
        for number, tag in enumerate(tags):
            tag.alias = 1 if self.fault == "alias_twice" else 1 + (number + turn) % len(tags)

    def _all(self, device: str) -> Iterator[Metric]:
        for name, tag in self._tags.get(device, {}).items():
            yield replace(_metric(tag), name=name, datatype=tag.datatype)

    def _death(self) -> bytes:
        number = raw_of(self._bd_seq, DataType.INT64)
        return encode(Payload(self._now(), (Metric(BD_SEQ, datatype=DataType.INT64, raw=number),)))

    def _send(self, kind: str, device: str, metrics: tuple[Metric, ...]) -> None:
        if self.fault == "wrong_seq":
            self._seq += 5
        payload = encode(Payload(self._now(), metrics, self._seq % COUNT))
        self._seq = (self._seq + 1) % COUNT
        self.log.append(f"{kind} {device} {len(metrics)}")
        if self._link is not None and self.fault not in ("lost", "silent"):
            cut = payload[: len(payload) - 3] if self.fault == "garbage" else payload
            self._link.publish(self._topic(kind, device), cut, qos=0)

    def _topic(self, kind: str, device: str = NODE) -> str:
        return topic(Said(kind, self.group, self.node, device))

    def _hear(self, messages: Sequence[Message]) -> None:
        for name, body, *_ in messages:
            if name == self._topic(NCMD).encode():
                wished = any(metric.name == REBIRTH and metric.raw is True for metric in decode(body).metrics)
                if wished and self.fault != "deaf":
                    self.bear()
            else:
                self._hear_host(msgspec.json.decode(body, type=_HostState))

    def _hear_host(self, said: _HostState) -> None:
        """Be born when the host is there; an older word of it counts for nothing."""
        if said.timestamp < self._host_since:
            return
        self._host_since = said.timestamp
        if said.online:
            self.bear()

    def _now(self) -> int:
        return self._clock.now() // MS_NS


def _metric(tag: _Tag) -> Metric:
    """Return a metric as data carries it: by alias, its data type known from the birth."""
    raw = None if tag.value is None else raw_of(tag.value, tag.datatype)
    return Metric(alias=tag.alias, timestamp=tag.at, null=tag.value is None, raw=raw)
