"""A wire that can be cut, or freeze without a word, between a client and a broker that knows nothing of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Proxy:
    """Forwards TCP to a port of this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._frozen: set[asyncio.StreamWriter] = set()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Break every connection that stands."""
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self) -> None:
        """Let every connection stand, and nothing through: what is called half-open."""
        self._frozen |= self._writers

    async def stop(self) -> None:
        standing = list(self._writers)
        self.cut()
        if self._server is not None:
            self._server.close()
        for writer in standing:
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, far_writer}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump(reader, far_writer), name="up")
            tasks.create_task(self._pump(far_reader, writer), name="down")

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if writer not in self._frozen:
                    writer.write(data)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        self._writers.discard(writer)
