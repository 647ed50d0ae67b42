"""The KNX source: what groups tell becomes readings, a silence becomes a quality, and commands become telegrams."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from drivers.errors import BadConfig, DriverError, LinkError, ProtocolError, Refused, first_error
from drivers.model import Clock, Command, Device, DeviceState, Outcome, Point, Reason
from drivers.sensors.knx_groups import Group, KnxAddress, KnxOptions, Payload, group, way_of
from drivers.sensors.knx_wire import Datapoint, KnxWire, Unconfirmed, installed, shown
from drivers.sensors.knx_writes import VERB, Unwanted, Writes
from drivers.sensors.last_values import LastValues
from drivers.sensors.source import (
    BadPoint,
    Durable,
    Log,
    Publish,
    Rejected,
    Source,
    SourceSpec,
    Standing,
    options_of,
)
from drivers.turn import Ending

AGAIN_S = 60.0
"""A group that did not answer is asked again after so long, unless its point wants it sooner: it may have no power."""
NO_READ_FLAG = "is the device on, and has one object of this group its read flag set in ETS? else say `read: false`"
NO_TUNNEL = "end a programme that holds one (ETS, a visualisation), or give this machine a tunnel of its own"
NO_GATEWAY = "is the gateway on, and may this machine reach UDP port 3671 of it (a firewall, a NAT: `route_back`)?"


class KnxSource:
    """One way into KNX: hears every group, asks those that may be asked; a lost tunnel is for the supervisor."""

    def __init__(self, device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, tap: Log) -> None:
        self._options, way = options_of(device, KnxOptions), way_of(device)
        self._device, self._clock, self._publish, self._tap = device, clock, publish, tap
        self._groups = [group(point) for point in points]
        self._coders: dict[str, Datapoint] = {}
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._times: Counter[str] = Counter()
        """How often a group has told a value."""
        self._at: dict[str, float] = {}
        """When a group told its value last (seconds, monotonic)."""
        self._mute: set[str] = set()
        """The groups that were asked and did not answer."""
        self._up = False
        self._sending = asyncio.Lock()
        self._counters: Counter[str] = Counter()
        self._last = LastValues(clock, publish)
        self._standing = Standing(device, clock, publish)
        self._wire = KnxWire(way, self._options, heard=self._heard)
        self._writes = Writes(self._groups, bus=self, clock=clock, coders=self._coders, last=self._last.value)

    @property
    def counters(self) -> Mapping[str, int]:
        """Connections, readings, others (telegrams of groups that are no point), reads, unanswered, rejected …"""
        return self._counters

    @property
    def verbs(self) -> tuple[str, ...]:
        """What can be asked: `write`, when any point has a group to write to."""
        return self._writes.verbs

    async def ask(self, command: Command) -> Outcome:
        """Return what became of a command; at most one telegram goes before it."""
        self._counters["commands"] += 1
        return await self._writes.ask(command)

    async def run(self) -> None:
        """Work until the connection is lost; raise LinkError, Refused, or BadConfig for what cannot work."""
        self._standing.dialling()
        try:
            await self._connect()
        except BadConfig as error:
            self._standing.show(DeviceState.BAD_CONFIG, str(error), "correct the site, or install what is missing")
            raise
        except Refused as error:
            self._counters["denied"] += 1
            self._standing.show(DeviceState.REFUSED, str(error), NO_TUNNEL)
            self._doubt()
            raise
        except LinkError as error:
            self._standing.show(DeviceState.SILENT, str(error), NO_GATEWAY)
            self._doubt()
            raise

    def _doubt(self) -> None:
        self._last.doubt((one.point for one in self._groups), Reason.COMM)

    async def _connect(self) -> None:
        if not self._groups:
            raise BadConfig(f"{self._device.id}: no point is read from it; give points this device, or remove it")
        for one in self._groups:
            self._coders[one.point] = _coder(one)
        try:
            await self._wire.open()
            self._counters["connections"] += 1
            self._up = True
            self._mute.clear()
            self._show()
            await self._work()
        finally:
            self._up = False
            await self._wire.close()

    async def _work(self) -> None:
        trouble: DriverError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._wire.lost(), name=f"{self._device.id}: connection")
                tasks.create_task(self._read(), name=f"{self._device.id}: read")
        except* DriverError as group_of_errors:
            trouble = first_error(group_of_errors)
        if trouble is not None:
            raise trouble

    async def _read(self) -> None:
        """Ask every readable group at the start, and again when it is silent for longer than its point wants."""
        start = self._clock.mono()
        every = {one.group: one.every for one in self._groups if one.readable}
        agenda = [(start, name) for name in every]
        while agenda:
            due, name = agenda[0]
            await self._clock.sleep(max(0.0, due - self._clock.mono()))
            again = await self._refresh(name, every[name], since=start)
            if again is None:
                heapq.heappop(agenda)
            else:
                heapq.heapreplace(agenda, (again, name))

    async def _refresh(self, name: str, every: float, *, since: float) -> float | None:
        """Ask a group, unless it has told its value lately; return when to look again, None for never."""
        now, at = self._clock.mono(), self._at.get(name, since - 1.0)
        if at >= since and (not every or at + every > now):
            return at + every if every else None
        if await self.asked(name):
            return self._clock.mono() + every if every else None
        if name not in self._mute:
            self._mute.add(name)
            self._last.doubt((one.point for one in self._groups if one.group == name), Reason.COMM)
            self._show()
        return self._clock.mono() + (min(every, AGAIN_S) if every else AGAIN_S)

    async def asked(self, name: str) -> bool:
        """Ask a group for its value and return whether it told one in time."""
        self._counters["reads"] += 1
        since = self._times[name]
        try:
            async with self._sending:
                await self._wire.read(name)
                self._seen("sent", f"read {name}")
                await self._clock.sleep(self._options.pace)
        except Unconfirmed:
            self._counters["unconfirmed"] += 1
        if await self.told(name, since, self._options.timeout):
            return True
        self._counters["unanswered"] += 1
        return False

    def times(self, name: str) -> int:
        """Return how often a group has told a value so far."""
        return self._times[name]

    async def told(self, name: str, since: int, seconds: float) -> bool:
        """Return whether a group tells a value in time, once it has told `since`."""
        if self._times[name] > since:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._news[name].wait()
        except TimeoutError:
            return False
        return True

    async def write(self, name: str, payload: Payload, *, unwanted: Unwanted) -> Ending | None:
        """Write to a group, unless it is `unwanted` when its turn has come: why; raise LinkError or Unconfirmed."""
        if not self._up:
            raise LinkError("KNX is not connected; see the device's state")
        async with self._sending:
            if (ending := unwanted()) is not None:
                return ending
            self._counters["writes"] += 1
            self._seen("sent", f"write {name} {shown(payload)}")
            await self._wire.write(name, payload)
            await self._clock.sleep(self._options.pace)
        return None

    def _heard(self, name: str, payload: Payload) -> None:
        """Publish what a group tells."""
        self._seen("received", f"{name} {shown(payload)}")
        mine = [one for one in self._groups if one.group == name]
        if not mine:
            self._counters["others"] += 1
            return
        readings = []
        for one in mine:
            try:
                value = self._coders[one.point].decode(payload)
            except ProtocolError as error:
                self._refuse(one, f"value: {error}", shown(payload).encode()[:96])
                continue
            readings.append(self._last.reading(one.point, value, low=one.low, high=one.high))
        self._counters["readings"] += len(readings)
        self._last.publish(readings)
        self._at[name] = self._clock.mono()
        self._times[name] += 1
        self._news.pop(name, asyncio.Event()).set()
        if name in self._mute:
            self._mute.discard(name)
            self._show()

    def _show(self) -> None:
        if self._mute:
            first, more = min(self._mute), len(self._mute) - 1
            told = f"group {first} does not answer" + (f", and {more} more" if more else "")
            self._standing.show(DeviceState.DEGRADED, told, NO_READ_FLAG)
        else:
            self._standing.show(DeviceState.UP)

    def _refuse(self, one: Group, why: str, sample: bytes) -> None:
        """Count a telegram that gives no value, and say so when that is new."""
        self._counters["rejected"] += 1
        if not self._last.doubted(one.point):
            self._publish([Rejected(self._device.id, one.group, why, sample, self._clock.now())])
            self._last.doubt([one.point], Reason.CONFIG)

    def _seen(self, direction: str, text: str) -> None:
        self._tap.seen(self._device.id, direction, text.encode())


def _coder(one: Group) -> Datapoint:
    try:
        return Datapoint(one.dpt, one.kind)
    except BadConfig as error:
        key, _, text = str(error).partition(": ")
        if key != "dpt":
            raise
        raise BadPoint(one.point, key, text) from None


def check(device: Device, points: Sequence[Point]) -> None:
    """Raise BadPoint for one that cannot be; without the library its datapoint type is looked at when it starts."""
    options_of(device, KnxOptions)
    way_of(device)
    for one in map(group, points):
        if installed():
            _coder(one)


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a KNX installation; the bus repeats nothing for us, so `durable` is not asked."""
    del durable
    return KnxSource(device, points, clock=clock, publish=publish, tap=tap)


SPEC = SourceSpec("knx", KnxOptions, KnxAddress, make, check, (VERB,))
