"""The MQTT source: what a broker brings becomes readings, and is acknowledged only when it is safe on the disk."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from drivers.errors import BadConfig, LinkError, ProtocolError, Refused
from drivers.model import Clock, Device, DeviceState, Point, Reading
from drivers.sensors import payload
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_wire import Message, pubacks
from drivers.sensors.source import (
    Durable,
    Log,
    Publish,
    Rejected,
    Source,
    SourceSpec,
    Standing,
    host_and_port,
    options_of,
)
from drivers.sensors.topic_map import TopicAddress, filters, topic_map

TICK_S = 1.0
SAMPLE = 96
"""How much of a rejected payload is kept to look at."""
LOGGED = 512
"""How much of a chunk goes into the technician's log."""


class MqttOptions(BaseModel):
    """The options of a broker: `filters` are subscriptions, comma-separated (none: what the points' topics share);
    `keepalive` seconds, after twice which a broker that says nothing is given up."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    filters: str = ""
    """Subscriptions, comma-separated; none: what the points' topics share."""
    username: str = ""
    """The login, if the broker wants one."""
    password: SecretStr = SecretStr("")
    """Its password."""
    client_id: Annotated[str, Field(min_length=1, max_length=64)] = "semarak"
    """Under which name the broker keeps what we have not yet taken."""
    qos: Literal[0, 1] = 1
    """1: a message is acknowledged once it is on the disk."""
    clean: bool = False
    """True: the broker forgets us when we leave, and messages are lost."""
    keepalive: Annotated[int, Field(ge=1, le=5)] = 3
    """Seconds; a broker that says nothing for twice as long is given up."""


class Pace:
    """Whether messages come so fast that reading them at once costs more than it gives.

    A bucket that leaks `RATE` messages a second: what comes slower never fills it, a burst fills it for a moment.
    """

    RATE = 8_000.0
    FULL = 160.0
    REST_S = 0.002

    def __init__(self) -> None:
        self._level = 0.0
        self._at = 0.0

    def rest(self, count: int, at: float) -> float:
        """Return how long to leave the socket alone after `count` messages at `at` (seconds, monotonic)."""
        self._level = min(max(0.0, self._level - (at - self._at) * self.RATE) + count, 2 * self.FULL)
        self._at = at
        return self.REST_S if self._level > self.FULL else 0.0


class MqttSource:
    """One broker: connects, subscribes, publishes a batch per read, acknowledges a batch per commit."""

    def __init__(
        self,
        device: Device,
        points: Sequence[Point],
        *,
        clock: Clock,
        publish: Publish,
        durable: Durable,
        tap: Log,
    ) -> None:
        self._options = options_of(device, MqttOptions)
        self._host, self._port = host_and_port(device, 1883)
        if device.link.startswith("mqtts:"):
            raise BadConfig(f"{device.id}: TLS to a broker is not supported; use mqtt:// inside the site's network")
        self._device, self._clock, self._publish = device, clock, publish
        self._durable, self._tap = durable, tap
        self._targets = topic_map(points)
        self._standing = Standing(device, clock, publish)
        self._pace = Pace()
        self._link: MqttLink | None = None
        self._counters: Counter[str] = Counter()

    @property
    def counters(self) -> Mapping[str, int]:
        """Messages, readings, acknowledged, redelivered, connections, rejected in all and by reason."""
        return self._counters

    async def run(self) -> None:
        """Take readings until the connection is lost; raise LinkError, ProtocolError or Refused."""
        self._standing.dialling()
        link = self._new_link()
        try:
            await link.open(self._host, self._port, keepalive=self._options.keepalive)
            self._counters["connections"] += 1
            self._standing.show(DeviceState.UP)
            await self._watch(link)
        except Refused as error:
            self._standing.show(
                DeviceState.REFUSED, str(error), "check username and password, and the broker's access list"
            )
            raise
        except (LinkError, ProtocolError) as error:
            hint = f"is the broker at {self._host}:{self._port} running, and is the cable in?"
            self._standing.show(DeviceState.SILENT, str(error), hint)
            raise
        finally:
            link.close()

    async def _watch(self, link: MqttLink) -> None:
        """Ping now and then until the connection is lost, and raise why."""
        assert link.lost is not None  # noqa: S101 - it is open
        while not link.lost.done():
            await asyncio.wait((link.lost,), timeout=TICK_S)
            link.tick()
        await link.lost

    def _new_link(self) -> MqttLink:
        """A new client for every connection: acknowledgements of the one before must not go over the next."""
        options = self._options
        topics = [topic.decode() for topic in self._targets]
        wanted = [name.strip() for name in options.filters.split(",") if name.strip()] or filters(topics)
        link = MqttLink(
            options.client_id,
            clean=options.clean,
            username=options.username,
            password=options.password.get_secret_value(),
            subscribe=[(name, options.qos) for name in wanted],
            on_chunk=lambda messages: self._take(link, messages),
        )
        return link

    def _take(self, link: MqttLink, messages: list[Message]) -> float:
        """Publish what one read brought, and have it acknowledged once it is safe; return how long to rest."""
        now, mono = self._clock.now(), self._clock.mono()
        readings: list[Reading] = []
        rejected: list[Rejected] = []
        mids: list[int] = []
        for topic, body, qos, mid, retained, dup in messages:
            if qos:
                mids.append(mid)
                self._counters["redelivered"] += dup
            target = self._targets.get(topic)
            if target is None:
                rejected.append(self._reject("topic", "topic: no point has this topic", topic, body, now))
                continue
            try:
                readings.append(payload.reading(target, body, retained=retained, now=now, mono=mono))
            except payload.BadPayload as error:
                rejected.append(self._reject(error.word, str(error), topic, body, now))
        self._counters["messages"] += len(messages)
        self._counters["readings"] += len(readings)
        self._note(messages)
        self._publish_all(readings, rejected)
        if mids:
            self._durable.when_durable(partial(self._acknowledge, link, mids))
        return self._pace.rest(len(messages), mono)

    def _publish_all(self, readings: Sequence[Reading], rejected: Sequence[Rejected]) -> None:
        if readings:
            self._publish(readings)
        if rejected:
            self._publish(rejected)

    def _acknowledge(self, link: MqttLink, mids: list[int]) -> None:
        link.acknowledge(mids)
        self._tap.seen(self._device.id, "sent", pubacks(mids[-1:]))
        self._counters["acknowledged"] += len(mids)

    def _reject(self, word: str, why: str, topic: bytes, body: bytes, now: int) -> Rejected:
        self._counters["rejected"] += 1
        self._counters[f"rejected.{word}"] += 1
        return Rejected(self._device.id, topic[:SAMPLE].decode("utf-8", "backslashreplace"), why, body[:SAMPLE], now)

    def _note(self, messages: list[Message]) -> None:
        """Log the last message of a chunk, topic and payload as they came."""
        topic, body, *_ = messages[-1]
        self._tap.seen(self._device.id, "received", (topic + b" " + body)[:LOGGED])


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a broker; raise BadConfig for options or addresses that cannot work."""
    return MqttSource(device, points, clock=clock, publish=publish, durable=durable, tap=tap)


SPEC = SourceSpec("mqtt", MqttOptions, TopicAddress, make)
