"""A link that is open only while something is said: for devices that hang up, or that have one place for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from drivers.errors import LinkError
from drivers.links import Link

ANSWER_S = 10.0
"""Seconds that the place is held for an answer; whoever asked has given up by then."""
REST_S = 0.5
"""Seconds after the last byte of an answer after which the place is free again; a device may hang up sooner."""


class ExchangeLink:
    """Opens for what is sent and closes when all is said; `receive` tells with b"" that an exchange is over."""

    def __init__(self, opening: Callable[[], Awaitable[Link]], *, rest: float = REST_S) -> None:
        self._opening = opening
        self._rest = rest
        self._open: Link | None = None
        self._failure: LinkError | None = None
        self._closed = False
        self._stirred = asyncio.Event()
        self._timer: asyncio.Timeout | None = None

    async def send(self, data: bytes) -> None:
        """Open if need be, and hand `data` over; raise LinkError when the device cannot be reached."""
        self._check()
        try:
            if self._open is None or not await self._said(self._open, data):
                self._open = await self._opening()
                self._stirred.set()
                await self._open.send(data)
        except LinkError as error:
            self._failure = error
            self._stirred.set()
            raise
        self._hold(ANSWER_S)

    async def receive(self) -> bytes:
        """Return what the device says, b"" when an exchange is over; raise LinkError when it cannot be reached."""
        while self._open is None:
            self._check()
            self._stirred.clear()
            await self._stirred.wait()
        self._check()
        link = self._open
        try:
            async with asyncio.timeout(ANSWER_S if self._timer is None else self._rest) as self._timer:
                data = await link.receive()
        except (LinkError, TimeoutError):
            self._timer = None
            await self._leave(link)
            return b""
        return data

    async def close(self) -> None:
        """Let go."""
        self._closed = True
        if self._open is not None:
            await self._leave(self._open)
        self._stirred.set()

    async def _said(self, link: Link, data: bytes) -> bool:
        """Return whether the place that is still held took it; the device may just have given it up."""
        try:
            await link.send(data)
        except LinkError:
            await self._leave(link)
            return False
        return True

    def _hold(self, seconds: float) -> None:
        if self._timer is not None and not self._timer.expired():
            self._timer.reschedule(asyncio.get_running_loop().time() + seconds)

    def _check(self) -> None:
        if self._closed:
            raise LinkError("the link was closed")
        if self._failure is not None:
            raise self._failure

    async def _leave(self, link: Link) -> None:
        if self._open is link:
            self._open = None
        await link.close()
