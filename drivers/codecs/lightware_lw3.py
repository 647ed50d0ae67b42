"""Lightware's LW3: commands on a tree, one a line, signed so that the answer is known among the news.

Source: the LW3 programmers' references in the MMX6x2-HT, UMX-TPS-TX100 and MX2-HDMI20 user manuals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.codecs.lines import Lines
from drivers.errors import ProtocolError

MOST_LINES = 4096
"""Lines of one signed answer; the whole tree of a large matrix is a part of it."""
ERRORS = {
    "E001": "it does not understand the command",
    "E002": "there is no such node, property or method",
    "E003": "that exists already",
    "E004": "the value is not allowed",
    "E005": "the number of parameters is wrong",
    "E006": "this cannot be done there",
    "E007": "the access is denied; an output may be locked",
    "E008": "it timed out inside it",
    "E009": "the command is too long",
    "E010": "it failed inside itself",
    "E011": "this is not implemented",
    "E012": "it is disabled or in standby",
}
BUSY = ("E008", "E012")
CHANGED = "CHG"
_ESCAPED = re.compile(r"([\\{}#%()\r\n\t])")
_UNESCAPED = re.compile(r"\\(.)")
_CONTROL = {"\r": "r", "\n": "n", "\t": "t"}
_PLAIN = {escaped: plain for plain, escaped in _CONTROL.items()}
_OPENING = re.compile(r"\{([0-9A-Fa-f]{4})")
_LINE = re.compile(r"(CHG|[a-z]{1,2}[-OFEsvm]?|-E)\s+(/[^\s=%]*)(?:=(.*)|\s+%(E\d{3})(?::(.*))?)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one answer and its signature; without one it is a single line that nobody may have asked for."""

    signature: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says: `kind` as pr, mO or CHG, a path, a value (empty: none), and the code of an error."""

    kind: str
    path: str
    value: str = ""
    error: str = ""


def escape(text: str) -> str:
    """Return a value as it is written inside a command."""
    return _ESCAPED.sub(lambda found: "\\" + _CONTROL.get(found[1], found[1]), text)


def unescape(text: str) -> str:
    """Return what a written value means."""
    return _UNESCAPED.sub(lambda found: _PLAIN.get(found[1], found[1]), text)


def read(line: str) -> Line:
    """Return what a line says; raise ProtocolError when it is none of LW3."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise ProtocolError(f"no line of LW3: {line[:40]!r}")
    return Line(found[1], found[2], unescape(found[3] or ""), found[4] or "")


class Decoder:
    """Blocks from any chopping of the stream."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._signature = ""
        self._block: list[str] = []

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than 4 KiB wait for the end of a line, which drops them."""
        self._lines.receive(data)

    def next(self) -> Block | None:
        """Return the next block; raise ProtocolError for one that does not end, which is dropped."""
        while (line := self._lines.next()) is not None:
            opening = _OPENING.fullmatch(line)
            if opening is not None:
                self._signature, self._block = opening[1].upper(), []
            elif not self._signature:
                return Block("", (line,))
            elif line == "}":
                block, self._signature = Block(self._signature, tuple(self._block)), ""
                return block
            elif len(self._block) >= MOST_LINES:
                self._signature = ""
                raise ProtocolError(f"an answer of more than {MOST_LINES} lines; dropped")
            else:
                self._block.append(line)
        return None
