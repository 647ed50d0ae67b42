"""Try one device step by step, so that a technician sees which step fails and what to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers.driver import DriverSpec
from drivers.errors import DriverError
from drivers.links import Link, Unreachable, host_of
from drivers.links.tap import Exchange, Tap
from drivers.model import Clock, Device, DeviceState, DeviceStatus, Reading, Value
from drivers.session import Session

Resolve = Callable[[str], Awaitable[Sequence[str]]]
_STAGES: Mapping[tuple[DeviceState, bool], str] = {
    (DeviceState.DIALLING, False): "open",
    (DeviceState.AUTHENTICATING, False): "greeting",
    (DeviceState.IDENTIFYING, False): "hello",
    (DeviceState.IDENTIFYING, True): "poll",
}
"""The stage that begins with a status, by its state and whether it has a reason."""
_LOGGED = 12


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: how long it took (seconds), what came of it, and what to look at when it failed."""

    name: str
    good: bool
    seconds: float
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a probe found out."""

    stages: tuple[Stage, ...]
    values: Mapping[str, Value]
    log: tuple[Exchange, ...]

    @property
    def good(self) -> bool:
        """Return whether every stage went well."""
        return all(stage.good for stage in self.stages)


async def resolve(host: str) -> Sequence[str]:
    """Return the addresses of a host; raise Unreachable when its name is not known."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError as error:
        raise Unreachable(f"{host} has no address", hint="check the spelling and the name server") from error
    return sorted({str(address[0]) for *_, address in found})


async def probe(
    device: Device,
    spec: DriverSpec,
    *,
    dial: Callable[[str], Awaitable[Link]],
    clock: Clock,
    resolve: Resolve = resolve,
) -> Findings:
    """Return what every stage brought, up to the first that failed; a device that is up is left again."""
    tap = Tap(clock)
    watch = _Watch(clock)
    if await watch.resolved(device.link, resolve):
        session = Session(device, spec, dial=dial, clock=clock, publish=watch.publish, tap=tap)
        await watch.follow(session)
    return Findings(tuple(watch.stages), watch.values, tuple(tap.last(device.id, _LOGGED)))


class _Watch:
    """Turns what a session publishes into stages."""

    def __init__(self, clock: Clock) -> None:
        self.stages: list[Stage] = []
        self.values: dict[str, Value] = {}
        self._clock = clock
        self._stage = ""
        self._began = clock.mono()
        self._up = asyncio.Event()

    async def resolved(self, link: str, resolve: Resolve) -> bool:
        """Add the stage that finds the host's address; return False when there is none."""
        self._begin("resolve")
        host = host_of(link)
        try:
            addresses = await resolve(host) if host else ()
        except Unreachable as error:
            self._end(detail=str(error), hint=error.hint, good=False)
            return False
        self._end(detail=", ".join(addresses))
        return True

    async def follow(self, session: Session) -> None:
        """Add a stage for each step of the session, until it is up or has failed."""
        async with asyncio.TaskGroup() as tasks:
            run = tasks.create_task(self._run(session), name="probe: session")
            await self._up.wait()
            run.cancel()

    async def _run(self, session: Session) -> None:
        try:
            await session.run()
        except DriverError as error:
            self._end(detail=str(error), hint=session.status.hint, good=False)
        self._up.set()

    def publish(self, batch: Sequence[object]) -> None:
        """Take in what the session publishes."""
        for item in batch:
            if isinstance(item, Reading):
                self.values[item.point.partition(".")[2]] = item.value
            elif isinstance(item, DeviceStatus):
                self._follow(item)

    def _follow(self, status: DeviceStatus) -> None:
        if status.state in (DeviceState.UP, DeviceState.DEGRADED):
            told = f"{len(self.values)} values"
            good = status.state is DeviceState.UP
            self._end(detail=told if good else f"{told}, but {status.reason}", hint=status.hint, good=good)
            self._up.set()
            return
        stage = _STAGES.get((status.state, bool(status.reason)))
        if stage is None:
            return
        self._end()
        self._begin(stage)

    def _begin(self, stage: str) -> None:
        self._stage, self._began = stage, self._clock.mono()

    def _end(self, *, detail: str = "", hint: str = "", good: bool = True) -> None:
        """End the stage that runs, if one does."""
        if self._stage:
            self.stages.append(Stage(self._stage, good, self._clock.mono() - self._began, detail, hint))
        self._stage = ""
