"""Extron's Simple Instruction Set: commands as text, and what a line that comes back says.

Sources: the command and response tables of the CrossPoint 300 (68-521), XTP II, DXP and Quantum Ultra guides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from drivers.codecs.lines import Lines
from drivers.codecs.telnet import Telnet

ESC = "\x1b"
PROMPT = "Password:"
VERBOSE = f"{ESC}3CV\r"
"""Say everything: changes to everybody, and the tag of a value in every answer (verbose mode 3)."""
BUSY = ("E17", "E22")
ERRORS = {
    "E01": "there is no such input",
    "E06": "it cannot switch inputs in this mode",
    "E10": "it does not know this command",
    "E11": "there is no such preset",
    "E12": "there is no such output or window",
    "E13": "a parameter is out of range",
    "E14": "this is not valid in its configuration",
    "E17": "a command timed out inside it",
    "E21": "there is no such room",
    "E22": "it is busy",
    "E24": "this login may not do that",
    "E25": "the device behind it is not there",
    "E26": "it has no room for another connection",
    "E27": "there is no such event",
    "E28": "there is no such file",
}
_MARK = PROMPT.encode()
_OUT, _IN, _LEVEL = re.compile(r"Out\s*(\d{1,4})"), re.compile(r"In\s*(\d{1,4})"), re.compile(r"\b(All|Vid|RGB|Aud)\b")
_TIES = re.compile(r"(\d{1,4})\*(\d{1,4})([!%&$])")
_STARTS = re.compile(r"(Out|In)\s*\d")
_ERROR = re.compile(r"E\d\d")
_TAG = re.compile(r"[0-9]{0,2}[A-Z][A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Tie:
    """An input on an output; `output` 0 is every output, `input` 0 is nothing; `level` All, Vid, RGB or Aud."""

    output: int
    input: int
    level: str


class Decoder:
    """Lines, the password prompt (which has no end), and as bytes what refuses a telnet option."""

    def __init__(self) -> None:
        self._telnet = Telnet()
        self._lines = Lines()
        self._held = b""
        self._refusals = b""

    def receive(self, data: bytes) -> None:
        """Take in any chopping; raise ProtocolError for a line or a telnet command without an end, which is dropped."""
        text, refusals = self._telnet.receive(data)
        self._refusals += refusals
        whole = (self._held + text).replace(_MARK, _MARK + b"\r")
        size = next(size for size in range(len(_MARK) - 1, -1, -1) if whole.endswith(_MARK[:size]))
        self._held = whole[len(whole) - size :]
        self._lines.receive(whole[: len(whole) - size])

    def next(self) -> str | bytes | None:
        """Return the next line, or the bytes to send back, or None."""
        if self._refusals:
            refusals, self._refusals = self._refusals, b""
            return refusals
        line = self._lines.next()
        return line if line is None else line.strip()


def tie(source: int, output: int) -> str:
    """Return the words that put video and audio of an input on an output."""
    return f"{source}*{output}!"


def salvo(routes: Iterable[tuple[int, int]]) -> str:
    """Return the words that make several (output, input) ties at the same moment."""
    return f"{ESC}+Q{''.join(tie(source, output) for output, source in routes)}\r"


def read_salvo(text: str) -> list[tuple[str, str, str]] | None:
    """Return (input, output, sign) for each tie of a quick multiple tie; None when `text` is anything else."""
    ties = _TIES.findall(text)
    return ties if ties and "".join(f"{source}*{output}{sign}" for source, output, sign in ties) == text else None


def read_tie(line: str) -> Tie | None:
    """Return the tie of a line, whatever the order of its words and the padding of its numbers; None: it has none."""
    source, level, output = _IN.search(line), _LEVEL.search(line), _OUT.search(line)
    if source is None or level is None or not _STARTS.match(line):
        return None
    return Tie(int(output[1]) if output else 0, int(source[1]), level[1])


def error_of(line: str) -> str | None:
    """Return the code of an error line; None: it is none."""
    return line if _ERROR.fullmatch(line) else None


def is_tagged(line: str) -> bool:
    """Return whether the line begins as an answer does, with a word of three letters or more."""
    return _TAG.match(line) is not None
