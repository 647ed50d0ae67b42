"""A port without a network: an emulated device listens on it and sessions dial it, all in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from drivers.emulators.tcp_device import Accept
from drivers.errors import LinkError
from drivers.links import Link, Unreachable


class MemoryPort:
    """Give `listen` to the device and `dial` to the session."""

    def __init__(self) -> None:
        self._accept: Accept | None = None

    async def listen(self, accept: Accept, _host: str, _port: int) -> asyncio.Server:
        """Be open until the server is closed."""
        self._accept = accept
        return cast("asyncio.Server", _Server(self))

    async def dial(self, _url: str) -> Link:
        """Connect, or be refused."""
        if self._accept is None:
            raise Unreachable("memory refuses the connection", hint="")
        wire = _Wire()
        self._accept(wire.reader, cast("asyncio.StreamWriter", _Writer(wire)))
        return wire

    def close(self) -> None:
        """Take nobody any more."""
        self._accept = None


class _Server:
    def __init__(self, port: MemoryPort) -> None:
        self.sockets = (self,)
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        return "memory", 1

    def close(self) -> None:
        self._port.close()


class _Wire:
    """The session's end; what the device writes after its end is lost."""

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader()
        self.inward: asyncio.Queue[bytes] = asyncio.Queue()
        self.ended = False

    async def send(self, data: bytes) -> None:
        if self.ended:
            raise LinkError("memory closed the connection")
        self.reader.feed_data(data)

    async def receive(self) -> bytes:
        data = await self.inward.get()
        if not data:
            self.inward.put_nowait(b"")
            raise LinkError("memory closed the connection")
        return data

    async def close(self) -> None:
        self.end()

    def end(self) -> None:
        if not self.ended:
            self.ended = True
            self.reader.feed_eof()
            self.inward.put_nowait(b"")


class _Writer:
    """The device's end, with what of a stream writer a device uses."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire
        self.transport: Any = self

    def write(self, data: bytes) -> None:
        if data and not self._wire.ended:
            self._wire.inward.put_nowait(bytes(data))

    async def drain(self) -> None:
        """Nothing waits here."""

    def is_closing(self) -> bool:
        return self._wire.ended

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self._wire.end()

    abort = close
