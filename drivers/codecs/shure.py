"""Shure command strings: `< REP 1 AUDIO_MUTE ON >`, words between angle brackets."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import ProtocolError

_LIMIT = 1024
"""Bytes of one string; the longest that is documented has a hundred."""
LOWEST, HIGHEST, ZERO = 0, 1400, 1100
"""AUDIO_GAIN_HI_RES in tenths of a dB: 0 is -110 dB, 1100 is 0 dB, 1400 is +30 dB."""


@dataclass(frozen=True, slots=True)
class Words:
    """One string: GET, SET, REP or SAMPLE, the channel (None: the device), the parameter and its value."""

    verb: str
    channel: int | None = None
    parameter: str = ""
    value: str = ""

    @property
    def topic(self) -> str:
        """Return what it is about."""
        return self.parameter if self.channel is None else f"{self.channel} {self.parameter}"

    def encode(self) -> bytes:
        """Return the string; a channel has two digits."""
        channel = "" if self.channel is None else f"{self.channel:02d} "
        value = f" {self.value}" if self.value else ""
        return f"< {self.verb} {channel}{self.parameter}{value} >".encode()


def read(text: str) -> Words:
    """Return what stands between the brackets; a value in braces loses them and its padding; raise ProtocolError."""
    verb, _, rest = text.strip().partition(" ")
    if verb not in ("GET", "SET", "REP", "SAMPLE") or not text.isascii() or not text.isprintable():
        raise ProtocolError(f"no Shure command string: {text[:60]!r}")
    if verb == "SAMPLE":
        return Words(verb, value=rest.strip())
    first, _, more = rest.strip().partition(" ")
    channel = int(first) if first.isdecimal() and len(first) <= 2 else None
    parameter, _, value = (more.strip() if channel is not None else rest.strip()).partition(" ")
    if not parameter:
        raise ProtocolError(f"a Shure command string without a parameter: {text[:60]!r}")
    return Words(verb, channel, parameter, value.strip().removeprefix("{").removesuffix("}").strip())


def gain(db: float) -> str:
    """Return a gain in dB as the wire has it; raise ValueError when it is no tenth of a dB from -110 to +30."""
    tenths = round(db * 10)
    if abs(tenths - db * 10) > 1e-6 or not LOWEST <= tenths + ZERO <= HIGHEST:
        raise ValueError(f"{db:g} dB")
    return f"{tenths + ZERO:04d}"


class Decoder:
    """Strings from any chopping of the stream; what stands outside brackets is garbage, but for line ends."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than 1 KiB wait for their bracket, which drops them all."""
        self._buffer += data
        if len(self._buffer) > _LIMIT and b">" not in self._buffer[:_LIMIT]:
            start = bytes(self._buffer[:32])
            self._buffer.clear()
            raise ProtocolError(f"a string of more than {_LIMIT} bytes, which starts with {start!r}; dropped")

    def next(self) -> Words | None:
        """Return the next string or None; raise ProtocolError for garbage, which is then gone."""
        end = self._buffer.find(b">")
        if end < 0:
            return None
        raw = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        before, bracket, inside = raw.rpartition(b"<")
        if not bracket or before.strip(b" \r\n\0"):
            self._buffer[:0] = b"<" + inside + b">" if bracket else b""
            raise ProtocolError(f"garbage before a command string: {(before if bracket else raw)[:40]!r}")
        return read(inside.decode("utf-8", "replace"))
