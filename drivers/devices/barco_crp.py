"""Barco walls behind a Control Room Proxy (CMS, TransForm N): the perspective that a display shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.lines import Lines
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Command, Name, Value

_LOAD, _LIST = "LoadPerspective", "GetWindowListVersion3"
_GOOD = "OK"
_MESSAGE = re.compile(r"<I:([^|]*)\|\|K:CMS\|\|O:(\w+)\|\|(.*)>")
_NAME = re.compile(r"[^|<>\r\n,]{1,64}")

Text = Annotated[str, Field(pattern=r"^[^|<>\r\n,]{1,64}$")]


class Options(Strict):
    """Who we are to the proxy, and which display is meant."""

    host: Text = "SEMARAK"
    """The name under which we ask."""
    display: Text = "Display"
    """The display's name, as CMS spells it; give a device for each display."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the proxy says or hears: an operation, its arguments in order, and whether it was refused."""

    operation: str
    arguments: tuple[str, ...] = ()
    refused: bool = False

    def encode(self, host: str) -> bytes:
        """Return the line."""
        fields = [f"A{number}:{text}" for number, text in enumerate(self.arguments, 1)]
        fields += ["NOK:"] if self.refused else []
        return f"<I:{host}||K:CMS||O:{self.operation}||{''.join(f'{field}||' for field in fields)}>\r\n".encode()


def read(line: str) -> Message:
    """Return what a line says; raise ProtocolError when it is none of the proxy's."""
    found = _MESSAGE.fullmatch(line.strip())
    if found is None:
        raise ProtocolError(f"no line of the Control Room Proxy: {line[:40]!r}")
    fields = [field for field in found[3].split("||") if field]
    arguments = tuple(field.partition(":")[2].strip() for field in fields if re.match(r"A\d+:", field))
    return Message(found[2], arguments, any(field.startswith("NOK") for field in fields))


class Proxy:
    """One conversation about one display."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._wanted = ""
        self._inbox = Inbox(Lines(), self._replies)

    def hello(self) -> Sequence[Request]:
        """Ask what the display shows: the proxy has no identity to tell."""
        return self.poll()

    def poll(self) -> Sequence[Request]:
        """Ask for the windows of the display."""
        return [self._ask(Message(_LIST, (self._options.display,)))]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the line that loads a perspective; raise BadCommand for anything else."""
        check(command.verb, command.args)
        if command.verb != "preset":
            raise BadCommand(f"a Control Room Proxy has no {command.verb}; it has preset")
        name = str(command.args["preset"])
        if _NAME.fullmatch(name) is None:
            raise BadCommand(f"a perspective's name has 1 to 64 characters and none of | < > and comma, not {name!r}")
        self._wanted = name
        return [self._ask(Message(_LOAD, (name, self._options.display)))]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask what the display shows."""
        return self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; answers to others are left out."""
        return self._inbox.feed(data)

    def _ask(self, message: Message) -> Request:
        return Request(message.encode(self._options.host), message.operation, patience=5.0)

    def _replies(self, line: str) -> list[Reply]:
        said = read(line)
        topic = said.operation.removeprefix("RE")
        if topic not in (_LOAD, _LIST):
            return []
        if said.refused or (topic == _LOAD and said.arguments != (_GOOD,)):
            why = ", ".join(said.arguments) or "NOK"
            return [Reply(topic, refused=Refusal(f"the proxy refuses: {why}"))]
        return [Reply(topic, self._shown(said.arguments) if topic == _LIST else {})]

    def _shown(self, windows: Sequence[str]) -> Mapping[str, Value]:
        """Return the perspective that was wanted if it is among the windows, else the one on top; empty: none."""
        names = {name: depth for name, depth in map(_window, windows) if name}
        on_top = max(names, key=lambda name: names[name], default="")
        return {"preset": self._wanted if self._wanted in names else on_top}


def _window(text: str) -> tuple[str, int]:
    """Return the name and the depth of `PerspectiveWindow,NAME,ID,X,Y,WIDTH,HEIGHT,DEPTH`; no name: another kind."""
    fields = [field.strip() for field in text.split(",")]
    if fields[0] != "PerspectiveWindow":
        return "", 0
    if len(fields) < 8 or not re.fullmatch(r"\d{1,6}", fields[7]):
        raise ProtocolError(f"a window that is none: {text[:60]!r}")
    return fields[1], int(fields[7])


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return (PointSpec("preset", Name("Perspektif yang tampil", "Perspective shown")),)


def _make(options: BaseModel) -> Driver:
    return Proxy(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="barco_crp",
    maker="Barco",
    models=("CMS with Control Room Proxy", "TransForm N"),
    port=0,
    options=Options,
    points=_points,
    verbs=("preset",),
    make=_make,
    poll_every=10.0,
    sources={
        "request, LoadPerspective": "Barco Control Room Proxy user manual 1.0.3; PepperDash epi-barco-crp",
        "answers, GetWindowListVersion3, NOK": "a public Crestron module for TransForm N (captured lines)",
    },
)
