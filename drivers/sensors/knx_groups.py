"""What a KNX point is: a group that tells, a group that is written, a datapoint type; and the options of a gateway."""

from __future__ import annotations

import math
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from drivers.errors import BadConfig
from drivers.model import Device, Point, PointKind
from drivers.sensors.source import address_in, host_and_port

PORT = 3671
"""The port of KNXnet/IP over UDP (registered with IANA)."""

Payload = int | bytes
"""What a group telegram carries: up to six bits as a number, or bytes (KNX 03.03.07 §3.1.2)."""


class KnxOptions(BaseModel):
    """The options of a KNX/IP gateway that gives tunnels over UDP."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    local: str = ""
    """The address of this machine's interface towards KNX; empty: the one that leads to the gateway."""
    route_back: bool = False
    """The gateway answers to where a packet came from, and not to the address that it names: for a NAT in between."""
    timeout: Annotated[float, Field(gt=0, le=30)] = 2.0
    """Seconds to wait for the answer of a group that is read."""
    pace: Annotated[float, Field(ge=0, le=5)] = 0.05
    """Seconds between telegrams: the bus carries 20 to 25 a second, and others need it too."""


class KnxAddress(BaseModel):
    """Where a point is in a KNX installation."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    group: str
    """The group address that tells the value, `main/middle/sub`; for an actuator the one of its status object."""
    dpt: Annotated[str, Field(pattern=r"^\d{1,3}\.\d{3}$")]
    """The datapoint type as ETS shows it: `1.001` a switch, `5.001` percent, `9.001` a temperature."""
    write: str = ""
    """The group address that commands are written to; empty: the point is only read."""
    read: bool = True
    """Ask for the value at the start; false for a group in which no object has its read flag set."""

    @field_validator("group", "write")
    @classmethod
    def _a_group(cls, text: str) -> str:
        if text:
            group_number(text)
        return text


@dataclass(frozen=True, slots=True)
class Group:
    """One point: the groups as text, `every` in seconds (0: asked at the start only), its believable range."""

    point: str
    kind: PointKind
    group: str
    dpt: str
    write: str
    readable: bool
    every: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Way:
    """Where the gateway of a KNX installation is."""

    host: str
    port: int


def group_number(text: str) -> int:
    """Return a three-level group address as the bus has it, 16 bits; raise ValueError for what is none."""
    parts = text.split("/")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(f"{text!r} is no group address; write it as main/middle/sub, 1/2/3")
    main, middle, sub = map(int, parts)
    if main > 31 or middle > 7 or sub > 255 or not main + middle + sub:
        raise ValueError(f"{text!r} is no group address; they go from 0/0/1 to 31/7/255")
    return main << 11 | middle << 8 | sub


def group_text(number: int) -> str:
    """Return a group address as people write it."""
    return f"{number >> 11}/{number >> 8 & 7}/{number & 255}"


def group(point: Point) -> Group:
    """Return what a point is; raise BadPoint for an address that cannot be."""
    address = address_in(point, KnxAddress)
    return Group(
        point.id, point.kind, _plain(address.group), address.dpt, _plain(address.write), address.read, point.every,
        -math.inf if point.low is None else point.low, math.inf if point.high is None else point.high,
    )  # fmt: skip


def way_of(device: Device) -> Way:
    """Return how a device's link leads to KNX; raise BadConfig for another kind of link."""
    host, port = host_and_port(device, PORT)
    if not device.link.startswith("udp:"):
        raise BadConfig(f"{device.id}: KNX is reached by UDP; write the link as udp://{host}:{port}")
    try:
        multicast = ip_address(host).is_multicast
    except ValueError:
        multicast = False
    if multicast:
        raise BadConfig(f"{device.id}: {host} is a multicast address; name a gateway that gives tunnels")
    return Way(host, port)


def _plain(text: str) -> str:
    return group_text(group_number(text)) if text else ""
