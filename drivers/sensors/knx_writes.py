"""Commands to KNX points: checked, written to their group, and read back from the group that tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from drivers.capability import check, plain
from drivers.errors import BadCommand, LinkError
from drivers.model import Clock, Command, Outcome, PointKind, Result, Value
from drivers.sensors.knx_groups import Group, Payload
from drivers.sensors.knx_wire import Datapoint, Unconfirmed
from drivers.turn import Ending

VERB = "write"
STATUS_S = 1.0
"""An actuator tells its new state by itself, mostly within this many seconds; then it need not be asked."""
LOOK_PAUSES = (0.0, 0.5, 1.5)
"""Seconds before each look at whether a write has taken: a dimmer and a blind move for a while."""
WANTED: Mapping[PointKind, tuple[tuple[type, ...], str]] = {
    PointKind.FLAG: ((bool,), "true or false"),
    PointKind.TEXT: ((str,), "a text"),
    PointKind.NUMBER: ((int, float), "a number"),
}

Unwanted = Callable[[], Ending | None]
"""Says how a command has ended that must not be sent any more; None while it may."""


class KnxBus(Protocol):
    """Whoever speaks to the groups."""

    async def asked(self, name: str) -> bool:
        """Ask a group for its value and return whether it told one in time."""

    def times(self, name: str) -> int:
        """Return how often a group has told a value so far."""

    async def told(self, name: str, since: int, seconds: float) -> bool:
        """Return whether a group tells a value in time, once it has told `since`."""

    async def write(self, name: str, payload: Payload, *, unwanted: Unwanted) -> Ending | None:
        """Write to a group, unless it is unwanted when its turn has come: why; raise LinkError or Unconfirmed."""


class Writes:
    """Whoever asks gets an outcome; `last` tells what a point said last."""

    def __init__(
        self,
        groups: Sequence[Group],
        *,
        bus: KnxBus,
        clock: Clock,
        coders: Mapping[str, Datapoint],
        last: Callable[[str], Value | None],
    ) -> None:
        self._groups = {one.point: one for one in groups}
        self._bus, self._clock, self._coders, self._last = bus, clock, coders, last
        self._newest: dict[str, str] = {}

    @property
    def verbs(self) -> tuple[str, ...]:
        """What can be asked: `write`, when any point may be written."""
        return (VERB,) if any(one.write for one in self._groups.values()) else ()

    async def ask(self, command: Command) -> Outcome:
        """Return what became of a command; whatever forbids it is an outcome too."""
        try:
            ending = await self._carried_out(command)
        except BadCommand as error:
            ending = Ending(Result.REFUSED, str(error))
        except Unconfirmed as error:
            ending = Ending(Result.UNSURE, str(error))
        except LinkError as error:
            ending = Ending(Result.FAILED, str(error))
        return Outcome(command.id, ending.result, ending.detail, self._clock.now())

    async def _carried_out(self, command: Command) -> Ending:
        one, value = self._wish(command)
        if one.point not in self._coders:
            raise LinkError("KNX is not connected; see the device's state")
        coder = self._coders[one.point]
        payload = coder.encode(value)
        self._newest[one.point] = command.id
        before, since = self._last(one.point), self._bus.times(one.group)
        ending = await self._bus.write(one.write, payload, unwanted=lambda: self._unwanted(command, one))
        return ending or await self._seen(command, one, wish=coder.decode(payload), before=before, since=since)

    async def _seen(self, command: Command, one: Group, *, wish: Value, before: Value | None, since: int) -> Ending:
        """Return whether what was written can be read."""
        for pause in LOOK_PAUSES:
            await self._clock.sleep(pause)
            if self._newest[one.point] != command.id:
                return Ending(Result.DONE, "accepted; it could not be read back before what came next")
            if not await self._told(one, wish, since):
                return Ending(Result.DONE, f"the bus has it; group {one.group} does not tell whether it was done")
            if self._last(one.point) == wish:
                return Ending(Result.VERIFIED)
            since = self._bus.times(one.group)
        found = self._last(one.point)
        told = f"{one.point} reads {found} and not {wish}"
        if found == before:
            return Ending(Result.FAILED, f"the device did not act on it: {told}")
        return Ending(Result.DONE, f"accepted; {told}")

    async def _told(self, one: Group, wish: Value, since: int) -> bool:
        """Return whether the group has told something since: by itself, or because it was asked."""
        by_itself = one.group != one.write and await self._bus.told(one.group, since, STATUS_S)
        if by_itself and (self._last(one.point) == wish or not one.readable):
            return True
        return one.readable and await self._bus.asked(one.group)

    def _unwanted(self, command: Command, one: Group) -> Ending | None:
        """Return how a command has ended that is too old, or was followed by another for the same point."""
        if self._newest[one.point] != command.id:
            return Ending(Result.SUPERSEDED, f"a newer command for {one.point} came")
        if self._clock.mono() > command.deadline:
            return Ending(Result.EXPIRED, "its time was over before it could be sent")
        return None

    def _wish(self, command: Command) -> tuple[Group, Value]:
        """Return what the command asks for; raise BadCommand when it cannot or must not be done."""
        check(command.verb, command.args)
        if command.verb != VERB:
            raise BadCommand(f"KNX knows {VERB}, not {command.verb}")
        point, value = str(command.args["point"]), plain(command.args["value"])
        one = self._groups.get(point)
        if one is None:
            raise BadCommand(f"no point {point!r} is read from KNX here; there are {', '.join(sorted(self._groups))}")
        if not one.write:
            raise BadCommand(f"{point} may not be written; its address in points.yaml names no group in `write`")
        _check_value(one, value)
        return one, value


def _check_value(one: Group, value: Value) -> None:
    """Raise BadCommand for a value of another kind, or beyond what the point can believably read."""
    kinds, wanted = WANTED[one.kind]
    if not isinstance(value, kinds) or (one.kind is PointKind.NUMBER and isinstance(value, bool)):
        raise BadCommand(f"{one.point}: {wanted} is wanted, not {value!r}")
    if not isinstance(value, str) and not (math.isfinite(value) and one.low <= value <= one.high):
        raise BadCommand(f"{one.point}: {value} is outside its range of {one.low:g} to {one.high:g}")
