"""PJLink lines, class 1 and 2: `%1POWR ?` CR and `%1POWR=1` CR (JBMIA)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from drivers.errors import ProtocolError

LONGEST = 136
"""Bytes of a line with its CR (JBMIA)."""
_ANSWER = re.compile(r"%([12])([A-Z0-9]{4})=(.*)", re.IGNORECASE | re.DOTALL)
_GREETING = re.compile(r"PJLINK (?:0|1 ([0-9A-Za-z]{1,32})|(ERRA))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Greeting:
    """The projector's first line; `salt` is empty when it wants no password."""

    salt: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """The password was wrong; the projector closes the connection."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `text` is OK, a value or ERR1 … ERR4."""

    grade: int
    """The class, 1 or 2."""
    name: str
    text: str


Line = Greeting | Denied | Answer


def digest(salt: str, password: str) -> str:
    """Return the login that precedes the first command; MD5 is the protocol's own choice."""
    return hashlib.md5((salt + password).encode(), usedforsecurity=False).hexdigest()


def command(name: str, parameter: str, *, grade: int = 1) -> bytes:
    """Return the line of a command; the parameter `?` asks."""
    return f"%{grade}{name} {parameter}\r".encode()


def answer(name: str, text: str, *, grade: int = 1) -> bytes:
    """Return the line of a projector's answer."""
    return f"%{grade}{name}={text}\r".encode()


def read(line: str) -> Line:
    """Return what a projector's line means; raise ProtocolError when it is none of PJLink's."""
    if found := _ANSWER.fullmatch(line):
        return Answer(int(found[1]), found[2].upper(), found[3])
    if found := _GREETING.fullmatch(line):
        return Denied() if found[2] else Greeting(found[1] or "")
    raise ProtocolError(f"no line of PJLink: {line[:60]!r}")
