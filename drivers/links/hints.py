"""Datagrams with which devices tell that something has changed: one socket a port, whoever listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from drivers.links import Unreachable


class _Ear(asyncio.DatagramProtocol):
    """What is heard on one port; a datagram is for those who listen to its sender."""

    def __init__(self) -> None:
        self.listeners: list[tuple[str, asyncio.Event]] = []
        self.transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, _data: bytes, sender: tuple[str, int]) -> None:
        for host, event in self.listeners:
            if host == sender[0]:
                event.set()


class Hints:
    """Opens each port for the first who listens there and closes it after the last."""

    def __init__(self) -> None:
        self._ears: dict[int, _Ear] = {}
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def of(self, host: str, port: int) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever `host` sends something to UDP `port`; raise Unreachable."""
        loop = asyncio.get_running_loop()
        try:
            address = (await loop.getaddrinfo(host, None))[0][4][0]
            ear = await self._open(port)
        except OSError as error:
            hint = "another program holds that port; until it is free changes are seen with the next poll"
            raise Unreachable(f"nothing can be heard on UDP port {port}: {error.strerror}", hint=hint) from error
        listener = (str(address), asyncio.Event())
        ear.listeners.append(listener)
        try:
            yield listener[1]
        finally:
            ear.listeners.remove(listener)
            if not ear.listeners and ear.transport is not None:
                self._ears.pop(port, None)
                ear.transport.close()
                await asyncio.sleep(0)  # the loop closes the socket in its next round

    async def _open(self, port: int) -> _Ear:
        async with self._opening:
            if port not in self._ears:
                ear = _Ear()
                anywhere = ("0.0.0.0", port)  # noqa: S104 - devices of every network tell here
                await asyncio.get_running_loop().create_datagram_endpoint(lambda: ear, local_addr=anywhere)
                self._ears[port] = ear
            return self._ears[port]
