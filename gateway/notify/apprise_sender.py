"""News over any service that the library Apprise speaks to; it is loaded when the first message goes out."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import quote

from gateway.notify.config import AppriseChannel
from gateway.notify.delivery import Delivery
from gateway.notify.errors import ChannelAway, ChannelRefuses
from gateway.notify.filling import words_of
from gateway.notify.worker import Worker

MOST_SHOWN = 200
KINDS = {1: "info", 2: "info", 3: "warning", 4: "failure"}
"""What Apprise calls our severities."""


class AppriseSender:
    """Apprise only says that it failed, so every failure is tried again; its last log line is the reason."""

    def __init__(self, channel: AppriseChannel) -> None:
        self._channel = channel
        self._worker = Worker(f"notify {channel.id}")

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Hold the thread."""
        with self._worker.opened():
            yield

    async def send(self, delivery: Delivery) -> str:
        """Send one message; raise ChannelAway or ChannelRefuses."""
        return await self._worker.do(partial(self._send, delivery))

    def _send(self, delivery: Delivery) -> str:
        try:
            import apprise
        except ImportError:
            raise ChannelRefuses("the library apprise is not installed; install semarak[notify]") from None
        service = apprise.Apprise()
        words = {name: quote(word, safe="") for name, word in words_of(delivery).items()}
        if not service.add(self._channel.url.get_secret_value().format_map(words)):
            raise ChannelRefuses("Apprise does not know this service; look at the channel's url")
        with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]  # it ships no types for this
            taken = service.notify(
                title=delivery.message.subject, body=delivery.message.text, notify_type=KINDS[delivery.severity],
                body_format="text",
            )  # fmt: skip
            why = said.getvalue().strip().rpartition("\n")[2]
        if not taken:
            raise ChannelAway(f"the service did not take it: {why[:MOST_SHOWN] or 'no reason given'}")
        return "the service has taken it"
