"""Telnet's option talk, taken out of a stream and refused: DO is answered WONT, WILL is answered DONT (RFC 854)."""

from __future__ import annotations

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
REFUSALS = {DO: WONT, WILL: DONT}
_LONGEST = 256
"""Bytes of a subnegotiation: what does not end within them was none, and is data."""


class Telnet:
    """Bytes in, data and refusals out; any chopping, and only a telnet command's own bytes are kept waiting."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the data without telnet's commands, and the bytes that refuse every option asked for."""
        self._waiting += data
        text, refusals = bytearray(), bytearray()
        while self._waiting:
            at = self._waiting.find(IAC)
            text += self._waiting[: at if at >= 0 else len(self._waiting)]
            del self._waiting[: at if at >= 0 else len(self._waiting)]
            size = self._size()
            if size == 0:
                break
            command = bytes(self._waiting[:size])
            del self._waiting[:size]
            if command == bytes((IAC, IAC)):
                text.append(IAC)
            elif len(command) == 3 and command[1] in REFUSALS:
                refusals += bytes((IAC, REFUSALS[command[1]], command[2]))
        return bytes(text), bytes(refusals)

    def _size(self) -> int:
        """Return the length of the command that waits, or 0 when it is not all there."""
        have = self._waiting
        if len(have) < 2:
            return 0
        if have[1] == SB:
            end = have.find(bytes((IAC, SE)), 2)
            if end < 0:
                return 2 if len(have) > _LONGEST else 0
            return end + 2
        if have[1] in (DO, DONT, WILL, WONT):
            return 3 if len(have) >= 3 else 0
        return 2
