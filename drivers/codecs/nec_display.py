"""NEC external control frames: `SOH 0 to from type length STX message ETX check CR` (NEC manual M/ME rev 1.0)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.codecs.checksums import CHECKSUMS
from drivers.errors import ProtocolError

SOH, STX, ETX, CR = 0x01, 0x02, 0x03, 0x0D
CONTROLLER, EVERYBODY, FIRST_GROUP = 0x30, 0x2A, 0x31
NULL = "BE"
"""The message with which a display says "not now", "I do not know that" or "that came garbled"."""
_HEAD = 7
"""Bytes before STX."""
_TAIL = 2
"""Bytes after ETX."""
_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `type` is A command, B its reply, C get, D its reply, E set, F its reply."""

    to: int
    sender: int
    type: str
    message: str
    """Hexadecimal digits as text, upper case."""

    def encode(self) -> bytes:
        """Return the frame with its length, check and end."""
        body = b"\x02" + self.message.encode() + b"\x03"
        head = bytes([0x30, self.to, self.sender]) + f"{self.type}{len(body):02X}".encode()
        return bytes([SOH]) + head + body + bytes([check(head + body), CR])


def check(covered: bytes) -> int:
    """Return the exclusive or of every byte from the reserved 0 to ETX, both included."""
    return CHECKSUMS["xor8"].of(covered)


def address(monitor: int) -> int:
    """Return the address byte of monitor 1 to 100."""
    return 0x40 + monitor


class Decoder:
    """Frames from any chopping of the stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when 4 KiB wait for `next`, which drops them all."""
        if len(self._buffer) > _LIMIT:
            raise ProtocolError(f"{len(self._drop(len(self._buffer)))} bytes without a frame among them; dropped")
        self._buffer += data

    def next(self) -> Frame | None:
        """Return the next frame or None; raise ProtocolError for bytes that make none, which are then gone."""
        self._find_start()
        if len(self._buffer) < _HEAD:
            return None
        size = self._size()
        if len(self._buffer) < size:
            return None
        raw = bytes(self._buffer[:size])
        if (raw[_HEAD], raw[-3], raw[-1]) != (STX, ETX, CR) or check(raw[1:-2]) != raw[-2]:
            self._resume()
            raise ProtocolError(f"no whole frame, or a bad check: {raw[:40].hex(' ')}")
        self._drop(size)
        message = raw[_HEAD + 1 : -3].decode("latin-1").upper()
        return Frame(raw[2], raw[3], chr(raw[4]), message)

    def _find_start(self) -> None:
        start = self._buffer.find(SOH)
        if self._buffer and start != 0:
            dropped = self._drop(len(self._buffer) if start < 0 else start)
            raise ProtocolError(f"bytes outside a frame: {dropped[:40].hex(' ')}")

    def _size(self) -> int:
        try:
            length = int(self._buffer[5:7].decode("ascii"), 16)
        except ValueError:
            length = 0
        if length < _TAIL or self._buffer[1] != 0x30:
            head = bytes(self._buffer[:_HEAD])
            self._resume()
            raise ProtocolError(f"no head of a frame: {head.hex(' ')}")
        return _HEAD + length + _TAIL

    def _resume(self) -> None:
        """Drop what is spoilt, up to the next byte with which a frame can start."""
        start = self._buffer.find(SOH, 1)
        self._drop(start if start > 0 else len(self._buffer))

    def _drop(self, count: int) -> bytes:
        dropped = bytes(self._buffer[:count])
        del self._buffer[:count]
        return dropped
