"""Frames of simple devices: text up to an end mark, or bytes with a head, a length byte and a checksum."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.codecs.checksums import CHECKSUMS
from drivers.errors import ProtocolError

MOST_TEXT = 4096
"""Bytes of text that may wait for their end mark."""
MOST_FRAME = 512
"""Bytes of a binary frame."""


@dataclass(frozen=True, slots=True)
class TextFraming:
    """Text that ends with `end`; when reading, CR, LF and NUL around it are passed over."""

    end: bytes
    start: bytes = b""
    """What we send before each message."""

    def wrap(self, body: bytes) -> bytes:
        """Return the body as it goes over the wire."""
        return self.start + body + self.end


@dataclass(frozen=True, slots=True)
class ByteFraming:
    """`head`, body, checksum, `tail`; the frame's size is fixed, or told by a length byte in it."""

    head: bytes = b""
    tail: bytes = b""
    checksum: str = ""
    """A name in CHECKSUMS; empty: none."""
    covers: int = 0
    """The first byte that the checksum covers, counted from the frame's start."""
    length_at: int = -1
    """Where the length byte stands, counted from the frame's start; -1: there is none."""
    length_adds: int = 0
    """How many bytes the frame has more than the length byte says."""
    size: int = 0
    """Bytes of every answer when there is no length byte."""

    def wrap(self, body: bytes) -> bytes:
        """Return the frame of a body; raise ValueError when it is too long for the length byte."""
        frame = bytearray(self.head + body)
        if self.length_at >= 0:
            frame.insert(self.length_at, 0)
            frame[self.length_at] = len(frame) + self._width() + len(self.tail) - self.length_adds
        return bytes(frame) + self._sum(bytes(frame)) + self.tail

    def unwrap(self, frame: bytes) -> bytes:
        """Return the body of a whole frame; raise ProtocolError for a wrong checksum or tail."""
        end = len(frame) - len(self.tail)
        covered = frame[: end - self._width()]
        if frame[end:] != self.tail:
            raise ProtocolError(f"a frame without its end: {frame.hex(' ')}")
        if self._sum(covered) != frame[len(covered) : end]:
            raise ProtocolError(f"bad checksum in {frame.hex(' ')}")
        body = bytearray(covered)
        if self.length_at >= 0:
            del body[self.length_at]
        return bytes(body[len(self.head) :])

    def whole(self, data: bytes | bytearray) -> int:
        """Return the size of the frame that `data` begins with, 0 when it does not tell yet."""
        if self.length_at < 0:
            return self.size
        return data[self.length_at] + self.length_adds if len(data) > self.length_at else 0

    def least(self) -> int:
        """Return the bytes of the shortest frame."""
        return max(len(self.head) + self._width() + len(self.tail) + 1, self.length_at + 1)

    def _width(self) -> int:
        return CHECKSUMS[self.checksum].width if self.checksum else 0

    def _sum(self, covered: bytes) -> bytes:
        if not self.checksum:
            return b""
        kind = CHECKSUMS[self.checksum]
        return kind.of(covered[self.covers :]).to_bytes(kind.width, kind.order)


Framing = TextFraming | ByteFraming


class Texts:
    """Text up to its end mark, without it; what is empty is passed over."""

    def __init__(self, framing: TextFraming) -> None:
        self._end = framing.end
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than 4 KiB wait for their end, which drops them all."""
        self._buffer += data
        if len(self._buffer) > MOST_TEXT and self._end[-1] not in self._buffer[:MOST_TEXT]:
            start = bytes(self._buffer[:32])
            self._buffer.clear()
            raise ProtocolError(f"a text of more than {MOST_TEXT} bytes, which starts with {start!r}; dropped")

    def next(self) -> bytes | None:
        """Return the next text that is not empty, or None; the last byte of the end mark is enough."""
        while (at := self._buffer.find(self._end[-1:])) >= 0:
            text = bytes(self._buffer[:at]).removesuffix(self._end[:-1]).strip(b"\r\n\0")
            del self._buffer[: at + 1]
            if text:
                return text
        return None


class Frames:
    """Bodies of binary frames; after a wrong one the next head is looked for from its second byte on."""

    def __init__(self, framing: ByteFraming) -> None:
        self._framing = framing
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes."""
        self._buffer += data

    def next(self) -> bytes | None:
        """Return the next body, or None for "need more"; raise ProtocolError for what is none, which is then gone."""
        self._skip_to_head()
        if len(self._buffer) < len(self._framing.head):
            return None
        size = self._framing.whole(self._buffer)
        if size and not self._framing.least() <= size <= MOST_FRAME:
            del self._buffer[:1]
            raise ProtocolError(f"no frame is {size} bytes long")
        if not size or len(self._buffer) < size:
            return None
        frame = bytes(self._buffer[:size])
        try:
            body = self._framing.unwrap(frame)
        except ProtocolError:
            del self._buffer[:1]
            raise
        del self._buffer[:size]
        return body

    def _skip_to_head(self) -> None:
        head = self._framing.head
        at = self._buffer.find(head)
        drop = at if at >= 0 else max(0, len(self._buffer) - len(head) + 1)
        if drop:
            noise = bytes(self._buffer[: min(drop, 16)])
            del self._buffer[:drop]
            raise ProtocolError(f"{drop} bytes that begin no frame: {noise.hex(' ')}")


def decoder(framing: Framing) -> Texts | Frames:
    """Return what cuts a stream into bodies."""
    return Texts(framing) if isinstance(framing, TextFraming) else Frames(framing)
