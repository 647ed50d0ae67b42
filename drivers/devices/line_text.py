"""Text displays without a protocol: each line that they get is shown; one way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.device_config import Strict
from drivers.devices.alpha_sign import plain_letters
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand
from drivers.model import Command

ENDS = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n"}
Around = Annotated[str, Field(max_length=40, pattern="^[ -~]*$")]


class Options(Strict):
    """How a line is written."""

    before: Around = ""
    """What the display wants before the text."""
    after: Around = ""
    """What it wants after the text."""
    ends: Literal["crlf", "cr", "lf"] = "crlf"
    """How a line ends."""
    letters: Annotated[int, Field(ge=1, le=4000)] = 80
    """How many letters it holds."""


class LineText:
    """Sends and hears nothing."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def hello(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def request(self, command: Command) -> Sequence[Request]:
        """Return the line; raise BadCommand for letters that cannot stand in one."""
        check(command.verb, command.args)
        if command.verb != "text":
            raise BadCommand(f"a text display has no {command.verb}; it has text")
        options = self._options
        text = plain_letters(str(command.args["text"]), most=options.letters)
        return [Request(f"{options.before}{text}{options.after}".encode() + ENDS[options.ends], "text", silent=True)]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def feed(self, _data: bytes) -> Sequence[Reply]:
        """Make nothing of what comes: nothing was asked."""
        return []


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return ()


def _make(options: BaseModel) -> Driver:
    return LineText(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="line_text",
    maker="any",
    models=("text displays, tickers and printers that show each line",),
    port=23,
    options=Options,
    points=_points,
    verbs=("text",),
    make=_make,
    poll_every=60.0,
    sources={"lines": "the site's own display; its form is the site file's to say"},
)
