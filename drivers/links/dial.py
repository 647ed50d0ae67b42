"""Open the link that a device's URL names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import SplitResult, urlsplit

from drivers.errors import BadConfig
from drivers.links import Link
from drivers.links.rfc2217 import open_rfc2217
from drivers.links.serial import open_serial
from drivers.links.serial_port import check_name, port_settings
from drivers.links.tcp import open_tcp


async def dial(url: str) -> Link:
    """Return an open link; raise BadConfig for a URL that names none, Unreachable when nobody answers there."""
    return await opening(url)()


def opening(url: str) -> Callable[[], Awaitable[Link]]:
    """Return what opens the link of a URL; raise BadConfig for one that names none."""
    parts = urlsplit(url)
    read = _READ.get(parts.scheme)
    if read is None:
        raise BadConfig(f"no link is called {parts.scheme or url!r}; the links are {', '.join(_READ)}")
    return read(parts)


def _tcp(parts: SplitResult) -> Callable[[], Awaitable[Link]]:
    return partial(open_tcp, *_host_and_port(parts))


def _serial(parts: SplitResult) -> Callable[[], Awaitable[Link]]:
    name = f"{parts.netloc}{parts.path}"
    settings = port_settings(parts, name)
    check_name(name)
    return partial(open_serial, settings)


def _rfc2217(parts: SplitResult) -> Callable[[], Awaitable[Link]]:
    host, port = _host_and_port(parts)
    return partial(open_rfc2217, port_settings(parts, f"{host}:{port}"))


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadConfig(f"{parts.geturl()}: the port must be a number from 1 to 65535") from error
    if not host or not port:
        raise BadConfig(f"{parts.geturl()} does not say where to; write it as {parts.scheme}://192.0.2.21:9990")
    return host, port


_READ: Mapping[str, Callable[[SplitResult], Callable[[], Awaitable[Link]]]] = {
    "tcp": _tcp,
    "serial": _serial,
    "rfc2217": _rfc2217,
}
