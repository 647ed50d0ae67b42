"""Copy me: a driver for a device that speaks lines (`POWER?` asks, `POWER 1` sets, `POWER=1` and `ERR` answer).

Then write `tests/vectors/<name>.yaml` from the maker's manual and add one line to `registry.py`; the generic tests
(vectors, noise, house rules) do the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.lines import Lines
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Command, Name

POWER_WORDS = {"0": "off", "1": "on"}


class Options(Strict):
    """What a site file may say about this device beside its link."""


class Blank:
    """One conversation with one device; made anew for every connection."""

    def __init__(self, _options: Options) -> None:
        self._inbox = Inbox(Lines(), self._replies)

    def hello(self) -> Sequence[Request]:
        """Ask nothing: this device has no identity to tell."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask for the whole state."""
        return [Request(b"POWER?\r\n", "POWER")]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the bytes of a command; raise BadCommand for what the device cannot do."""
        check(command.verb, command.args)
        if command.verb != "power":
            raise BadCommand(f"this device has no {command.verb}; it has power")
        return [Request(f"POWER {int(bool(command.args['on']))}\r\n".encode(), "POWER")]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask for what the command has set."""
        return self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; raise ProtocolError for what the protocol does not allow."""
        return self._inbox.feed(data)

    def _replies(self, line: str) -> list[Reply]:
        if line == "ERR":
            return [Reply(None, refused=Refusal("the device refuses (ERR)"))]
        name, _, value = line.partition("=")
        if name != "POWER" or value not in POWER_WORDS:
            raise ProtocolError(f"no line of this protocol: {line[:60]!r}")
        return [Reply(name, {"power": POWER_WORDS[value]})]


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return (PointSpec("power", Name("Daya", "Power")),)


def _make(options: BaseModel) -> Driver:
    return Blank(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="blank",
    maker="nobody",
    models=("none",),
    port=23,
    options=Options,
    points=_points,
    verbs=("power",),
    make=_make,
    sources={"lines": "the maker's manual, its edition and page"},
)
