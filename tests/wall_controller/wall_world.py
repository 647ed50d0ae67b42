"""A hall for the tests: the demo wall from its site files, devices that behave, and a keeper in virtual time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from enum import Enum, auto
from functools import cache
from pathlib import Path

from drivers.capability import VERBS
from drivers.errors import BadCommand
from drivers.model import Command, DeviceState, DeviceStatus, Outcome, Quality, Reading, Result, Value
from drivers.strict_yaml import load_file
from tests.fakes import FakeClock
from wall_controller.apply import WallKeeper
from wall_controller.claims import LEAST_DWELL, Claim, Kind
from wall_controller.config import ScenesFile, WallsFile, read_scenes, read_walls
from wall_controller.layout import Policy, Wall
from wall_controller.plan import merged, targets
from wall_controller.scene import Scene
from wall_controller.view import PanelView, WallView

SITE = Path(__file__).parents[2] / "config" / "balai-raya"
MATRIX = "matriks-1"
PROJECTOR = "proyektor-1"


@cache
def demo_wall() -> Wall:
    """Return the wall of the demo site."""
    return read_walls(WallsFile.model_validate(load_file(SITE / "walls.yaml").data))["utama"]


@cache
def demo_scenes() -> dict[str, Scene]:
    """Return the scenes of the demo site."""
    return read_scenes(ScenesFile.model_validate(load_file(SITE / "scenes.yaml").data), {"utama": demo_wall()})


def base_state() -> dict[str, dict[str, Value]]:
    """Return what all devices read while the base layout is on the wall."""
    wall = demo_wall()
    state = merged(targets(wall, layout) for layout in demo_scenes()[wall.base].layouts.values())
    state[MATRIX].update({"route.13": 1, "route.14": 1, "route.15": 1, "route.16": 1})
    state[PROJECTOR] = {"power": "off"}
    return state


class Mood(Enum):
    """How a device takes its commands."""

    WILLING = auto()
    REFUSES = auto()
    IGNORES = auto()
    """Accepts and does not act (fault 8)."""
    LOSES_ACK = auto()
    """Acts, but the answer is lost (fault 9)."""
    MUTE = auto()
    """The bytes leave and nothing comes back."""
    CANNOT = auto()
    OVERTAKEN = auto()
    """Something newer on the same wire took its place, once."""


ENDINGS = {
    Mood.REFUSES: (Result.REFUSED, "the panel says no"),
    Mood.MUTE: (Result.UNSURE, "no answer in 2 s"),
    Mood.OVERTAKEN: (Result.SUPERSEDED, "a newer command took its place"),
}


class FakeHall:
    """Devices that take `pace` seconds for a command, and report what they read."""

    def __init__(self, clock: FakeClock, state: Mapping[str, Mapping[str, Value]] | None = None) -> None:
        self.clock = clock
        self.state = {device: dict(values) for device, values in (state or base_state()).items()}
        self.moods: dict[str, Mood] = {}
        """By device, or by device and verb as `lfd-r1c1 tile`."""
        self.pace: dict[str, float] = {}
        self.up: set[str] = set()
        self.issued: list[Command] = []
        self.keeper: WallKeeper | None = None

    async def issue(self, command: Command) -> Outcome:
        """Do what the mood of the device allows, and answer."""
        self.issued.append(command)
        key = f"{command.device} {command.verb}"
        mood = self.moods.get(key, self.moods.get(command.device, Mood.WILLING))
        if mood is Mood.CANNOT:
            raise BadCommand(f"{command.device} cannot {command.verb}")
        if command.device not in self.up:
            return self._outcome(command, Result.FAILED, "it is not connected")
        await self.clock.sleep(self.pace.get(key, self.pace.get(command.device, 0.05)))
        if command.device not in self.up:
            return self._outcome(command, Result.UNSURE, "the link broke before the answer came")
        if mood is Mood.OVERTAKEN:
            del self.moods[command.device]
        if mood in ENDINGS:
            return self._outcome(command, *ENDINGS[mood])
        effects = VERBS[command.verb].effects(command.args)
        if mood is not Mood.IGNORES:
            self.state[command.device].update(effects)
        if mood is Mood.LOSES_ACK:
            return self._outcome(command, Result.UNSURE, "no answer in 2 s")
        self.report(command.device, *effects)
        return self._outcome(command, Result.DONE if mood is Mood.IGNORES else Result.VERIFIED, "")

    def _outcome(self, command: Command, result: Result, detail: str) -> Outcome:
        return Outcome(command.id, result, detail, self.clock.now())

    def report(self, device: str, *names: str) -> None:
        """Let the keeper read these values of a device, or all."""
        assert self.keeper is not None
        now, mono = self.clock.now(), self.clock.mono()
        values = self.state[device]
        chosen = names or tuple(values)
        self.keeper.on_readings(
            [Reading(f"{device}.{name}", values[name], now, now, mono) for name in chosen if name in values]
        )

    def mistrust(self, device: str, name: str) -> None:
        """Let a value of a device be read as BAD."""
        assert self.keeper is not None
        now = self.clock.now()
        self.keeper.on_readings(
            [Reading(f"{device}.{name}", self.state[device][name], now, now, self.clock.mono(), Quality.BAD)]
        )

    def connect(self, *devices: str) -> None:
        """Read these devices whole, as a session does, and tell that they are up."""
        for device in devices or tuple(self.state):
            self.up.add(device)
            self.report(device)
            self.tell(device, DeviceState.UP)

    def cut(self, device: str) -> None:
        """Pull the cable of a device."""
        self.up.discard(device)
        self.tell(device, DeviceState.SILENT, "no answer in 4 s")

    def tell(self, device: str, state: DeviceState, reason: str = "") -> None:
        """Publish a device's status."""
        assert self.keeper is not None
        self.keeper.on_status([DeviceStatus(device, state, self.clock.now(), reason)])

    def press(self, device: str, **values: Value) -> None:
        """Let somebody use the remote control."""
        self.state[device].update(values)
        self.report(device, *values)

    def sent(self, *devices: str) -> list[tuple[str, str]]:
        """Return device and verb of what was issued so far, in order."""
        return [(c.device, c.verb) for c in self.issued if not devices or c.device in devices]


