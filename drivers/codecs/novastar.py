"""Frames of NovaStar LED controllers: registers of a sender, or of the receiving cards behind it, read and written.

Source: NovaStar M3 RS-232 protocol V1.9 (the rule), and the codec tests of sarakusha/novastar.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import ProtocolError

ASK, REPLY = b"\x55\xaa", b"\xaa\x55"
SENDER, RECEIVER = 0, 1
COMPUTER, EVERY_SENDER, EVERY_PORT, EVERY_BOARD = 0xFE, 0xFF, 0xFF, 0xFFFF
READ, WRITE = 0, 1
_HEAD = 18
_SEED = 0x5555
_LONGEST = 256
"""Bytes of data that a frame may carry here; the registers that matter have one or two."""
_LIMIT = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame; `length` is what is to be read, else as long as `data`; `error` is a reply's, 0 is none."""

    reply: bool
    serial: int
    register: int
    write: bool
    data: bytes = b""
    length: int = 0
    error: int = 0
    source: int = COMPUTER
    target: int = 0
    kind: int = SENDER
    port: int = 0
    board: int = 0

    def encode(self) -> bytes:
        """Return the frame's bytes."""
        length = len(self.data) or self.length
        ends = bytes((self.error, self.serial, self.source, self.target, self.kind, self.port))
        what = bytes((WRITE if self.write else READ, 0)) + self.register.to_bytes(4, "little")
        body = ends + self.board.to_bytes(2, "little") + what + length.to_bytes(2, "little") + self.data
        return (REPLY if self.reply else ASK) + body + checksum(body).to_bytes(2, "little")


def checksum(body: bytes) -> int:
    """Return the sum of every byte after the header, from 0x5555, in 16 bits."""
    return (_SEED + sum(body)) & 0xFFFF


class Decoder:
    """Frames of one direction, from any chopping of the stream."""

    def __init__(self, *, replies: bool) -> None:
        self._header = REPLY if replies else ASK
        self._replies = replies
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when 64 KiB wait for `next`, which drops them all."""
        if len(self._buffer) > _LIMIT:
            raise ProtocolError(f"bytes without a frame: {self._drop(len(self._buffer))[:48]}; dropped")
        self._buffer += data

    def next(self) -> Frame | None:
        """Return the next frame or None; raise ProtocolError for bytes outside a frame and for a bad checksum."""
        self._find_header()
        if len(self._buffer) < _HEAD:
            return None
        told = int.from_bytes(self._buffer[16:18], "little")
        size = _HEAD + (told if self._carries() else 0) + 2
        if told > _LONGEST:
            raise ProtocolError(f"a frame of {told} bytes of data: {self._drop(2)}")
        if len(self._buffer) < size:
            return None
        raw = bytes(self._buffer[:size])
        if checksum(raw[2:-2]) != int.from_bytes(raw[-2:], "little"):
            inner = raw.find(self._header, 1)
            self._drop(size if inner < 0 else inner)
            raise ProtocolError(f"bad checksum in {raw[:48].hex(' ')}")
        self._drop(size)
        return self._frame(raw)

    def _carries(self) -> bool:
        """Return whether the frame that waits carries data: a question only says how much it wants."""
        return self._replies or self._buffer[10] == WRITE

    def _frame(self, raw: bytes) -> Frame:
        return Frame(
            reply=self._replies, error=raw[2], serial=raw[3], source=raw[4], target=raw[5], kind=raw[6], port=raw[7],
            board=int.from_bytes(raw[8:10], "little"), write=raw[10] == WRITE,
            register=int.from_bytes(raw[12:16], "little"), length=int.from_bytes(raw[16:18], "little"),
            data=raw[_HEAD:-2],
        )  # fmt: skip

    def _find_header(self) -> None:
        start = self._buffer.find(self._header)
        if start < 0 and self._buffer.endswith(self._header[:1]):
            start = len(self._buffer) - 1
        if self._buffer and start != 0:
            count = len(self._buffer) if start < 0 else start
            raise ProtocolError(f"bytes outside a frame: {self._drop(count)[:48]}")

    def _drop(self, count: int) -> str:
        dropped = bytes(self._buffer[:count])
        del self._buffer[:count]
        return dropped.hex(" ")
