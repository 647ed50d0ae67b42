"""One wire, several devices: whoever has the same link shares its port, its queue and its time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from drivers.channel import Channel
from drivers.errors import LinkError
from drivers.links import Link

_MOST_CHUNKS = 1024
"""Chunks kept for a device that does not listen; the oldest go first."""


class SharedLink:
    """One device's end of a wire that others use too: it hears everything, and its driver picks out what is its own."""

    def __init__(self, port: _Port) -> None:
        self.channel = port.channel
        """Whose turn it is on the wire."""
        self.chunks: deque[bytes] = deque(maxlen=_MOST_CHUNKS)
        self.ended = False
        self._port = port

    async def send(self, data: bytes) -> None:
        """Hand `data` to the wire; raise LinkError when it is closed."""
        self._check()
        await self._port.link.send(data)

    async def receive(self) -> bytes:
        """Return what has come on the wire, for whomever; raise LinkError when it is closed."""
        while not self.chunks:
            self._check()
            await self._port.listen()
        return self.chunks.popleft()

    async def close(self) -> None:
        """Leave the wire to the others; the last one closes it."""
        if not self.ended:
            self.ended = True
            await self._port.leave(self)

    def _check(self) -> None:
        if self.ended:
            raise LinkError("the link was closed")
        if self._port.failure is not None:
            raise self._port.failure


class _Port:
    """The wire itself; whoever listens first reads for everybody."""

    def __init__(self, link: Link, leave: Callable[[_Port], None]) -> None:
        self.link = link
        self.channel = Channel()
        self.failure: LinkError | None = None
        self.ends: list[SharedLink] = []
        self._forget = leave
        self._reading = False
        self._moved = asyncio.Event()

    def join(self) -> SharedLink:
        end = SharedLink(self)
        self.ends.append(end)
        self.channel.users = len(self.ends)
        return end

    async def listen(self) -> None:
        """Wait until something has come or the wire has failed."""
        if self._reading:
            self._moved.clear()
            await self._moved.wait()
            return
        self._reading = True
        try:
            data = await self.link.receive()
            for end in self.ends:
                end.chunks.append(data)
        except LinkError as error:
            self.failure = error
            self._forget(self)
        finally:
            self._reading = False
            self._moved.set()

    async def leave(self, end: SharedLink) -> None:
        self.ends.remove(end)
        self.channel.users = len(self.ends)
        self._moved.set()
        if not self.ends:
            self._forget(self)
            await self.link.close()


class SharedLinks:
    """Opens links; devices whose URL is the same get the same wire."""

    def __init__(self, dial: Callable[[str], Awaitable[Link]]) -> None:
        self._dial = dial
        self._ports: dict[str, _Port] = {}
        self._opening: dict[str, asyncio.Lock] = {}

    async def dial(self, url: str) -> SharedLink:
        """Return an end of the wire that `url` names, opening it for the first; raises what `dial` raises."""
        async with self._opening.setdefault(url, asyncio.Lock()):
            port = self._ports.get(url)
            if port is None:
                port = self._ports[url] = _Port(await self._dial(url), self._drop)
            return port.join()

    def _drop(self, port: _Port) -> None:
        """Let the next one open the wire anew."""
        self._ports = {url: each for url, each in self._ports.items() if each is not port}
