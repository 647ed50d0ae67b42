"""What a source of telemetry is: a part that turns a broker or a bus into readings, and says how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from drivers.errors import BadConfig
from drivers.model import Clock, Device, DeviceState, DeviceStatus

M = TypeVar("M", bound=BaseModel)
Publish = Callable[[Sequence[object]], None]
"""The bus: one batch, all of one type."""


class Durable(Protocol):
    """Whoever keeps readings: says when what was published is safe on the disk."""

    def when_durable(self, done: Callable[[], None]) -> None:
        """Call `done` in the loop once everything published so far is committed."""


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


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Everything about a source that is data, with the factory of its running part.

    `make(device, points, *, clock, publish, durable, tap) -> Source` raises BadConfig for what cannot work.
    """

    name: str
    options: type[BaseModel]
    address: type[BaseModel]
    make: Callable[..., Source]


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


def host_and_port(device: Device, default: int) -> tuple[str, int]:
    """Return where a device's link leads, or raise BadConfig."""
    parts = urlsplit(device.link)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if not parts.hostname or port == 0:
        raise BadConfig(
            f"{device.id}: the link {device.link!r} names no host; write it as {parts.scheme}://host:{default}"
        )
    return parts.hostname, port or default
