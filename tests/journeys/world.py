"""A whole hall in child processes: stand-ins for every device, and the real service before them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

import aiohttp

from gateway.auth.accounts import Accounts
from gateway.auth.roles import Role
from gateway.cli.demonstration import LOGINS, PASSWORD, plan
from gateway.clock import SystemClock
from gateway.settings.site import load_site
from gateway.store.store import Store

SITE = Path(__file__).parents[2] / "config" / "balai-raya"
PACE = 600.0
"""So much faster than life: an on-delay of five minutes is half a second."""
START_S = 90.0
CHUNK = 65_536

Doc = Mapping[str, Any]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_range(count: int = 30) -> int:
    """Return the first of so many ports in a row that nobody listens on now."""
    for first in range(21_000, 32_000, count):
        with ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no ports are free")


def run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `semarak …` to its end."""
    return subprocess.run(semarak(*words), capture_output=True, text=True, timeout=60, cwd=cwd, check=False)


def semarak(*words: str) -> list[str]:
    """Return the command line of `semarak …`."""
    return [sys.executable, "-m", "gateway.cli", *words]


@contextmanager
def child(words: Sequence[str], log: Path, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a child whose errors go to `log`, and end it politely, then for good."""
    with log.open("a") as errors, subprocess.Popen(words, stderr=errors, text=True, **more) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


class Hall:
    """The stand-ins of a site, and its service, which can be killed and started again."""

    def __init__(
        self, folder: Path, *, site: Path = SITE, pace: float = PACE, sensors: bool = True,
        elsewhere: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """`sensors` says whether the field speaks; `elsewhere` is where devices are that are no stand-ins."""
        self.data, self.site, self.log = folder / "data", folder / "site", folder / "log.txt"
        self.data.mkdir(parents=True)
        shutil.copytree(site, self.site)
        self._pace, self._sensors, self._elsewhere = pace, sensors, elsewhere
        self._port = free_port()
        self._stack = ExitStack()
        self._service: ExitStack = ExitStack()
        self._process: subprocess.Popen[str] | None = None
        self.links: dict[str, str] = {}
        self.control = ""

    @property
    def url(self) -> str:
        """Where the service listens, after a restart too."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Hall:
        with self._stack:
            self._start_stand_ins()
            self.point_to({**self.links, **self._elsewhere})
            with ThreadPoolExecutor(1) as aside:  # the test may have a loop of its own in this thread
                aside.submit(asyncio.run, _people(self.data)).result()
            self.start()
            self._stack.callback(self.stop)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def point_to(self, links: Mapping[str, str]) -> None:
        """Write where devices are into the site's files, and how fast its life goes."""
        path = self.site / "devices.yaml"
        text = path.read_text()
        for device, link in links.items():
            text = re.sub(rf"(- id: {device}\n(?:    .*\n)*?    link: )\S+", rf"\g<1>{link}", text)
        path.write_text(text)
        head = self.site / "site.yaml"
        if "pace:" not in head.read_text():
            head.write_text(head.read_text() + f"pace: {self._pace:g}\n")

    def start(self) -> None:
        """Start the service and wait until it says that it is ready."""
        path = self.data / "ready.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(path))
            ready.settimeout(START_S)
            words = self._words()
            environ = {**os.environ, "NOTIFY_SOCKET": str(path)}
            self._process = self._service.enter_context(child(words, self.log, env=environ))
            try:
                told = ready.recv(1024)
            except TimeoutError:
                told = b""
        if b"READY=1" not in told:
            self._service.close()
            raise AssertionError(f"the service did not start:\n{self.log.read_text()[-3000:]}")

    def _words(self) -> list[str]:
        return semarak("serve", str(self.site), "--data", str(self.data), "--http", self.url[7:])

    def stop(self) -> None:
        """Stop the service as systemd does."""
        self._service.close()

    def kill(self) -> None:
        """Kill the service as a power cut does."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._service.close()

    def _start_stand_ins(self) -> None:
        raw = load_site(self.site, pace=1)
        ports = plan(raw, pace=self._pace, first_port=1)
        if not self._sensors:
            ports["field"] = {"points": []}
        path = self.data / "plan.json"
        path.write_text(json.dumps(_any_port(ports)))
        words = [sys.executable, "-m", "drivers.emulators.serve", str(path)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = self._stack.enter_context(child(words, self.log, **pipes))
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        self.links, self.control = said["links"], said["control"]


class Demonstration(Hall):
    """`semarak demo`, which runs its stand-ins itself."""

    def __enter__(self) -> Hall:
        self._port = free_range()
        self.control = f"http://127.0.0.1:{self._port + 1}"
        with self._stack:
            self.start()
            self._stack.callback(self.stop)
            self._stack = self._stack.pop_all()
        return self

    def _words(self) -> list[str]:
        told = ["--data", str(self.data), "--ports-from", str(self._port), "--pace", f"{self._pace:g}"]
        return semarak("demo", "--no-browser", *told)


def _any_port(part: Any) -> Any:
    """Return a plan in which every port is any free one."""
    if isinstance(part, list):
        return [_any_port(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {key: 0 if key in ("port", "control") else _any_port(value) for key, value in part.items()}


async def _people(data: Path) -> None:
    store = Store.open(data / "semarak.db", clock=SystemClock())
    accounts = Accounts(store, SystemClock())
    for name, role in LOGINS.items():
        await accounts.add(name, PASSWORD, [Role(role)])
    await store.close()


@dataclass(slots=True)
class Answer:
    """What the API answers."""

    status: int
    body: Any


@dataclass(slots=True)
class Screen:
    """What a page would show: kept from the live messages; `heard` has every message that was not a reading."""

    devices: dict[str, Doc] = field(default_factory=dict)
    alarms: dict[str, Doc] = field(default_factory=dict)
    walls: dict[str, Doc] = field(default_factory=dict)
    readings: dict[str, Doc] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    health: Doc = field(default_factory=dict)
    rejected: list[Doc] = field(default_factory=list)
    repairs: set[str] = field(default_factory=set)
    heard: list[Doc] = field(default_factory=list)

    def take(self, message: Doc) -> None:
        """Take one live message."""
        kind, data = message["kind"], message["data"]
        if kind == "readings":
            for reading in data:
                self.readings[reading["point"]] = reading
                self.counts[reading["point"]] = self.counts.get(reading["point"], 0) + 1
            return
        self.heard.append(message)
        if kind == "snapshot":
            self._begin(data)
        elif kind == "repairs":
            self.repairs = {each["id"] for each in data}
        elif kind in ("device", "alarm", "wall"):
            getattr(self, f"{kind}s")[data["id"]] = data
        elif kind == "health":
            self.health = data
        elif kind == "rejected":
            self.rejected.append(data)

    def _begin(self, data: Doc) -> None:
        for part in ("devices", "alarms", "walls"):
            setattr(self, part, {each["id"]: each for each in data[part]})
        self.readings = {each["id"]: each["latest"] for each in data["points"] if each["latest"]}
        self.health = data["health"]
        self.repairs = {each["id"] for each in data["repairs"]}

    def panels(self, state: str) -> set[str]:
        """Return the panels of the wall that are in a state."""
        return {each["id"] for each in self.walls["utama"]["panels"] if each["state"] == state}

    def restarts(self) -> dict[str, int]:
        """Return how often each part was restarted."""
        return {each["name"]: each["restarts"] for each in self.health["parts"]}

    def scene_in(self, region: str) -> str:
        """Return the scene that a region of the wall shows; empty: nobody claims it."""
        regions = {each["id"]: each for each in self.walls["utama"]["regions"]}
        claim = regions[region]["claim"]
        return str(claim["scene"]) if claim else ""


class Person:
    """Somebody signed in, with the live messages on the screen; everything is awaited on them."""

    def __init__(self, hall: Hall, name: str) -> None:
        self._hall, self._name = hall, name
        self._csrf = ""
        self._http: aiohttp.ClientSession
        self._live: aiohttp.ClientWebSocketResponse | None = None
        self.screen = Screen()

    async def __aenter__(self) -> Person:
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=30)
        )
        await self.look()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._hang_up()
        await self._http.close()

    async def look(self) -> None:
        """Sign in and take the snapshot, again after the service was restarted."""
        answer = await self.post("session", {"name": self._name, "password": PASSWORD})
        assert answer.status in (200, 201), answer
        self._csrf = answer.body["csrf"]
        await self.reconnect()

    async def reconnect(self) -> None:
        """Take a new snapshot, as the page does when the connection ends."""
        await self._hang_up()
        live = f"{self._hall.url}/api/v1/live"
        patience = aiohttp.ClientWSTimeout(ws_close=1.0)
        self._live = await self._http.ws_connect(live, origin=self._hall.url, max_msg_size=0, timeout=patience)
        self.screen.take(json.loads(await self._live.receive_str()))

    async def _hang_up(self) -> None:
        if self._live is not None:
            await self._live.close()

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, body: object = None) -> Answer:
        return await self.ask("POST", path, json=body if body is not None else {})

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        """Ask the API."""
        headers = {"X-CSRF-Token": self._csrf, **more.pop("headers", {})}
        url = f"{self._hall.url}/api/v1/{path}"
        async with self._http.request(method, url, headers=headers, **more) as answer:
            text = await answer.text()
            return Answer(answer.status, json.loads(text) if "json" in answer.content_type else text)

    async def side_door(self, method: str, path: str, body: object = None) -> Any:
        """Ask the stand-ins."""
        async with self._http.request(method, f"{self._hall.control}/{path}", json=body) as answer:
            told = await answer.json()
            assert answer.status < 400, told
            return told

    async def mark(self, device: str) -> int:
        """Return the time of the last exchange that a stand-in has logged."""
        return max((each["at"] for each in (await self.side_door("GET", f"log/{device}"))["items"]), default=0)

    async def heard_by(self, device: str, since: int) -> list[str]:
        """Return what a stand-in heard after a mark, in words."""
        log = (await self.side_door("GET", f"log/{device}"))["items"]
        return [each["text"] for each in log if each["direction"] == "heard" and each["at"] > since]

    async def until(self, holds: Callable[[], object], *, within: float = 45.0, what: str = "") -> None:
        """Read the live messages until something holds; fail when it does not within so many seconds."""
        try:
            async with asyncio.timeout(within):
                while not holds():
                    await self._hear()
        except TimeoutError:
            raise AssertionError(f"{what or 'it'} did not come within {within} s\n{self._about()}") from None

    async def listen(self, seconds: float) -> None:
        """Read the live messages for so long: for what must not come."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self._hear()
        except TimeoutError:
            return

    async def _hear(self) -> None:
        assert self._live is not None
        message = await self._live.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            self.screen.take(json.loads(message.data))
        else:
            await self.reconnect()

    def _about(self) -> str:
        wall = self.screen.walls.get("utama", {})
        panels = {each["id"]: (each["state"], each["detail"]) for each in wall.get("panels", ())}
        devices = {name: each["status"]["state"] for name, each in self.screen.devices.items()}
        active = {name: (each["state"], each["value"]) for name, each in self.screen.alarms.items() if each["active"]}
        return f"panels {panels}\nclaims {wall.get('claims')}\noperation {wall.get('operation')}\n{devices}\n{active}"


def verified(person: Person) -> Callable[[], bool]:
    """Return the question whether every panel of the wall is verified."""
    return lambda: len(person.screen.panels("verified")) == 12


def orders(texts: Sequence[str]) -> list[str]:
    """Return what a panel was ordered, without what it was asked."""
    return [text for text in texts if "?" not in text]


def salvos(texts: Sequence[str]) -> list[str]:
    """Return what the matrix was ordered to route, without what it was asked."""
    return [text for text in texts if text.startswith("VIDEO OUTPUT ROUTING: |")]
