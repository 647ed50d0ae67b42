"""Checksums of serial instruments, by name, and where one stands in a frame."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Literal

Order = Literal["big", "little"]


@dataclass(frozen=True, slots=True)
class Checksum:
    """How a checksum is reckoned, its `width` in bytes, and which of them usually comes first."""

    of: Callable[[bytes], int]
    width: int
    order: Order = "big"


def _xor8(data: bytes) -> int:
    return reduce(xor, data, 0)


def _sum8(data: bytes) -> int:
    return sum(data) & 0xFF


def _reflected(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc


_MODBUS_TABLE = tuple(map(_reflected, range(256)))


def _modbus(data: bytes) -> int:
    return reduce(lambda crc, byte: crc >> 8 ^ _MODBUS_TABLE[(crc ^ byte) & 0xFF], data, 0xFFFF)


CHECKSUMS: Mapping[str, Checksum] = {
    "xor8": Checksum(_xor8, 1),
    "sum8": Checksum(_sum8, 1),
    "crc8": Checksum(_crc8, 1),
    "crc16-modbus": Checksum(_modbus, 2, "little"),
    "crc16-ccitt": Checksum(lambda data: crc_hqx(data, 0xFFFF), 2),
    "crc16-xmodem": Checksum(lambda data: crc_hqx(data, 0), 2),
}
"""`xor8` is NMEA 0183's; `crc16-modbus` Modbus over Serial Line V1.02, 6.2.2; `crc16-ccitt` starts with FFFF.

`crc8` is CRC-8/SMBUS (polynomial 07, start 0; System Management Bus 3.2, 5.4.1.1).
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """A checksum in a frame: it is the bytes (or hex digits) at `at` and covers those from `start` to `end`.

    Places count as in a slice: negative ones from the frame's end. `at` 0 is the very end, `end` 0 is `at`.
    """

    name: str
    form: Literal["binary", "hex"] = "binary"
    start: int = 0
    end: int = 0
    at: int = 0
    order: Order | None = None

    def holds(self, frame: bytes) -> bool:
        """Return whether the frame carries its own checksum."""
        kind = CHECKSUMS[self.name]
        size = kind.width * (2 if self.form == "hex" else 1)
        at = self.at if self.at > 0 else len(frame) + (self.at or -size)
        told = frame[at : at + size]
        if at < 0 or len(told) < size:
            return False
        number = kind.of(frame[self.start : self.end or at])
        if self.form == "hex":
            return told.upper() == b"%0*X" % (size, number)
        return told == number.to_bytes(size, self.order or kind.order)
