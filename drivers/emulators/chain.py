"""Several machines on one wire, as panels on a daisy chain: each hears everything and answers what is its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from drivers.emulators.emulator import Machine

Said = tuple[Machine[Any], Any]
"""A request, with the machine that it is for."""


class Chain:
    """A machine made of machines; the first one stands for what all are alike in, and `state` numbers them."""

    def __init__(self, machines: Sequence[Machine[Any]]) -> None:
        self._machines = machines
        first = machines[0]
        self.family, self.remote, self.ending = first.family, first.remote, first.ending
        self.most_clients, self.idle, self.stranger = first.most_clients, first.idle, first.stranger
        self.expelled: set[int] = set()

    def greet(self, client: int) -> Sequence[bytes]:
        """Let every machine know of the client."""
        return self._all(lambda each: each.greet(client))

    def leave(self, client: int) -> None:
        """Let every machine forget the client."""
        for each in self._machines:
            each.leave(client)

    def hear(self, client: int, data: bytes) -> Sequence[Said]:
        """Return the requests that a machine takes as its own."""
        return [(each, request) for each in self._machines for request in each.hear(client, data)]

    def acts(self, request: Said) -> bool:
        """Return whether it wants something changed."""
        return request[0].acts(request[1])

    def answer(self, client: int, request: Said) -> Sequence[bytes]:
        """Let the machine that is meant do it."""
        return request[0].answer(client, request[1])

    def refuse(self, request: Said) -> Sequence[bytes]:
        """Let the machine that is meant say no."""
        return request[0].refuse(request[1])

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return what any of them says unasked."""
        return self._all(lambda each: each.pushes())

    def listens(self) -> bool:
        """Return whether the first one, to which the cable goes, has its port open."""
        return self._machines[0].listens()

    def restarts(self) -> float:
        """Return how long the chain is away."""
        return max(each.restarts() for each in self._machines)

    def restart(self) -> None:
        """Let all come up as after a power cut."""
        for each in self._machines:
            each.restart()

    def state(self) -> dict[str, object]:
        """Return the state of each, by its place from 1."""
        return {str(place): each.state() for place, each in enumerate(self._machines, 1)}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values by place; raise KeyError for a place that is not there."""
        for place, values in state.items():
            if not place.isdigit() or not 1 <= int(place) <= len(self._machines) or not isinstance(values, dict):
                raise KeyError(f"this chain has places 1 to {len(self._machines)}, not {place!r}")
            self._machines[int(place) - 1].load(values)

    def news(self) -> bytes:
        """Return what the last one says."""
        return self._machines[-1].news()

    def unknown(self) -> bytes:
        """Return what only a newer firmware says."""
        return self._machines[0].unknown()

    def spoil(self, frame: bytes) -> bytes:
        """Return the frame with a wrong checksum."""
        return self._machines[0].spoil(frame)

    def meddle(self) -> None:
        """Let somebody change the first one."""
        self._machines[0].meddle()

    def tell(self, data: bytes) -> str:
        """Return the message in words."""
        return self._machines[0].tell(data)

    def _all(self, ask: Callable[[Machine[Any]], Iterable[Any]]) -> list[Any]:
        return [found for each in self._machines for found in ask(each)]
