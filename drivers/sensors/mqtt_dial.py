"""A socket to a broker, open and non-blocking, with TLS on it or without."""

from __future__ import annotations

import asyncio
import socket
import ssl

from drivers.sensors.mqtt_tls import shake_hands


async def dial(host: str, port: int, tls: ssl.SSLContext | None) -> socket.socket:
    """Return a connected socket without delay; raise OSError, and with TLS also Untrusted or LinkError."""
    opened = await _plain(host, port)
    return opened if tls is None else await shake_hands(opened, tls, host)


async def _plain(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    failure = OSError("the name has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        opened = socket.socket(family, kind, protocol)
        connected = False
        try:
            opened.setblocking(False)  # noqa: FBT003 - the library's signature
            await loop.sock_connect(opened, address)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected = True
        except OSError as error:
            failure = error
        else:
            return opened
        finally:
            if not connected:
                opened.close()
    raise failure
