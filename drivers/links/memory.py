"""Two ends of a link without a wire, so that a driver and an emulator can meet inside one loop."""

from __future__ import annotations

import asyncio

from drivers.errors import LinkError
from drivers.links import Link

_MOST_CHUNKS = 1024
"""Chunks under way in one direction; who sends more waits until the other end has received some."""


class _Pipe:
    """Chunks in one direction; what came before the end still arrives."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._moved = asyncio.Event()
        self.ended = False

    async def put(self, data: bytes) -> None:
        while len(self._chunks) >= _MOST_CHUNKS and not self.ended:
            await self._move()
        if self.ended:
            raise LinkError("the link was closed")
        self._chunks.append(data)
        self._moved.set()

    async def get(self) -> bytes:
        while not self._chunks and not self.ended:
            await self._move()
        if not self._chunks:
            raise LinkError("the other end closed the link")
        self._moved.set()
        return self._chunks.pop(0)

    def end(self) -> None:
        self.ended = True
        self._moved.set()

    async def _move(self) -> None:
        self._moved.clear()
        await self._moved.wait()


class _End:
    """One end of the pair."""

    def __init__(self, outward: _Pipe, inward: _Pipe) -> None:
        self._outward = outward
        self._inward = inward

    async def send(self, data: bytes) -> None:
        if data:
            await self._outward.put(data)

    async def receive(self) -> bytes:
        return await self._inward.get()

    async def close(self) -> None:
        self._outward.end()
        self._inward.end()


def memory_pair() -> tuple[Link, Link]:
    """Return two links, each the other's far end."""
    there, back = _Pipe(), _Pipe()
    return _End(there, back), _End(back, there)
