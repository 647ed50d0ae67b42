"""Blackmagic Videohub matrices: routes in one salvo, locks, and news of every change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.videohub import ACK, DEVICE, END_PRELUDE, LOCKS, NAK, PING, ROUTING, Block, Decoder, fields, pairs
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, PointKind, Value

LOCK_WORDS = {"U": "free", "O": "own", "L": "other"}
PRESENCE = {"true": "yes", "false": "no", "needs_update": "needs_update"}
_ANSWERED = "verdict"
"""The topic of every request: only ACK and NAK answer, blocks are always news."""
_MOST = 288
_ASSUMED = 16
"""Outputs that are shown before the site file says how many there are."""

Count = Annotated[int, Field(ge=1, le=_MOST)]


class Options(Strict):
    """How many inputs and outputs; what the device says about itself wins."""

    inputs: Count | None = None
    """How many inputs; what the device says of itself wins."""
    outputs: Count | None = None
    """How many outputs; what the device says of itself wins."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""


class Videohub:
    """One conversation with one matrix; numbers are 1-based outside and 0-based on the wire."""

    def __init__(self, options: Options) -> None:
        self._inputs = options.inputs or _MOST
        self._outputs = options.outputs or _MOST
        self._inbox = Inbox(Decoder(), self._replies)
        self._identity: dict[str, Value] = {}
        self._locks: dict[int, str] = {}
        self._asked: tuple[int, ...] = ()
        self._greeted = False
        self._news: Mapping[str, Callable[[Block], list[Reply]]] = {
            DEVICE: self._device,
            ROUTING: self._routes,
            LOCKS: self._lock_news,
        }

    def hello(self) -> Sequence[Request]:
        """Ask nothing: the prelude has already told everything."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask for a sign of life, the routes and the locks."""
        return [_request(Block(header)) for header in (PING, ROUTING, LOCKS)]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the one block of a command; raise BadCommand for outputs and inputs that are not there."""
        check(command.verb, command.args)
        if command.verb == "route":
            return [_request(self._route(command.args["routes"]))]
        if command.verb == "lock_output":
            return [_request(self._lock(command.args))]
        raise BadCommand(f"a Videohub has no {command.verb}; it has route and lock_output")

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask nothing: the matrix tells every client what has changed."""
        return []

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies; blocks and lines of newer firmware are left out."""
        return self._inbox.feed(data)

    def _route(self, routes: Arg) -> Block:
        if not isinstance(routes, Mapping) or not routes:
            raise BadCommand("route needs at least one output with its input, as {'1': 4}")
        chosen = [(self._output(output), self._input(source)) for output, source in routes.items()]
        self._asked = tuple(output for output, _ in chosen)
        return Block(ROUTING, tuple(f"{output - 1} {source - 1}" for output, source in chosen))

    def _lock(self, args: Mapping[str, Arg]) -> Block:
        output = self._output(str(args["output"]))
        self._asked = (output,)
        return Block(LOCKS, (f"{output - 1} {'O' if args['on'] else 'U'}",))

    def _output(self, name: str) -> int:
        number = int(name) if name.isascii() and name.isdecimal() else 0
        if not 1 <= number <= self._outputs or str(number) != name:
            raise BadCommand(f"there is no output {name!r}; this matrix has 1 to {self._outputs}")
        return number

    def _input(self, source: Value) -> int:
        if not isinstance(source, int) or isinstance(source, bool) or not 1 <= source <= self._inputs:
            raise BadCommand(f"there is no input {source!r}; this matrix has 1 to {self._inputs}")
        return source

    def _replies(self, block: Block) -> list[Reply]:
        if block.header == ACK:
            return [Reply(None)]
        if block.header == NAK:
            return [Reply(None, refused=Refusal(self._why()))]
        if block.header == END_PRELUDE:
            return self._greeting()
        read = self._news.get(block.header)
        if read is None and not (block.header.isascii() and block.header.isprintable()):
            raise ProtocolError(f"noise where a block begins: {block.header[:20]!r}")
        return [] if read is None else read(block)

    def _why(self) -> str:
        locked = [str(output) for output in self._asked if self._locks.get(output) == "other"]
        if locked:
            return f"the matrix refuses: output {', '.join(locked)} is locked by another controller"
        return "the matrix refuses (NAK); nothing was changed"

    def _greeting(self) -> list[Reply]:
        if self._greeted:
            return []
        self._greeted = True
        return [Reply("greeting", dict(self._identity))]

    def _device(self, block: Block) -> list[Reply]:
        told = fields(block.lines)
        self._inputs = _count(told.get("Video inputs"), self._inputs)
        self._outputs = _count(told.get("Video outputs"), self._outputs)
        if "Model name" in told:
            self._identity["model"] = told["Model name"]
        if "Device present" in told:
            self._identity["present"] = _presence(told["Device present"])
        news = [Reply(DEVICE, dict(self._identity))]
        gone = self._identity.get("present", "yes") != "yes"
        return news + self._greeting() if gone else news

    def _routes(self, block: Block) -> list[Reply]:
        routes: dict[str, Value] = {}
        for output, text in pairs(block):
            (source,) = (number for number, _ in pairs(Block(ROUTING, (text,))))
            if output >= self._outputs or source >= self._inputs:
                raise ProtocolError(f"a route that is not there: output {output + 1} from input {source + 1}")
            routes[f"route.{output + 1}"] = source + 1
        # Firmware before END PRELUDE ends its first dump with the routes.
        return [Reply(ROUTING, routes), *self._greeting()] if routes else []

    def _lock_news(self, block: Block) -> list[Reply]:
        locks = {output + 1: _lock_word(text) for output, text in pairs(block)}
        if max(locks, default=0) > self._outputs:
            raise ProtocolError(f"a lock on output {max(locks)}; this matrix has 1 to {self._outputs}")
        self._locks |= locks
        return [Reply(LOCKS, {f"lock.{output}": word for output, word in locks.items()})] if locks else []


def _request(block: Block) -> Request:
    return Request(block.encode(), _ANSWERED)


def _count(text: str | None, known: int) -> int:
    if text is None:
        return known
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST):
        raise ProtocolError(f"a Videohub with {text[:20]!r} ports; it has 1 to {_MOST}")
    return int(text)


def _presence(text: str) -> str:
    if text not in PRESENCE:
        raise ProtocolError(f"Device present: {text[:20]!r} is not {', '.join(PRESENCE)}")
    return PRESENCE[text]


def _lock_word(text: str) -> str:
    if text not in LOCK_WORDS:
        raise ProtocolError(f"a lock {text[:20]!r} is not {', '.join(LOCK_WORDS)}")
    return LOCK_WORDS[text]


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    count = getattr(options, "outputs", None) or _ASSUMED
    outputs = range(1, count + 1)
    return (
        PointSpec("model", Name("Model", "Model")),
        PointSpec("present", Name("Perangkat hadir", "Device present")),
        *(
            PointSpec(f"route.{n}", Name(f"Sumber keluaran {n}", f"Source of output {n}"), PointKind.NUMBER)
            for n in outputs
        ),
        *(PointSpec(f"lock.{n}", Name(f"Kunci keluaran {n}", f"Lock of output {n}")) for n in outputs),
    )


def _make(options: BaseModel) -> Driver:
    return Videohub(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="videohub",
    maker="Blackmagic Design",
    models=("Smart Videohub", "Micro Videohub", "Universal Videohub", "Videohub 10x10 12G", "Videohub 40x40 12G"),
    port=9990,
    options=Options,
    points=_points,
    verbs=("route", "lock_output"),
    make=_make,
    speaks_first=True,
    poll_every=3.0,
    salvo=True,
    identity=("model",),
    sources={
        "blocks, salvo, locks": "Blackmagic Videohub Ethernet Protocol 2.3, in the Smart and Micro Videohub manuals",
        "END PRELUDE, PING": "bmdwire 1.6.0 videohubwire, captured; companion-module-bmd-videohub",
    },
)
