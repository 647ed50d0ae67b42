"""A small gateway for the API's tests: one river, one wall of two panels, people of every role, and a client of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from drivers.model import (
    Clock,
    Command,
    Device,
    DeviceState,
    DeviceStatus,
    Name,
    Outcome,
    Place,
    Point,
    PointKind,
    Reading,
    Result,
)
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.rule import AlarmRule, Level
from gateway.api.ports import BadAccount, ConfigFault, ConfigReport, Denied, Gateway, SiteName, TooManyTries
from gateway.api.server import Api
from gateway.bus import Bus
from gateway.clock import SystemClock
from gateway.supervisor import PartHealth, PartState
from wall_controller.apply import WallKeeper
from wall_controller.geometry import Panel, Rect
from wall_controller.layout import Layout, Region, Source, Wall, window_on
from wall_controller.scene import Scene

PASSWORD = "a river rises"
GRANTS: Mapping[str, frozenset[str]] = {
    "operator": frozenset({"view", "alarm.ack", "scene.recall", "scene.emergency", "wall.take", "demo.play"}),
    "technician": frozenset({"view", "scene.recall", "wall.take", "device.command", "device.log", "config.read"}),
    "leader": frozenset({"view", "scene.emergency"}),
    "auditor": frozenset({"view", "audit.read"}),
    "administrator": frozenset(
        {"view", "scene.recall", "device.command", "device.log", "config.read", "config.apply", "users", "tokens",
         "audit.read", "demo.play"}
    ),
    "program": frozenset({"readings.push"}),
}  # fmt: skip


def name(text: str) -> Name:
    return Name(text, text)


@dataclass(frozen=True)
class Someone:
    """A person or a program."""

    name: str
    roles: frozenset[str]

    def may(self, permission: str) -> bool:
        return any(permission in GRANTS[role] for role in self.roles)


RIVER = Point("river", "broker", name("River"), unit="cm", low=0, high=700, place=Place(-3.77, 102.27), stale_after=900)
DOOR = Point("door", "broker", name("Door"), kind=PointKind.FLAG, tags=("inside",))
SIGN = Point("sign", "broker", name("Sign"), kind=PointKind.TEXT)
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
    {"p1": Panel("p1", "lfd-1", Rect(0, 0, 1000, 600), 1, 1, 1), "p2": Panel("p2", "lfd-2", Rect(1002, 0, 1000, 600), 1, 2, 2)},
    {"left": Region("left", name("Left"), ("p1",)), "right": Region("right", name("Right"), ("p2",), alarm_may_enter=True)},
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
    low: float
    mean: float
    high: float
    n: int


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

    async def readings(self, point: str, *, since: int, until: int, limit: int) -> list[Reading]:
        found = (row for row in self.rows if row.point == point and since <= row.source_at < until)
        return sorted(found, key=lambda row: row.source_at)[:limit]

    async def buckets(self, point: str, *, since: int, until: int, count: int) -> list[Bucket]:
        values = [float(row.value) for row in await self.readings(point, since=since, until=until, limit=10**6)]
        return [Bucket(since, min(values), sum(values) / len(values), max(values), len(values))][:count]

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None) -> None:
        if doc is None:
            self.docs.pop((kind, id), None)
        else:
            self.docs[kind, id] = dict(doc)

    def kept(self, kind: str) -> dict[str, dict[str, object]]:
        return {id: doc for (its_kind, id), doc in self.docs.items() if its_kind == kind}


@dataclass(frozen=True)
class Event:
    seq: int
    at: int
    actor: str
    action: str
    subject: str
    before: Any
    after: Any
    outcome: str
    why: str
    request: str
    hash: str = "0" * 64


@dataclass(frozen=True)
class Verdict:
    ok: bool
    count: int
    first_bad: int | None = None
    why: str = ""


class Audit:
    """An audit that remembers; `heard` is who hears of new events."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.kept: list[Event] = []
        self.heard: Callable[[Sequence[Event]], None] = lambda _batch: None

    def record(
        self, actor: str, action: str, subject: str, *,
        before: Any = None, after: Any = None, outcome: str = "", why: str = "", request: str = "",
    ) -> Event:  # fmt: skip
        event = Event(
            len(self.kept) + 1, self.clock.now(), actor, action, subject, before, after, outcome, why, request
        )  # fmt: skip
        self.kept.append(event)
        self.heard([event])
        return event

    def events(self, *, after: int | None, before: int | None, action: str, limit: int) -> list[Event]:
        fitting = [event for event in self.kept if action in ("", event.action)]
        if after is not None:
            return [event for event in fitting if event.seq > after][:limit]
        return [event for event in reversed(fitting) if before is None or event.seq < before][:limit]

    async def check(self) -> Verdict:
        return Verdict(True, len(self.kept))

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Who did what to what, apart from what the wall's and the alarms' own parts write."""
        return [(event.actor, event.action, event.subject) for event in self.kept]


@dataclass(frozen=True)
class User:
    name: str
    roles: frozenset[str]
    enabled: bool = True


class Accounts:
    """One person of every role, all with the same password; five failures in a row close the door."""

    def __init__(self) -> None:
        self.people = {role: User(role, frozenset({role})) for role in GRANTS}
        self.failures = 0

    async def login(self, name: str, password: str, *, address: str) -> Someone:
        if self.failures >= 5:
            raise TooManyTries(f"too many failed logins from {address}", seconds=7.2)
        user = self.people.get(name)
        if user is None or password != PASSWORD or not user.enabled:
            self.failures += 1
            raise Denied("no such person, or a wrong password")
        return Someone(user.name, user.roles)

    def users(self) -> list[User]:
        return list(self.people.values())

    async def add(self, name: str, password: str, *, roles: frozenset[str]) -> User:
        self._check(roles)
        if name in self.people:
            raise BadAccount(f"there is a {name} already")
        self.people[name] = User(name, roles)
        return self.people[name]

    async def change(
        self, name: str, *, password: str | None, roles: frozenset[str] | None, enabled: bool | None
    ) -> User:
        self._check(roles or frozenset())
        was = self.people[name]
        self.people[name] = replace(was, roles=roles or was.roles, enabled=was.enabled if enabled is None else enabled)
        return self.people[name]

    async def remove(self, name: str) -> None:
        if name == "administrator":
            raise BadAccount("the last administrator stays")
        del self.people[name]

    def _check(self, roles: frozenset[str]) -> None:
        if not roles <= set(GRANTS):
            raise BadAccount(f"there is no role {', '.join(sorted(roles - set(GRANTS)))}")


class Sessions:
    """Who is signed in."""

    def __init__(self) -> None:
        self.open: dict[str, Someone] = {}
        self.made = 0

    async def start(self, actor: Someone) -> str:
        self.made += 1
        secret = f"session-{actor.name}-{self.made}"
        self.open[secret] = actor
        return secret

    def find(self, secret: str, *, touch: bool) -> Someone | None:
        return self.open.get(secret)

    async def end(self, secret: str) -> None:
        self.open.pop(secret, None)

    def count(self) -> int:
        return len(self.open)


@dataclass(frozen=True)
class Token:
    id: str
    name: str
    roles: frozenset[str]
    created_at: int = 0
    expires_at: int | None = None
    last_used_at: int | None = None


class Tokens:
    """One token of every role, its secret is `token-<role>`."""

    def __init__(self) -> None:
        self.known = {f"token-{role}": Token(role, f"{role} program", frozenset({role})) for role in GRANTS}

    def find(self, secret: str) -> Someone | None:
        token = self.known.get(secret)
        return Someone(token.name, token.roles) if token else None

    def tokens(self) -> list[Token]:
        return list(self.known.values())

    async def make(self, name: str, *, roles: frozenset[str], expires_at: int | None) -> tuple[Token, str]:
        if not roles <= set(GRANTS):
            raise BadAccount("there is no such role")
        token = Token(f"t{len(self.known)}", name, roles, expires_at=expires_at)
        self.known[f"secret-{token.id}"] = token
        return token, f"secret-{token.id}"

    async def revoke(self, id: str) -> None:
        self.known = {secret: token for secret, token in self.known.items() if token.id != id}


@dataclass(frozen=True)
class Exchange:
    at: int
    direction: str
    data: bytes


class Tap:
    """Every device has said hello."""

    def last(self, device: str, n: int) -> list[Exchange]:
        return [Exchange(0, "sent", b"\xaa\x11\xfe"), Exchange(1_000_000, "received", b"PRELUDE\r\n")][-n:]


class Commands:
    """The one door down, which does what it is told."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.issued: list[Command] = []

    async def issue(self, command: Command, actor: object | None = None) -> Outcome:
        self.issued.append(command)
        return Outcome(command.id, Result.DONE, "", self.clock.now())


