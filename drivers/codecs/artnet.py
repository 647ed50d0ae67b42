"""Art-Net 4: DMX levels to a node, and the poll that it answers with its name (Artistic Licence, Art-Net 4)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import ProtocolError

HEAD = b"Art-Net\0"
POLL, POLL_REPLY, DMX = 0x2000, 0x2100, 0x5000
VERSION = 14
_SHORT, _LONG, _REPORT, _END = 26, 44, 108, 172
"""Where a poll's answer keeps the short name, the long name and the report, and where the report ends."""
ASK_FOR_NEWS = 0x02
"""A node that is asked so also answers by itself when its state has changed."""


@dataclass(frozen=True, slots=True)
class Levels:
    """DMX levels for a universe (0 to 32767: net, sub-net and universe in one number)."""

    sequence: int
    universe: int
    slots: bytes


@dataclass(frozen=True, slots=True)
class Node:
    """What a node says of itself."""

    short: str
    long: str
    report: str


@dataclass(frozen=True, slots=True)
class Poll:
    """A controller asks who is there."""


Packet = Levels | Node | Poll


def levels(packet: Levels) -> bytes:
    """Return the packet; its slots are made even, and two at least."""
    slots = packet.slots + b"\0" * (len(packet.slots) % 2 or 2 * (not packet.slots))
    head = HEAD + DMX.to_bytes(2, "little") + VERSION.to_bytes(2, "big")
    where = bytes((packet.sequence, 0)) + packet.universe.to_bytes(2, "little")
    return head + where + len(slots).to_bytes(2, "big") + slots


def poll() -> bytes:
    """Return the question who is there."""
    return HEAD + POLL.to_bytes(2, "little") + VERSION.to_bytes(2, "big") + bytes((ASK_FOR_NEWS, 0x10))


def answer(node: Node) -> bytes:
    """Return a node's answer."""
    raw = bytearray(239)
    raw[:10] = HEAD + POLL_REPLY.to_bytes(2, "little")
    raw[14:16] = (6454).to_bytes(2, "little")
    for text, start, end in ((node.short, _SHORT, _LONG), (node.long, _LONG, _REPORT), (node.report, _REPORT, _END)):
        told = text.encode("ascii", "replace")[: end - start - 1]
        raw[start : start + len(told)] = told
    return bytes(raw)


def read(data: bytes) -> Packet | None:
    """Return what a datagram means, None for what is for others; raise ProtocolError for what is no Art-Net."""
    if not data.startswith(HEAD) or len(data) < 10:
        raise ProtocolError(f"no Art-Net: {data[:16].hex(' ')}")
    operation = int.from_bytes(data[8:10], "little")
    if operation == POLL_REPLY:
        if len(data) < _END:
            raise ProtocolError(f"a node's answer of {len(data)} bytes is too short")
        return Node(_text(data[_SHORT:_LONG]), _text(data[_LONG:_REPORT]), _text(data[_REPORT:_END]))
    if operation == DMX and len(data) >= 18:
        size = int.from_bytes(data[16:18], "big")
        return Levels(data[12], int.from_bytes(data[14:16], "little"), data[18 : 18 + size])
    return Poll() if operation == POLL else None


def _text(raw: bytes) -> str:
    text = raw.split(b"\0", 1)[0].decode("ascii", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text)
