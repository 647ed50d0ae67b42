"""Blocks of the Blackmagic Videohub Ethernet Protocol 2.3: a header line, lines, a blank line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.errors import ProtocolError

ACK, NAK = "ACK", "NAK"
PREAMBLE = "PROTOCOL PREAMBLE"
DEVICE = "VIDEOHUB DEVICE"
INPUT_LABELS = "INPUT LABELS"
OUTPUT_LABELS = "OUTPUT LABELS"
LOCKS = "VIDEO OUTPUT LOCKS"
ROUTING = "VIDEO OUTPUT ROUTING"
CONFIGURATION = "CONFIGURATION"
END_PRELUDE = "END PRELUDE"
PING = "PING"
_LIMIT = 65536
"""Bytes of one block; the labels of a 288×288 hub are a third of it."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block: the header without its colon; without lines it asks for a dump of that block."""

    header: str
    lines: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Return the block with its colon and its blank line; ACK and NAK have no colon."""
        head = self.header if self.header in (ACK, NAK) else f"{self.header}:"
        return ("\n".join((head, *self.lines)) + "\n\n").encode()


def pairs(block: Block) -> tuple[tuple[int, str], ...]:
    """Return the `number text` lines; raise ProtocolError for a line that is none."""
    return tuple(_pair(line, block.header) for line in block.lines)


def _pair(line: str, header: str) -> tuple[int, str]:
    number, _, text = line.partition(" ")
    if not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise ProtocolError(f"{header}: {line[:40]!r} is not a number and a value")
    return int(number), text


def fields(lines: Iterable[str]) -> dict[str, str]:
    """Return the `Name: value` lines by name; other lines are a newer firmware's and are left out."""
    split = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, colon, value in split if colon}


class Decoder:
    """Blocks from any chopping of the stream; CR and NUL are ignored, bad UTF-8 is replaced."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than 64 KiB wait for a blank line, which drops them all."""
        self._buffer += data.replace(b"\r", b"").replace(b"\0", b"")
        if len(self._buffer) > _LIMIT and b"\n\n" not in self._buffer[:_LIMIT]:
            start = bytes(self._buffer[:32])
            self._buffer.clear()
            raise ProtocolError(f"a block of more than {_LIMIT} bytes, which starts with {start!r}; dropped")

    def next(self) -> Block | None:
        """Return the next block or None."""
        while self._buffer.startswith(b"\n"):
            del self._buffer[:1]
        end = self._buffer.find(b"\n\n")
        if end < 0:
            return None
        header, *lines = self._buffer[:end].decode("utf-8", "replace").split("\n")
        del self._buffer[: end + 2]
        return Block(header.strip().removesuffix(":"), tuple(lines))
