"""The MQTT source: what a broker brings becomes readings, and is acknowledged only when it is safe on the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from drivers.model import Clock, Device, DeviceState, Point, Reading
from drivers.sensors import payload
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.mqtt_door import door_of
from drivers.sensors.mqtt_lane import Lane, lanes
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_options import MqttOptions, TopicAddress
from drivers.sensors.mqtt_receipts import Receipts
from drivers.sensors.mqtt_talk import Talk, named, until_lost
from drivers.sensors.mqtt_wire import Message
from drivers.sensors.presence import Presence
from drivers.sensors.source import (
    Durable,
    Log,
    Publish,
    Rejected,
    Source,
    SourceSpec,
    Standing,
    options_of,
)
from drivers.sensors.topic_map import topic_map


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
        self._clock, self._publish = clock, publish
        self._table = topic_map(self._options, points, last=durable.last)
        self._lanes = lanes(self._options, self._table)
        self._standing = Standing(device, clock, publish)
        name = self._options.client_id
        self._talk = Talk(device, self._options, client_id=name, clock=clock, standing=self._standing)
        self._receipts = Receipts(device.id, durable=durable, tap=tap)
        self._counters: Counter[str] = self._receipts.counters
        self._doubts: Sequence[str] = ()

    @property
    def counters(self) -> Mapping[str, int]:
        """Messages, readings, acknowledged, redelivered, connections, rejected in all and by reason.

        `elsewhere`: messages that the lane of the urgent brings as well, and that count there.
        """
        return self._counters

    async def run(self) -> None:
        """Take readings until the connection is lost; raise LinkError, ProtocolError, Refused or BadConfig."""
        async with self._talk.open(self._new_links) as (links, self._doubts):
            self._counters["connections"] += 1
            self._show()
            await until_lost(links)

    def _show(self) -> None:
        """Show that we are connected, and what is not as it should be."""
        away = [presence.sensor for presence in self._table.presences if not presence.online]
        doubts = [*self._doubts, *named("offline", away)]
        if doubts:
            self._standing.show(DeviceState.DEGRADED, "; ".join(doubts), "what is offline is BAD until it speaks again")
        else:
            self._standing.show(DeviceState.UP)

    def _new_links(self) -> Sequence[MqttLink]:
        return [self._new_link(lane) for lane in self._lanes]

    def _new_link(self, lane: Lane) -> MqttLink:
        options = self._options
        link = MqttLink(
            lane.client_id,
            clean=options.clean,
            username=options.username,
            password=options.password.get_secret_value(),
            subscribe=[(name, options.qos) for name in lane.filters],
            on_chunk=lambda messages: self._take(link, lane, messages),
            pace=lane.pace,
            v5=options.protocol == 5,
        )
        return link

    def _take(self, link: MqttLink, lane: Lane, messages: list[Message]) -> None:
        """Publish what one read brought, and have it acknowledged once it is safe."""
        now, mono = self._clock.now(), self._clock.mono()
        readings: list[Reading] = []
        rejected: list[Rejected] = []
        mids: list[int] = []
        # Each message has its own nanosecond: of those that bring no time the last must be the newest.
        for now, (topic, body, qos, mid, retained, dup) in enumerate(messages, now):  # noqa: B020 - it goes on from there
            if qos:
                mids.append(mid)
                self._counters["redelivered"] += dup
            target = lane.targets.get(topic)
            if target is None and topic in lane.elsewhere:
                self._counters["elsewhere"] += 1
                continue
            if target is None:
                self._route(topic, body, retained=retained, now=now, mono=mono, readings=readings, rejected=rejected)
                continue
            try:
                readings.append(payload.reading(target, body, retained=retained, now=now, mono=mono))
            except BadPayload as error:
                rejected.append(self._receipts.reject(error.word, str(error), topic=topic, body=body, now=now))
        self._counters["readings"] += len(readings)
        self._receipts.note(messages)
        self._publish_all(readings, rejected)
        self._receipts.acknowledge(link, mids)

    def _route(
        self, topic: bytes, body: bytes, *, retained: bool, now: int, mono: float, readings: list[Reading],
        rejected: list[Rejected],
    ) -> None:  # fmt: skip
        """Do what is to be done with a topic that does not follow the contract."""
        routes = self._table.other.get(topic)
        if routes is None:
            why = "topic: no point has this topic"
            rejected.append(self._receipts.reject("topic", why, topic=topic, body=body, now=now))
            return
        for route in routes:
            if isinstance(route, Presence) and readings:  # what came before must be known before it is taken back
                self._counters["readings"] += len(readings)
                self._publish(readings.copy())
                readings.clear()
            for said in route.read(body, retained=retained, now=now, mono=mono):
                if isinstance(said, BadPayload):
                    rejected.append(self._receipts.reject(said.word, str(said), topic=topic, body=body, now=now))
                else:
                    readings.append(said)
            if isinstance(route, Presence):
                self._show()

    def _publish_all(self, readings: Sequence[Reading], rejected: Sequence[Rejected]) -> None:
        if readings:
            self._publish(readings)
        if rejected:
            self._publish(rejected)


def check(device: Device, points: Sequence[Point]) -> None:
    """Raise BadPoint or BadConfig for options and points that do not go together."""
    options = options_of(device, MqttOptions)
    door_of(device.id, device.link, options)
    topic_map(options, points, last=lambda _point: None)


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a broker; raise BadConfig for options or addresses that cannot work."""
    return MqttSource(device, points, clock=clock, publish=publish, durable=durable, tap=tap)


SPEC = SourceSpec("mqtt", MqttOptions, TopicAddress, make, check)
