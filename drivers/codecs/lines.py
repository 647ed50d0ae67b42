"""Lines of text from any chopping of a stream."""

from __future__ import annotations

from drivers.errors import ProtocolError

_LIMIT = 4096


class Lines:
    """Lines that end with CR, LF or both; NUL is ignored, bad UTF-8 is replaced."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than 4 KiB wait for their end, which drops them all."""
        self._buffer += data.replace(b"\n", b"\r").replace(b"\0", b"")
        if len(self._buffer) > _LIMIT and b"\r" not in self._buffer[:_LIMIT]:
            start = bytes(self._buffer[:32])
            self._buffer.clear()
            raise ProtocolError(f"a line of more than {_LIMIT} bytes, which starts with {start!r}; dropped")

    def next(self) -> str | None:
        """Return the next line that is not empty, without its end, or None."""
        while (end := self._buffer.find(b"\r")) >= 0:
            line = self._buffer[:end].decode("utf-8", "replace")
            del self._buffer[: end + 1]
            if line:
                return line
        return None
