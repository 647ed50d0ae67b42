"""A small gateway for the API's tests: one river, one wall of two panels, people of every role, and a client of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from argon2 import PasswordHasher

import gateway.store
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
)
from drivers.sensors.http_push import HttpSource
from gateway.actions.actions import Actions
from gateway.actions.foresight import Foresight
from gateway.actions.response import NO_RESPONSES, Responses
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.annunciation import Annunciation
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.flood import Flood as FloodNow
from gateway.alarms.handling import Handling
from gateway.alarms.policy import Policy
from gateway.alarms.rule import AlarmRule, Level
from gateway.api.ports import Gateway, SinkPort, SiteName
from gateway.api.pushes import Pushes
from gateway.api.server import Api
from gateway.audit.audit import Audit
from gateway.audit.chain import Verdict
from gateway.auth.accounts import Accounts
from gateway.auth.roles import Actor, Role
from gateway.auth.secrets import fingerprint
from gateway.auth.sessions import Sessions
from gateway.auth.tokens import Tokens
from gateway.bus import Bus
from gateway.clock import SystemClock
from gateway.occurrences.book import Book
from gateway.occurrences.recorder import Recorder
from gateway.repairs import Repairs
from gateway.settings.approval import Approvals
from gateway.store.retention import Extent
from gateway.supervisor import PartHealth, PartState
from tests.gateway.api_action_fakes import Bell, Commands, Shows
from tests.gateway.api_config_fake import Config
from tests.gateway.api_desk_fake import still_desk
from wall_controller.apply import WallKeeper
from wall_controller.geometry import Panel, Rect
from wall_controller.layout import Layout, Region, Source, Wall, window_on
from wall_controller.scene import Scene

PASSWORD = "a river rises"
GRANTS: Mapping[str, frozenset[str]] = {
    **{str(role): frozenset(Actor("", frozenset({role}), "session").permissions()) for role in Role},
    "program": frozenset({"readings.push"}),
}
"""What each role may; a program is a technician's token, narrowed."""
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = QUICK.hash(PASSWORD)


def name(text: str) -> Name:
    return Name(text, text)


RIVER = Point("river", "broker", name("River"), unit="cm", low=0, high=700, place=Place(-3.77, 102.27), stale_after=900)
DOOR = Point("door", "broker", name("Door"), kind=PointKind.FLAG, tags=("inside",))
SIGN = Point("sign", "broker", name("Sign"), kind=PointKind.TEXT)
RAIN = Point("rain", "logger", name("Rain"), unit="mm", low=0, high=150, every=600, stale_after=1800)
LOGGER = Device("logger", name("Logger"), "http", "http://192.0.2.77")
FLOOD = AlarmRule(
    "flood", "river", name("River"), "high", "banjir_siaga", name("Flood"),
    (Level("SIAGA3", name("Siaga III"), 250.0, 2), Level("SIAGA2", name("Siaga II"), 350.0, 3)), deadband=5.0,
)  # fmt: skip
DEVICES = (
    Device("broker", name("Broker"), "mqtt", "mqtt://gauge:secret@127.0.0.1:1883"),
    Device("matrix", name("Matrix"), "videohub", "tcp://127.0.0.1:9990"),
    Device("lfd-1", name("Panel 1"), "samsung_mdc", "tcp://127.0.0.1:1515"),
    Device("lfd-2", name("Panel 2"), "samsung_mdc", "tcp://127.0.0.1:1516"),
)
WALL = Wall(
    "main", name("Main"),
    {
        "p1": Panel("p1", "lfd-1", Rect(0, 0, 1000, 600), 1, 1, 1),
        "p2": Panel("p2", "lfd-2", Rect(1002, 0, 1000, 600), 1, 2, 2),
    },
    {
        "left": Region("left", name("Left"), ("p1",)),
        "right": Region("right", name("Right"), ("p2",), alarm_may_enter=True),
    },
    {"map": Source("map", name("Map"), 1), "cctv": Source("cctv", name("CCTV"), 2)}, "matrix", "base",
)  # fmt: skip


