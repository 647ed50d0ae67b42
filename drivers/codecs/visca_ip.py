"""VISCA over IP: eight bytes (type, length, sequence number) before a VISCA packet (Sony BRC-AM7 list, p. 9)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from drivers.errors import ProtocolError

COMMAND, INQUIRY, REPLY, CONTROL, CONTROL_REPLY = 0x0100, 0x0110, 0x0111, 0x0200, 0x0201
RESET = b"\x01"
"""The control command after which sequence numbers start again, and its acknowledgement."""
ERROR = 0x0F
ERRORS = {1: "it disputes the sequence number", 2: "it does not know this type of message"}
_HEAD = Struct(">HHI")
_LONGEST = 16
_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    kind: int
    sequence: int
    payload: bytes

    def encode(self) -> bytes:
        """Return the message with its head."""
        return _HEAD.pack(self.kind, len(self.payload), self.sequence) + self.payload


class Decoder:
    """Messages; none is spread over datagrams, so what makes none is dropped whole."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def receive(self, data: bytes) -> None:
        """Take in a datagram; raise ProtocolError for one longer than anything that is said."""
        if len(data) > _LIMIT:
            raise ProtocolError(f"a datagram of {len(data)} bytes; dropped")
        if data:
            self._waiting.append(data)

    def next(self) -> Message | None:
        """Return the next message or None; raise ProtocolError for a datagram that is none."""
        if not self._waiting:
            return None
        data = self._waiting.pop(0)
        if len(data) < _HEAD.size:
            raise ProtocolError(f"a datagram without a head: {data.hex(' ')}")
        kind, length, sequence = _HEAD.unpack_from(data)
        end = _HEAD.size + length
        if end > len(data) or not 1 <= length <= _LONGEST:
            raise ProtocolError(f"a head that does not fit its datagram: {data[:32].hex(' ')}")
        if len(data) > end:
            self._waiting.insert(0, data[end:])
        return Message(kind, sequence, data[_HEAD.size : end])
