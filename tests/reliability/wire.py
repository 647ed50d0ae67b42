"""A wire to a server that takes everything and answers nothing, or breaks when the answer comes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum, auto


class Mood(Enum):
    """How the wire behaves."""

    THROUGH = auto()
    HOLE = auto()
    """What is sent is taken, and nothing ever comes back; nothing is closed either."""
    ANSWERLESS = auto()
    """What is sent arrives; the wire breaks when the answer comes."""


class Wire:
    """Forwards TCP to a port of this machine; connections that stand keep the mood in which they were made."""

    def __init__(self, target: int, mood: Mood) -> None:
        self.mood, self.taken, self.swallowed = mood, 0, 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def mend(self) -> None:
        """Break what stands, and let everything through from now on."""
        self.mood = Mood.THROUGH
        for writer in self._writers:
            writer.transport.abort()

    async def stop(self) -> None:
        """Stop listening and break what stands."""
        standing = list(self._writers)
        await self.mend()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        for writer in standing:
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError):
            if self.mood is Mood.HOLE:
                while data := await reader.read(65_536):
                    self.taken += len(data)
            else:
                await self._forward(reader, writer, answers=self.mood is Mood.THROUGH)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        self._writers.discard(writer)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.add(far_writer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_pump(reader, far_writer))
            if answers:
                tasks.create_task(_pump(far_reader, writer))
            else:
                tasks.create_task(self._swallow(far_reader, writer))
        self._writers.discard(far_writer)

    async def _swallow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            self.swallowed += bool(await reader.read(65_536))
        writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
