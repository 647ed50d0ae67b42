"""What a source of telemetry is: a part that turns a broker or a bus into readings, and says how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from drivers.errors import BadConfig
from drivers.model import Clock, Command, Device, DeviceState, DeviceStatus, Outcome, Point, Reading

M = TypeVar("M", bound=BaseModel)
Publish = Callable[[Sequence[object]], None]
"""The bus: one batch, all of one type."""


SITE_FILE = "a file of the site"
"""Marks an option that is a path: `check` and `serve` take it from the site's folder, unless it is absolute."""


class BadPoint(BadConfig):
    """A point's address cannot work with the options of its source; `key` is the one to blame."""

    def __init__(self, point: str, key: str, text: str) -> None:
        super().__init__(f"{point}: address: {key}: {text}" if key else f"{point}: address: {text}")
        self.point, self.key, self.text = point, key, text


class Durable(Protocol):
    """Whoever keeps readings: says when what was published is safe on the disk, and what a point said last."""

    def when_durable(self, done: Callable[[], None]) -> None:
        """Call `done` in the loop once everything published so far is committed."""

    def last(self, point: str) -> Reading | None:
        """Return the newest reading of a point, if it ever spoke."""


class Log(Protocol):
    """The technician's hex log."""

    def seen(self, device: str, direction: str, data: bytes) -> None:
        """Note bytes that were `sent` or `received`."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that came and could not be used: from where, why (a word, then the detail), its first bytes, UTC ns."""

    device: str
    where: str
    why: str
    sample: bytes
    at: int


class Source(Protocol):
    """One broker or bus; made once, run again and again."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Return what came, was taken and was rejected so far, by name."""

    async def run(self) -> None:
        """Work until it fails; raise DriverError."""


@runtime_checkable
class Commandable(Protocol):
    """A source that can be asked to do something; it answers as a session does."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """Return what it can be asked."""

    async def ask(self, command: Command) -> Outcome:
        """Send the command and return what became of it; trouble with the device is an outcome, not an error."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Everything about a source that is data, with the factory of its running part.

    `make(device, points, *, clock, publish, durable, tap) -> Source` raises BadConfig for what cannot work.
    """

    name: str
    options: type[BaseModel]
    address: type[BaseModel]
    make: Callable[..., Source]
    check: Callable[[Device, Sequence[Point]], None] = lambda _device, _points: None
    """Raises BadPoint or BadConfig for points that each are sound and together are not."""
    verbs: tuple[str, ...] = ()
    """What its devices can be asked; then what `make` returns is Commandable."""
    doubt: Callable[[Device, Sequence[Point]], str] = lambda _device, _points: ""
    """Says why points that are sound will not work well together; empty: nothing stands against them."""


class Standing:
    """How the talk with one device stands; tells the bus about changes only."""

    def __init__(self, device: Device, clock: Clock, publish: Publish) -> None:
        self._device, self._clock, self._publish = device, clock, publish
        self.status = DeviceStatus(device.id, DeviceState.DISABLED, clock.now())

    def show(self, state: DeviceState, reason: str = "", hint: str = "") -> None:
        """Publish the state, if it or its reason is new."""
        if (state, reason) == (self.status.state, self.status.reason):
            return
        self.status = DeviceStatus(self._device.id, state, self._clock.now(), reason, hint)
        self._publish([self.status])

    def dialling(self) -> None:
        """Show that we dial, unless a failure is on show: that stays until it is over."""
        if self.status.state in (DeviceState.DISABLED, DeviceState.UP, DeviceState.DEGRADED):
            self.show(DeviceState.DIALLING)


def options_of(device: Device, model: type[M]) -> M:
    """Return a device's options as `model`; raise BadConfig for what it does not allow."""
    try:
        return model.model_validate(dict(device.options))
    except ValidationError as error:
        detail = error.errors()[0]
        raise BadConfig(f"{device.id}: options: {'.'.join(map(str, detail['loc']))}: {detail['msg']}") from None


def files_of(model: type[BaseModel], given: Mapping[str, object], folder: Path) -> dict[str, str]:
    """Return the files that are given among a model's keys, relative ones taken from a site's folder."""
    files = [name for name, field in model.model_fields.items() if SITE_FILE in field.metadata]
    return {name: str(folder / str(given[name])) for name in files if given.get(name)}


def address_in(point: Point, model: type[M]) -> M:
    """Return a point's address as `model`; raise BadPoint for what it does not allow."""
    try:
        return model.model_validate(dict(point.address))
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(map(str, detail["loc"]))
        raise BadPoint(point.id, where, detail["msg"].removeprefix("Value error, ")) from None


def in_folder(device: Device, options: type[BaseModel], folder: Path) -> Device:
    """Return the device with its relative file options taken from a site's folder."""
    given = files_of(options, device.options, folder)
    return replace(device, options={**device.options, **given}) if given else device


def host_and_port(device: Device, default: int) -> tuple[str, int]:
    """Return where a device's link leads, or raise BadConfig."""
    return address_of(device.link, device.id, default=default)


def address_of(link: str, name: str, *, default: int) -> tuple[str, int]:
    """Return the host and port in the link of something called `name`, or raise BadConfig."""
    parts = urlsplit(link)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if not parts.hostname or port == 0:
        raise BadConfig(f"{name}: the link {link!r} names no host; write it as {parts.scheme}://host:{default}")
    return parts.hostname, port or default
