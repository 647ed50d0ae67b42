"""Lightware matrices over LW3: routes in one salvo, output locks, presets, and news of every change."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.lightware_lw3 import BUSY, ERRORS, Block, Decoder, Line, read
from drivers.device_config import Strict
from drivers.devices.crosspoints import NOTHING, Crosspoints, route_points
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, Value

_MOST = 288
_TREES: Mapping[str, str] = {"/MEDIA/VIDEO/XP": "/PRESETS/AVC:load({})", "/MEDIA/XP/VIDEO": "/MEDIA/PRESET/{}:load()"}
"""Where a model keeps its crosspoint, and how it loads a preset."""
_IDENTITY = {"/.ProductName": "model", "/.SerialNumber": "serial"}
_LIST = ".DestinationConnectionList"
_PRESET = re.compile(r"[A-Za-z0-9_-]{1,16}")
_SOURCE = re.compile(r"I(\d{1,3})|0")

Count = Annotated[int, Field(ge=1, le=_MOST)]


class Options(Strict):
    """The matrix's size."""

    inputs: Count | None = None
    """How many inputs."""
    outputs: Count | None = None
    """How many outputs; what the device says of itself wins."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""


class Matrix:
    """One conversation with one matrix; every command is signed, and its signature is its topic."""

    def __init__(self, options: Options) -> None:
        self._size = Crosspoints("this matrix", options.inputs or _MOST, options.outputs or _MOST)
        self._tree = next(iter(_TREES))
        self._signed = 0
        self._inbox = Inbox(Decoder(), self._replies)
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], str]] = {
            "route": self._route,
            "lock_output": self._lock,
            "preset": self._load,
        }

    def hello(self) -> Sequence[Request]:
        """Ask who it is and where it keeps its crosspoint, and subscribe to that."""
        asked = [f"GET {path}" for path in _IDENTITY]
        trees = [text for tree in _TREES for text in (f"GET {tree}{_LIST}", f"OPEN {tree}")]
        return [self._sign(text) for text in (*asked, *trees)]

    def poll(self) -> Sequence[Request]:
        """Ask for all routes."""
        return [self._sign(f"GET {self._tree}{_LIST}")]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the one line of a command; raise BadCommand for what this matrix has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Lightware matrix has no {command.verb}; it has {', '.join(self._commands)}")
        return [self._sign(f"CALL {encode(command.args)}")]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask for all routes."""
        return self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; nodes that we know nothing of are left out."""
        return self._inbox.feed(data)

    def _sign(self, text: str) -> Request:
        self._signed = self._signed % 0xFFFF + 1
        return Request(f"{self._signed:04X}#{text}\r\n".encode(), f"{self._signed:04X}")

    def _route(self, args: Mapping[str, Arg]) -> str:
        routes = self._size.routes(args["routes"])
        pairs = (f"{'0' if source == NOTHING else f'I{source}'}:O{output}" for output, source in routes)
        return f"{self._tree}:switch({';'.join(pairs)})"

    def _lock(self, args: Mapping[str, Arg]) -> str:
        return f"{self._tree}:{'lock' if args['on'] else 'unlock'}Destination(O{self._size.output(args['output'])})"

    def _load(self, args: Mapping[str, Arg]) -> str:
        preset = str(args["preset"])
        if _PRESET.fullmatch(preset) is None:
            raise BadCommand(f"a preset is a number or a name of 16 letters, digits, - and _ at most, not {preset!r}")
        return _TREES[self._tree].format(preset)

    def _replies(self, block: Block) -> list[Reply]:
        lines = [read(line) for line in block.lines]
        values: dict[str, Value] = {}
        for line in lines:
            values |= self._told(line)
        wrong = next((line.error for line in lines if line.error), "")
        if not block.signature:
            return [Reply("news", values)] if values else []
        return [Reply(block.signature, values, refused=_refusal(wrong) if wrong else None)]

    def _told(self, line: Line) -> Mapping[str, Value]:
        if line.path in _IDENTITY and not line.error:
            return {_IDENTITY[line.path]: line.value}
        tree = line.path.removesuffix(_LIST)
        if tree not in _TREES or tree == line.path or line.error:
            return {}
        self._tree = tree
        return self._routes(line.value)

    def _routes(self, text: str) -> Mapping[str, Value]:
        cells = [_SOURCE.fullmatch(cell.strip()) for cell in text.removesuffix(";").split(";")]
        if not all(cells) or len(cells) > _MOST:
            raise ProtocolError(f"no list of sources: {text[:40]!r}")
        self._size.outputs = len(cells)
        values: dict[str, Value] = {}
        for output, cell in enumerate(cells, 1):
            values |= self._size.told(output, int(cell[1] or NOTHING) if cell else NOTHING)
        return values


def _refusal(code: str) -> Refusal:
    return Refusal(f"the matrix refuses: {ERRORS.get(code, 'for a reason of its model')} (%{code})", busy=code in BUSY)


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    return (
        PointSpec("model", Name("Model", "Model")),
        PointSpec("serial", Name("Nomor seri", "Serial number")),
        *route_points(getattr(options, "outputs", None)),
    )


def _make(options: BaseModel) -> Driver:
    return Matrix(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="lightware_lw3",
    maker="Lightware",
    models=("MMX6x2-HT", "MMX8x8-HDMI", "MX2-8x8-HDMI20", "MX2-16x16-HDMI20", "UCX-4x2-HC", "UMX-TPS-TX100"),
    port=6107,
    options=Options,
    points=_points,
    verbs=("route", "lock_output", "preset"),
    make=_make,
    poll_every=5.0,
    salvo=True,
    identity=("model", "serial"),
    sources={
        "tree, prefixes, errors, escapes, signatures": "Lightware MMX6x2-HT manual, 7.2; UMX-TPS-TX100 manual, p. 71",
        "several routes in one call": "Lightware HDMI20-OPTC manual, p. 42 (switch(I1:O1;I1:O2))",
        "locks, presets, ProductName, both trees": "bitfocus companion-module-lightware-lw3",
    },
)
