"""The Pulse-Eight USB-CEC adapter: its messages on the serial port, and the CEC frames that they carry byte by byte.

libCEC, USBCECAdapterMessage (framing and message codes); HDMI 1.4b, CEC 13 and 17 (frames and opcodes).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.errors import ProtocolError

_START, _END, _ESCAPE, _SHIFT = 0xFF, 0xFE, 0xFD, 3
_EOM, _ACK = 0x80, 0x40
"""Flags in the code of a received byte: the frame's last one, and that somebody acknowledged it."""
_LONGEST = 64
BROADCAST = 15
MOST_BYTES = 16
"""Bytes of a CEC frame with its header."""


class Code(IntEnum):
    """What a message of the adapter is about."""

    PING = 1
    TIMEOUT_ERROR = 2
    HIGH_ERROR = 3
    LOW_ERROR = 4
    FRAME_START = 5
    FRAME_DATA = 6
    RECEIVE_FAILED = 7
    ACCEPTED = 8
    REJECTED = 9
    SET_ACK_MASK = 10
    TRANSMIT = 11
    TRANSMIT_EOM = 12
    ACK_POLARITY = 14
    SUCCEEDED = 16
    FAILED_LINE = 17
    FAILED_ACK = 18
    FAILED_TIMEOUT_DATA = 19
    FAILED_TIMEOUT_LINE = 20
    FIRMWARE = 21
    SET_CONTROLLED = 24


FAILURES = {
    Code.FAILED_LINE: "the CEC line is disturbed", Code.FAILED_ACK: "nobody on the HDMI cable acknowledges it",
    Code.FAILED_TIMEOUT_DATA: "the CEC line was not free", Code.FAILED_TIMEOUT_LINE: "the CEC line was not free",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its code without flags, and its data."""

    code: int
    data: bytes = b""
    last: bool = False
    """A received byte ends its CEC frame."""


def encode(code: int, data: bytes = b"") -> bytes:
    """Return the message between its marks; bytes from FD on are written as FD and three less."""
    body = bytearray()
    for byte in bytes((code,)) + data:
        body += bytes((_ESCAPE, byte - _SHIFT)) if byte >= _ESCAPE else bytes((byte,))
    return bytes((_START, *body, _END))


def transmission(frame: bytes) -> bytes:
    """Return the messages that send a CEC frame: whether all are meant, then byte by byte."""
    everybody = int(frame[0] & 0x0F == BROADCAST)
    parts = [encode(Code.ACK_POLARITY, bytes((everybody,)))]
    for at, byte in enumerate(frame):
        parts.append(encode(Code.TRANSMIT_EOM if at == len(frame) - 1 else Code.TRANSMIT, bytes((byte,))))
    return b"".join(parts)


class Decoder:
    """Messages from any chopping of the stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than 64 wait for their end, which drops them all."""
        self._buffer += data
        if len(self._buffer) > _LONGEST and _END not in self._buffer:
            start = bytes(self._buffer[:16])
            self._buffer.clear()
            raise ProtocolError(f"a message of more than {_LONGEST} bytes: {start.hex(' ')}; dropped")

    def next(self) -> Message | None:
        """Return the next message or None; raise ProtocolError for garbage, which is then gone."""
        end = self._buffer.find(_END)
        if end < 0:
            return None
        raw = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        before, mark, body = raw.rpartition(bytes((_START,)))
        if before:
            self._buffer[:0] = mark + body + bytes((_END,)) if mark else b""
            raise ProtocolError(f"noise before a message of the adapter: {before[:16].hex(' ')}")
        return _read(body) if mark else self._lost(raw)

    def _lost(self, raw: bytes) -> Message:
        raise ProtocolError(f"a message of the adapter without its beginning: {raw[:16].hex(' ')}")


def _read(body: bytes) -> Message:
    plain, escaped = bytearray(), False
    for byte in body:
        if escaped or byte != _ESCAPE:
            plain.append((byte + _SHIFT if escaped else byte) & 0xFF)
        escaped = byte == _ESCAPE and not escaped
    if not plain or escaped:
        raise ProtocolError(f"an empty or broken message of the adapter: {body[:16].hex(' ')}")
    return Message(plain[0] & ~(_EOM | _ACK), bytes(plain[1:]), last=bool(plain[0] & _EOM))


class Frames:
    """CEC frames from the bytes that the adapter tells one by one."""

    def __init__(self) -> None:
        self._frame = bytearray()

    def take(self, message: Message) -> bytes | None:
        """Return the frame that the message completes, or None; a frame that is too long is dropped."""
        if message.code == Code.FRAME_START:
            self._frame.clear()
        self._frame += message.data[:1]
        if not message.last or not self._frame:
            if len(self._frame) > MOST_BYTES:
                self._frame.clear()
            return None
        frame = bytes(self._frame)
        self._frame.clear()
        return frame
