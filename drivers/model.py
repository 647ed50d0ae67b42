"""The words that every driver, wall and gateway part shares: frozen values, no behaviour that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct

Value = bool | int | float | str
"""What a reading carries: a flag, a number or a text."""

Arg = Value | Mapping[str, Value]
"""What a command's argument carries; a mapping is a salvo, as `{"1": 4}` (output 1 takes input 4)."""

NOTHING: Mapping[str, Value] = MappingProxyType({})


class Clock(Protocol):
    """The only source of time: real in the service, virtual in the tests."""

    def now(self) -> int:
        """Return UTC in nanoseconds since 1970."""

    def mono(self) -> float:
        """Return seconds on a clock that never jumps."""

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""


class Quality(IntEnum):
    """How far a value may be trusted; a larger number is worse."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Reason(StrEnum):
    """Why a value is not GOOD."""

    NONE = ""
    COMM = "comm"
    CONFIG = "config"
    RANGE = "range"
    STALE = "stale"
    STUCK = "stuck"
    MANUAL = "manual"
    TEST = "test"
    SOURCE = "source"
    """The sensor itself says that it doubts the value."""
    RATE = "rate"
    """It changed faster than what it measures can."""
    TWIN = "twin"
    """A second gauge of the same thing says otherwise."""
    COVERAGE = "coverage"
    """Too little of what it is derived from is known."""


class Reading(Struct, frozen=True, gc=False):
    """One value of one point: `source_at` is the sensor's time, `received_at` ours (UTC ns).

    A `Struct`, since there are thousands a second: made in a twelfth of the time, and never walked by the collector.
    """

    point: str
    value: Value
    source_at: int
    received_at: int
    received_mono: float
    quality: Quality = Quality.GOOD
    reason: Reason = Reason.NONE
    retained: bool = False
    """A retained message, or one that is history already when it comes: it tells nothing of now and rings no bell."""


@dataclass(frozen=True, slots=True)
class Name:
    """What people call a thing, in Bahasa Indonesia and in English."""

    id: str
    en: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing stands, WGS 84 degrees."""

    lat: float
    lon: float


class PointKind(StrEnum):
    """What sort of value a point has."""

    NUMBER = "number"
    FLAG = "flag"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Twin:
    """A second gauge of the same thing, and by how much the two may differ."""

    point: str
    differs: float


@dataclass(frozen=True, slots=True)
class Checks:
    """How a lying sensor shows: `rate` in units a minute, `stuck_after` in seconds (0: not looked at)."""

    rate: float | None = None
    confirm: int = 3
    """So many moving readings in a row are believed after a jump; 0: a jump is never believed by itself."""
    stuck_after: float = 0.0
    stuck_band: float = 0.0
    """What does not move by more than this does not move."""
    twin: Twin | None = None


NO_CHECKS = Checks()


@dataclass(frozen=True, slots=True)
class Report:
    """Which readings of a point are stored: those that moved by more than `deadband`, in the point's unit.

    None within `min_interval` of the one before, one at least every `max_interval` (seconds; 0: no such bound). Another
    quality is always stored.
    """

    deadband: float = 0.0
    min_interval: float = 0.0
    max_interval: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """What can be read: `every` and `stale_after` are seconds (0: only when it changes, never stale)."""

    id: str
    device: str
    name: Name
    kind: PointKind = PointKind.NUMBER
    unit: str = ""
    low: float | None = None
    high: float | None = None
    place: Place | None = None
    every: float = 0.0
    stale_after: float = 0.0
    owner: str = ""
    tags: tuple[str, ...] = ()
    address: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    """Where the device keeps it; the driver's own words (an MQTT topic, a Modbus register)."""
    checks: Checks = NO_CHECKS
    urgent: bool = False
    """An alarm waits for it: a source must not let it queue behind what only has to be kept."""
    report: Report | None = None
    """Which of its readings are stored; None: every one."""


@dataclass(frozen=True, slots=True)
class Device:
    """Something we speak to: `link` says where (`tcp://host:port`, `mqtt://host:port`), `driver` says how."""

    id: str
    name: Name
    driver: str
    link: str
    options: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    room: str = ""
    tags: tuple[str, ...] = ()
    enabled: bool = True


class DeviceState(StrEnum):
    """How the talk with a device stands: a closed list."""

    DISABLED = "disabled"
    DIALLING = "dialling"
    AUTHENTICATING = "authenticating"
    IDENTIFYING = "identifying"
    UP = "up"
    DEGRADED = "degraded"
    SILENT = "silent"
    REFUSED = "refused"
    WRONG_DEVICE = "wrong_device"
    BAD_CONFIG = "bad_config"


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A device's state since `since` (UTC ns), why, and what a technician should look at."""

    device: str
    state: DeviceState
    since: int
    reason: str = ""
    hint: str = ""


class Priority(IntEnum):
    """Who goes first on a wire; a smaller number is more urgent."""

    ALARM = 0
    OPERATOR = 1
    SCENE = 2
    RECONCILE = 3
    POLL = 4


@dataclass(frozen=True, slots=True)
class Command:
    """A wish for one device: `at` is UTC ns; after `deadline` (seconds, monotonic) it must not be sent."""

    id: str
    device: str
    verb: str
    args: Mapping[str, Arg]
    by: str
    why: str
    at: int
    deadline: float
    priority: Priority = Priority.OPERATOR


class Result(StrEnum):
    """How a command ended; UNSURE: the bytes left and the answer never came."""

    DONE = "done"
    VERIFIED = "verified"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the command with this id, at `at` (UTC ns)."""

    command: str
    result: Result
    detail: str
    at: int
