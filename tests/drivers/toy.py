"""A small device for tests of the session: a line protocol, its driver, the device itself, and a world to meet in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict

from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, DriverError, LinkError, ProtocolError
from drivers.links import Link
from drivers.links.memory import memory_pair
from drivers.links.tap import Tap
from drivers.model import Command, Device, DeviceState, DeviceStatus, Name, Outcome, Priority, Reading, Value
from drivers.session import Session
from tests.fakes import FakeClock

ID = "toy"
ARGS = {"power": "on", "input": "source", "volume": "level"}


class ToyOptions(BaseModel):
    """`bare`: the device acknowledges without saying what; `pushes`: it tells changes by itself and is not asked;
    `broadcast`: commands go to everybody, and nobody acknowledges them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    bare: bool = False
    pushes: bool = False
    settle: float = 0.0
    broadcast: bool = False
    expect_serial: str = ""


class ToyDriver:
    """`?x` asks, `x = 1` tells, `x -` has nothing to tell; `!x 1` commands, `ok x 1` accepts, `no x why` refuses."""

    def __init__(self, options: ToyOptions) -> None:
        self.options = options
        self._rest = b""

    def hello(self) -> Sequence[Request]:
        return [Request(b"?serial\n", "serial")]

    def poll(self) -> Sequence[Request]:
        return [Request(f"?{name}\n".encode(), name) for name in ("power", "input")]

    def request(self, command: Command) -> Sequence[Request]:
        if command.verb == "tile":
            return [
                Request(b"!wall on\n", "set wall", settle=self.options.settle),
                Request(f"!tile 2x2:{command.args['position']}\n".encode(), "set tile"),
            ]
        if command.verb not in ARGS:
            raise BadCommand(f"a toy has no {command.verb}")
        value = command.args[ARGS[command.verb]]
        word = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
        payload = f"!{command.verb} {word}\n".encode()
        silent = self.options.broadcast
        return [Request(payload, f"set {command.verb}", settle=self.options.settle, silent=silent)]

    def verify(self, command: Command) -> Sequence[Request]:
        return [] if self.options.pushes else [Request(f"?{command.verb}\n".encode(), command.verb)]

    def feed(self, data: bytes) -> Sequence[Reply]:
        self._rest += data
        found: list[Reply] = []
        while b"\n" in self._rest:
            line, _, self._rest = self._rest.partition(b"\n")
            found.append(self._read(line.decode()))
        return found

    def _read(self, line: str) -> Reply:
        match line.split(" ", 2):
            case ["hello"]:
                return Reply("greeting")
            case ["denied"]:
                return Reply(None, denied="the toy refuses the password")
            case ["ACK"]:
                return Reply(None)
            case [name, "=", value]:
                return Reply(name, {name: int(value) if value.isdecimal() else value})
            case [name, "-"]:
                return Reply(name)
            case ["ok", name, value]:
                return Reply(f"set {name}", {name: value})
            case ["no" | "busy" as word, name, why]:
                return Reply(f"set {name}", refused=Refusal(why, busy=word == "busy"))
        raise ProtocolError(f"no such line: {line!r}")


def _make(options: BaseModel) -> Driver:
    assert isinstance(options, ToyOptions)
    return ToyDriver(options)


SPEC = DriverSpec(
    name="toy",
    maker="Tests",
    models=("T1",),
    port=7,
    options=ToyOptions,
    points=lambda _: (PointSpec("power", Name("Daya", "Power")),),
    verbs=tuple(ARGS),
    make=_make,
    poll_every=5.0,
    identity=("serial",),
)


