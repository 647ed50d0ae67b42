"""A machine that hears datagrams: the faults of its wire, and a log, written once for every family."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from drivers.errors import BadCommand
from drivers.model import Arg, Clock

FAULTS = ("no_answer", "loses", "garbage_before")
"""It says nothing; it does not hear every `nth` datagram; it sends noise before its answer."""
_LOGGED = 500


class Hearer(Protocol):
    """A device without a wire: datagrams in, answers out."""

    family: str
    facts: dict[str, object]

    def hear(self, data: bytes) -> Sequence[bytes]:
        """Do what a datagram says and return the answers; what is none of its own is passed over."""


class UdpDevice:
    """One emulated device on a UDP port."""

    def __init__(self, name: str, machine: Hearer, *, clock: Clock, seed: int = 0) -> None:
        self.name = name
        self.machine = machine
        self.log: deque[Mapping[str, object]] = deque(maxlen=_LOGGED)
        self.stirred = asyncio.Event()
        """Set whenever something has been heard; whoever waits for it clears it."""
        self._clock = clock
        self._noise = random.Random(seed)
        self._faults: dict[str, int] = {}
        self._heard = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._port = 0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen on `port` (0: the one of before, or any free one) and return it; raise OSError when it is taken."""
        loop = asyncio.get_running_loop()
        where = (host, port or self._port)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Ears(self), local_addr=where)
        self._port = int(self._transport.get_extra_info("sockname")[1])
        return self._port

    async def stop(self) -> None:
        """Stop listening."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
            await asyncio.sleep(0)  # the loop closes the socket in its next round

    def state(self) -> dict[str, object]:
        """Return the machine's facts, how much it has heard, and its faults."""
        return {**self.machine.facts, "heard": self._heard, "faults": dict(self._faults)}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over facts; raise KeyError for one that it has not, ValueError for one of another type."""
        facts = self.machine.facts
        for key, value in state.items():
            if key not in ("heard", "faults"):
                facts[key] = type(facts[key])(value)  # type: ignore[call-arg]  # a fact keeps its type

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """It has no buttons."""
        raise BadCommand(f"{self.name} has no button for {verb} {dict(args)}")

    def inject(self, fault: str, **params: object) -> None:
        """Misbehave at every `nth` datagram (1: all of them); raise KeyError for a fault that it does not know."""
        if fault not in FAULTS:
            raise KeyError(f"{self.name} has no fault {fault!r}; it has {', '.join(FAULTS)}")
        nth = params.pop("nth", 1)
        if params or isinstance(nth, bool) or not isinstance(nth, int | float) or nth < 1:
            raise ValueError(f"{fault} has nothing but nth, a number from 1")
        self._faults[fault] = int(nth)

    def clear(self) -> None:
        """Behave again."""
        self._faults.clear()

    def take(self, data: bytes, sender: tuple[str, int]) -> None:
        """Hear a datagram and answer it, unless a fault says otherwise."""
        self._heard += 1
        self._note("heard", data)
        answers = [] if self._strikes("loses") else self.machine.hear(data)
        for answer in [] if self._strikes("no_answer") else answers:
            if self._strikes("garbage_before"):
                self._say(self._noise.randbytes(7), sender)
            self._say(answer, sender)
        self.stirred.set()

    def _say(self, data: bytes, sender: tuple[str, int]) -> None:
        self._note("said", data)
        if self._transport is not None:
            self._transport.sendto(data, sender)

    def _strikes(self, fault: str) -> bool:
        return fault in self._faults and self._heard % self._faults[fault] == 0

    def _note(self, direction: str, data: bytes) -> None:
        self.log.append({"at": self._clock.now(), "direction": direction, "hex": data[:64].hex(" ")})


class _Ears(asyncio.DatagramProtocol):
    def __init__(self, device: UdpDevice) -> None:
        self._device = device

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hand a datagram on."""
        self._device.take(data, addr)
