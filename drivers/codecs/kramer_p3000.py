"""Kramer's Protocol 3000: `#01@VID 1>2` and CR out, `~01@VID 1>2 OK` and CR LF back, errors in two spellings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.errors import ProtocolError

LONGEST = 64
"""Characters of one command, its CR among them (Kramer: maximum string length)."""
ERRORS = {
    "001": "it does not understand the command",
    "002": "this model has no such command",
    "003": "a number is out of range",
    "004": "the login does not allow it",
}
_ANSWER = re.compile(r"~(?:(\d{2})@)?\s*(?:([A-Z][A-Z0-9-]*)\??)?\s*(.*)", re.IGNORECASE)
_ERROR = re.compile(r"(.*?)\s*ERR\s*(\d{3})")
_PAIR = re.compile(r"(\d{1,3})>(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a machine says: the command's name (empty: the handshake), its parameters, and the code of an error."""

    name: str
    text: str = ""
    error: str = ""
    machine: int = 1


def command(name: str, text: str = "", *, machine: int) -> bytes:
    """Return a command for a machine by its number; an empty name is the handshake."""
    return f"#{machine:02}@{name}{' ' + text if text else ''}\r".encode() if name else b"#\r"


def answer(name: str, text: str = "", *, machine: int = 1, says_ok: bool = True) -> bytes:
    """Return what a machine answers to a command that it has obeyed."""
    words = " ".join(word for word in (text, "OK" if says_ok else "") if word)
    return f"~{machine:02}@{name}{' ' + words if words else ''}\r\n".encode()


def read(line: str) -> Answer:
    """Return what a line says; raise ProtocolError when it is none of this protocol."""
    found = _ANSWER.fullmatch(line.strip())
    if found is None:
        raise ProtocolError(f"no line of Protocol 3000: {line[:40]!r}")
    machine, name, text = int(found[1] or 1), (found[2] or "").upper(), found[3].strip()
    if name == "ERR":
        return Answer("", error=_code(text), machine=machine)
    error = _ERROR.fullmatch(text)
    if error is not None:
        return Answer(name, error[1], _code(error[2]), machine)
    if name == "OK":
        return Answer("", machine=machine)
    return Answer(name, text.removesuffix("OK").strip() if text.split(" ")[-1] == "OK" else text, machine=machine)


def pairs(text: str) -> tuple[tuple[int, int], ...]:
    """Return (output, input) for each `input>output`; raise ProtocolError for anything else."""
    words = text.replace(" ", "").split(",")
    found = [_PAIR.fullmatch(word) for word in words]
    if not all(found):
        raise ProtocolError(f"no routes: {text[:40]!r}")
    return tuple((int(pair[2]), int(pair[1])) for pair in found if pair)


def _code(text: str) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) == 3):
        raise ProtocolError(f"an error without its number: {text[:20]!r}")
    return text
