"""What an emulator is, and what a family writes to get one: a machine without a wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from drivers.driver import Driver
from drivers.model import Arg

R = TypeVar("R")

REMOTE = 0
"""The client that stands for the buttons of the device itself."""


class Emulator(Protocol):
    """A device that is not there: it listens, behaves as the maker says, and misbehaves when told to."""

    name: str

    @property
    def log(self) -> Iterable[object]:
        """The last exchanges, oldest first, ready for JSON."""

    async def start(self, host: str, port: int) -> int:
        """Listen on `port` (0: any free one) and return it."""

    async def stop(self) -> None:
        """Drop everybody and stop listening."""

    def state(self) -> Mapping[str, object]:
        """Return the whole state, ready for JSON."""

    def load(self, state: Mapping[str, object]) -> None:
        """Take over the values in `state` and keep the others; raise KeyError or ValueError for what is no state."""

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """Do what somebody does at the device itself; raise DriverError or KeyError when it has no such button."""

    def inject(self, fault: str, **params: object) -> None:
        """Misbehave from now on; raise KeyError for a fault that this device does not know."""

    def clear(self) -> None:
        """Behave again."""


class Machine(Protocol[R]):
    """A device without a wire and without waiting: requests in, answers out; clients are numbers."""

    family: str
    remote: Driver
    """What the buttons speak; it sends as client REMOTE."""
    most_clients: int
    idle: float
    """Seconds after which a silent client is dropped; 0: never."""
    ending: bytes
    """What ends a garbled message."""
    stranger: Mapping[str, object]
    """State that makes it another specimen of its kind."""
    expelled: set[int]
    """Clients on whom the device hangs up."""

    def greet(self, client: int) -> Sequence[bytes]:
        """Return what the device says to a client that connects."""

    def leave(self, client: int) -> None:
        """Forget a client."""

    def hear(self, client: int, data: bytes) -> Sequence[R]:
        """Return the requests that `data` completes; garbage is ignored, as the device ignores it."""

    def acts(self, request: R) -> bool:
        """Return whether the request wants something changed."""

    def answer(self, client: int, request: R) -> Sequence[bytes]:
        """Do what the request says and return the answer."""

    def refuse(self, request: R, /) -> Sequence[bytes]:
        """Return the answer "not now", and do nothing."""

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return, once, what clients must be told without having asked."""

    def listens(self) -> bool:
        """Return whether its port is open at all."""

    def restarts(self) -> float:
        """Return, once, for how many seconds a restart that was asked for keeps it away."""

    def restart(self) -> None:
        """Come up as after a power cut."""

    def state(self) -> dict[str, object]:
        """Return the whole state, ready for JSON."""

    def load(self, state: Mapping[str, object]) -> None:
        """Take over the values in `state`."""

    def news(self) -> bytes:
        """Return something true that nobody has asked for."""

    def unknown(self) -> bytes:
        """Return what only a newer firmware says."""

    def spoil(self, frame: bytes) -> bytes:
        """Return the frame with a checksum that is wrong."""

    def meddle(self) -> None:
        """Let another controller change something."""

    def tell(self, data: bytes) -> str:
        """Return the message in words, for the log."""
