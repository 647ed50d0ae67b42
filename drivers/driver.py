"""What a driver is: a pure object that turns commands into bytes and bytes into replies, without socket or clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from drivers.model import NOTHING, Command, Name, PointKind, Value


@dataclass(frozen=True, slots=True)
class Request:
    """Bytes to send; a reply on `topic` answers within `patience` seconds, then the link rests `settle` seconds."""

    payload: bytes
    topic: str
    patience: float = 2.0
    settle: float = 0.0
    silent: bool = False
    """No answer will ever come (a broadcast): it stays unconfirmed until it is read back."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The device's own no: `busy` means "not now", which is a state and no fault."""

    text: str
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What the device said; `topic` None is a bare ACK or NAK, which answers whatever is in flight."""

    topic: str | None
    values: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    refused: Refusal | None = None
    denied: str = ""
    """The device refuses the login: the session stops and says so, it does not try again."""
    back: bytes = b""
    """What the device must hear at once, whoever has the wire: a refused telnet option, the answer to a prompt."""


@dataclass(frozen=True, slots=True)
class PointSpec:
    """One value that a device reports, by the name it has in `Reply.values`."""

    name: str
    title: Name
    kind: PointKind = PointKind.TEXT
    unit: str = ""


class Driver(Protocol):
    """One conversation with one device: made anew for every connection."""

    def hello(self) -> Sequence[Request]:
        """Return what identifies the device, to be sent before any command."""

    def poll(self) -> Sequence[Request]:
        """Return the questions whose answers are the device's whole state."""

    def request(self, command: Command) -> Sequence[Request]:
        """Return the bytes of a command, in order; raise BadCommand when this device cannot do it."""

    def verify(self, command: Command) -> Sequence[Request]:
        """Return the questions whose answers prove that the command has taken (none: the device says so by itself)."""

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; raise ProtocolError for what the protocol does not allow."""


@runtime_checkable
class Attentive(Protocol):
    """A driver that must know what leaves: its device does not say what it answers, or wants all numbered in order."""

    def leaving(self, request: Request) -> bytes:
        """Note that `request` leaves now, and return its bytes; nothing else is in flight."""


@runtime_checkable
class EndsByHangUp(Protocol):
    """A driver to whom it means something that the device hung up after an exchange, as to HTTP."""

    def hung_up(self) -> Sequence[Reply]:
        """Forget what was half said; return the replies that only the hang-up completes."""


@dataclass(frozen=True, slots=True)
class DriverSpec:
    """Everything about a driver that is data (seconds, ports, points, verbs), with the factory of its conversations."""

    name: str
    maker: str
    models: tuple[str, ...]
    port: int
    options: type[BaseModel]
    points: Callable[[BaseModel], tuple[PointSpec, ...]]
    verbs: tuple[str, ...]
    make: Callable[[BaseModel], Driver]
    speaks_first: bool = False
    """The device greets on connect; the session waits for a reply on topic `greeting` before it says hello."""
    poll_every: float = 5.0
    gap: float = 0.0
    """Least pause between an answer and the next request."""
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What the query of its link says unless the site file says otherwise, by scheme: `{"serial": {"baud": "115200"}}`.

    A device that hangs up after every answer, or has one place for all: `{"tcp": {"mode": "exchange"}}`.
    """
    hints: int = 0
    """The UDP port of ours on which the device tells that something has changed; then its state is read at once."""
    salvo: bool = False
    """Several routes in one command are switched together."""
    identity: tuple[str, ...] = ()
    """Values which, when the device's options give an `expect_<name>`, must be equal before anything is commanded."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where the facts come from: manual and page, standard and clause."""
