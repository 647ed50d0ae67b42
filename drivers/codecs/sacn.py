"""Streaming ACN: DMX levels in one packet of three layers (ANSI E1.31-2018, 4 to 7)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_DNS, UUID, uuid5

from drivers.errors import ProtocolError

HEAD = bytes.fromhex("00100000") + b"ASC-E1.17\0\0\0"
_ROOT_DATA, _FRAME_DATA = 4, 2
_SLOTS_AT = 126
MOST_PRIORITY = 200
SLOTS = 512


@dataclass(frozen=True, slots=True)
class Stream:
    """One packet: `priority` 0 to 200 decides between sources, `cid` is one source's for ever."""

    cid: UUID
    source: str
    universe: int
    sequence: int
    priority: int
    slots: bytes


def cid(source: str) -> UUID:
    """Return the identifier of a source: the same name gives the same one (E1.31, 5.6)."""
    return uuid5(NAMESPACE_DNS, source)


def _length(size: int) -> bytes:
    return (0x7000 | size).to_bytes(2, "big")


def encode(stream: Stream) -> bytes:
    """Return the packet, always with 512 slots."""
    slots = stream.slots.ljust(SLOTS, b"\0")
    name = stream.source.encode()[:63].ljust(64, b"\0")
    size = _SLOTS_AT + len(slots)
    root = HEAD + _length(size - 16) + _ROOT_DATA.to_bytes(4, "big") + stream.cid.bytes
    frame = (
        _length(size - 38) + _FRAME_DATA.to_bytes(4, "big") + name + bytes((stream.priority, 0, 0, stream.sequence, 0))
    )
    data = _length(size - 115) + bytes.fromhex("02a100000001") + (len(slots) + 1).to_bytes(2, "big") + b"\0"
    return root + frame + stream.universe.to_bytes(2, "big") + data + slots


def read(data: bytes) -> Stream:
    """Return what a packet carries; raise ProtocolError for what is no data packet."""
    if len(data) < _SLOTS_AT or not data.startswith(HEAD) or data[18:22] != _ROOT_DATA.to_bytes(4, "big"):
        raise ProtocolError(f"no streaming ACN: {data[:16].hex(' ')}")
    count = int.from_bytes(data[123:125], "big") - 1
    if not 0 <= count <= SLOTS or len(data) < _SLOTS_AT + count:
        raise ProtocolError(f"{count} slots are told, and {len(data) - _SLOTS_AT} have come")
    return Stream(
        UUID(bytes=data[22:38]), data[44:108].split(b"\0", 1)[0].decode("utf-8", "replace"),
        int.from_bytes(data[113:115], "big"), data[111], data[108], data[_SLOTS_AT : _SLOTS_AT + count],
    )  # fmt: skip