class Memory:
    """A store that keeps what the process would forget."""

    def __init__(self) -> None:
        self.docs: dict[str, dict[str, dict[str, object]]] = defaultdict(dict)

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None) -> None:
        if doc is None:
            self.docs[kind].pop(id, None)
        else:
            self.docs[kind][id] = dict(doc)

    def kept(self, kind: str) -> dict[str, dict[str, object]]:
        return dict(self.docs[kind])


class World:
    """A keeper that runs, with its hall, its store and the views that it published."""

    def __init__(self, clock: FakeClock, hall: FakeHall, keeper: WallKeeper) -> None:
        self.clock, self.hall, self.keeper = clock, hall, keeper
        self.views: list[WallView] = []
        self.start: Callable[[], Awaitable[None]] | None = None
        self._news = asyncio.Event()

    def publish(self, batch: Sequence[object]) -> None:
        """Note a published view."""
        assert all(isinstance(view, WallView) for view in batch)
        self.views += [view for view in batch if isinstance(view, WallView)]
        self._news.set()

    async def until(self, wanted: Callable[[WallView], bool], *, patience: float = 300.0) -> WallView:
        """Return the wall once it is as wanted; it is looked at now and whenever a view is published."""
        async with asyncio.timeout(patience):
            while not wanted(view := self.keeper.view()):
                self._news.clear()
                await self._news.wait()
        return view

    async def restart(self) -> None:
        """Stop the keeper's loop and start it again, as a supervisor does."""
        assert self.start is not None
        await self.start()

    async def published(self) -> WallView:
        """Return the next view that is published."""
        self._news.clear()
        await self._news.wait()
        return self.views[-1]

    async def verified(self) -> WallView:
        """Return the view once nothing is under way and every panel is verified."""
        return await self.until(lambda view: all(panel.state == "verified" for panel in view.panels))

    async def ended(self, operation: str) -> WallView:
        """Return the view in which this operation is over."""
        return await self.until(
            lambda v: v.operation is not None and v.operation.id == operation and v.operation.ended_at is not None
        )


def panel(view: WallView, name: str) -> PanelView:
    """Return one panel of a view."""
    return next(panel for panel in view.panels if panel.id == name)


def alarm(
    name: str, *, scene: str = "banjir", severity: int = 3, since: int = 0, until: int | None = None,
    dwell: float = LEAST_DWELL,
) -> Claim:  # fmt: skip
    """Return an alarm's claim on the region where alarms may enter."""
    return Claim(name, "utama", "tanggap", scene, f"alarm:{name}", Kind.ALARM, since, severity, until, dwell)


@asynccontextmanager
async def running(
    *, policy: Policy = Policy.RESTORE, state: Mapping[str, Mapping[str, Value]] | None = None,
    memory: Memory | None = None, connected: bool = True, urgent: int = 3,
) -> AsyncIterator[World]:  # fmt: skip
    """Run a keeper over a hall; when `connected`, every device is up and reads as `state` (the base layout)."""
    clock = FakeClock()
    hall = FakeHall(clock, state)
    told: list[World] = []
    keeper = WallKeeper(
        replace(demo_wall(), policy=policy, urgent=urgent), demo_scenes(), commands=hall, clock=clock,
        publish=lambda batch: told[0].publish(batch), store=memory or Memory(),
    )  # fmt: skip
    world = World(clock, hall, keeper)
    told.append(world)
    hall.keeper = keeper
    async with asyncio.TaskGroup() as tasks:
        loop: list[asyncio.Task[None]] = []

        async def start() -> None:
            if loop:
                await _stopped(loop.pop())
            loop.append(tasks.create_task(keeper.run(), name="keeper"))
            await world.published()

        world.start = start
        await start()
        if connected:
            hall.connect()
        yield world
        await _stopped(loop.pop())


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
