"""LG signage lines: `ka 01 01` CR asks or sets, `a 01 OK01x` answers (LG signage manuals, RS-232C control)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.errors import ProtocolError

EVERYBODY = 0
"""The set id that all sets obey; some answer all at once, so nothing that comes back can be used."""
READ = "FF"
"""The data that asks for the value."""
_LIMIT = 4096
_LONGEST = 64
"""Bytes of an answer; the longest documented one is a name or a serial number."""
_BLANK = b"\r\n\0 "
_REQUEST = re.compile(r"([a-z])([a-z]) +([0-9a-f]{1,3})((?: +[0-9a-f]{1,4})+)", re.IGNORECASE)
_ANSWER = re.compile(r"([a-z]) ([0-9a-f]{2,3}) (OK|NG)([ -w y-~]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """One command line: `command` has two letters, `data` its fields as upper-case hexadecimal digits."""

    command: str
    id: int
    data: tuple[str, ...]

    def encode(self) -> bytes:
        """Return the line with its CR."""
        return f"{self.command} {self.id:02X} {' '.join(self.data)}\r".encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `letter` is the second of the command's letters, the first is not told."""

    letter: str
    id: int
    good: bool
    data: str = ""

    def encode(self) -> bytes:
        """Return the answer, which ends with the letter x and no CR."""
        return f"{self.letter} {self.id:02X} {'OK' if self.good else 'NG'}{self.data}x".encode()


def read_request(line: str) -> Request | None:
    """Return what a controller's line asks, or None when it is no line of this protocol."""
    found = _REQUEST.fullmatch(line.strip())
    if found is None:
        return None
    data = tuple(field.upper() for field in found[4].split())
    return Request((found[1] + found[2]).lower(), int(found[3], 16), data)


class Decoder:
    """Answers from any chopping of the stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when 4 KiB wait for `next`, which drops them all."""
        if len(self._buffer) > _LIMIT:
            self._drop(len(self._buffer))
            raise ProtocolError(f"more than {_LIMIT} bytes without an answer among them; dropped")
        self._buffer += data

    def next(self) -> Answer | None:
        """Return the next answer, or None; raise ProtocolError for bytes that are none, which are then gone."""
        while self._buffer[:1] and self._buffer[0] in _BLANK:
            del self._buffer[0]
        end = self._buffer.find(b"x")
        if end < 0:
            if len(self._buffer) > _LONGEST:
                raise ProtocolError(f"no end in {self._drop(len(self._buffer))[:_LONGEST]!r}")
            return None
        text = self._drop(end + 1)[:-1].decode("latin-1")
        found = _last_answer(text)
        if found is None:
            raise ProtocolError(f"no answer of an LG set: {text[-_LONGEST:]!r}")
        if found.start():
            self._buffer[:0] = found[0].encode("latin-1") + b"x"
            raise ProtocolError(f"bytes before an answer: {text[: found.start()][-_LONGEST:]!r}")
        return Answer(found[1].lower(), int(found[2], 16), found[3].upper() == "OK", found[4].strip())

    def _drop(self, count: int) -> bytes:
        dropped = bytes(self._buffer[:count])
        del self._buffer[:count]
        return dropped


def _last_answer(text: str) -> re.Match[str] | None:
    """Return the answer at the end of `text`, whatever stands before it."""
    starts = [found.start() for found in re.finditer(r"[a-zA-Z] [0-9a-fA-F]{2,3} (?:OK|NG)", text)]
    return _ANSWER.fullmatch(text, starts[-1]) if starts else None
