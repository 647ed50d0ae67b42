"""The fields of one Protocol Buffers message, by the wire format's encoding guide, and the bytes of one field."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from drivers.errors import ProtocolError

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
SIZES = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT = 10
MOST_VARINT = 1 << 64

Field = tuple[int, int, bytes]
"""A field's key (its number × 8 + its wire type), its number if it is a varint, its bytes if it is not."""


def key(number: int, wire_type: int) -> int:
    """Return what stands before a field of this number and wire type."""
    return number << 3 | wire_type


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    """Return the varint at `at` and where it ends; raise ProtocolError for one that is cut short or above 64 bits."""
    if at < len(data) and data[at] < 0x80:  # nearly all of them
        return data[at], at + 1
    value = 0
    for place, byte in enumerate(data[at : at + LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if value >= MOST_VARINT:
                break
            return value, at + place + 1
    raise ProtocolError(f"no number of protobuf stands at byte {at}: {data[at : at + LONGEST_VARINT].hex(' ')}")


def fields(data: bytes) -> Iterator[Field]:
    """Yield the fields of a message in their order; raise ProtocolError where they are cut short or cannot be."""
    at, end = 0, len(data)
    while at < end:
        start = at
        found, at = varint_at(data, at)
        if found & 7 == VARINT:
            number, at = varint_at(data, at)
            yield found, number, b""
            continue
        size = SIZES.get(found & 7, -1)
        if found & 7 == LENGTH:
            size, at = varint_at(data, at)
        if size < 0 or at + size > end:
            raise ProtocolError(f"no field of protobuf stands at byte {start}: {data[start : start + 16].hex(' ')}")
        yield found, 0, data[at : at + size]
        at += size


def varint(number: int) -> bytes:
    """Return a number from 0 to 2⁶⁴-1 as a varint."""
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def number_field(number: int, value: int) -> bytes:
    """Return a field that is a varint."""
    return varint(key(number, VARINT)) + varint(value)


def bytes_field(number: int, value: bytes) -> bytes:
    """Return a field that is bytes, a text or a message."""
    return varint(key(number, LENGTH)) + varint(len(value)) + value


def float_field(number: int, value: float) -> bytes:
    """Return a field of single precision."""
    return varint(key(number, FIXED32)) + struct.pack("<f", value)


def double_field(number: int, value: float) -> bytes:
    """Return a field of double precision."""
    return varint(key(number, FIXED64)) + struct.pack("<d", value)
