"""Links over UDP: one datagram is one receive, as devices that speak datagrams mean it."""

from __future__ import annotations

import asyncio
import socket
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from drivers.errors import LinkError
from drivers.links import Link, Unreachable

_MOST_READ = 65_536


class UdpOptions(BaseModel):
    """What the query of a `udp://` link may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    broadcast: Literal["on", "off"] = "off"
    """On: the address is a broadcast or multicast address, and whoever answers is heard."""
    source: Annotated[int, Field(ge=0, le=65_535)] = 0
    """The port that we send from, for devices that answer to no other; 0: any."""


class UdpLink:
    """One socket; what the device sends while nobody receives waits in the system's own bounded buffer."""

    def __init__(self, sock: socket.socket, target: tuple[str, int] | None, peer: str) -> None:
        self._sock, self._target, self._peer = sock, target, peer
        self._waiting: asyncio.Future[None] | None = None
        self._closed = False

    async def send(self, data: bytes) -> None:
        """Hand `data` to the socket as one datagram; raise LinkError when it is closed or nobody listens there."""
        self._check_open()
        try:
            if self._target is None:
                self._sock.send(data)
            else:
                self._sock.sendto(data, self._target)
        except BlockingIOError:
            return  # the system's buffer is full: a datagram may be lost, and the answer that misses tells
        except OSError as error:
            raise self._lost(error) from error

    async def receive(self) -> bytes:
        """Return the next datagram that is not empty; raise LinkError when closed or nobody listens there."""
        while True:
            self._check_open()
            try:
                data = self._sock.recv(_MOST_READ)
            except BlockingIOError:
                await self._readable()
                continue
            except OSError as error:
                raise self._lost(error) from error
            if data:
                return data

    async def close(self) -> None:
        """Let go of the socket."""
        if self._closed:
            return
        self._closed = True
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            asyncio.get_running_loop().remove_reader(self._sock)
            _wake(waiting)
        self._sock.close()

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        loop.add_reader(self._sock, _wake, self._waiting)
        try:
            await self._waiting
        finally:
            if self._waiting is not None:
                loop.remove_reader(self._sock)
                self._waiting = None

    def _check_open(self) -> None:
        if self._closed:
            raise LinkError(f"the socket to {self._peer} is closed")

    def _lost(self, error: OSError) -> LinkError:
        if isinstance(error, ConnectionRefusedError):
            return Unreachable(
                f"nobody listens on UDP port {self._peer}",
                hint="is network control switched on there, and is the port right?",
            )
        return Unreachable(
            f"{self._peer} cannot be reached: {error.strerror or error}",
            hint="check the cable, the address and the switch port",
        )


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def open_udp(host: str, port: int, options: UdpOptions) -> Link:
    """Return a link to `host`; whether anybody listens there only an answer tells. Raises Unreachable."""
    peer = f"{host}:{port}"
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as error:
        hint = "check the spelling of the name and the name server"
        raise Unreachable(f"{peer} has no known address", hint=hint) from error
    family, *_, address = found[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        target = _prepare(sock, (str(address[0]), int(address[1])), options)
    except OSError as error:
        sock.close()
        hint = f"another program holds port {options.source}" if options.source else "check the address and the route"
        raise Unreachable(f"{peer} cannot be sent to: {error.strerror or error}", hint=hint) from error
    return UdpLink(sock, target, peer)


def _prepare(sock: socket.socket, address: tuple[str, int], options: UdpOptions) -> tuple[str, int] | None:
    """Set the socket up; return where to send to, or None when it is connected and hears that one device only."""
    sock.settimeout(0)
    if options.source:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # several devices may want this port
        sock.bind(("", options.source))
    if options.broadcast == "on":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        return address
    sock.connect(address)
    return None
