"""Links over TCP."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from typing import Literal

from pydantic import BaseModel, ConfigDict

from drivers.errors import LinkError
from drivers.links import Link, Unreachable

_MOST_READ = 65_536
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""Seconds of rest before the first probe, seconds between probes, probes; named as the platform may have them."""
Mode = Literal["persistent", "exchange"]
_HINTS: tuple[tuple[type[OSError], str, str], ...] = (
    (ssl.SSLCertVerificationError, "shows a certificate that proves nothing",
     "give the authority as ca=FILE, or pin the certificate as fingerprint=SHA256"),
    (ssl.SSLError, "does not come to terms over TLS", "is TLS switched on at that port? Some devices need sni=off"),
    (ConnectionRefusedError, "refuses the connection", "is network control switched on there, and is the port right?"),
    (TimeoutError, "does not answer", "is it switched on, and on this network? A panel in standby may close its port"),
    (socket.gaierror, "has no known address", "check the spelling of the name and the name server"),
    (OSError, "cannot be reached", "check the cable, the address and the switch port"),
)  # fmt: skip


class TcpOptions(BaseModel):
    """What the query of a `tcp://` link may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = "persistent"
    """`exchange`: connected only while something is said, for devices that hang up or have one place for all."""


class TcpLink:
    """One TCP connection, with or without TLS on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> None:
        self._reader = reader
        self._writer = writer
        self._peer = peer
        self._heard = False

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
            raise self._hung_up()
        self._heard = True
        return data

    async def close(self) -> None:
        """Close at once: a half-open peer would never let a last byte go."""
        self._writer.transport.abort()

    def _hung_up(self) -> LinkError:
        if self._heard:
            return LinkError(f"{self._peer} closed the connection")
        hint = "another controller may hold its only place; mode=exchange in the link leaves it free between exchanges"
        return Unreachable(f"{self._peer} closed the connection before it said anything", hint=hint)


async def open_tcp(host: str, port: int, *, patience: float = 3.0) -> Link:
    """Connect within `patience` seconds or raise Unreachable."""
    return await open_stream(host, port, patience=patience)


async def open_stream(
    host: str,
    port: int,
    *,
    patience: float,
    secure: ssl.SSLContext | None = None,
    name: str | None = None,
    prove: Callable[[str, ssl.SSLObject], None] | None = None,
    after: bytes = b"",
) -> Link:
    """Connect within `patience` seconds, over TLS when `secure`; what `prove` raises closes it again.

    `after` is what the device says in the clear before it wants TLS.
    """
    peer = f"{host}:{port}"
    try:
        async with asyncio.timeout(patience):
            if secure is not None and after:
                reader, writer = await _upgraded(host, port, secure=secure, name=name, after=after)
            else:
                reader, writer = await asyncio.open_connection(host, port, ssl=secure, server_hostname=name)
    except OSError as error:
        raise _unreachable(error, peer) from error
    with ExitStack() as undo:
        undo.callback(writer.transport.abort)
        if prove is not None:
            prove(peer, writer.get_extra_info("ssl_object"))
        undo.pop_all()
    _tune(writer.get_extra_info("socket"))
    writer.transport.set_write_buffer_limits(high=0)  # uvloop keeps back what is within the limit until its turn ends
    return TcpLink(reader, writer, peer)


async def _upgraded(
    host: str, port: int, *, secure: ssl.SSLContext, name: str | None, after: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect, hear the device ask for TLS, and begin it; raise Unreachable when it asks for something else."""
    reader, writer = await asyncio.open_connection(host, port)
    with ExitStack() as undo:
        undo.callback(writer.transport.abort)
        try:
            said = await reader.readexactly(len(after))
        except asyncio.IncompleteReadError as error:
            said = error.partial
        if said != after:
            hint = "is its secured protocol on, and is the port right?"
            raise Unreachable(f"{host}:{port} does not ask for TLS but says {said[:40]!r}", hint=hint)
        await writer.start_tls(secure, server_hostname=name)
        undo.pop_all()
    return reader, writer


def _unreachable(error: OSError, peer: str) -> Unreachable:
    what, hint = next((what, hint) for kind, what, hint in _HINTS if isinstance(error, kind))
    return Unreachable(f"{peer} {what}", hint=hint)


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