@dataclass
class Toy:
    """The device: answers every line, unless the test has put another answer (or silence) into `moods`."""

    values: dict[str, str] = field(
        default_factory=lambda: {"power": "off", "input": "hdmi1", "serial": "T1-7", "volume": "3", "tile": "off"}
    )
    moods: dict[str, list[Callable[[str], Awaitable[str]]]] = field(default_factory=dict)
    heard: list[tuple[float, str]] = field(default_factory=list)
    greets: bool = False
    slow: float = 0.0
    link: Link | None = None
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, link: Link) -> None:
        """Answer until the link closes."""
        self.link = link
        rest = b""
        with suppress(LinkError):
            if self.greets:
                await link.send(b"hello\n")
            while True:
                rest += await link.receive()
                while b"\n" in rest:
                    line, _, rest = rest.partition(b"\n")
                    await self._answer(link, line.decode())

    async def say(self, text: str) -> None:
        """Send what nobody asked for."""
        assert self.link is not None
        await self.link.send(text.encode())

    async def _answer(self, link: Link, line: str) -> None:
        self.heard.append((asyncio.get_running_loop().time(), line))
        self.moved.set()
        if self.slow:
            await FakeClock().sleep(self.slow)
        moods = self.moods.get(line.split()[0])
        answer = await moods.pop(0)(line) if moods else self.obey(line)
        if answer:
            await link.send(answer.encode())

    def obey(self, line: str) -> str:
        """Do what the line says and return the answer."""
        if line.startswith("?"):
            return f"{line[1:]} = {self.values[line[1:]]}\n"
        name, value = line[1:].split()
        self.values[name] = value
        return f"ok {name} {value}\n"

    def lines(self) -> list[str]:
        """Return what was heard."""
        return [line for _, line in self.heard]

    def commands(self) -> list[str]:
        """Return the commands that were heard."""
        return [line for line in self.lines() if line.startswith("!")]


async def silence(_line: str) -> str:
    """A mood: say nothing."""
    return ""


def says(text: str) -> Callable[[str], Awaitable[str]]:
    """Return a mood that answers `text`."""

    async def mood(_line: str) -> str:
        return text

    return mood


class World:
    """A session, its device and everything that was published."""

    def __init__(
        self,
        toy: Toy,
        *,
        spec: DriverSpec = SPEC,
        options: dict[str, Value] | None = None,
        link: str = "memory://toy",
        enabled: bool = True,
    ) -> None:
        self.toy = toy
        self.clock = FakeClock()
        self.tap = Tap(self.clock)
        self.published: list[object] = []
        self.error: DriverError | None = None
        self.far: list[Link] = []
        self.dialled: list[str] = []
        self._news = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        device = Device(ID, Name("Mainan", "Toy"), "toy", link, options or {}, enabled=enabled)
        self.session = Session(device, spec, dial=self._dial, clock=self.clock, publish=self._publish, tap=self.tap)

    async def _dial(self, url: str) -> Link:
        self.dialled.append(url)
        near, far = memory_pair()
        self.far.append(far)
        assert self._tasks is not None
        self._tasks.create_task(self.toy.serve(far), name="toy")
        return near

    def _publish(self, batch: Sequence[object]) -> None:
        self.published.extend(batch)
        self._news.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[World]:
        """Let the session run while the block does."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            run = tasks.create_task(self.run(), name="session")
            try:
                yield self
            finally:
                run.cancel()
                for link in self.far:
                    await link.close()

    async def run(self) -> None:
        """Run the session once and keep the error that ended it."""
        try:
            await self.session.run()
        except DriverError as error:
            self.error = error
            self._news.set()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something published makes `true` true."""
        while not true():
            self._news.clear()
            await self._news.wait()

    async def up(self) -> None:
        """Wait until the device is up."""
        await self.until(lambda: self.session.status.state is DeviceState.UP)

    async def ended(self) -> DriverError:
        """Wait until the session has failed, and return its error."""
        await self.until(lambda: self.error is not None)
        assert self.error is not None
        return self.error

    async def again(self) -> None:
        """Let the session run once more, as the supervisor does."""
        assert self._tasks is not None
        self.error = None
        self._tasks.create_task(self.run(), name="session again")

    def ask(self, command: Command) -> asyncio.Task[Outcome]:
        """Ask beside the test."""
        assert self._tasks is not None
        return self._tasks.create_task(self.session.ask(command), name=f"ask {command.id}")

    def states(self) -> list[DeviceState]:
        """Return the states in the order in which they were published."""
        return [item.state for item in self.published if isinstance(item, DeviceStatus)]

    def readings(self, name: str) -> list[Value]:
        """Return the values of one point in the order in which they were published."""
        return [item.value for item in self.published if isinstance(item, Reading) and item.point == f"{ID}.{name}"]

    def command(
        self, verb: str, value: Value, *, id: str = "c1", within: float = 10.0, priority: Priority = Priority.OPERATOR
    ) -> Command:
        """Return a command that may be sent for `within` seconds."""
        deadline = self.clock.mono() + within
        return Command(id, ID, verb, {ARGS[verb]: value}, "ani", "test", self.clock.now(), deadline, priority)


def spec(**changes: object) -> DriverSpec:
    """Return the toy's spec, changed."""
    return replace(SPEC, **changes)  # type: ignore[arg-type]  # the tests name real fields
