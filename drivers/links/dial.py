"""Open the link that a device's URL names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError

from drivers.errors import BadConfig
from drivers.links import Link
from drivers.links.exchange import ExchangeLink
from drivers.links.rfc2217 import open_rfc2217
from drivers.links.serial import open_serial
from drivers.links.serial_port import check_name, port_settings
from drivers.links.tcp import TcpOptions, open_tcp
from drivers.links.tls import TlsOptions, open_tls
from drivers.links.udp import UdpOptions, open_udp

Opening = Callable[[], Awaitable[Link]]
M = TypeVar("M", bound=BaseModel)


async def dial(url: str) -> Link:
    """Return an open link; raise BadConfig for a URL that names none, Unreachable when nobody answers there."""
    return await opening(url)()


def opening(url: str) -> Opening:
    """Return what opens the link of a URL; raise BadConfig for one that names none."""
    parts = urlsplit(url)
    read = _READ.get(parts.scheme)
    if read is None:
        raise BadConfig(f"no link is called {parts.scheme or url!r}; the links are {', '.join(_READ)}")
    return read(parts)


def _tcp(parts: SplitResult) -> Opening:
    options = _options(parts, TcpOptions)
    return _in_mode(options.mode, partial(open_tcp, *_host_and_port(parts)))


def _tls(parts: SplitResult) -> Opening:
    options = _options(parts, TlsOptions)
    return _in_mode(options.mode, partial(open_tls, *_host_and_port(parts), options))


def _udp(parts: SplitResult) -> Opening:
    return partial(open_udp, *_host_and_port(parts), _options(parts, UdpOptions))


def _in_mode(mode: str, opening: Opening) -> Opening:
    if mode == "persistent":
        return opening

    async def when_needed() -> Link:
        return ExchangeLink(opening)

    return when_needed


def _options(parts: SplitResult, model: type[M]) -> M:
    try:
        return model.model_validate(dict(parse_qsl(parts.query, keep_blank_values=True)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(each) for each in first["loc"])
        known = ", ".join(model.model_fields)
        raise BadConfig(
            f"{parts.scheme}://{parts.netloc}: {where + ': ' if where else ''}{first['msg']}; "
            f"a {parts.scheme} link has {known}"
        ) from None


def _serial(parts: SplitResult) -> Opening:
    name = f"{parts.netloc}{parts.path}"
    settings = port_settings(parts, name)
    check_name(name)
    return partial(open_serial, settings)


def _rfc2217(parts: SplitResult) -> Opening:
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


_READ: Mapping[str, Callable[[SplitResult], Opening]] = {
    "tcp": _tcp,
    "tls": _tls,
    "udp": _udp,
    "serial": _serial,
    "rfc2217": _rfc2217,
}