def layout(region: str, source: str) -> Layout:
    return Layout(region, (window_on(WALL, "w", source=source, panels=WALL.regions[region].panels),))


SCENES = {
    scene.id: scene
    for scene in (
        Scene("base", name("Base"), "main", {"left": layout("left", "map"), "right": layout("right", "map")}),
        Scene("flood", name("Flood"), "main", {"right": layout("right", "cctv")}),
        Scene("alert", name("Alert"), "main", {"left": layout("left", "cctv")}, permission="scene.emergency"),
    )
}


@dataclass
class Latest:
    """The newest reading of every point."""

    newest: dict[str, Reading] = field(default_factory=dict)

    def get(self, point: str) -> Reading | None:
        return self.newest.get(point)

    def all(self) -> list[Reading]:
        return list(self.newest.values())


@dataclass(frozen=True)
class Bucket:
    at: int
    count: int
    low: float
    mean: float
    high: float
    last: float
    quality: Quality


class Store:
    """A journal in memory; while `held` nothing becomes durable."""

    def __init__(self) -> None:
        self.latest = Latest()
        self.rows: list[Reading] = []
        self.counters = {"rows": 0}
        self.docs: dict[tuple[str, str], dict[str, object]] = {}
        self.held = False

    def on_readings(self, batch: Sequence[Reading]) -> None:
        for reading in batch:
            if any((row.point, row.source_at) == (reading.point, reading.source_at) for row in self.rows):
                continue
            self.rows.append(reading)
            self.counters["rows"] += 1
            newest = self.latest.get(reading.point)
            if newest is None or newest.source_at < reading.source_at:
                self.latest.newest[reading.point] = reading

    def when_durable(self, done: Callable[[], None]) -> None:
        if not self.held:
            asyncio.get_running_loop().call_soon(done)

    def query(self, sql: str) -> list[tuple[int]]:
        return [(0,)]

    async def extent(self) -> Extent:
        return Extent(0, 0, 0, 0, 0)

    async def readings(self, point: str, *, since: int, until: int, limit: int) -> list[Reading]:
        found = (row for row in self.rows if row.point == point and since <= row.source_at < until)
        return sorted(found, key=lambda row: row.source_at)[:limit]

    async def buckets(self, points: Sequence[str], *, since: int, until: int, count: int) -> dict[str, list[Bucket]]:
        return {point: await self._bucket(point, since, until) for point in points}

    async def _bucket(self, point: str, since: int, until: int) -> list[Bucket]:
        rows = await self.readings(point, since=since, until=until, limit=10**6)
        values = [float(row.value) for row in rows]
        mean = sum(values) / max(len(values), 1)
        worst = max((row.quality for row in rows), default=Quality.GOOD)
        return [Bucket(since, len(values), min(values), mean, max(values), values[-1], worst)] if values else []

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None) -> None:
        if doc is None:
            self.docs.pop((kind, id), None)
        else:
            self.docs[kind, id] = dict(doc)

    def kept(self, kind: str) -> dict[str, dict[str, object]]:
        return {id: doc for (its_kind, id), doc in self.docs.items() if its_kind == kind}


