"""Tesira Text Protocol: lines over telnet or a serial port, answers +OK and -ERR, and published values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.codecs.lines import Lines
from drivers.codecs.telnet import Telnet
from drivers.errors import ProtocolError

WELCOME = "Welcome to the Tesira Text Protocol Server"
INCORRECT = "Login incorrect"
PROMPTS = ("login:", "Password:")
_ANSWER = re.compile(r"(\+OK|-ERR|-CANNOT_DELIVER|-GENERAL_FAILURE)(?: (.*))?")
_PUBLISHED = re.compile(r'! "publishToken":"([^"]*)" "value":(.*)')
_VALUE = re.compile(r'"value":(.*)')


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the one command in flight: the verdict, and the text that follows it."""

    verdict: str
    text: str = ""

    @property
    def value(self) -> str | None:
        """Return what stands after `"value":`, without quotation marks, or None."""
        found = _VALUE.fullmatch(self.text)
        return found[1].strip('"') if found else None


@dataclass(frozen=True, slots=True)
class Published:
    """A subscription's value, by the label that we gave it; it may come between a command and its +OK."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The server waits for a user name or a password, or refuses them, or welcomes us: the words that say so."""

    words: str


@dataclass(frozen=True, slots=True)
class Negotiation:
    """Bytes that refuse the telnet options that were asked for."""

    refusals: bytes


@dataclass(frozen=True, slots=True)
class Echo:
    """Any other line of plain text: an echo of what was typed, or a notice."""

    text: str


Message = Answer | Published | Prompt | Negotiation | Echo


def quoted(tag: str) -> str:
    """Return an instance tag or a name as it must be written: those with blanks in quotation marks."""
    return f'"{tag}"' if " " in tag else tag


def line(*words: str) -> bytes:
    """Return a command line; the protocol is case-sensitive."""
    return (" ".join(words) + "\n").encode()


def read(text: str) -> Message:
    """Return what a line means; raise ProtocolError when it is no text."""
    if found := _PUBLISHED.fullmatch(text):
        return Published(found[1], found[2].strip('"'))
    if found := _ANSWER.fullmatch(text):
        return Answer(found[1], found[2] or "")
    if text.startswith((WELCOME, INCORRECT)):
        return Prompt(WELCOME if text.startswith(WELCOME) else INCORRECT)
    if text[:1] in "+-!" or not text.isascii() or not text.isprintable():
        raise ProtocolError(f"no line of the Tesira Text Protocol: {text[:60]!r}")
    return Echo(text)


class Decoder:
    """Messages from any chopping of the stream; a prompt may stand before what is said next in the same line."""

    def __init__(self) -> None:
        self._telnet = Telnet()
        self._lines = Lines()
        self._line: str | None = None
        """What is left of a whole line."""
        self._tail = ""
        """The line that has not ended, without the prompts that were told."""
        self._told = 0
        self._refusals = b""

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when a line or a telnet command does not end."""
        text, refusals = self._telnet.receive(data)
        self._refusals += refusals
        for piece in text.decode("latin-1").splitlines(keepends=True):
            self._tail = "" if piece[-1] in "\r\n" else self._tail + piece
        self._lines.receive(text)

    def next(self) -> Message | None:
        """Return the next message or None; raise ProtocolError for a line that is none."""
        if self._refusals:
            refusals, self._refusals = self._refusals, b""
            return Negotiation(refusals)
        while (text := self._lines.next() if self._line is None else self._line) is not None:
            words, rest = _prompt(text)
            self._line = rest if words else None
            if not words:
                self._told = 0
            if not words and rest:
                return read(rest)
            if words and not self._told:
                return Prompt(words)
            self._told = max(0, self._told - 1)
        words, rest = _prompt(self._tail)
        if not words:
            return None
        self._tail, self._told = rest, self._told + 1
        return Prompt(words)


def _prompt(text: str) -> tuple[str, str]:
    """Return the prompt that a text begins with, if any, and the rest."""
    text = text.strip()
    words = next((words for words in PROMPTS if text.startswith(words)), "")
    return words, text.removeprefix(words)
