"""Lights over streaming ACN (E1.31): levels that are sent, and never confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.sacn import MOST_PRIORITY, Stream, cid, encode
from drivers.devices.dmx import TICK_S, Lights, Zones
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand
from drivers.model import Command


class Options(Zones):
    """Which universe is sent, and how much it counts against other sources."""

    universe: Annotated[int, Field(ge=1, le=63_999)] = 1
    """The universe; its multicast address is 239.255, its high and its low byte."""
    priority: Annotated[int, Field(ge=0, le=MOST_PRIORITY)] = 100
    """Of two sources the one with the higher priority is obeyed; a lighting desk usually has 100."""
    source: Annotated[str, Field(min_length=1, max_length=63)] = "semarak"
    """The name of this source, from which its lasting identifier follows."""


class StreamingAcn:
    """Sends and hears nothing; every poll is a tick."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lights = Lights(options)
        self._cid = cid(options.source)
        self._sequence = 0

    def hello(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def poll(self) -> Sequence[Request]:
        """Send the levels when they are due."""
        return [self._packet()] if self._lights.due() else []

    def request(self, command: Command) -> Sequence[Request]:
        """Begin to move the lights and send the first step; raise BadCommand for zones that are not there."""
        check(command.verb, command.args)
        if command.verb != "light":
            raise BadCommand(f"lights over sACN have no {command.verb}; they have light")
        self._lights.wish(command.args)
        return [self._packet()]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def feed(self, _data: bytes) -> Sequence[Reply]:
        """Make nothing of what others send."""
        return []

    def _packet(self) -> Request:
        self._sequence = (self._sequence + 1) % 256
        options = self._options
        stream = Stream(
            self._cid, options.source, options.universe, self._sequence, options.priority, self._lights.slots()
        )
        return Request(encode(stream), "levels", silent=True)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return ()


def _make(options: BaseModel) -> Driver:
    return StreamingAcn(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="sacn",
    maker="any (ANSI E1.31)",
    models=("sACN nodes and dimmers",),
    port=5568,
    options=Options,
    points=_points,
    verbs=("light",),
    make=_make,
    poll_every=TICK_S,
    links={"udp": {"broadcast": "on"}},
    sources={
        "the packet": "ANSI E1.31-2018, 4 to 7; sacn 1.11.0, captured",
        "800 to 1000 ms while nothing changes": "ANSI E1.31-2018, 6.6.2",
    },
)
