"""Open the link that a device's URL names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from drivers.errors import BadConfig
from drivers.links import Link
from drivers.links.tcp import open_tcp


async def dial(url: str) -> Link:
    """Return an open link; raise BadConfig for a URL that names none, Unreachable when nobody answers there."""
    parts = urlsplit(url)
    opening = _OPENINGS.get(parts.scheme)
    if opening is None:
        raise BadConfig(f"no link is called {parts.scheme or url!r}; the links are {', '.join(_OPENINGS)}")
    return await opening(parts)


async def _tcp(parts: SplitResult) -> Link:
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadConfig(f"{parts.geturl()}: the port must be a number from 1 to 65535") from error
    if not host or not port:
        raise BadConfig(f"{parts.geturl()} does not say where to; write it as tcp://192.0.2.21:9990")
    return await open_tcp(host, port)


_OPENINGS: Mapping[str, Callable[[SplitResult], Awaitable[Link]]] = {"tcp": _tcp}