class Config:
    """A site's files: sound until `fault` is set."""

    def __init__(self) -> None:
        self.fault: ConfigFault | None = None
        self.applied = 0

    async def check(self) -> ConfigReport:
        if self.fault is not None:
            return ConfigReport(faults=(self.fault,))
        return ConfigReport(changes=("point river: every 300 s, was 60 s",))

    async def apply(self) -> ConfigReport:
        report = await self.check()
        self.applied += not report.faults
        return report


class Hall:
    """The gateway's parts, put together as the composition does."""

    def __init__(self, *, simulator: str | None = None) -> None:
        self.clock = SystemClock()
        self.bus = Bus()
        self.store = Store()
        self.audit = Audit(self.clock)
        self.accounts, self.sessions, self.tokens = Accounts(), Sessions(), Tokens()
        self.commands, self.config = Commands(self.clock), Config()
        self.engine = AlarmEngine(
            [FLOOD], points=[RIVER], clock=self.clock, store=self.store, publish=self.bus.publish, audit=self.audit
        )
        self.keeper = WallKeeper(
            WALL, SCENES, commands=self.commands, clock=self.clock, publish=self.bus.publish, store=self.store
        )
        self.statuses = {
            device.id: DeviceStatus(device.id, DeviceState.UP, self.clock.now()) for device in DEVICES
        }  # fmt: skip
        self.bus.subscribe(Reading, self.store.on_readings)
        self.bus.subscribe(Reading, self.engine.on_readings)
        self.changes: list[AlarmChange] = []
        self.bus.subscribe(AlarmChange, self.changes.extend)
        self.gateway = Gateway(
            site=SiteName("hall", name("Hall")), version="0.1.0",
            points={point.id: point for point in (RIVER, DOOR, SIGN)}, rules={"river": FLOOD},
            devices={device.id: device for device in DEVICES},
            verbs=lambda device: () if device.id == "broker" else ("power", "route"), statuses=self.statuses,
            counters={"matrix": {"sent": 3}}, tap=Tap(), store=self.store, alarms=self.engine, commands=self.commands,
            walls={"main": self.keeper}, scenes=SCENES, audit=self.audit, accounts=self.accounts,
            sessions=self.sessions, tokens=self.tokens, config=self.config,
            parts=lambda: [PartHealth("store", PartState.RUNNING, self.clock.now())], bus=self.bus, clock=self.clock,
            simulator=simulator,
        )  # fmt: skip
        self.api = Api(self.gateway, "127.0.0.1", 0)
        self.audit.heard = self.api.hub.on_events

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
