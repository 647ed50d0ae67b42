"""The loop that makes devices read what is wanted of them: plan, send, prove by readings, and mend for ever after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from drivers.errors import DriverError
from drivers.model import Clock, Command, DeviceStatus, Outcome, Priority, Quality, Reading, Result, Value
from wall_controller.capacity import Capacity
from wall_controller.eager import begun
from wall_controller.layout import Policy, Wall
from wall_controller.observed import Observed
from wall_controller.operation import Attempt, Mark, Operation
from wall_controller.plan import ROUTE, States, Step, plan
from wall_controller.scene import Scene

SETTLE = 1.0
"""Seconds between a difference and the command that mends it: news often comes in several parts."""
ROOM_PATIENCE = 120.0
"""Seconds during which a room step is tried again (a projector that cools down refuses to wake for a minute)."""


class CommandPort(Protocol):
    """The one door for commands."""

    async def issue(self, command: Command, /) -> Outcome:
        """Judge, record and send a command; return what became of it."""


class Reconciler:
    """The devices of one wall: `desired` is set from outside, `stir` is called when something is new or due.

    What somebody else changed and we took over (adopted), and what a room does once, lie over the desired.
    """

    def __init__(
        self, wall: Wall, scenes: Iterable[Scene], *, commands: CommandPort, clock: Clock,
        capabilities: Mapping[str, Capacity], begin: Callable[[str], Operation], stir: Callable[[], None],
    ) -> None:  # fmt: skip
        self._wall, self._commands, self._clock, self._capabilities = wall, commands, clock, capabilities
        self._begin, self._stir = begin, stir
        self.devices, self._points = _watched(wall, scenes)
        self.desired: States = {}
        self.tasks: asyncio.TaskGroup | None = None
        """Where sends run; None while nobody keeps the wall, and nothing is sent."""
        self._adopted: dict[str, dict[str, Value]] = {}
        self._once: dict[str, dict[str, Value]] = {}
        self._once_until: dict[str, float] = {}

    def wanted(self, device: str) -> dict[str, Value]:
        """Return what a device must read."""
        return {
            **self.desired.get(device, {}), **self._adopted.get(device, {}), **self._once.get(device, {}),
        }  # fmt: skip

    def want_once(self, states: States) -> None:
        """Want values until they are read once, for a while, of devices that can be told."""
        for device, values in states.items():
            self._once[device] = dict(values)
            self._once_until[device] = self._clock.mono() + ROOM_PATIENCE

    def carry(self, devices: Sequence[str], operation: Operation) -> None:
        """Act on devices of which something else is wanted than before: what was not sent for the old wish never is."""
        for device in devices:
            self._adopted.pop(device, None)
            self.devices[device].supersede()
        self.act(devices, operation)

    def act(self, devices: Sequence[str], operation: Operation) -> None:
        """Plan for these devices and start what differs; one that is away is sent nothing, and waits for its return."""
        ready = {name: self.wanted(name) for name in devices if self.devices[name].up and self.tasks is not None}
        made = plan(ready, {name: self.devices[name].expected() for name in ready}, self._capabilities)
        operation.estimate = made.estimate
        chains: dict[str, list[tuple[str, Attempt]]] = {}
        for step in made.steps:
            attempt = self._follow(operation, step)
            chains.setdefault(step.device, []).append((f"{operation.id}.{len(operation.attempts)}", attempt))
        for device, chain in chains.items():
            self._start(device, chain, operation)
        for device in devices:
            if device not in ready or device in made.unread:
                self._miss(operation, self.devices[device])
        self._stir()

    def send_ahead(self, step: Step, operation: Operation) -> None:
        """Send a step of which it is known that the plan will have it."""
        if self.devices[step.device].up and self.tasks is not None:
            self._start(step.device, [(f"{operation.id}.0", self._follow(operation, step))], operation)

    def _start(self, device: str, chain: Sequence[tuple[str, Attempt]], operation: Operation) -> None:
        if self.tasks is not None:
            work = begun(self._send(self.devices[device], chain, operation))
            self.tasks.create_task(work, name=f"wall/{self._wall.id}/{device}")

    @property
    def busy(self) -> bool:
        """Whether anything is on its way."""
        return any(seen.busy for seen in self.devices.values())

    def retry(self, attempts: Iterable[Attempt], operation: Operation) -> None:
        """Try these attempts again, by planning afresh for their devices."""
        devices: dict[str, dict[str, Value]] = {}
        for attempt in attempts:
            wanted = self.desired.get(attempt.step.device, {})
            beside = {name: value for name, value in attempt.step.effects.items() if name not in wanted}
            devices.setdefault(attempt.step.device, {}).update(beside)
        self.want_once({device: values for device, values in devices.items() if values})
        self.carry(sorted(devices), operation)

    def answer(self, device: str, policy: Policy) -> bool:
        """Do as a person says about a change that somebody else made; return whether the device asked."""
        seen = self.devices.get(device)
        if seen is None or not seen.asks:
            return False
        seen.asks = False
        if policy is Policy.ADOPT:
            self._adopt(seen)
        self.look(seen)
        self._stir()
        return True

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Take what devices report; readings of other points cost one look-up."""
        touched: list[Observed] = []
        for reading in batch:
            place = self._points.get(reading.point)
            if place is None:
                continue
            seen, name = place
            good = reading.quality is not Quality.BAD
            if seen.heard(name, reading.value, reading.received_mono) if good else seen.unheard(name):
                touched.append(seen)
        for seen in touched:
            self.look(seen)
        if touched:
            self._stir()

    def on_status(self, batch: Sequence[DeviceStatus]) -> None:
        """Take how the talk with devices stands."""
        for status in batch:
            seen = self.devices.get(status.device)
            if seen is None:
                continue
            seen.said(status)
            if not seen.up:
                self._adopted.pop(seen.device, None)
                self._once.pop(seen.device, None)
            self.look(seen)
            self._stir()

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Send from now on in `tasks`; what was on its way in an earlier run is unsure."""
        self.tasks = tasks
        for seen in self.devices.values():
            seen.forget()
            self.look(seen)

    def tick(self) -> bool:
        """Do what is due; return whether anything was."""
        now = self._clock.mono()
        done = [self._ended(seen) for seen in self.devices.values() if seen.overdue(now, self.wanted(seen.device))]
        for device in [name for name in self._once if self._once_until[name] <= now]:
            del self._once[device]
            done.append(self._ended(self.devices[device]))
        due = [seen for seen in self.devices.values() if seen.is_due(now)]
        for seen in sorted(due, key=lambda seen: seen.device != self._wall.matrix):
            seen.due = None
            self.act([seen.device], self._begin(f"put right: {seen.unlike(self.wanted(seen.device))}"))
            done.append(self._ended(seen))
        return bool(done)

    def next_due(self) -> float | None:
        """Return the monotonic second at which something is due by itself; None: only news can bring it."""
        times = [time for seen in self.devices.values() if (time := seen.next_due()) is not None]
        times += [self._once_until[name] for name in self._once]
        return min(times, default=None)

    def look(self, seen: Observed) -> None:
        """Compare what a device reads with what is wanted, and decide when something is to be done about it."""
        if not seen.up or not seen.reported or seen.busy:
            return
        if not seen.differences(self.wanted(seen.device)):
            self._once.pop(seen.device, None)
            seen.settled()
        elif seen.matched:
            self._touched(seen)
        elif seen.due is None and not seen.asks:
            seen.due = self._clock.mono() + SETTLE

    def _ended(self, seen: Observed) -> Observed:
        self.look(seen)
        return seen

    def _touched(self, seen: Observed) -> None:
        """Somebody else changed a device: do as the wall's policy says."""
        seen.matched = False
        seen.trouble = f"somebody else changed {seen.device}: {seen.unlike(self.wanted(seen.device))}"
        if self._wall.policy is Policy.RESTORE:
            seen.due = self._clock.mono() + SETTLE
        elif self._wall.policy is Policy.ASK:
            seen.asks = True
            seen.trouble += "; put it back, or keep it so"
        else:
            self._adopt(seen)
            self.look(seen)

    def _adopt(self, seen: Observed) -> None:
        names = seen.differences(self.wanted(seen.device))
        found = {name: seen.reported[name] for name in names if name in seen.reported}
        self._adopted[seen.device] = {**self._adopted.get(seen.device, {}), **found}

    def _follow(self, operation: Operation, step: Step) -> Attempt:
        mending = operation.priority is Priority.RECONCILE
        attempt = Attempt(step, self._clock.mono(), dict(step.effects), mending=mending)
        operation.attempts.append(attempt)
        self.devices[step.device].add(attempt)
        return attempt

    def _miss(self, operation: Operation, seen: Observed) -> None:
        """Note what cannot be sent now; a room step is not kept for a device that is away, the wall's wish is."""
        wanted = self.wanted(seen.device)
        if not seen.up:
            self._once.pop(seen.device, None)
        if wanted and operation.priority is not Priority.RECONCILE:
            attempt = self._follow(operation, Step(seen.device, "restore", {}, wanted))
            attempt.mark = Mark.UNREACHABLE
            attempt.detail = seen.away or f"{seen.device} is being read first"

    async def _send(self, seen: Observed, chain: Sequence[tuple[str, Attempt]], operation: Operation) -> None:
        """Issue the steps of one device, one after the other, as long as nothing newer is wanted."""
        for name, attempt in chain:
            if attempt.mark is not Mark.WAITING:
                continue
            if not seen.up:
                attempt.mark, attempt.detail = Mark.UNREACHABLE, seen.away
                continue
            outcome = await self._issue(name, attempt, operation)
            seen.answered(attempt, outcome, self._clock.mono())
            if attempt.step.verb == "power" and not attempt.live and not attempt.good:
                _give_up(chain, f"not sent, because power was {attempt.mark}: {attempt.detail}")
            self.look(seen)
            self._stir()

    async def _issue(self, name: str, attempt: Attempt, operation: Operation) -> Outcome:
        step, now = attempt.step, self._clock.mono()
        attempt.mark, attempt.since, attempt.by = Mark.SENT, now, now + step.proof
        command = Command(
            name, step.device, step.verb, step.args, operation.by, operation.why, self._clock.now(),
            now + step.patience, operation.priority,
        )  # fmt: skip
        try:
            return await self._commands.issue(command)
        except DriverError as error:
            return Outcome(name, Result.REFUSED, str(error), self._clock.now())


def _give_up(chain: Sequence[tuple[str, Attempt]], why: str) -> None:
    for _, attempt in chain:
        if attempt.mark is Mark.WAITING:
            attempt.mark, attempt.detail = Mark.FAILED, why


def _watched(wall: Wall, scenes: Iterable[Scene]) -> tuple[dict[str, Observed], dict[str, tuple[Observed, str]]]:
    """Return every device that the wall or its scenes touch, and by point id what each of its values is called."""
    names: dict[str, set[str]] = {wall.matrix: {f"{ROUTE}{panel.output}" for panel in wall.panels.values()}}
    for panel in wall.panels.values():
        names.setdefault(panel.device, set()).update(("power", "input", "tile"))
    for step in (step for scene in scenes for step in scene.steps):
        names.setdefault(step.device, set()).update(step.effects)
    devices = {device: Observed(device) for device in names}
    return devices, {f"{device}.{name}": (devices[device], name) for device, of in names.items() for name in of}
