"""How a Modbus device tells requests apart and wraps its answers, written from the standards and not from our codec.

MODBUS over Serial Line V1.02, section 2.5.1 and appendix B; MODBUS Messaging on TCP/IP V1.0b, section 3.1.3.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

SIZES: Mapping[int, Callable[[bytes], int]] = {
    **dict.fromkeys((1, 2, 3, 4, 5, 6), lambda _frame: 8),
    **dict.fromkeys((15, 16), lambda frame: 9 + frame[6]),
}
"""How long a serial request is, by its function, once its seventh byte is there."""
MOST_BUFFERED = 512


@dataclass(frozen=True, slots=True)
class Adu:
    """One request or answer: to or from a unit, function and data; `number` is the transaction of Modbus TCP."""

    unit: int
    pdu: bytes
    number: int = 0


class TcpFrames:
    """Requests with a header."""

    name = "tcp"

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Sequence[Adu]:
        """Return the requests that `data` completes; what is no Modbus TCP is thrown away."""
        self._buffer += data
        found = []
        while len(self._buffer) >= 8:
            number, protocol, length, unit = struct.unpack(">HHHB", self._buffer[:7])
            if protocol or not 2 <= length <= 254:
                self._buffer = b""
                break
            if len(self._buffer) < 6 + length:
                break
            found.append(Adu(unit, self._buffer[7 : 6 + length], number))
            self._buffer = self._buffer[6 + length :]
        return found

    def wrap(self, answer: Adu) -> bytes:
        """Return an answer's bytes."""
        return struct.pack(">HHHB", answer.number, 0, len(answer.pdu) + 1, answer.unit) + answer.pdu

    def garble(self, frame: bytes) -> bytes:
        """Return the frame as what is no Modbus TCP."""
        return frame[:2] + b"\xff" + frame[3:]

    def misplace(self, answer: Adu) -> Adu:
        """Return the answer with the number of another question."""
        return replace(answer, number=(answer.number + 1) & 0xFFFF)


class RtuFrames:
    """Requests with a check sum; one after noise is found, as a device finds it after the line was silent."""

    name = "rtu"

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Sequence[Adu]:
        """Return the requests that `data` completes."""
        self._buffer = (self._buffer + data)[-MOST_BUFFERED:]
        found = []
        at = 0
        while at + 8 <= len(self._buffer):
            size = _size(self._buffer[at:])
            frame = self._buffer[at : at + size]
            if size and len(frame) == size and crc(frame[:-2]) == frame[-2:]:
                found.append(Adu(frame[0], frame[1:-2]))
                self._buffer, at = self._buffer[at + size :], 0
            else:
                at += 1
        return found

    def wrap(self, answer: Adu) -> bytes:
        """Return an answer's bytes."""
        frame = bytes((answer.unit,)) + answer.pdu
        return frame + crc(frame)

    def garble(self, frame: bytes) -> bytes:
        """Return the frame with one bit turned over."""
        return frame[:-3] + bytes((frame[-3] ^ 0x10,)) + frame[-2:]

    def misplace(self, answer: Adu) -> Adu:
        """Return the answer of another unit."""
        return replace(answer, unit=answer.unit % 247 + 1)


Frames = TcpFrames | RtuFrames
FRAMES: Mapping[str, Callable[[], Frames]] = {"tcp": TcpFrames, "rtu": RtuFrames}


def _size(frame: bytes) -> int:
    size = SIZES.get(frame[1])
    return size(frame) if size else 0


def crc(data: bytes) -> bytes:
    """Return the check sum of a serial frame, low byte first (polynomial 0xA001, begins as 0xFFFF)."""
    rest = 0xFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0xA001 if rest & 1 else 0)
    return rest.to_bytes(2, "little")
