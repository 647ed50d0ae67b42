"""The frames of KNXnet/IP tunnelling from the gateway's side, bytes to values and back; our own, for the emulator.

KNX 03.08.01 (overview), 03.08.02 (core), 03.08.04 (tunnelling) and 03.06.03 (cEMI).
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, replace

from drivers.errors import ProtocolError
from drivers.sensors.knx_groups import Payload

SEARCH, SEARCHED, DESCRIBE, DESCRIBED = 0x0201, 0x0202, 0x0203, 0x0204
CONNECT, CONNECTED, ALIVE, LIVES, LEAVE, LEFT = 0x0205, 0x0206, 0x0207, 0x0208, 0x0209, 0x020A
TUNNEL, TUNNEL_ACK = 0x0420, 0x0421
OK, UNKNOWN_CHANNEL, BAD_TYPE, NO_MORE, BAD_LAYER = 0x00, 0x21, 0x22, 0x24, 0x29
"""Status codes (03.08.02 §7.8, 03.08.04 §4.4)."""
ASKED, HEARD, DONE = 0x11, 0x29, 0x2E
"""Message codes of cEMI: L_Data.req, L_Data.ind and L_Data.con (03.06.03 §4.1.5)."""
READ, RESPONSE, WRITE = 0x000, 0x040, 0x080
"""Services of groups (03.03.07 §3.1)."""

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Telegram:
    """A group telegram in cEMI; `source` is an individual address, `group` a group address, 16 bits each."""

    code: int
    source: int
    group: int
    service: int
    payload: Payload = 0


def frame(service: int, body: bytes) -> bytes:
    """Return a KNXnet/IP frame: header of six bytes, version 1.0, total length (03.08.01 §2)."""
    return bytes((6, 0x10)) + service.to_bytes(2, "big") + (6 + len(body)).to_bytes(2, "big") + body


def unframed(data: bytes) -> tuple[int, bytes]:
    """Return service and body of a frame; raise ProtocolError for what is none."""
    if len(data) < 6 or data[:2] != bytes((6, 0x10)) or int.from_bytes(data[4:6], "big") != len(data):
        raise ProtocolError(f"no KNXnet/IP frame: {data[:16].hex(' ')}")
    return int.from_bytes(data[2:4], "big"), data[6:]


def endpoint(address: Address, *, tcp: bool = False) -> bytes:
    """Return a host protocol address (HPAI); over TCP it is route back, all zero (03.08.02 §8.6.2)."""
    if tcp:
        return bytes((8, 2, 0, 0, 0, 0, 0, 0))
    return bytes((8, 1)) + socket.inet_aton(address[0]) + address[1].to_bytes(2, "big")


def address_in(body: bytes, came: Address) -> Address:
    """Return the address in an HPAI, or where the packet came from for route back; raise ProtocolError."""
    if len(body) < 8 or body[0] != 8 or body[1] not in (1, 2):
        raise ProtocolError(f"no address of an endpoint: {body[:8].hex(' ')}")
    if not any(body[2:8]) or body[1] == 2:
        return came
    return socket.inet_ntoa(body[2:6]), int.from_bytes(body[6:8], "big")


def description(name: str, individual: int) -> bytes:
    """Return what a gateway says of itself: device and service families core 1, tunnelling 1 (03.08.02 §7.5.4)."""
    device = (
        bytes((54, 1, 2, 0)) + individual.to_bytes(2, "big") + bytes(2) + bytes.fromhex("00fa10203040")
        + socket.inet_aton("224.0.23.12") + bytes.fromhex("0200fa203040") + name.encode("latin-1")[:30].ljust(30, b"\0")
    )  # fmt: skip
    return device + bytes((6, 2, 2, 1, 4, 1))


def telegram(data: bytes) -> Telegram | None:
    """Return the group telegram in a cEMI message; None for one to a single device, ProtocolError for garbage."""
    at = 2 + data[1] if len(data) > 1 else 0
    if len(data) < at + 9 or not at or len(data) != at + 8 + data[at + 6]:
        raise ProtocolError(f"no cEMI message of a bus telegram: {data.hex(' ')}")
    if not data[at + 1] & 0x80:
        return None
    service = int.from_bytes(data[at + 7 : at + 9], "big") & 0x3C0
    held: Payload = data[at + 8] & 0x3F if data[at + 6] == 1 else data[at + 9 :]
    source, group = int.from_bytes(data[at + 2 : at + 4], "big"), int.from_bytes(data[at + 4 : at + 6], "big")
    return Telegram(data[0], source, group, service, held)


def message(one: Telegram) -> bytes:
    """Return the cEMI message: standard frame, low priority, six hops (03.06.03 §4.1.5.3)."""
    small = isinstance(one.payload, int)
    head = (one.service | one.payload) if isinstance(one.payload, int) else one.service
    body = b"" if isinstance(one.payload, int) else one.payload
    return (
        bytes((one.code, 0, 0xBC, 0xE0)) + one.source.to_bytes(2, "big") + one.group.to_bytes(2, "big")
        + bytes((1 if small else 1 + len(body),)) + head.to_bytes(2, "big") + body
    )  # fmt: skip


def confirmation(one: Telegram, source: int) -> Telegram:
    """Return what tells the sender that its telegram has been on the bus."""
    return replace(one, code=DONE, source=source)
