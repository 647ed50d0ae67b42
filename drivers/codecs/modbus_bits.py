"""Modbus for relay boards: coils and discrete inputs read, coils written, in serial frames or in those of Modbus TCP.

MODBUS Application Protocol V1.1b3, 6.1, 6.2, 6.5 and 7; MODBUS over Serial Line V1.02, 2.5.1; MODBUS Messaging on
TCP/IP V1.0b, 3.1.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.codecs.checksums import CHECKSUMS
from drivers.errors import ProtocolError

COILS, CONTACTS, WRITE_COIL = 1, 2, 5
"""The functions."""
ON, OFF = 0xFF00, 0x0000
REFUSED = 0x80
"""Added to the function in an exception."""
BUSY = 6
EXCEPTIONS: Mapping[int, str] = {
    1: "it does not know this function", 2: "it has no relay or contact at this address", 3: "a value that cannot be",
    4: "it has failed", 5: "it needs more time", BUSY: "it is busy", 8: "its memory has an error",
    10: "the gateway has no path to it", 11: "it does not answer the gateway",
}  # fmt: skip
_CRC = CHECKSUMS["crc16-modbus"]
_LONGEST = 256
_HEADER = 7
_MOST_BITS = 2000


@dataclass(frozen=True, slots=True)
class Told:
    """What a board says: the bits of a read, the address and state of a write, or an exception's code."""

    unit: int
    function: int
    bits: tuple[bool, ...] = ()
    address: int = 0
    on: bool = False
    exception: int = 0


def reading(function: int, address: int, count: int) -> bytes:
    """Return the function and data that ask for `count` bits from `address` on."""
    return bytes((function,)) + address.to_bytes(2, "big") + count.to_bytes(2, "big")


def writing(address: int, *, on: bool) -> bytes:
    """Return the function and data that switch one coil."""
    return bytes((WRITE_COIL,)) + address.to_bytes(2, "big") + (ON if on else OFF).to_bytes(2, "big")


def packed(bits: Sequence[bool]) -> bytes:
    """Return bits as they are told, the first in the lowest place."""
    number = sum(1 << at for at, bit in enumerate(bits) if bit)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def parse(unit: int, pdu: bytes) -> Told:
    """Return what an answer's function and data mean; raise ProtocolError when they are none that was asked for."""
    function = pdu[0]
    if function & REFUSED and len(pdu) == 2:
        return Told(unit, function & ~REFUSED, exception=pdu[1])
    if function in (COILS, CONTACTS) and len(pdu) > 2 and pdu[1] == len(pdu) - 2:
        return Told(unit, function, tuple(bool(byte >> at & 1) for byte in pdu[2:] for at in range(8)))
    value = int.from_bytes(pdu[3:5], "big")
    if function == WRITE_COIL and len(pdu) == 5 and value in (ON, OFF):
        return Told(unit, function, address=int.from_bytes(pdu[1:3], "big"), on=value == ON)
    raise ProtocolError(f"no answer of a relay board: {pdu[:16].hex(' ')}")


class Framing(Protocol):
    """How frames are written and told apart."""

    def frame(self, unit: int, pdu: bytes) -> bytes:
        """Return the bytes of a request."""

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when the memory's bound is passed."""

    def next(self) -> Told | None:
        """Return the next answer or None; raise ProtocolError for garbage, which is then gone."""


def sealed(unit: int, pdu: bytes) -> bytes:
    """Return a serial frame: unit, function, data and CRC."""
    body = bytes((unit,)) + pdu
    return body + _CRC.of(body).to_bytes(2, "little")


def headed(number: int, unit: int, pdu: bytes) -> bytes:
    """Return a frame of Modbus TCP: transaction, protocol, length, unit, function and data."""
    return number.to_bytes(2, "big") + b"\0\0" + (len(pdu) + 1).to_bytes(2, "big") + bytes((unit,)) + pdu


class Serial:
    """Serial frames: an answer's length follows from its function; noise is hunted through for a frame with its CRC."""

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self._buffer = bytearray()

    def frame(self, unit: int, pdu: bytes) -> bytes:
        """Return the bytes of a request."""
        return sealed(unit, pdu)

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when far more than a frame make none, which drops the oldest."""
        self._buffer += data
        if len(self._buffer) > 2 * _LONGEST and not self._found():
            start = bytes(self._buffer[:16])
            del self._buffer[:-_LONGEST]
            raise ProtocolError(f"no frame in what came: {start.hex(' ')}")

    def next(self) -> Told | None:
        """Return the next answer or None; raise ProtocolError for the noise before a frame, which is then gone."""
        found = self._found()
        if found is None:
            return None
        start, size = found
        if start:
            noise = bytes(self._buffer[:start])
            del self._buffer[:start]
            raise ProtocolError(f"noise before a frame: {noise[:16].hex(' ')}")
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        return parse(raw[0], raw[1:-2])

    def _found(self) -> tuple[int, int] | None:
        """Return where a whole frame with its CRC begins, and its length."""
        for start in range(len(self._buffer) - 4):
            size = self._size(start)
            frame = bytes(self._buffer[start : start + size])
            if size and len(frame) == size and _CRC.of(frame[:-2]) == int.from_bytes(frame[-2:], "little"):
                return start, size
        return None

    def _size(self, start: int) -> int:
        unit, function, third = self._buffer[start : start + 3]
        if unit != self._unit:
            return 0
        if function in (COILS, CONTACTS):
            return 5 + third if 1 <= third <= _MOST_BITS // 8 else 0
        if function == WRITE_COIL:
            return 8
        return 5 if function in (COILS | REFUSED, CONTACTS | REFUSED, WRITE_COIL | REFUSED) else 0


class Tcp:
    """Frames of Modbus TCP, one after the other; noise is hunted through for a header that can be one."""

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self._buffer = bytearray()
        self._number = 0

    def frame(self, unit: int, pdu: bytes) -> bytes:
        """Return the bytes of a request, with a new number."""
        self._number = self._number % 0xFFFF + 1
        return headed(self._number, unit, pdu)

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when far more than a frame make none, which drops the oldest."""
        self._buffer += data
        if len(self._buffer) > 2 * _LONGEST and self._start() > len(self._buffer) - _HEADER:
            start = bytes(self._buffer[:16])
            del self._buffer[:-_HEADER]
            raise ProtocolError(f"this is no Modbus TCP: {start.hex(' ')}")

    def next(self) -> Told | None:
        """Return the next answer or None; raise ProtocolError for the noise before a frame, which is then gone."""
        start = self._start()
        size = _HEADER - 1 + int.from_bytes(self._buffer[start + 4 : start + 6], "big")
        if len(self._buffer) < start + max(size, _HEADER):
            return None
        if start:
            noise = bytes(self._buffer[:start])
            del self._buffer[:start]
            raise ProtocolError(f"this is no Modbus TCP: {noise[:16].hex(' ')}")
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        return parse(raw[6], raw[7:])

    def _start(self) -> int:
        """Return where a frame begins or may begin."""
        at = 0
        while at + _HEADER <= len(self._buffer) and not self._may_begin(at):
            at += 1
        return at

    def _may_begin(self, at: int) -> bool:
        head = self._buffer[at : at + _HEADER]
        return head[2:4] == b"\0\0" and 3 <= int.from_bytes(head[4:6], "big") <= _LONGEST - 2 and head[6] == self._unit
