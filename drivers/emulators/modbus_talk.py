"""What one master and an emulated Modbus device say to each other, over a socket or a pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
import tty
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

from drivers.emulators.modbus_frames import Adu, Frames


class Talk(asyncio.Protocol):
    """One connection; each unit answers in the order in which it was asked, however late."""

    def __init__(self, frames: Frames, *, hear: Callable[[Talk, Adu], None], gone: Callable[[Talk], None]) -> None:
        self.frames = frames
        self.dead = False
        """It hears nothing and says nothing any more, and does not hang up either."""
        self._hear, self._gone = hear, gone
        self._free_at: dict[int, float] = defaultdict(float)
        self._in: asyncio.BaseTransport | None = None
        self._out: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back, when it is the same as the way in."""
        self._in = transport
        if isinstance(transport, asyncio.WriteTransport):
            self._out = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Be forgotten."""
        self._gone(self)

    def data_received(self, data: bytes) -> None:
        """Take in requests."""
        if not self.dead:
            for asked in self.frames.feed(data):
                self._hear(self, asked)

    def answer_by(self, out: asyncio.WriteTransport) -> None:
        """Send answers another way than requests come."""
        self._out = out

    def say(self, unit: int, data: bytes, *, after: float) -> None:
        """Send a unit's answer after so many seconds, and after its earlier answers."""
        loop = asyncio.get_running_loop()
        self._free_at[unit] = max(loop.time() + after, self._free_at[unit])
        if self._free_at[unit] <= loop.time():
            self._send(data)
        else:
            loop.call_at(self._free_at[unit], self._send, data)

    def hang_up(self) -> None:
        """Close the connection at once."""
        for transport in (self._in, self._out):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
            elif transport is not None:
                transport.close()

    def _send(self, data: bytes) -> None:
        if self._out is not None and not self._out.is_closing() and not self.dead:
            self._out.write(data)


class PseudoLine:
    """A pseudo-terminal: `path` is the end that a master opens as its serial adapter."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.path = os.ttyname(self._theirs)

    async def serve(self, talk: Talk) -> None:
        """Let `talk` speak at our end; it stays when masters come and go, because we hold the other end open too."""
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: talk, os.fdopen(os.dup(self._ours), "rb", 0))
        out, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(self._ours, "wb", 0))
        talk.answer_by(out)

    def unplug(self) -> None:
        """Let go of the other end: whoever has it open hears that the line is gone."""
        with suppress(OSError):
            os.close(self._theirs)
