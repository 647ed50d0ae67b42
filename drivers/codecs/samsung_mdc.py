"""Samsung MDC frames: `AA command id length data… checksum` (Multiple Display Control, 2016-02-23)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import ProtocolError

HEADER = 0xAA
REPLY = 0xFF
"""The command byte of everything that a display says."""
EVERYBODY = 0xFE
"""The id that all displays obey and none acknowledges."""
ACK, NAK = 0x41, 0x4E
TLS_WANTED = "MDCSTART<<TLS>>"
"""What a panel in secured mode says first."""
PIN_GOOD = "MDCAUTH<<PASS>>"
PIN_WRONG = "MDCAUTH<<FAIL:0x01>>"
PIN_BLOCKED = "MDCAUTH<<FAIL:0x02>>"
_OVERHEAD = 5
_LONGEST_BANNER = 32
_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: of a reply, `command` is REPLY and the data starts with ACK or NAK and the command it answers."""

    command: int
    id: int
    data: bytes = b""

    def encode(self) -> bytes:
        """Return the frame with its header, length and checksum."""
        body = bytes([self.command, self.id, len(self.data)]) + self.data
        return bytes([HEADER]) + body + bytes([checksum(body)])


@dataclass(frozen=True, slots=True)
class Banner:
    """The plain text with which a panel in secured mode asks for TLS and judges the PIN."""

    text: str


def checksum(body: bytes) -> int:
    """Return the sum of all bytes after the header, modulo 256."""
    return sum(body) % 256


def accept(command: int, display: int, data: bytes = b"") -> bytes:
    """Return a display's ACK frame; `data` starts with the sub-command if the command has one."""
    return Frame(REPLY, display, bytes([ACK, command]) + data).encode()


def refuse(command: int, display: int, error: int = 1) -> bytes:
    """Return a display's NAK frame; it does not echo a sub-command."""
    return Frame(REPLY, display, bytes([NAK, command, error])).encode()


class Decoder:
    """Frames from any chopping of the stream; with `only`, frames of that one command (a controller hears REPLY)."""

    def __init__(self, *, only: int | None = None) -> None:
        self._only = only
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when 4 KiB wait for `next`, which drops them all."""
        if len(self._buffer) > _LIMIT:
            raise ProtocolError(f"{self._drop(len(self._buffer))} and more; dropped")
        self._buffer += data

    def next(self) -> Frame | Banner | None:
        """Return the next frame or None; raise ProtocolError for bytes outside a frame and for a bad checksum."""
        if self._buffer.startswith(b"M"):
            return self._banner()
        self._find_header()
        if len(self._buffer) < _OVERHEAD or len(self._buffer) < (size := self._buffer[3] + _OVERHEAD):
            return None
        raw = bytes(self._buffer[:size])
        if checksum(raw[1:-1]) != raw[-1]:
            inner = raw.find(HEADER, 1)
            self._drop(size if inner < 0 else inner)
            raise ProtocolError(f"bad checksum in {raw.hex(' ')}")
        self._drop(size)
        return Frame(raw[1], raw[2], raw[4:-1])

    def _banner(self) -> Banner | None:
        end = self._buffer.find(b">>", 0, _LONGEST_BANNER)
        if b"MDC".startswith(self._buffer[:3]) and end > 0:
            return Banner(bytes.fromhex(self._drop(end + 2)).decode("ascii", "replace"))
        if b"MDC".startswith(self._buffer[:3]) and len(self._buffer) < _LONGEST_BANNER:
            return None
        raise ProtocolError(f"bytes outside a frame: {self._drop(1)}")

    def _find_header(self) -> None:
        """Drop what no frame can start with, and say so."""
        start = self._buffer.find(HEADER)
        if self._buffer and start != 0:
            raise ProtocolError(f"bytes outside a frame: {self._drop(len(self._buffer) if start < 0 else start)}")
        if len(self._buffer) > 1 and self._only not in (None, self._buffer[1]):
            raise ProtocolError(f"a frame that is no reply: {self._drop(2)}")

    def _drop(self, count: int) -> str:
        dropped = bytes(self._buffer[:count])
        del self._buffer[:count]
        return dropped.hex(" ")
