"""What every emulated device that speaks text has in common: ears for each client, news for all, a state in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from drivers.codecs.inbox import Decoder, Inbox, drain
from drivers.driver import Driver

R = TypeVar("R")
_TOLD = 400


@dataclass(slots=True)
class Crowd:
    """Who is connected, and what they are still to be told without having asked."""

    clients: set[int] = field(default_factory=set)
    outbox: list[tuple[int, bytes]] = field(default_factory=list)

    def tell(self, message: bytes, *, but: int | None = None) -> None:
        """Tell everybody, except the one who has its answer already."""
        self.outbox += [(client, message) for client in sorted(self.clients) if client != but]


class Speaker(Protocol[R]):
    """What a family writes to become a machine: its words and its behaviour; `facts` is its whole state."""

    family: str
    ending: bytes
    most_clients: int
    idle: float
    remote: Driver
    stranger: Mapping[str, object]
    facts: dict[str, object]
    crowd: Crowd

    def ears(self, client: int) -> Decoder[R]:
        """Return what turns one client's bytes into requests."""

    def greet(self, client: int) -> Sequence[bytes]:
        """Return what the device says to a client that connects."""

    def forget(self, client: int) -> None:
        """Let a client's login and modes go."""

    def acts(self, request: R) -> bool:
        """Return whether the request wants something changed."""

    def answer(self, client: int, request: R) -> Sequence[bytes]:
        """Do what the request says and return the answer."""

    def refuse(self, request: R, /) -> Sequence[bytes]:
        """Return the answer "not now", and do nothing."""

    def restart(self) -> None:
        """Come up as after a power cut."""

    def fit(self) -> None:
        """Make the facts fit each other after some were loaded; raise ValueError, TypeError when they cannot."""

    def news(self) -> bytes:
        """Return something true that nobody has asked for."""

    def unknown(self) -> bytes:
        """Return what only a newer firmware says."""

    def meddle(self) -> None:
        """Let another controller change something, and tell the crowd what the device would."""


class TextMachine(Generic[R]):
    """A `Machine` around a speaker."""

    def __init__(
        self, speaker: Speaker[R], options: Mapping[str, object], *, spoil: Callable[[bytes], bytes] | None = None
    ) -> None:
        self.speaker = speaker
        self._spoil = spoil
        self.family = speaker.family
        self.remote = speaker.remote
        self.most_clients = speaker.most_clients
        self.idle = speaker.idle
        self.ending = speaker.ending
        self.stranger = speaker.stranger
        self.expelled: set[int] = set()
        self._inboxes: dict[int, Inbox[R, R]] = {}
        self.load(options)

    def greet(self, client: int) -> Sequence[bytes]:
        """Welcome a client."""
        self._inboxes[client] = self._inbox(client)
        self.speaker.crowd.clients.add(client)
        return self.speaker.greet(client)

    def leave(self, client: int) -> None:
        """Forget a client."""
        self._inboxes.pop(client, None)
        self.speaker.crowd.clients.discard(client)
        self.speaker.forget(client)
        self.expelled.discard(client)

    def hear(self, client: int, data: bytes) -> Sequence[R]:
        """Return the requests that `data` completes; garbage is passed over."""
        inbox = self._inboxes.get(client) or self._inbox(client)
        return drain(inbox.feed, data)[0]

    def acts(self, request: R) -> bool:
        """Return whether the request wants something changed."""
        return self.speaker.acts(request)

    def answer(self, client: int, request: R) -> Sequence[bytes]:
        """Do it and answer."""
        return self.speaker.answer(client, request)

    def refuse(self, request: R) -> Sequence[bytes]:
        """Say not now."""
        return self.speaker.refuse(request)

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return, once, the news for each client."""
        crowd = self.speaker.crowd
        waiting, crowd.outbox = crowd.outbox, []
        return waiting

    def listens(self) -> bool:
        """Always."""
        return True

    def restarts(self) -> float:
        """Never by itself."""
        return 0.0

    def restart(self) -> None:
        """Come up as after a power cut."""
        self.speaker.restart()

    def state(self) -> dict[str, object]:
        """Return a copy of the facts."""
        return {name: _copy(value) for name, value in self.speaker.facts.items()}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values, each of the kind that it has; raise KeyError, TypeError or ValueError for others."""
        facts = self.speaker.facts
        unknown = set(state) - set(facts)
        if unknown:
            raise KeyError(f"{self.family} has no {', '.join(sorted(unknown))}; it has {', '.join(facts)}")
        facts.update({name: _same_kind(name, facts[name], value) for name, value in state.items()})
        self.speaker.fit()

    def news(self) -> bytes:
        """Return something true."""
        return self.speaker.news()

    def unknown(self) -> bytes:
        """Return what only a newer firmware says."""
        return self.speaker.unknown()

    def spoil(self, frame: bytes) -> bytes:
        """Return it with a wrong checksum; as it is when it has none."""
        return self._spoil(frame) if self._spoil else frame

    def meddle(self) -> None:
        """Let somebody else change something."""
        self.speaker.meddle()

    def tell(self, data: bytes) -> str:
        """Return the text on one line."""
        return data.decode("utf-8", "replace").strip().replace("\r\n", " | ").replace("\n", " | ")[:_TOLD]

    def _inbox(self, client: int) -> Inbox[R, R]:
        return Inbox(self.speaker.ears(client), lambda request: [request])


def _copy(value: object) -> object:
    if isinstance(value, list):
        return [_copy(each) for each in value]
    return {key: _copy(each) for key, each in value.items()} if isinstance(value, dict) else value


def _same_kind(name: str, old: object, new: object) -> object:
    if isinstance(old, list) and isinstance(new, list | tuple):
        return [_copy(each) for each in new]
    if isinstance(old, dict) and isinstance(new, Mapping):
        return _copy(dict(new))
    plain: Mapping[type, Callable[[object], bool]] = {
        str: lambda value: isinstance(value, str | int | float),
        int: lambda value: isinstance(value, int) and not isinstance(value, bool),
        float: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        bool: lambda value: isinstance(value, bool),
    }
    kind = type(old)
    if kind not in plain or not plain[kind](new):
        raise TypeError(f"{name} is {kind.__name__}, not {new!r}")
    return kind(new)  # type: ignore[call-arg]  # one of the four kinds above


def sized(facts: dict[str, object], name: str, count: int, filler: Callable[[int], object]) -> list[object]:
    """Return the list of that name, made `count` long with fillers by their index; raise TypeError when it is none."""
    values = facts[name]
    if not isinstance(values, list):
        raise TypeError(f"{name} is a list, not {values!r}")
    return [*values, *(filler(index) for index in range(len(values), count))][:count]


def number(facts: Mapping[str, object], name: str, *, most: int) -> int:
    """Return a count of 1 to `most` among the facts; raise ValueError for another."""
    value = int(str(facts[name]))
    if not 1 <= value <= most:
        raise ValueError(f"{name} is 1 to {most}, not {value}")
    return value
