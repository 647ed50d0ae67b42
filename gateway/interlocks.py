"""What must be true before a device may be commanded; what is not known for certain is not true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Protocol

from pydantic import Field, field_validator, model_validator

from drivers.capability import VERBS
from drivers.device_config import Id, Scalar, Strict
from drivers.model import Arg, Clock, Command, Device, Point, Quality, Reading, Value


class LatestPort(Protocol):
    """The newest reading of every point."""

    def get(self, point: str) -> Reading | None: ...


class ConditionConfig(Strict):
    """What a point must read: exactly one of `above`, `below`, `equals`."""

    point: Id
    """The point that is looked at; unknown or BAD is never true."""
    above: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """True while it reads more than this."""
    below: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """True while it reads less than this."""
    equals: Scalar | None = None
    """True while it reads exactly this."""

    @model_validator(mode="after")
    def _one_test(self) -> ConditionConfig:
        if sum(test is not None for test in (self.above, self.below, self.equals)) != 1:
            raise ValueError("say exactly one of `above`, `below` and `equals`")
        return self


class InterlockConfig(Strict):
    """One interlock: `verb` (with `args`) on these devices, or on all with `tag`, only `when` a point reads so."""

    id: Id
    """How the audit calls it."""
    devices: list[Id] | None = None
    """The devices it guards; or say `tag`."""
    tag: str | None = None
    """It guards every device with this tag; or say `devices`."""
    verb: str
    """The verb it guards."""
    args: dict[str, Scalar] = Field(default_factory=dict)
    """Only commands with these arguments; none: all of that verb."""
    when: ConditionConfig
    """What must be true."""
    reason: Annotated[str, Field(min_length=1)]
    """What the operator is told when it forbids."""

    @field_validator("verb")
    @classmethod
    def _known_verb(cls, verb: str) -> str:
        if verb not in VERBS:
            raise ValueError(
                f"there is no verb {verb!r}, so nothing would be locked; known are {', '.join(sorted(VERBS))}"
            )
        return verb

    @model_validator(mode="after")
    def _one_target(self) -> InterlockConfig:
        if (self.devices is None) == (self.tag is None):
            raise ValueError("say either `devices` or `tag`")
        return self

    def interlock(self) -> Interlock:
        """Return the interlock as a value."""
        when = self.when
        return Interlock(
            self.id, frozenset(self.devices or ()), self.tag or "", self.verb, MappingProxyType(dict(self.args)),
            when.point, when.above, when.below, when.equals, self.reason,
        )  # fmt: skip


def meets(value: Value, *, above: float | None, below: float | None, equals: Value | None) -> bool:
    """Whether a value equals `equals`, or else is a number above and below what is given."""
    if equals is not None:
        return value == equals
    if isinstance(value, str):
        return False
    return (above is None or value > above) and (below is None or value < below)


@dataclass(frozen=True, slots=True)
class Interlock:
    """A command it covers is allowed only while `point` reads above, below or equal to what is given."""

    id: str
    devices: frozenset[str]
    tag: str
    verb: str
    args: Mapping[str, Arg]
    point: str
    above: float | None
    below: float | None
    equals: Value | None
    reason: str

    def covers(self, command: Command, device: Device) -> bool:
        """Whether it has a say in this command."""
        return (
            command.verb == self.verb
            and (device.id in self.devices or (self.tag != "" and self.tag in device.tags))
            and all(command.args.get(name) == value for name, value in self.args.items())
        )

    def satisfied_by(self, value: Value) -> bool:
        """Whether a value that is known for certain allows the command."""
        return meets(value, above=self.above, below=self.below, equals=self.equals)


class Interlocks:
    """All interlocks of a site, and what the points read now."""

    def __init__(
        self, interlocks: Iterable[Interlock], *, points: Iterable[Point], latest: LatestPort, clock: Clock
    ) -> None:
        self._interlocks = tuple(interlocks)
        self._points = {point.id: point for point in points}
        self._latest = latest
        self._clock = clock

    def forbids(self, command: Command, device: Device) -> str:
        """Return why the command must not be sent now; empty: it may."""
        for interlock in self._interlocks:
            if interlock.covers(command, device):
                why = self._refusal(interlock)
                if why:
                    return f"interlock {interlock.id}: {interlock.reason} ({why})"
        return ""

    def _refusal(self, interlock: Interlock) -> str:
        reading = self._latest.get(interlock.point)
        if reading is None or not self._certain(reading):
            return f"{interlock.point} is not known for certain; see to its sensor"
        return "" if interlock.satisfied_by(reading.value) else f"{interlock.point} reads {reading.value}"

    def _certain(self, reading: Reading) -> bool:
        """Good, live and fresh; its age is measured on both clocks, since one stops and the other jumps."""
        if reading.quality is not Quality.GOOD or reading.reason or reading.retained:
            return False
        point = self._points.get(reading.point)
        if point is None or not point.stale_after:
            return True
        age = max((self._clock.now() - reading.received_at) / 1e9, self._clock.mono() - reading.received_mono)
        return age < point.stale_after
