"""What a link is: a pipe of bytes to one device, whatever the wire."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

from drivers.errors import LinkError


class Link(Protocol):
    """Bytes both ways, in any chopping; whoever opened it closes it."""

    async def send(self, data: bytes) -> None:
        """Hand `data` to the wire before the first wait; raise LinkError when the link is closed."""

    async def receive(self) -> bytes:
        """Return some bytes, b"" when only an exchange is over (`mode=exchange`); raise LinkError when it is closed."""

    async def close(self) -> None:
        """Let go of the wire; what is not yet sent is lost."""


class Unreachable(LinkError):
    """The link could not be opened; `hint` says what a technician should look at."""

    def __init__(self, text: str, *, hint: str) -> None:
        super().__init__(text)
        self.hint = hint


def host_of(url: str) -> str:
    """Return the host that a link's URL leads to over the network; empty: the link is a port of this machine."""
    parts = urlsplit(url)
    return "" if parts.scheme == "serial" else parts.hostname or ""
