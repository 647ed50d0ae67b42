"""SNMP version 1 and 2c messages that get and set integers and texts, in BER (RFC 1157, 3416, 3417; ITU-T X.690)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.errors import ProtocolError

Oid = tuple[int, ...]
Bound = int | bytes | None
"""What an object holds; None is asked for, or not there."""
GET, RESPONSE, SET = 0xA0, 0xA2, 0xA3
VERSIONS = {"1": 0, "2c": 1}
_INTEGER, _OCTETS, _NULL, _OID, _SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
_NUMBERS = frozenset({_INTEGER, 0x41, 0x42, 0x43, 0x46})
"""Integer, and the application types Counter32, Gauge32, TimeTicks and Counter64."""
_ABSENT = frozenset({_NULL, 0x80, 0x81, 0x82})
"""Null, noSuchObject, noSuchInstance and endOfMibView."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `error` and `at` are an answer's error status and index."""

    kind: int
    number: int
    bindings: tuple[tuple[Oid, Bound], ...]
    community: str
    version: int = 1
    error: int = 0
    at: int = 0


def oid(text: str) -> Oid:
    """Return the object identifier that is written with dots."""
    return tuple(int(part) for part in text.split("."))


def encode(message: Message) -> bytes:
    """Return the datagram."""
    bound = b"".join(_tlv(_SEQUENCE, _oid(name) + _value(value)) for name, value in message.bindings)
    body = _integer(message.number) + _integer(message.error) + _integer(message.at) + _tlv(_SEQUENCE, bound)
    head = _integer(message.version) + _tlv(_OCTETS, message.community.encode())
    return _tlv(_SEQUENCE, head + _tlv(message.kind, body))


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    told = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(told))) + told + content


def _integer(number: int) -> bytes:
    return _tlv(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def _value(value: Bound) -> bytes:
    if value is None:
        return _tlv(_NULL, b"")
    return _integer(value) if isinstance(value, int) else _tlv(_OCTETS, value)


def _oid(name: Oid) -> bytes:
    content = bytearray((name[0] * 40 + name[1],))
    for part in name[2:]:
        groups = [part & 0x7F]
        while part := part >> 7:
            groups.append(0x80 | part & 0x7F)
        content += bytes(reversed(groups))
    return _tlv(_OID, bytes(content))


def read(data: bytes) -> Message:
    """Return what a datagram says; raise ProtocolError for what is no SNMP of version 1 or 2c."""
    try:
        return _read(data)
    except (IndexError, ValueError, TypeError) as error:
        raise ProtocolError(f"no SNMP message: {data[:16].hex(' ')}") from error


def _read(data: bytes) -> Message:
    ((tag, whole),) = _parts(data)
    (_, version), (_, community), (kind, body) = _parts(whole)
    (_, number), (_, error), (_, at), (_, bound) = _parts(body)
    if tag != _SEQUENCE or kind not in (GET, RESPONSE, SET):
        raise ValueError(kind)
    return Message(
        kind, _number(number), tuple(_binding(content) for _, content in _parts(bound)),
        community.decode("utf-8", "replace"), _number(version), _number(error), _number(at),
    )  # fmt: skip


def _binding(content: bytes) -> tuple[Oid, Bound]:
    (tag, name), (kind, value) = _parts(content)
    if tag != _OID:
        raise ValueError(tag)
    if kind in _NUMBERS:
        return _name(name), _number(value)
    return _name(name), None if kind in _ABSENT else value


def _parts(data: bytes) -> Sequence[tuple[int, bytes]]:
    """Return tag and content of everything in `data`; raise ValueError when a length does not fit."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
            if not 1 <= count <= 3:
                raise ValueError(count)
        if at + size > len(data):
            raise ValueError(size)
        found.append((tag, data[at : at + size]))
        at += size
    return found


def _number(content: bytes) -> int:
    if not 1 <= len(content) <= 9:
        raise ValueError(content)
    return int.from_bytes(content, "big", signed=True)


def _name(content: bytes) -> Oid:
    found = [content[0] // 40, content[0] % 40]
    part = 0
    for byte in content[1:]:
        part = part << 7 | byte & 0x7F
        if not byte & 0x80:
            found.append(part)
            part = 0
    return tuple(found)
