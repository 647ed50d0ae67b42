"""Pelco-D frames: `FF address command1 command2 pan tilt sum`, one way (Pelco-D as in the Minrray and Oxic manuals)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import ProtocolError

SYNC = 0xFF
RIGHT, LEFT, UP, DOWN, TELE, WIDE, FAR = 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80
"""Bits of the second command byte."""
NEAR = 0x01
"""Bit of the first command byte."""
SET_PRESET, CLEAR_PRESET, CALL_PRESET = 0x03, 0x05, 0x07
QUERIES = {0x51: 0x59, 0x53: 0x5B, 0x55: 0x5D}
"""Second command bytes that ask for pan, tilt and zoom, with those of the answers."""
FULL_SPEED = 0x3F
_SIZE = 7
_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame to the camera `address`, or an answer to a query from it."""

    address: int
    first: int = 0
    second: int = 0
    pan: int = 0
    tilt: int = 0

    def encode(self) -> bytes:
        """Return the frame with its start and sum."""
        body = bytes([self.address, self.first, self.second, self.pan, self.tilt])
        return bytes([SYNC, *body, sum(body) % 256])


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
        start = self._buffer.find(SYNC)
        if self._buffer and start != 0:
            dropped = self._drop(len(self._buffer) if start < 0 else start)
            raise ProtocolError(f"bytes outside a frame: {dropped[:_SIZE].hex(' ')}")
        if len(self._buffer) < _SIZE:
            return None
        raw = bytes(self._buffer[:_SIZE])
        if sum(raw[1:-1]) % 256 != raw[-1]:
            again = raw.find(SYNC, 1)
            self._drop(again if again > 0 else _SIZE)
            raise ProtocolError(f"bad sum in {raw.hex(' ')}")
        self._drop(_SIZE)
        return Frame(*raw[1:6])

    def _drop(self, count: int) -> bytes:
        dropped = bytes(self._buffer[:count])
        del self._buffer[:count]
        return dropped
