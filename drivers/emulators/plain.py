"""What plain emulated machines have alike: typed facts as their state, one inbox a client, and news for everybody."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from drivers.codecs.inbox import Decoder, Inbox, drain
from drivers.driver import Driver

M = TypeVar("M")


class Plain(Generic[M]):
    """The parts of a Machine that its family does not bend; `facts` are its state and keep their types."""

    family = ""
    most_clients = 8
    ending = b"\n"
    remote: Driver

    def __init__(self, facts: Mapping[str, object], *, decoder: Callable[[], Decoder[M]], seed: int = 0) -> None:
        self.facts = dict(facts)
        self.chance = random.Random(seed)
        self.expelled: set[int] = set()
        self.idle = 0.0
        self.stranger: Mapping[str, object] = {}
        self.inboxes: dict[int, Inbox[M, M]] = {}
        self._decoder = decoder
        self._outbox: list[tuple[int, bytes]] = []

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing to who connects."""
        self.inboxes[client] = self._fresh()
        return []

    def leave(self, client: int) -> None:
        """Forget a client."""
        self.inboxes.pop(client, None)
        self.expelled.discard(client)

    def hear(self, client: int, data: bytes) -> Sequence[M]:
        """Return the requests that `data` completes; garbage is ignored."""
        inbox = self.inboxes.get(client) or self._fresh()
        return drain(inbox.feed, data)[0]

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return, once, what clients must hear unasked."""
        out, self._outbox = self._outbox, []
        return out

    def listens(self) -> bool:
        """Return whether its port is open: always."""
        return True

    def restarts(self) -> float:
        """Never restart by itself."""
        return 0.0

    def restart(self) -> None:
        """Come up as it was."""

    def state(self) -> dict[str, object]:
        """Return the facts."""
        return dict(self.facts)

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError for a fact that it has not, ValueError for one of another type."""
        for key, value in state.items():
            self.facts[key] = type(self.facts[key])(value)  # type: ignore[call-arg]  # a fact keeps its type

    def spoil(self, frame: bytes) -> bytes:
        """Return it as it is: without a checksum nothing can be wrong with it."""
        return frame

    def tell(self, data: bytes) -> str:
        """Return it as text, or in hexadecimal."""
        text = data.decode("utf-8", "replace").replace("\r", " ").replace("\n", " ").strip()
        return text[:400] if text.isprintable() else data[:64].hex(" ")

    def spread(self, message: bytes, clients: Iterable[int]) -> None:
        """Let these clients hear something."""
        self._outbox += [(client, message) for client in clients]

    def text(self, fact: str) -> str:
        """Return a fact as text."""
        return str(self.facts[fact])

    def number(self, fact: str) -> float:
        """Return a fact as a number."""
        return float(self.text(fact))

    def _fresh(self) -> Inbox[M, M]:
        return Inbox[M, M](self._decoder(), lambda message: [message])
