"""What the tests of publishing share: a small site, a journal, who listens on a broker, and a broker that refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import structs

from drivers.model import (
    Clock,
    Device,
    DeviceState,
    DeviceStatus,
    Name,
    Place,
    Point,
    PointKind,
    Quality,
    Reading,
    Reason,
    Value,
)
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_wire import Message, Wire
from gateway.alarms.alarm import Alarm, resting
from gateway.alarms.rule import AlarmRule, Level
from gateway.clock import SystemClock
from gateway.forward.mqtt_config import MqttSinkConfig
from gateway.forward.mqtt_publisher import Publisher
from gateway.repairs import Repair, Repairs
from gateway.store.store import Store
from tests.fakes import EPOCH_NS

PATIENCE_S = 45.0
RIVER = Point("awlr-1", "broker", Name("Tinggi air", "River level"), unit="cm", every=300, stale_after=900)
SIREN = Point("siren", "panel", Name("Sirene", "Siren"), PointKind.FLAG)
NOTE = Point("note", "panel", Name("Catatan", "Note"), PointKind.TEXT)
BROKER = Device("broker", Name("Broker lapangan", "Field broker"), "mqtt", "mqtt://192.0.2.5", room="server")
PANEL = Device("panel", Name("Panel", "Panel"), "modbus", "tcp://192.0.2.6")
LEVELS = (Level("SIAGA3", Name("Siaga III", "Level III"), 200, 2), Level("SIAGA1", Name("Siaga I", "Level I"), 400, 4))
FLOOD = AlarmRule("banjir", "awlr-1", Name("Banjir", "Flood"), "high", "banjir_siaga", Name("banjir", "flood"), LEVELS)
RINGS = AlarmRule("siren-rings", "siren", Name("Sirene bunyi", "Siren rings"), "flag", "internal", Name("t", "l"), ())


NAME = Name("Balai", "Hall")


@dataclass(frozen=True)
class Hall:
    """A site."""

    id: str = "hall"
    name: Name = NAME
    points: Mapping[str, Point] = field(default_factory=lambda: {each.id: each for each in (RIVER, SIREN, NOTE)})
    devices: Mapping[str, Device] = field(default_factory=lambda: {each.id: each for each in (BROKER, PANEL)})
    rules: Sequence[AlarmRule] = (FLOOD, RINGS)


HALL = Hall()


def alarm(rule: AlarmRule = FLOOD, **changes: object) -> Alarm:
    point = replace(HALL.points[rule.point], place=Place(-3.8, 102.3))
    return structs.replace(resting(rule, point, since=EPOCH_NS), **changes)  # type: ignore[arg-type]


def config(port: int, **more: object) -> MqttSinkConfig:
    written = {"id": "mqtt", "kind": "mqtt", "url": f"mqtt://127.0.0.1:{port}", "keepalive": 1, **more}
    return MqttSinkConfig.model_validate(written)


class World:
    """A journal, what stands, and a publisher of both."""

    def __init__(self, folder: Path, *, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.store = Store.open(folder / "semarak.db", clock=self.clock)
        self.alarms = {rule.id: alarm(rule) for rule in HALL.rules}
        self.statuses = {"broker": DeviceStatus("broker", DeviceState.UP, EPOCH_NS)}
        self.told: list[Repair] = []
        self.repairs = Repairs(clock=self.clock, publish=self._hear)

    def _hear(self, batch: Sequence[object]) -> None:
        self.told += [one for one in batch if isinstance(one, Repair)]

    def make(self, port: int, site: Hall = HALL, **more: object) -> Publisher:
        return Publisher(
            config(port, **more), site, journal=self.store, alarms=self.alarms.__getitem__, statuses=self.statuses,
            repairs=self.repairs, clock=self.clock, room=1_000_000,
        )  # fmt: skip

    async def read(
        self, *values: Value, point: str = "awlr-1", at: int | None = None, quality: Quality = Quality.GOOD,
        reason: Reason = Reason.NONE,
    ) -> list[Reading]:  # fmt: skip
        """Commit readings of a point, one after the other."""
        made = []
        for value in values:
            now = self.clock.now()
            made.append(Reading(point, value, at or now, now, self.clock.mono(), quality, reason))
            self.store.on_readings(made[-1:])
        await self.store.flush()
        return made

    @property
    def open(self) -> list[str]:
        return [repair.kind for repair in self.repairs.open()]

    def caught_up(self) -> bool:
        return self.store.cursor("mqtt") == self.store.newest_seq


@asynccontextmanager
async def running(publisher: Publisher) -> AsyncIterator[asyncio.Task[None]]:
    """Run a publisher; at the end take it away as a change of the configuration does."""
    task = asyncio.get_running_loop().create_task(publisher.run(), name="publisher")
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], object], *, within: float = PATIENCE_S) -> None:
    """Return as soon as it is true."""
    async with asyncio.timeout(within):
        while not true():
            await SystemClock().sleep(0.005)


class Listener:
    """Another system: hears everything on a broker and remembers what each topic said last."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.seen: list[tuple[str, bytes, bool]] = []

    @asynccontextmanager
    async def on(self, port: int, topics: str = "#") -> AsyncIterator[Listener]:
        link = MqttLink(f"listener-{id(self)}", clean=True, subscribe=[(topics, 0)], on_chunk=self._take)
        await link.open("127.0.0.1", port, keepalive=60)
        try:
            yield self
        finally:
            link.close()

    def _take(self, messages: list[Message]) -> None:
        for topic, payload, _, _, retained, _ in messages:
            self.held[topic.decode()] = payload
            self.seen.append((topic.decode(), payload, retained))

    def payloads(self, topic: str) -> list[bytes]:
        return [payload for one, payload, _ in self.seen if one == topic]


@dataclass
class Strict:
    """A broker of MQTT 5 that answers as it is told: `refuses` gives a topic's reason code, None: no answer."""

    refuses: Callable[[str], int | None] = lambda _: 0
    terms: bytes = b""
    """The properties of its CONNACK."""
    welcome: int = 0
    held: dict[str, bytes] = field(default_factory=dict)
    retained: list[tuple[str, bool]] = field(default_factory=list)
    """Every topic that came, and whether to be retained."""
    connections: int = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        server = await asyncio.get_running_loop().create_server(lambda: _Talk(self), "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    def answer(self, message: Message) -> bytes:
        topic, payload, qos, mid, retain, _ = message
        name, reason = topic.decode(), self.refuses(topic.decode())
        self.retained.append((name, retain))
        if not reason and reason is not None:
            self.held[name] = payload
        return b"" if reason is None or not qos else b"\x40\x03" + mid.to_bytes(2, "big") + bytes([reason])


class _Talk(asyncio.Protocol):
    def __init__(self, broker: Strict) -> None:
        self._broker, self._wire = broker, Wire(v5=True)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._broker.connections += 1
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self._transport, asyncio.Transport)
        broker = self._broker
        messages, others = self._wire.feed(data)
        if others[:1] == b"\x10":
            terms = bytes([len(broker.terms)]) + broker.terms
            self._transport.write(bytes([0x20, 2 + len(terms), 0, broker.welcome]) + terms)
        if b"\xc0\x00" in others:
            self._transport.write(b"\xd0\x00")
        self._transport.write(b"".join(map(broker.answer, messages)))
