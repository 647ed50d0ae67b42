"""What a session costs above the wire's own time, on one chain and on twelve links, and two hundred at rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bench.report import Row
from drivers.emulators.chain import Chain
from drivers.emulators.clock import RealClock
from drivers.emulators.emulator import Machine
from drivers.emulators.samsung_mdc import Panel
from drivers.links import Link
from drivers.links.shared import SharedLinks
from drivers.model import Command, Device, DeviceState, Name, Priority, Result
from drivers.registry import DRIVERS
from drivers.session import Session

PANELS = 12
MANY = 200
COMMANDS = 20
SECONDS = 10.0
BITS = 10
"""Bits of a character on the line: 8N1."""


class PacedLink:
    """A serial line of this rate with a machine at its end; it knows how long its bytes were under way."""

    def __init__(self, machine: Machine[object], baud: int) -> None:
        self.busy = 0.0
        self.sent: list[bytes] = []
        self._machine, self._baud = machine, baud
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        machine.greet(1)

    async def send(self, data: bytes) -> None:
        """Let the bytes go at the line's rate; the machine answers at once, and its bytes come at the same rate."""
        heard = [answer for request in self._machine.hear(1, data) for answer in self._machine.answer(1, request)]
        self.sent.append(data)
        self._answers.put_nowait(b"".join(heard))
        self.busy += (len(data) + sum(map(len, heard))) * BITS / self._baud
        self._way = len(data) * BITS / self._baud

    async def receive(self) -> bytes:
        """Return an answer when its last byte has come."""
        while not (answer := await self._answers.get()):
            pass
        await asyncio.sleep(self._way + len(answer) * BITS / self._baud)
        return answer

    async def close(self) -> None:
        """Let go."""


def panel(number: int) -> Panel:
    """Return a panel with that id."""
    return Panel({"id": number, "serial": f"S{number}"}, clock=RealClock())


def session(number: int, dial: Callable[[str], Awaitable[Link]], *, every: float) -> Session:
    """Return a session without pacing, so that what is left is ours."""
    spec = replace(DRIVERS["samsung_mdc"], gap=0.0, poll_every=every)
    device = Device(f"p{number}", Name("P", "P"), spec.name, "tcp://chain:1", {"id": number})
    return Session(device, spec, dial=dial, clock=RealClock(), publish=lambda _: None)


async def ask(one: Session, number: int, source: str) -> None:
    """Command an input and wait until it is read back."""
    until = time.monotonic() + 60
    command = Command("c", f"p{number}", "input", {"source": source}, "bench", "", 0, until, Priority.SCENE)
    outcome = await one.ask(command)
    if outcome.result is not Result.VERIFIED:
        raise SystemExit(f"p{number}: {outcome}")


async def up(one: Session) -> None:
    """Wait until a session is up."""
    async with asyncio.timeout(30):
        while one.status.state is not DeviceState.UP:  # noqa: ASYNC110 - the bench looks, nothing waits for it
            await asyncio.sleep(0.01)


async def running(sessions: Sequence[Session], work: Callable[[], Awaitable[None]]) -> float:
    """Return the seconds that `work` took once every session was up."""
    async with asyncio.TaskGroup() as tasks:
        going = [tasks.create_task(each.run()) for each in sessions]
        for each in sessions:
            await up(each)
        began = time.monotonic()
        await work()
        took = time.monotonic() - began
        for task in going:
            task.cancel()
    return took


async def one_line(baud: int) -> tuple[float, float]:
    """Return seconds of commands one after the other on one line, and of the same bytes on it without a session."""
    link = PacedLink(panel(1), baud)
    one = session(1, giving(link), every=3600)

    async def work() -> None:
        link.sent.clear()
        for number in range(COMMANDS):
            await ask(one, 1, "hdmi1" if number % 2 else "hdmi2")

    ours = await running([one], work)
    bare = PacedLink(panel(1), baud)
    began = time.monotonic()
    for payload in link.sent:
        await bare.send(payload)
        await bare.receive()
    return ours, time.monotonic() - began


async def wall(*, chained: bool, baud: int = 9600) -> tuple[float, float]:
    """Return seconds until twelve panels show another input, and the longest wire's own time."""
    panels = [panel(number) for number in range(1, PANELS + 1)]
    lines = [PacedLink(Chain(panels), baud)] if chained else [PacedLink(each, baud) for each in panels]
    shared = SharedLinks(giving(lines[0]))
    dials = [shared.dial if chained else giving(lines[number]) for number in range(PANELS)]
    sessions = [session(number + 1, dials[number], every=3600) for number in range(PANELS)]

    async def work() -> None:
        for line in lines:
            line.busy = 0.0
        await asyncio.gather(*(ask(each, number, "dp1") for number, each in enumerate(sessions, 1)))

    return await running(sessions, work), max(line.busy for line in lines)


def giving(link: Link) -> Callable[[str], Awaitable[Link]]:
    """Return a dial that gives this link."""

    async def dial(_url: str) -> Link:
        return link

    return dial


async def many(*, every: float) -> tuple[float, float]:
    """Return per cent of a core that two hundred sessions take, and that the same exchanges take bare."""
    lines = [PacedLink(panel(number % 250), 1_000_000) for number in range(MANY)]
    sessions = [session(number % 250, giving(line), every=every) for number, line in enumerate(lines)]
    used: list[float] = []

    async def work() -> None:
        before = time.process_time(), sum(each.counters["sent"] for each in sessions)
        await asyncio.sleep(SECONDS)
        used.append(time.process_time() - before[0])
        used.append(sum(each.counters["sent"] for each in sessions) - before[1])

    await running(sessions, work)
    cpu, exchanges = used
    question = bytes.fromhex("aa00010001")
    bare = PacedLink(panel(1), 1_000_000_000)
    began = time.process_time()
    for _ in range(int(exchanges)):
        await bare.send(question)
        await bare.receive()
    return cpu / SECONDS * 100, (time.process_time() - began) / SECONDS * 100


CASES: Mapping[str, tuple[str, str, str, Callable[[], Awaitable[tuple[float, float]]]]] = {
    f"{COMMANDS} commands read back at 9600 Bd": ("s", "the same bytes, bare", "≤ 1.10", lambda: one_line(9600)),
    f"{COMMANDS} commands read back at 115200 Bd": ("s", "the same bytes, bare", "≤ 1.10", lambda: one_line(115_200)),
    f"{PANELS} panels on one chain, 9600 Bd": ("s", "the wire's own time", "", lambda: wall(chained=True)),
    f"{PANELS} panels on {PANELS} links, 9600 Bd": (
        "s",
        "the longest wire's own time",
        "",
        lambda: wall(chained=False),
    ),
    f"{MANY} devices, polled every hour": ("% core", "the same exchanges, bare", "", lambda: many(every=3600)),
    f"{MANY} devices, polled every 5 s": ("% core", "the same exchanges, bare", "", lambda: many(every=5)),
}


def measure(*, runs: int) -> list[Row]:
    """Return a row for every case."""
    rows = [Row(name, unit, reference, goal) for name, (unit, reference, goal, _) in CASES.items()]
    for _ in range(runs):
        for row, (*_, case) in zip(rows, CASES.values(), strict=True):
            row.add(*asyncio.run(_awaited(case)))
    return rows


async def _awaited(case: Callable[[], Awaitable[tuple[float, float]]]) -> tuple[float, float]:
    return await case()
