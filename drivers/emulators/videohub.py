"""An emulated Videohub: prelude, labels, locks per client, atomic salvos, news to everybody."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.videohub import (
    ACK,
    CONFIGURATION,
    DEVICE,
    END_PRELUDE,
    INPUT_LABELS,
    LOCKS,
    NAK,
    OUTPUT_LABELS,
    PING,
    PREAMBLE,
    ROUTING,
    Block,
    Decoder,
    fields,
    pairs,
)  # fmt: skip
from drivers.devices.videohub import Options, Videohub
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.errors import ProtocolError
from drivers.model import Clock

_LONGEST_LABEL = 64
_MOST = 288
_FREE = -1
_FACTS: Mapping[str, object] = {
    "model": "Smart Videohub 16x16", "friendly_name": "Videohub", "unique_id": "7C2E0DA4F1B2", "version": "2.8",
    "present": "true", "take_mode": True, "inputs": 16, "outputs": 16,
}  # fmt: skip
_OLD = ("2.0", "2.1", "2.2", "2.3")
"""Protocol versions before END PRELUDE and CONFIGURATION."""


class Matrix:
    """One matrix; all its numbers are 0-based, as on the wire."""

    family = "videohub"
    most_clients = 64
    idle = 0.0
    ending = b"\n\n"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        del clock  # a matrix does everything at once
        self._chance = random.Random(seed)
        self._facts = dict(_FACTS)
        self._input_labels: list[str] = []
        self._output_labels: list[str] = []
        self._routes: list[int] = []
        self._locks: list[int] = []
        self.expelled: set[int] = set()
        self._inboxes: dict[int, Inbox[Block, Block]] = {}
        self._outbox: list[tuple[int, bytes]] = []
        self._ask: dict[str, Callable[[int], Block]] = {
            PREAMBLE: lambda _: Block(PREAMBLE, (f"Version: {self._facts['version']}",)),
            DEVICE: lambda _: Block(DEVICE, self._device()),
            INPUT_LABELS: lambda _: Block(INPUT_LABELS, _numbered(self._input_labels)),
            OUTPUT_LABELS: lambda _: Block(OUTPUT_LABELS, _numbered(self._output_labels)),
            LOCKS: lambda client: Block(
                LOCKS, _numbered([self._lock_letter(n, client) for n in range(len(self._locks))])
            ),
            ROUTING: lambda _: Block(ROUTING, _numbered(self._routes)),
            CONFIGURATION: lambda _: Block(CONFIGURATION, (f"Take Mode: {str(self._facts['take_mode']).lower()}",)),
        }
        self._set: dict[str, Callable[[int, Block], None]] = {
            INPUT_LABELS: lambda _, block: _relabel(self._input_labels, block),
            OUTPUT_LABELS: lambda _, block: _relabel(self._output_labels, block),
            LOCKS: self._lock,
            ROUTING: self._route,
            DEVICE: self._rename,
            CONFIGURATION: self._configure,
        }
        self.load(options)
        self.remote: Driver = Videohub(Options())
        self.stranger: Mapping[str, object] = {"model": "Videohub 40x40 12G", "unique_id": "7C2E0D999999"}

    def greet(self, client: int) -> Sequence[bytes]:
        """Return the prelude: the whole state, or only who it is while its device is away."""
        self._inboxes[client] = Inbox[Block, Block](Decoder(), lambda block: [block])
        return [block.encode() for block in self._whole(client)]

    def leave(self, client: int) -> None:
        """Forget the client; what it has locked stays locked."""
        self._inboxes.pop(client, None)

    def hear(self, client: int, data: bytes) -> Sequence[Block]:
        """Return the blocks that `data` completes."""
        inbox = self._inboxes.get(client) or Inbox[Block, Block](Decoder(), lambda block: [block])
        return drain(inbox.feed, data)[0]

    def acts(self, request: Block) -> bool:
        """Return whether the block sets anything."""
        return bool(request.lines)

    def answer(self, client: int, request: Block) -> Sequence[bytes]:
        """Answer a ping or a question, or set all lines of the block or none, and tell everybody."""
        if request.header == PING:
            return [Block(ACK).encode()]
        if not request.lines:
            ask = self._ask.get(request.header)
            return [Block(NAK).encode()] if ask is None else [Block(ACK).encode(), ask(client).encode()]
        change = self._set.get(request.header)
        if change is None or self._facts["present"] != "true":
            return [Block(NAK).encode()]
        try:
            change(client, request)
        except (ProtocolError, PermissionError, LookupError, ValueError):
            return [Block(NAK).encode()]
        self._announce(request)
        return [Block(ACK).encode()]

    def refuse(self, _request: Block) -> Sequence[bytes]:
        """Return a NAK."""
        return [Block(NAK).encode()]

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return, once, the news for each client."""
        waiting, self._outbox = self._outbox, []
        return waiting

    def listens(self) -> bool:
        """Always."""
        return True

    def restarts(self) -> float:
        """Never by itself."""
        return 0.0

    def restart(self) -> None:
        """Come up straight through and unlocked."""
        self._routes = [n % self._count("inputs") for n in range(self._count("outputs"))]
        self._locks = [_FREE] * self._count("outputs")

    def state(self) -> dict[str, object]:
        """Return facts, labels, routes by output, and which client holds each lock (-1: none)."""
        return self._facts | {
            "input_labels": list(self._input_labels),
            "output_labels": list(self._output_labels),
            "routing": list(self._routes),
            "locks": list(self._locks),
        }

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError, TypeError, ValueError. When it is present again, everybody hears it all."""
        lists = {"input_labels", "output_labels", "routing", "locks"}
        unknown = set(state) - set(self._facts) - lists
        if unknown:
            raise KeyError(f"a Videohub has no {', '.join(sorted(unknown))}")
        was = self._facts["present"]
        self._facts |= {key: _same_kind(self._facts[key], value) for key, value in state.items() if key in self._facts}
        self._input_labels = _sized(state.get("input_labels", self._input_labels), self._count("inputs"), "Input {}")
        self._output_labels = _sized(
            state.get("output_labels", self._output_labels), self._count("outputs"), "Output {}"
        )
        self._routes = [int(n) % self._count("inputs") for n in self._grown(state.get("routing", self._routes), None)]
        self._locks = [int(n) for n in self._grown(state.get("locks", self._locks), _FREE)]
        if self._facts["present"] != was:
            self._outbox += [(client, block.encode()) for client in self._inboxes for block in self._whole(client)[1:]]

    def news(self) -> bytes:
        """Return where the first output's picture comes from."""
        return Block(ROUTING, (f"0 {self._routes[0]}",)).encode()

    def unknown(self) -> bytes:
        """Return a block, and a line in a known block, of a newer firmware."""
        return Block("TAKE SCHEDULE", ("0 every 5 s",)).encode() + Block(DEVICE, (*self._device(), "Mood")).encode()

    def spoil(self, frame: bytes) -> bytes:
        """Return it as it is: text has no checksum."""
        return frame

    def meddle(self) -> None:
        """Let somebody else switch an output."""
        output = self._chance.randrange(len(self._routes))
        block = Block(ROUTING, (f"{output} {self._chance.randrange(self._count('inputs'))}",))
        self._route(REMOTE, block, by_force=True)
        self._announce(block)

    def tell(self, data: bytes) -> str:
        """Return the text on one line."""
        return data.decode("utf-8", "replace").strip().replace("\n", " | ")[:400]

    def _count(self, what: str) -> int:
        return int(str(self._facts[what]))

    def _whole(self, client: int) -> list[Block]:
        here = (DEVICE, INPUT_LABELS, OUTPUT_LABELS, LOCKS, ROUTING) if self._facts["present"] == "true" else (DEVICE,)
        new = self._facts["version"] not in _OLD
        told = [self._ask[header](client) for header in (PREAMBLE, *here, *((CONFIGURATION,) if new else ()))]
        return [*told, Block(END_PRELUDE)] if new else told

    def _device(self) -> tuple[str, ...]:
        facts = self._facts
        head = (f"Device present: {facts['present']}", f"Model name: {facts['model']}")
        return (
            *head, f"Friendly name: {facts['friendly_name']}", f"Unique ID: {facts['unique_id']}",
            f"Video inputs: {facts['inputs']}", "Video processing units: 0", f"Video outputs: {facts['outputs']}",
            "Video monitoring outputs: 0", "Serial ports: 0",
        )  # fmt: skip

    def _announce(self, request: Block) -> None:
        """Tell every client what has changed, each in its own words when locks are concerned."""
        for client in self._inboxes:
            whole = self._ask[request.header](client)
            changed = {line.partition(" ")[0] for line in request.lines}
            by_number = request.header in (INPUT_LABELS, OUTPUT_LABELS, LOCKS, ROUTING)
            lines = (
                tuple(line for line in whole.lines if line.partition(" ")[0] in changed) if by_number else whole.lines
            )
            self._outbox.append((client, Block(request.header, lines).encode()))

    def _route(self, client: int, block: Block, *, by_force: bool = False) -> None:
        routes = [(output, int(text)) for output, text in pairs(block)]
        for output, source in routes:
            if not (output < len(self._routes) and 0 <= source < self._count("inputs")):
                raise LookupError(output)
            if self._locks[output] not in (_FREE, client) and not by_force:
                raise PermissionError(output)
        for output, source in routes:
            self._routes[output] = source

    def _lock(self, client: int, block: Block) -> None:
        wishes = pairs(block)
        for output, letter in wishes:
            if letter not in "OUF" or len(letter) != 1:
                raise ValueError(letter)
            if self._locks[output] not in (_FREE, client) and letter != "F":
                raise PermissionError(output)
        for output, letter in wishes:
            self._locks[output] = client if letter == "O" else _FREE

    def _lock_letter(self, output: int, client: int) -> str:
        holder = self._locks[output]
        return "U" if holder == _FREE else "O" if holder == client else "L"

    def _rename(self, _client: int, block: Block) -> None:
        told = fields(block.lines)
        if set(told) != {"Friendly name"}:
            raise ValueError(block.lines)
        self._facts["friendly_name"] = told["Friendly name"]

    def _configure(self, _client: int, block: Block) -> None:
        told = fields(block.lines)
        self._facts["take_mode"] = {"true": True, "false": False}[told["Take Mode"]]

    def _grown(self, values: object, filler: int | None) -> list[int]:
        if not isinstance(values, list | tuple):
            raise TypeError(f"a list with one number for each output, not {values!r}")
        count = self._count("outputs")
        return [*values, *(n if filler is None else filler for n in range(len(values), count))][:count]


def _same_kind(old: object, new: object) -> object:
    if isinstance(old, bool):
        return bool(new)
    if isinstance(old, int) and not (isinstance(new, int | float) and 1 <= new <= _MOST):
        raise ValueError(f"1 to {_MOST} ports, not {new!r}")
    return int(new) if isinstance(old, int) and isinstance(new, int | float) else str(new)


def _sized(labels: object, count: int, name: str) -> list[str]:
    if not isinstance(labels, list | tuple):
        raise TypeError(f"a list of labels, not {labels!r}")
    return [*map(str, labels), *(name.format(n + 1) for n in range(len(labels), count))][:count]


def _numbered(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(f"{number} {value}" for number, value in enumerate(values))


def _relabel(labels: list[str], block: Block) -> None:
    wishes = pairs(block)
    if any(number >= len(labels) or len(text) > _LONGEST_LABEL for number, text in wishes):
        raise ValueError(block.lines)
    for number, text in wishes:
        labels[number] = text
