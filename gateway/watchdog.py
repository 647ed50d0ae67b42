"""Tell systemd that the service lives, but only while its vital parts answer (sd_notify(3), WatchdogSec=)."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog

from drivers.model import Clock

log = structlog.get_logger()


def notify(message: str) -> None:
    """Send `message` to systemd's notify socket; nothing happens where there is none, or where nobody reads it."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with socket.socket(socket.AF_UNIX, kind) as peer, suppress(OSError):
        peer.connect("\0" + address[1:] if address.startswith("@") else address)
        peer.send(message.encode())


class Watchdog:
    """Ask each vital part now and then; while all answer within `patience` seconds, pet systemd."""

    def __init__(
        self,
        questions: Mapping[str, Callable[[], Awaitable[None]]],
        *,
        clock: Clock,
        tell: Callable[[str], None] = notify,
        every: float = 10.0,
        patience: float = 8.0,
    ) -> None:
        self._questions = questions
        self._clock = clock
        self._tell = tell
        self._every = every
        self._patience = patience
        self._silent: set[str] = set()

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            if await self.ask():
                self._tell("WATCHDOG=1")
            await self._clock.sleep(self._every)

    async def ask(self) -> bool:
        """Return whether every part has answered in time."""
        return all([await self._answers(name, question) for name, question in self._questions.items()])

    async def _answers(self, name: str, question: Callable[[], Awaitable[None]]) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                await question()
        except (TimeoutError, OSError) as error:
            if name not in self._silent:
                self._silent.add(name)
                log.warning("a vital part does not answer", part=name, reason=str(error) or "time is up")
            return False
        if name in self._silent:
            self._silent.discard(name)
            log.info("a vital part answers again", part=name)
        return True
