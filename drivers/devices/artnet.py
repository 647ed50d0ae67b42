"""Lights over Art-Net 4: levels that are sent and never confirmed, and the node's own word that it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.artnet import Levels, Node, levels, poll, read
from drivers.devices.dmx import TICK_S, Lights, Zones
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand
from drivers.model import Command, Name

_POLL_TICKS = 75
"""Ticks between two questions who is there: 3 s (Art-Net 4: 2.5 to 3 s)."""


class Options(Zones):
    """Which universe is sent."""

    universe: Annotated[int, Field(ge=0, le=32_767)] = 0
    """The port-address: net, sub-net and universe in one number, counted from 0."""


class ArtNet:
    """One conversation with one node; every poll is a tick."""

    def __init__(self, options: Options) -> None:
        self._universe = options.universe
        self._lights = Lights(options)
        self._sequence = 0
        self._ticks = 0

    def hello(self) -> Sequence[Request]:
        """Ask who is there; a node answers within a second, or not at all."""
        return [Request(poll(), "node", silent=True)]

    def poll(self) -> Sequence[Request]:
        """Send the levels when they are due, and ask now and then who is there."""
        self._ticks += 1
        asked = [Request(poll(), "node", silent=True)] if self._ticks % _POLL_TICKS == 0 else []
        return [*([self._packet()] if self._lights.due() else []), *asked]

    def request(self, command: Command) -> Sequence[Request]:
        """Begin to move the lights and send the first step; raise BadCommand for zones that are not there."""
        check(command.verb, command.args)
        if command.verb != "light":
            raise BadCommand(f"lights over Art-Net have no {command.verb}; they have light")
        self._lights.wish(command.args)
        return [self._packet()]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask nothing: a node does not tell its levels."""
        return []

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return what the node tells of itself; what others send is passed over."""
        packet = read(data) if data else None
        if not isinstance(packet, Node):
            return []
        return [Reply("node", {"node": packet.long or packet.short, "report": packet.report})]

    def _packet(self) -> Request:
        self._sequence = self._sequence % 255 + 1
        packet = Levels(self._sequence, self._universe, self._lights.slots())
        return Request(levels(packet), "levels", silent=True)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return (
        PointSpec("node", Name("Nama node", "Node name")),
        PointSpec("report", Name("Laporan node", "Node report")),
    )


def _make(options: BaseModel) -> Driver:
    return ArtNet(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="artnet",
    maker="any (Art-Net 4)",
    models=("Art-Net nodes and dimmers",),
    port=6454,
    options=Options,
    points=_points,
    verbs=("light",),
    make=_make,
    poll_every=TICK_S,
    sources={
        "ArtDmx, ArtPoll, ArtPollReply": "Artistic Licence, Art-Net 4 protocol; pyartnet 2.0 and aioartnet 0.2.1",
        "800 to 1000 ms while nothing changes": "Artistic Licence, Art-Net 4 protocol, ArtDmx refresh rate",
    },
)