class Paper:
    """The database in memory: the real tables, one person and one token of every role."""

    def __init__(self) -> None:
        self.uri = f"file:paper-{id(self)}?mode=memory&cache=shared"
        self.db = sqlite3.connect(self.uri, uri=True, isolation_level=None)
        for script in sorted((Path(gateway.store.__file__).parent / "schema").glob("*.sql")):
            self.db.executescript(script.read_text("utf-8"))
        for role in GRANTS:
            kept, only = ("technician", "readings.push") if role == "program" else (role, "")
            self.submit("INSERT INTO account VALUES (?, ?, ?, 1, 0, 0)", (role, HASH, kept))
            self.submit(
                "INSERT INTO token (name, prefix, hash, roles, only, made_by, created_at, expires_at, used_at)"
                " VALUES (?, 'token', ?, ?, ?, 'test', 0, ?, 0)",
                (f"{role} program", fingerprint(f"token-{role}"), kept, only, 2**62),
            )

    def submit(self, sql: str, args: tuple[Any, ...]) -> None:
        self.db.execute(sql, args)

    async def write(self, sql: str, args: tuple[Any, ...]) -> None:
        self.db.execute(sql, args)

    def query(self, sql: str, args: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self.db.execute(sql, args).fetchall()


@dataclass(frozen=True)
class Exchange:
    at: int
    direction: str
    data: bytes


class Tap:
    """Every device has said hello."""

    def last(self, device: str, n: int) -> list[Exchange]:
        return [Exchange(0, "sent", b"\xaa\x11\xfe"), Exchange(1_000_000, "received", b"PRELUDE\r\n")][-n:]


class Unread:
    """A technician's log that nobody reads."""

    def seen(self, device: str, direction: str, data: bytes) -> None:
        pass


class Hall:
    """The gateway's parts, put together as the composition does."""

    def __init__(
        self, *, simulator: str | None = None, clock: Clock | None = None, store: Any = None, older: Any = None,
        responses: Responses = NO_RESPONSES, wall: Wall = WALL,
    ) -> None:  # fmt: skip
        self.clock = clock or SystemClock()
        self.bus = Bus()
        self.store = store or Store()
        self.paper = Paper()
        self.book = Book(partial(sqlite3.connect, self.paper.uri, uri=True))
        self.audit = Audit(self.paper, self.clock, publish=self.bus.publish)
        self.accounts = Accounts(self.paper, self.clock, hasher=QUICK)
        self.repairs = Repairs(clock=self.clock, publish=self.bus.publish)
        self.sinks: dict[str, SinkPort] = {}
        self.sessions, self.tokens = Sessions(self.paper, self.clock), Tokens(self.paper, self.clock)
        self.commands = Commands(self.clock)
        self.config = Config(Approvals(clock=self.clock, store=self.store, audit=self.audit, new_id=lambda: "one"))
        self.logger = HttpSource(LOGGER, [RAIN], clock=self.clock, publish=self.bus.publish, tap=Unread())
        self.pushes = Pushes({LOGGER.id: self.logger}, self.audit)
        self.engine = AlarmEngine(
            [FLOOD], points=[RIVER], clock=self.clock, store=self.store, publish=self.bus.publish, audit=self.audit
        )
        self.handling = Handling(
            self.engine, Policy(), points=[RIVER], clock=self.clock, store=self.store, publish=self.bus.publish,
            audit=self.audit,
        )  # fmt: skip
        self.handling.restore()
        self.recorder = Recorder(
            self.paper, clock=self.clock, where=lambda point: f"room of {point}", later=lambda _s, work: work(),
            keep_days=1_827,
        )  # fmt: skip
        self.recorder.restore(self.engine.every(), self.handling.flood)
        self.bus.subscribe(AlarmChange, self.recorder.on_news)
        self.bus.subscribe(Annunciation, self.recorder.on_news)
        self.bus.subscribe(FloodNow, self.recorder.on_news)
        self.keeper = WallKeeper(
            wall, SCENES, commands=self.commands, clock=self.clock, publish=self.bus.publish, store=self.store
        )
        walls, bell = Shows(self.keeper, SCENES), Bell()
        self.actions = Actions(
            responses.plans, scenes=walls, commands=self.commands, notify=bell, clock=self.clock, store=self.store,
            audit=self.audit,
        )  # fmt: skip
        foresight = Foresight(
            lambda: responses, walls=walls, commands=self.commands, notify=bell, clock=self.clock
        )  # fmt: skip
        self.actions.restore([])
        self.bus.subscribe(AlarmChange, self.actions.on_changes)
        self.statuses = {
            device.id: DeviceStatus(device.id, DeviceState.UP, self.clock.now()) for device in DEVICES
        }  # fmt: skip
        self.bus.subscribe(Reading, self.store.on_readings)
        self.bus.subscribe(Reading, self.engine.on_readings)
        self.changes: list[AlarmChange] = []
        self.bus.subscribe(AlarmChange, self.changes.extend)
        self.points = {point.id: point for point in (RIVER, DOOR, SIGN)}
        self.gateway = Gateway(
            site=SiteName("hall", name("Hall")), version="0.1.0",
            points=self.points, rules={"river": FLOOD},
            devices={device.id: device for device in DEVICES},
            verbs=lambda device: () if device.id == "broker" else ("power", "route"), statuses=self.statuses,
            counters={"matrix": {"sent": 3}}, tap=Tap(), store=self.store, alarms=self.engine,
            handling=self.handling, actions=self.actions, foresight=foresight, commands=self.commands,
            walls={"main": self.keeper}, scenes=SCENES, audit=self.audit, prove=self.prove, accounts=self.accounts,
            sessions=self.sessions, tokens=self.tokens, pushes=self.pushes, config=self.config,
            repairs=self.repairs, sinks=self.sinks,
            occurrences=self.book, written_down=lambda: self.recorder.counters,
            parts=lambda: [PartHealth("store", PartState.RUNNING, self.clock.now())], bus=self.bus, clock=self.clock,
            simulator=simulator, older=older, desk=still_desk(self.clock),
        )  # fmt: skip
        self.api = Api(self.gateway, "127.0.0.1", 0)

    async def prove(self) -> Verdict:
        return self.audit.verify()

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Who did what to what, after the audit."""
        return [(event.actor, event.action, event.subject) for event in self.audit.recent(200)]

    def read(self, point: str, value: Any, *, at: int | None = None) -> None:
        """Let a sensor read `value`."""
        now = self.clock.now()
        self.bus.publish([Reading(point, value, at or now, now, self.clock.mono())])


@dataclass
class Answer:
    """What the API said."""

    status: int
    headers: Mapping[str, str]
    body: Any
    raw: bytes


class Visitor:
    """A client of the API: nobody, a program with a token, or a browser with a session."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url, self.http = url, http
        self.headers: dict[str, str] = {}

    def as_program(self, role: str) -> Visitor:
        """Return the same client with the token of a role."""
        other = Visitor(self.url, self.http)
        other.headers = {"Authorization": f"Bearer token-{role}"}
        return other

    async def sign_in(self, role: str) -> Answer:
        """Begin a session as the person of a role, and keep its token for writes."""
        answer = await self.ask("POST", "session", {"name": role, "password": PASSWORD})
        self.headers["X-CSRF-Token"] = answer.body["csrf"]
        return answer

    async def ask(
        self, method: str, path: str, body: Any = None, *, raw: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:  # fmt: skip
        """Ask `path` under /api/v1, or an absolute path."""
        url = self.url + (path if path.startswith("/") else f"/api/v1/{path}")
        more: dict[str, Any] = {} if body is None else {"json": body}
        if raw is not None:
            more = {"data": raw, "headers": {"Content-Type": "application/json"}}
        more["headers"] = {**self.headers, **more.get("headers", {}), **(headers or {})}
        async with self.http.request(method, url, allow_redirects=False, **more) as response:
            data = await response.read()
            is_json = response.content_type.endswith("json") and data
            told = (await response.json(content_type=None)) if is_json else None
            return Answer(response.status, response.headers, told, data)


@asynccontextmanager
async def serving(hall: Hall) -> AsyncIterator[Visitor]:
    """Serve the hall's API on a free port; give a client that is nobody yet."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(hall.api.run(), name="api")
        await hall.api.listening.wait()
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=15)) as http:
            yield Visitor(hall.api.url, http)
        running.cancel()
