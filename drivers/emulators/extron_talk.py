"""How an emulated Extron listens and lets people in: SIS without line ends, a banner, a password, verbose modes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.extron_sis import PROMPT
from drivers.codecs.telnet import Telnet
from drivers.emulators.emulator import REMOTE
from drivers.emulators.text_machine import Crowd
from drivers.model import Clock

PATIENCE = 10.0
"""Seconds after which a command that was begun and not finished is forgotten (SIS: inter-character time-out)."""
_LONGEST = 512
_COMMAND = re.compile(rb"\s*(?:[\x1bW]([^\r|]*)[\r|]|((?:\d*\*)*\d*)\s*([!%&$.,A-VX-Za-z]))")
_BEGUN = re.compile(rb"\s*(?:[\x1bW][^\r|]*|(?:\d*\*)*\d*\s*)")


class Ears:
    """Commands out of a stream in which only some have an end; as long as `locked` says so a line is a password."""

    def __init__(self, clock: Clock, *, locked: Callable[[], bool], admit: Callable[[str], None]) -> None:
        self._clock = clock
        self._locked = locked
        self._admit = admit
        self._telnet = Telnet()
        self._buffer = b""
        self._heard_at = clock.mono()

    def receive(self, data: bytes) -> None:
        """Take in any chopping."""
        now = self._clock.mono()
        if now - self._heard_at > PATIENCE:
            self._buffer = b""
        self._heard_at = now
        self._buffer = (self._buffer + self._telnet.receive(data)[0])[-_LONGEST:]

    def next(self) -> str | None:
        """Return the next command: ESC forms begin with ESC, a password is `password TEXT`."""
        if self._locked():
            line, end, rest = self._buffer.lstrip(b"\r\n").partition(b"\r")
            if not end:
                return None
            self._buffer = rest
            password = line.decode("ascii", "replace")
            self._admit(password)
            return f"password {password}"
        while self._buffer:
            found = _COMMAND.match(self._buffer)
            if found is not None:
                self._buffer = self._buffer[found.end() :]
                return _text(found)
            if _BEGUN.fullmatch(self._buffer):
                return None
            self._buffer = self._buffer[1:]
        return None


def _text(found: re.Match[bytes]) -> str:
    if found[1] is not None:
        return "\x1b" + found[1].decode("ascii", "replace")
    return (found[2] + found[3]).decode("ascii")


class Reception:
    """Who has shown the password, and which verbose mode each client has chosen (first that of `verbose`)."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        self._facts = facts
        self._inside: set[int] = {REMOTE}
        self._modes: dict[int, int] = {}

    def greet(self, client: int) -> Sequence[bytes]:
        """Return the copyright, the date, and the prompt when there is a password."""
        facts = self._facts
        lines = (
            f"\r\n(c) Copyright 2024, Extron Electronics, {facts['model']}, V{facts['firmware']}, {facts['part']}\r\n"
            "Tue, 24 Nov 2026 08:00:00\r\n"
        )
        if not facts["password"]:
            self._inside.add(client)
            return [lines.encode()]
        return [f"{lines}\r\n{PROMPT}".encode()]

    def forget(self, client: int) -> None:
        """Let a client's login and mode go."""
        self._inside.discard(client)
        self._modes.pop(client, None)

    def locked(self, client: int) -> bool:
        """Return whether a client has still to show the password."""
        return client not in self._inside

    def ears(self, client: int, clock: Clock) -> Ears:
        """Return what finds this client's commands."""

        def admit(password: str) -> None:
            if password == self._facts["password"]:
                self._inside.add(client)

        return Ears(clock, locked=lambda: self.locked(client), admit=admit)

    def welcome(self, client: int) -> Sequence[bytes]:
        """Say that a client is in, or ask again."""
        return [f"\r\n{PROMPT}".encode() if self.locked(client) else b"\r\nLogin Administrator\r\n"]

    def choose(self, client: int, mode: int) -> None:
        """Take a verbose mode: 1 news, 2 tags, 3 both."""
        self._modes[client] = mode

    def tags(self, client: int) -> bool:
        """Return whether answers to questions carry their tag."""
        return bool(self._mode(client) & 2)

    def spread(self, crowd: Crowd, said: bytes, *, but: int | None) -> None:
        """Tell the clients that want news what has changed, except the one who has its answer."""
        crowd.outbox += [(client, said) for client in crowd.clients if client != but and self._mode(client) & 1]

    def _mode(self, client: int) -> int:
        return self._modes.get(client, int(str(self._facts["verbose"])))
