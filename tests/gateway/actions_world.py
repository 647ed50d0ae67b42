"""An engine, its actions and what they act on: a wall, a door for commands and a bell that remember."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from drivers.model import Arg, Command, Outcome, Result
from gateway.actions.actions import Actions
from gateway.actions.response import Order, Planned, Show, Tell, Until
from gateway.alarms.alarm import Alarm
from gateway.commands import Issuer
from gateway.errors import NotifyError
from tests.fakes import FakeClock
from tests.gateway.alarm_world import DRY, FLOOD, World
from wall_controller.errors import NotAllowed

WATCH = Show("main", "banjir", "tanggap")
EVACUATE = Show("main", "evakuasi", "")
HORN = Order("horn", "power", {"on": True}, "power", {"on": False})
BAD_ENOUGH, WORST = ("SIAGA2", "SIAGA1"), ("SIAGA1",)
NOW = Planned("alarm:flood", "", BAD_ENOUGH, show=WATCH)
LATER = replace(NOW, after=600.0)
SECOND = Planned("alarm:flood:1", "", WORST, show=EVACUATE)
SOUND = Planned("response:a:0:flood", "a", BAD_ENOUGH, order=HORN)
CALL = Planned(
    "response:a:e0:flood", "a", BAD_ENOUGH, 120.0, Until.ACKNOWLEDGED, escalates=True,
    tell=Tell({"SIAGA2": "sekda", "SIAGA1": "gubernur"}, 900.0),
)  # fmt: skip


class Wall:
    """A wall that remembers what is claimed."""

    def __init__(self) -> None:
        self.claims: dict[str, tuple[str, str, int]] = {}
        self.asked = 0
        self.refuses = False
        self.claimed: Callable[[], None] = lambda: None

    def claim_for_alarm(self, alarm: Alarm, show: Show, *, claim: str) -> None:
        self.asked += 1
        if self.refuses:
            raise NotAllowed("the region is for leaders only")
        self.claims[claim] = (show.scene, show.region, show.at(alarm.severity))
        self.claimed()

    def release(self, claim: str) -> None:
        if self.refuses:
            raise NotAllowed("the wall is gone")
        self.claims.pop(claim, None)


class Door:
    """A door for commands that answers when it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Mapping[str, Arg]]] = []
        self.result = Result.VERIFIED
        self.answers = asyncio.Event()
        self.answers.set()

    async def issue(self, command: Command, _actor: Issuer, /) -> Outcome:
        self.sent.append((command.device, command.verb, command.args))
        await self.answers.wait()
        return Outcome(command.id, self.result, "", command.at)

    def refusal(self, _command: Command, _actor: Issuer, /) -> str:
        return ""


class Bell:
    """Who is told, by the step that asked."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        self.withdrawn: list[str] = []
        self.asked = 0
        self.refuses = False

    def notify(self, alarm: Alarm, call_list: str, *, step: str, valid: float) -> str:
        self.asked += 1
        if self.refuses:
            raise NotifyError("nobody is on call")
        self.told[step] = call_list
        return f"{call_list}, for {valid:g} s"

    def withdraw(self, step: str, *, why: str) -> None:
        self.withdrawn.append(self.told[step])


class Scene:
    """An engine, its actions and what they act on, wired as in the service."""

    def __init__(self, *plan: Planned, pace: float = 1.0) -> None:
        self.plans = {"flood": plan}
        self.world = World(replace(FLOOD, on_delay=0.0), DRY, pace=pace)
        self.wall, self.door, self.bell = Wall(), Door(), Bell()
        self.start()
        self.actions.restore([])

    def start(self) -> None:
        self.actions = Actions(
            self.plans, scenes=self.wall, commands=self.door, notify=self.bell, clock=self.world.clock,
            store=self.world.store, audit=self.world.audit, pace=self.world.pace,
        )  # fmt: skip
        self.world.heard = self.actions.on_changes

    def restart(self, *, after: float) -> None:
        self.start()
        self.world.restart(after=after)
        self.actions.restore(self.world.engine.alarms())

    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)
        self.actions.tick()

    def steps(self) -> list[tuple[str, str]]:
        return [(entry.action, entry.outcome) for entry in self.world.audit.entries if entry.actor == "actions"]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the actions; leave once everything that was asked for is answered."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.actions.run(), name="actions")
            await settled()
            yield
            await settled()
            running.cancel()


async def settled() -> None:
    """Let everything run that needs no time: the clock of these tests moves only when nothing else can be done."""
    await FakeClock().sleep(0.001)
