"""VISCA packets: `address … FF` to a camera and `address+8 0 … FF` back (Sony VISCA command lists)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import ProtocolError

END = 0xFF
EVERYBODY = 0x88
ADDRESS_SET = bytes([EVERYBODY, 0x30, 0x01, END])
"""Lets every camera of a chain take the next number; the last answer says how many there are, plus one."""
NETWORK_CHANGE = b"\x38"
BUFFER_FULL, CANCELLED, NO_SOCKET, NOT_EXECUTABLE = 0x03, 0x04, 0x05, 0x41
ERRORS = {
    0x01: "the message has a wrong length", 0x02: "the camera does not know this command", 0x03: "its buffer is full",
    0x04: "the command was cancelled", 0x05: "there is nothing to cancel", 0x41: "the camera cannot do this now",
}  # fmt: skip
_LONGEST = 16
_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: `header` is 80+address of a camera, or of an answer 80+16 times the camera's address."""

    header: int
    body: bytes

    def encode(self) -> bytes:
        """Return the packet with its end."""
        return bytes([self.header, *self.body, END])

    @property
    def camera(self) -> int:
        """Return which camera says this; 0: it went round the chain."""
        return 0 if self.header == EVERYBODY else (self.header >> 4) - 8


def to(camera: int, body: bytes) -> bytes:
    """Return a packet for camera 1 to 7."""
    return Packet(0x80 | camera, body).encode()


def back(camera: int, body: bytes) -> bytes:
    """Return an answer of camera 1 to 7."""
    return Packet(0x80 | camera << 4, body).encode()


def nibbles(value: int, count: int = 4) -> bytes:
    """Return a number in two's complement, four bits a byte."""
    return bytes(value >> 4 * place & 15 for place in reversed(range(count)))


def number(data: bytes) -> int:
    """Return the number that is written four bits a byte; raise ValueError for bytes that are more."""
    if any(byte > 15 for byte in data):
        raise ValueError(data.hex(" "))
    return int("".join(f"{byte:x}" for byte in data) or "0", 16)


def signed(data: bytes) -> int:
    """Return the number in two's complement that is written four bits a byte; raise ValueError."""
    value = number(data)
    half = 1 << 4 * len(data) - 1
    return value - 2 * half if value >= half else value


class Decoder:
    """Packets from any chopping of the stream; `answers`: those of cameras, else those of a controller."""

    def __init__(self, *, answers: bool = True) -> None:
        self._answers = answers
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when 4 KiB wait for `next`, which drops them all."""
        if len(self._buffer) > _LIMIT:
            raise ProtocolError(f"{len(self._drop(len(self._buffer)))} bytes without a packet among them; dropped")
        self._buffer += data

    def next(self) -> Packet | None:
        """Return the next packet or None; raise ProtocolError for bytes that make none, which are then gone."""
        if self._buffer and not self._starts(self._buffer[0]):
            raise ProtocolError(f"bytes outside a packet: {self._drop(self._start())[:_LONGEST].hex(' ')}")
        end = self._buffer.find(END)
        if end < 0 and len(self._buffer) <= _LONGEST:
            return None
        if not 2 <= end < _LONGEST:
            raise ProtocolError(f"no packet: {self._drop(self._start(1))[:_LONGEST].hex(' ')}")
        raw = self._drop(end + 1)
        return Packet(raw[0], raw[1:-1])

    def _starts(self, byte: int) -> bool:
        if byte == EVERYBODY:
            return True
        return byte in range(0x90, 0x100, 0x10) if self._answers else byte in range(0x81, 0x88)

    def _start(self, at: int = 0) -> int:
        """Return how many bytes stand before the next one with which a packet can start."""
        places = range(at, len(self._buffer))
        return next((place for place in places if self._starts(self._buffer[place])), len(self._buffer))

    def _drop(self, count: int) -> bytes:
        dropped = bytes(self._buffer[:count])
        del self._buffer[:count]
        return dropped
