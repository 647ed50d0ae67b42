"""What the API answers: the promise that the OpenAPI document is made from. Times are RFC 3339 UTC, ids plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from drivers.model import Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next` is the cursor of the page after it, null on the last."""

    items: Sequence[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent, at `path`; `file`, `line` and `hint` when it stands in a site's file."""

    path: str
    message: str
    file: str | None = None
    line: int | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """An error, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """What people call a thing, in Bahasa Indonesia and in English."""

    id: str
    en: str


@dataclass(frozen=True, slots=True)
class Place:
    """WGS 84 degrees."""

    lat: float
    lon: float


QualityWord = Literal["good", "uncertain", "bad"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one point; `age` is seconds since the sensor's time, when this was written."""

    point: str
    value: Value
    source_at: str
    received_at: str
    age: float
    quality: QualityWord
    reason: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """The least, mean and greatest of `n` readings from `at` on."""

    at: str
    low: float
    mean: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Level:
    """One level of an alarm rule: from `limit` on, `severity` 1 (low) to 4 (critical)."""

    code: str
    label: Name
    limit: float
    severity: int


@dataclass(frozen=True, slots=True)
class Point:
    """What can be read; `every` and `stale_after` are seconds."""

    id: str
    device: str
    name: Name
    kind: Literal["number", "flag", "text"]
    unit: str
    low: float | None
    high: float | None
    place: Place | None
    every: float
    stale_after: float
    owner: str
    tags: Sequence[str]
    rule: str | None
    levels: Sequence[Level]
    latest: Reading | None


@dataclass(frozen=True, slots=True)
class Aside:
    """Who has put an alarm aside, since when, why and until when; `overdue`: it was due back and is not."""

    by: str
    at: str
    why: str
    until: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it stands; `label` and `code` are those of its scale.

    `category` is `comm` when a sensor or a device is silent; `steadier` is the off-delay in seconds that would have
    held one that chatters; `outage`: it is out of service.
    """

    id: str
    occurrence: str
    point: str
    name: Name
    scale: str
    scale_name: Name
    code: str
    label: Name
    severity: int
    state: str
    active: bool
    acked: bool
    value: Value | None
    unit: str
    peak: float | None
    raised_at: str | None
    since: str | None
    cleared_at: str | None
    acked_by: str | None
    acked_at: str | None
    note: str
    disposition: str
    cond_unknown: bool
    place: Place | None
    category: Literal["process", "comm"]
    group: str
    first_out: Literal["", "first", "uncertain"]
    chatter: int
    chattering: bool
    steadier: float
    shelf: Aside | None
    oneshot: bool
    suppressed_by: Sequence[str]
    outage: Aside | None


@dataclass(frozen=True, slots=True)
class Status:
    """How the talk with a device stands."""

    state: str
    since: str | None
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class DeviceValue:
    """One value that a device reports."""

    value: Value
    at: str
    quality: QualityWord


Direction = Literal["sent", "received"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Bytes that went over a device's link."""

    at: str
    direction: Direction
    hex: str
    text: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device; `link` hides credentials, `log` is empty for who may not read it."""

    id: str
    name: Name
    driver: str
    link: str
    room: str
    tags: Sequence[str]
    enabled: bool
    status: Status
    values: Mapping[str, DeviceValue]
    verbs: Sequence[str]
    log: Sequence[Exchange]
    counters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    command: str
    result: str
    detail: str
    at: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Garbage that came in at `where`; `count` is how many so far from there."""

    device: str
    where: str
    why: str
    at: str
    count: int


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of one pushed reading; accepted: it is in the journal, once, however often it is sent."""

    point: str
    result: Literal["accepted", "refused"]
    detail: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push, item by item, after everything accepted is committed."""

    accepted: int
    refused: int
    items: Sequence[PushResult]
