"""The Sparkplug B source: what edge nodes say over a broker becomes readings, for as long as their session is sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from drivers.codecs.sparkplug_b import decode
from drivers.codecs.sparkplug_session import NODE, News, State
from drivers.codecs.sparkplug_topic import COMMANDS, Said, parsed
from drivers.codecs.sparkplug_values import Unsupported
from drivers.errors import ProtocolError
from drivers.model import Clock, Device, DeviceState, Point, Quality, Reading
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.mqtt_door import door_of
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_receipts import Receipts
from drivers.sensors.mqtt_talk import Talk, named, until_lost
from drivers.sensors.mqtt_wire import Message
from drivers.sensors.pace import hurried, unhurried
from drivers.sensors.presence import taken_back
from drivers.sensors.source import Durable, Log, Publish, Rejected, Source, SourceSpec, Standing, options_of
from drivers.sensors.sparkplug_host import Host
from drivers.sensors.sparkplug_nodes import Moment, Node, nodes_of, readings_of
from drivers.sensors.sparkplug_options import MetricAddress, SparkplugOptions

MOST_ASKED = 20
"""So many edge nodes are asked for their birth each second, so that not all births come at once."""
HINT = "what is dead or awaited is not trusted until it is born again"


class SparkplugSource:
    """One broker with edge nodes: follows their sessions, and asks for a birth where one is not sound."""

    def __init__(
        self, device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
    ) -> None:
        options = options_of(device, SparkplugOptions)
        self._nodes = nodes_of(points)
        self._clock, self._publish, self._last = clock, publish, durable.last
        self._standing = Standing(device, clock, publish)
        self._talk = Talk(device, options, client_id=options.client_id, clock=clock, standing=self._standing)
        self._host = Host(options, [group for group, _ in self._nodes], clock=clock)
        self._receipts = Receipts(device.id, durable=durable, tap=tap)
        self._counters: Counter[str] = self._receipts.counters
        self._urgent = any(point.urgent for point in points)
        self._doubts: Sequence[str] = ()
        self._readings: list[Reading] = []
        self._rejected: list[Rejected] = []

    @property
    def counters(self) -> Mapping[str, int]:
        """What came of sessions and of messages, as docs/how-to/sparkplug.md says."""
        return self._counters

    async def run(self) -> None:
        """Take readings until the connection is lost; raise LinkError, ProtocolError, Refused or BadConfig."""
        self._lose()
        try:
            async with self._talk.open(self._new_links) as ((link,), self._doubts):
                await self._listen(link)
        finally:
            self._lose()

    async def _listen(self, link: MqttLink) -> None:
        self._counters["connections"] += 1
        self._host.greet(link)
        self._show()
        try:
            await until_lost([link], self._ask_the_silent)
        finally:
            self._host.leave(link)

    def _new_links(self) -> Sequence[MqttLink]:
        link = self._host.new_link(
            lambda messages: self._take(link, messages), hurried() if self._urgent else unhurried()
        )
        return [link]

    def _lose(self) -> None:
        """Doubt everything: what is not heard may have changed."""
        now, mono = self._clock.now(), self._clock.mono()
        for node in self._nodes.values():
            node.session.lose()
            self._take_back(node.points(NODE), Quality.UNCERTAIN, now=now, mono=mono)

    def _ask_the_silent(self) -> None:
        mono = self._clock.mono()
        silent = (node for node in self._nodes.values() if node.asks(mono, heard=False))
        for _, node in zip(range(MOST_ASKED), silent, strict=False):
            self._ask(node)

    def _ask(self, node: Node) -> None:
        self._host.ask(node.group, node.node)
        self._counters["rebirths_requested"] += 1

    def _show(self) -> None:
        """Show that we are connected, and what is not as it should be."""
        nodes = self._nodes.values()
        dead = [name for node in nodes for name in node.dead]
        awaited = [name for node in nodes for name in node.awaited]
        strange = [metric for node in nodes for metric in node.strangers]
        told = [*named("dead", dead), *named("awaiting the birth of", awaited), *named("no such metric", strange)]
        doubts = [*self._doubts, *told]
        if doubts:
            self._standing.show(DeviceState.DEGRADED, "; ".join(doubts), HINT)
        else:
            self._standing.show(DeviceState.UP)

    def _take(self, link: MqttLink, messages: list[Message]) -> None:
        """Publish what one read brought, and have it acknowledged once it is safe."""
        now, mono = self._clock.now(), self._clock.mono()
        mids: list[int] = []
        changed = False
        for now, message in enumerate(messages, now):  # noqa: B020 - it goes on from there
            _, _, qos, mid, _, dup = message
            if qos:
                mids.append(mid)
                self._counters["redelivered"] += dup
            changed |= self._hear(message, now=now, mono=mono)
        self._flush()
        if changed:
            self._show()
        self._receipts.note(messages)
        self._receipts.acknowledge(link, mids)

    def _hear(self, message: Message, *, now: int, mono: float) -> bool:
        """Do what a message says; return whether it changes how an edge node stands."""
        topic, _, _, _, retained, _ = message
        said = parsed(topic)
        if said is None:
            self._hear_state(message, now)
            return False
        node = self._nodes.get((said.group, said.node))
        if node is None or said.kind in COMMANDS:
            self._counters["unclaimed"] += 1
            return False
        if retained:
            self._reject("retained", "what the broker has kept belongs to no session", message, now)
            return False
        news = self._follow(node, said, message, now=now, mono=mono)
        if node.session.state is State.AWAITED and self._host.speaks and node.asks(mono, heard=True):
            self._ask(node)
        return news.born or news.died or news.doubted

    def _hear_state(self, message: Message, now: int) -> None:
        topic, body, *_ = message
        if topic.decode("utf-8", "replace") != self._host.topic:
            self._reject("topic", "no edge node has this topic", message, now)
            return
        try:
            self._host.hear(body)
        except BadPayload as error:
            self._reject("state", str(error), message, now)

    def _follow(self, node: Node, said: Said, message: Message, *, now: int, mono: float) -> News:
        """Take back what a message ends, and take the readings that it brings."""
        sent = None
        try:
            payload = decode(message[1])
            sent, news = payload.timestamp, node.session.hear(said, payload)
        except ProtocolError as error:
            self._reject("protobuf", str(error), message, now)
            news = node.session.miss()
        self._counters.update(news.words)
        if news.died:
            self._take_back(node.points(said.device), Quality.BAD, now=now, mono=mono)
        if news.doubted:
            self._take_back(node.points(NODE), Quality.UNCERTAIN, now=now, mono=mono)
        if news.born:
            self._take_back(node.learn(said.device, news.metrics), Quality.UNCERTAIN, now=now, mono=mono)
        self._read(node, said.device, news, message, Moment(now, mono, sent, node.knows(said.device), news.born))
        return news

    def _read(self, node: Node, device: str, news: News, message: Message, moment: Moment) -> None:
        targets = node.targets.get(device, {})
        for one in news.metrics:
            target = targets.get(one.name)
            if target is None:
                continue
            try:
                readings = readings_of(target, one, moment, last=self._last)
            except ProtocolError as error:
                self._reject(_word(error), f"{one.name}: {error}", message, moment.now)
            else:
                self._readings += readings
                self._counters["history"] += sum(reading.retained for reading in readings)

    def _take_back(self, points: Iterable[str], quality: Quality, *, now: int, mono: float) -> None:
        self._flush()  # what came before must be known before it is taken back
        self._readings += taken_back(points, self._last, now=now, mono=mono, quality=quality)
        self._flush()

    def _flush(self) -> None:
        readings, self._readings = self._readings, []
        rejected, self._rejected = self._rejected, []
        self._counters["readings"] += len(readings)
        if readings:
            self._publish(readings)
        if rejected:
            self._publish(rejected)

    def _reject(self, word: str, why: str, message: Message, now: int) -> None:
        topic, body, *_ = message
        told = why if why.startswith(f"{word}: ") else f"{word}: {why}"
        self._rejected.append(self._receipts.reject(word, told, topic=topic, body=body, now=now))


def _word(error: ProtocolError) -> str:
    """Return what a value that cannot be used counts as."""
    if isinstance(error, BadPayload):
        return error.word
    return "unsupported" if isinstance(error, Unsupported) else "value"


def check(device: Device, points: Sequence[Point]) -> None:
    """Raise BadPoint or BadConfig for options and points that do not go together."""
    door_of(device.id, device.link, options_of(device, SparkplugOptions))
    nodes_of(points)


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a broker with edge nodes; raise BadConfig for options or addresses that cannot work."""
    return SparkplugSource(device, points, clock=clock, publish=publish, durable=durable, tap=tap)


SPEC = SourceSpec("sparkplug", SparkplugOptions, MetricAddress, make, check)
