"""Links over TCP."""

from __future__ import annotations

import asyncio
import socket

from drivers.errors import LinkError
from drivers.links import Link, Unreachable

_MOST_READ = 65_536
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""Seconds of rest before the first probe, seconds between probes, probes; named as the platform may have them."""
_HINTS: tuple[tuple[type[OSError], str, str], ...] = (
    (ConnectionRefusedError, "refuses the connection", "is network control switched on there, and is the port right?"),
    (TimeoutError, "does not answer", "is it switched on, and on this network? A panel in standby may close its port"),
    (socket.gaierror, "has no known address", "check the spelling of the name and the name server"),
    (OSError, "cannot be reached", "check the cable, the address and the switch port"),
)


class TcpLink:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> None:
        self._reader = reader
        self._writer = writer
        self._peer = peer

    async def send(self, data: bytes) -> None:
        """Hand `data` to the socket before the first wait; raise LinkError when the connection is closed."""
        if self._writer.is_closing():
            raise LinkError(f"the connection to {self._peer} is closed")
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise LinkError(f"the connection to {self._peer} broke: {error.strerror or error}") from error

    async def receive(self) -> bytes:
        """Return what has come; raise LinkError when the device has closed or the connection broke."""
        try:
            data = await self._reader.read(_MOST_READ)
        except OSError as error:
            raise LinkError(f"the connection to {self._peer} broke: {error.strerror or error}") from error
        if not data:
            raise LinkError(f"{self._peer} closed the connection")
        return data

    async def close(self) -> None:
        """Close at once: a half-open peer would never let a last byte go."""
        self._writer.transport.abort()


async def open_tcp(host: str, port: int, *, patience: float = 3.0) -> Link:
    """Connect within `patience` seconds or raise Unreachable."""
    peer = f"{host}:{port}"
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        raise _unreachable(error, peer) from error
    _tune(writer.get_extra_info("socket"))
    writer.transport.set_write_buffer_limits(high=0)  # uvloop keeps back what is within the limit until its turn ends
    return TcpLink(reader, writer, peer)


def _unreachable(error: OSError, peer: str) -> Unreachable:
    what, hint = next((what, hint) for kind, what, hint in _HINTS if isinstance(error, kind))
    return Unreachable(f"{peer} {what}", hint=hint)


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
