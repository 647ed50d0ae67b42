"""What a site file says about a Modbus line, and what follows from it: where it is, how it is framed and paced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from drivers.errors import BadConfig
from drivers.links.serial_port import port_settings
from drivers.model import Device
from drivers.sensors.modbus_frames import Framing, RtuFraming, TcpFraming
from drivers.sensors.modbus_wire import Timing
from drivers.sensors.source import host_and_port

PORT = 502
BUS_UNITS = range(1, 248)
"""The units that a serial line can have (MODBUS over Serial Line V1.02, section 2.2)."""
SERIAL = ("serial", "rfc2217")
TCP_HINT = "does {where} answer, and are the unit numbers right?"
RTU_HINT = "are rate, parity and unit numbers right, A and B not swapped, both ends terminated, and nobody else asking?"


class ModbusOptions(BaseModel):
    """The options of a line; times are seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    unit: Annotated[int, Field(ge=0, le=255)] = 1
    """The unit that is asked when a point does not say."""
    framing: Literal["tcp", "rtu"] | None = None
    """How frames are told apart over a `tcp://` link: `tcp`, or `rtu` behind a device server that passes bytes on."""
    timeout: Annotated[float, Field(gt=0, le=30)] = 1.0
    """Seconds that a unit may think before it answers; on a serial line the frames' own time comes on top."""
    every: Annotated[float, Field(gt=0)] = 5.0
    """Seconds between polls of points that do not say."""
    gap: Annotated[int, Field(ge=0, le=100)] = 8
    """How many unused addresses are read along rather than asking twice."""
    words: Annotated[int, Field(ge=1, le=125)] = 125
    """How many registers the device gives in one answer."""
    bits: Annotated[int, Field(ge=1, le=2000)] = 2000
    """How many bits the device gives in one answer."""
    pause: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Seconds that the line is left alone between an answer and the next question."""
    pause_after_connect: Annotated[float, Field(ge=0, le=60)] = 0.0
    """Seconds that the line is left alone after connecting."""
    quiet: Annotated[float, Field(ge=0, le=60)] | None = None
    """RTU: seconds that a unit is left alone after a silence: so late may its answer come; `timeout` unless given."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a line is and how it is spoken on; `quiet` seconds after a silence, `hint` for when nobody answers."""

    url: str
    where: str
    rtu: bool
    timing: Timing
    quiet: float
    hint: str

    @property
    def framing(self) -> Callable[[Counter[str]], Framing]:
        """What makes the framing of a new connection."""
        return RtuFraming if self.rtu else TcpFraming


def way_of(device: Device, options: ModbusOptions) -> Way:
    """Return the way to a line, or raise BadConfig."""
    parts = urlsplit(device.link)
    serial = parts.scheme in SERIAL
    if not serial and parts.scheme != "tcp":
        raise BadConfig(f"{device.id}: Modbus goes over tcp:// and serial://, not {device.link!r}")
    if serial and options.framing == "tcp":
        raise BadConfig(f"{device.id}: options: framing: a serial line has rtu frames; leave `framing` out")
    rtu = serial or options.framing == "rtu"
    quiet = (options.timeout if options.quiet is None else options.quiet) if rtu else 0.0
    timing = Timing(
        options.timeout,
        pause=options.pause,
        # Bytes of an earlier connection's question may still be on their way: they must find nobody waiting.
        settle=max(options.pause_after_connect, quiet),
        character=_character(parts) if serial else 0.0,
    )
    if serial:
        where = f"{parts.netloc}{parts.path}"
        return Way(device.link, where, rtu, timing, quiet, RTU_HINT)
    host, port = host_and_port(device, PORT)
    where = f"{host}:{port}"
    url = device.link if parts.port else parts._replace(netloc=f"{parts.netloc}:{PORT}").geturl()
    return Way(url, where, rtu, timing, quiet, RTU_HINT if rtu else TCP_HINT.format(where=where))


def _character(parts: SplitResult) -> float:
    """Return the seconds that one character takes on the line: start, data, parity and stop bits."""
    port = port_settings(parts, f"{parts.netloc}{parts.path}")
    return (1 + port.bits + (port.parity != "N") + port.stop) / port.baud
