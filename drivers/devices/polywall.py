"""Polywall controllers over their text API: which scenario and which scene play."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.lines import Lines
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Command, Name, Value

_BETWEEN = 5.0
"""Seconds between two scenarios at least (Polywall API 1.4)."""
_MOST = 512
_ENTRY = re.compile(r'\*s (?:Scenarios Scenario|ActiveScenes Scene) "([^"]*)" IsPlaying: ([01])')
_END = re.compile(r"\*\*\s*end")
_NAME = re.compile(r'[^"\r\n]{1,128}')
_SCENARIOS = "Scenarios"


class Options(Strict):
    """Which room, where the controller knows several."""

    room: Annotated[str, Field(pattern=r'^[^"\r\n]{0,64}$')] = ""
    """The room's id (Polywall 3.8 and later); empty: the only one."""


class Polywall:
    """One conversation with one controller; it says nothing to a command, so the scenarios are read back."""

    def __init__(self, options: Options) -> None:
        self._room = f' "{options.room}"' if options.room else ""
        self._playing = ""
        self._count = 0
        self._inbox = Inbox(Lines(), self._replies)

    def hello(self) -> Sequence[Request]:
        """Ask for the scenarios: the controller has no identity to tell."""
        return self.poll()

    def poll(self) -> Sequence[Request]:
        """Ask which scenario plays."""
        return [Request(f"xStatus {_SCENARIOS}{self._room}\r\n".encode(), _SCENARIOS, patience=3.0)]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the line that plays a scenario; raise BadCommand for anything else."""
        check(command.verb, command.args)
        if command.verb != "preset":
            raise BadCommand(f"a Polywall has no {command.verb}; it has preset")
        name = str(command.args["preset"])
        if _NAME.fullmatch(name) is None:
            raise BadCommand(f"a scenario's name has 1 to 128 characters and no quotation mark, not {name!r}")
        line = f'xCommand {_SCENARIOS} Scenario "{name}" Play\r\n'
        return [Request(line.encode(), "play", settle=_BETWEEN, silent=True)]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask which scenario plays."""
        return self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; what it says to a command is in no manual, and left out."""
        return self._inbox.feed(data)

    def _replies(self, line: str) -> list[Reply]:
        entry = _ENTRY.match(line.strip())
        if entry is not None:
            return self._noted(entry)
        if _END.fullmatch(line.strip()):
            values: Mapping[str, Value] = {"preset": self._playing}
            self._playing, self._count = "", 0
            return [Reply(_SCENARIOS, values)]
        if not line.isprintable() or not line.isascii():
            raise ProtocolError(f"no line of Polywall: {line[:40]!r}")
        return []

    def _noted(self, entry: re.Match[str]) -> list[Reply]:
        self._count += 1
        if self._count > _MOST:
            self._playing, self._count = "", 0
            raise ProtocolError(f"more than {_MOST} scenarios without an end; dropped")
        if entry[2] == "1":
            self._playing = entry[1]
        return []


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return (PointSpec("preset", Name("Skenario yang tampil", "Scenario playing")),)


def _make(options: BaseModel) -> Driver:
    return Polywall(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="polywall",
    maker="Polywall",
    models=("Polywall 3.7 and later",),
    port=9999,
    options=Options,
    points=_points,
    verbs=("preset",),
    make=_make,
    poll_every=10.0,
    sources={
        "status, 5 s between scenarios": "Polywall API v1.4 page",
        "Play": "a public control module for Polywall (xCommand Scenarios Scenario NAME Play)",
    },
)
