"""Alpha Sign Communications Protocol: standard packets with a checksum (Adaptive 9708-8061F, 5.1 and 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.errors import ProtocolError

WRITE_TEXT, SPECIAL = "A", "E"
TONE = "("
"""The special function that sounds the sign's speaker; `0` is one long tone and `1` three short ones."""
MODES: Mapping[str, str] = {"rotate": "a", "hold": "b", "flash": "c", "roll_up": "e", "roll_left": "g", "auto": "o"}
COLOURS: Mapping[str, str] = {"red": "1", "green": "2", "amber": "3", "orange": "7", "yellow": "8", "auto": "C"}
MIDDLE = " "
"""The position for signs of one line."""
_NULS = b"\0" * 5
"""From these the sign learns the line's speed (5.1.1)."""
_SOH, _STX, _ETX, _EOT, _ESC, _COLOUR = b"\x01", b"\x02", b"\x03", b"\x04", "\x1b", "\x1c"
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Packet:
    """One command for the signs of a type (`Z`: all) and an address (`00`: all)."""

    command: str
    data: str
    kind: str = "Z"
    address: str = "00"


def show(text: str, *, file: str, mode: str, colour: str) -> str:
    """Return the data that write a text file; an empty text blanks it."""
    return f"{file}{_ESC}{MIDDLE}{MODES[mode]}{_COLOUR}{COLOURS[colour]}{text}" if text else file


def checksum(body: bytes) -> bytes:
    """Return the sum of everything from STX to ETX as four hexadecimal digits."""
    return f"{sum(body) & 0xFFFF:04X}".encode()


def encode(packet: Packet) -> bytes:
    """Return the whole packet."""
    body = _STX + f"{packet.command}{packet.data}".encode("ascii", "replace") + _ETX
    return _NULS + _SOH + f"{packet.kind}{packet.address}".encode() + body + checksum(body) + _EOT


def read(raw: bytes) -> Packet:
    """Return what stands between SOH and EOT; raise ProtocolError for a wrong checksum or another form."""
    start, end = raw.find(_STX), raw.rfind(_ETX)
    if start != 3 or end < start + 2:
        raise ProtocolError(f"no packet for a sign: {raw[:24].hex(' ')}")
    if raw[end + 1 :] != checksum(raw[start : end + 1]):
        raise ProtocolError(
            f"a packet with the checksum {raw[end + 1 :][:8]!r}; it is {checksum(raw[start : end + 1])!r}"
        )
    text = raw[start + 1 : end].decode("ascii", "replace")
    return Packet(text[0], text[1:], chr(raw[0]), raw[1:3].decode("ascii", "replace"))


class Decoder:
    """Packets from any chopping of the stream, as a sign hears them."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than 4 KiB wait for their end, which drops them all."""
        self._buffer += data
        if len(self._buffer) > _LONGEST and _EOT not in self._buffer:
            self._buffer.clear()
            raise ProtocolError(f"a packet of more than {_LONGEST} bytes; dropped")

    def next(self) -> Packet | None:
        """Return the next packet or None; raise ProtocolError for one that is none, which is then gone."""
        end = self._buffer.find(_EOT)
        if end < 0:
            return None
        raw = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return read(raw.rpartition(_SOH)[2])
