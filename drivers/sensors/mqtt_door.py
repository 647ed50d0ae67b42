"""The way into a broker: its addresses, TLS, and what to look at when it, or we, refuse the connection."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from drivers.errors import BadConfig, DriverError, Refused
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_options import BrokerKeys
from drivers.sensors.mqtt_tls import SECOND_NS, TlsFiles, Untrusted, tls_context
from drivers.sensors.source import address_of

PORT, TLS_PORT = 1883, 8883
RENEW_NS = 14 * 86_400 * SECOND_NS
"""A broker's certificate that holds no longer than this is shown, so that somebody renews it in time."""

T = TypeVar("T")
Enter = Callable[[str, int, ssl.SSLContext | None], Awaitable[T]]
"""Opens one address, or raises a DriverError."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where a broker is, first and backup address, and the files of TLS; None: without it."""

    addresses: Sequence[tuple[str, int]]
    files: TlsFiles | None

    async def enter(self, opened: Enter[T]) -> tuple[T, Sequence[str]]:
        """Return what the first address that takes us gives, and what is to be said about it; raise its DriverError."""
        tls = tls_context(self.files) if self.files is not None else None
        *others, (host, port) = self.addresses
        doubt = ""
        for first_host, first_port in others:
            try:
                return await opened(first_host, first_port, tls), ()
            except DriverError as error:
                doubt = f"on the backup {host}:{port}: {error}"
        return await opened(host, port, tls), [doubt] if doubt else ()

    @property
    def where(self) -> str:
        """Return its addresses in words."""
        return " or ".join(f"{host}:{port}" for host, port in self.addresses)


def door_of(name: str, link: str, keys: BrokerKeys) -> Door:
    """Return the way into the broker called `name`; raise BadConfig for a link or files that cannot be."""
    secure = link.startswith("mqtts:")
    if not secure and (keys.ca or keys.certificate):
        raise BadConfig(f"{name}: ca and certificate are for TLS; write the link as mqtts://")
    addresses = [address_of(link, name, default=TLS_PORT if secure else PORT)]
    if keys.backup:
        host, _, port = keys.backup.rpartition(":")
        addresses.append((host, int(port)))
    return Door(addresses, TlsFiles(keys.ca, keys.certificate, keys.key) if secure else None)


def expiry(link: MqttLink, now: int) -> Sequence[str]:
    """Return what is to be said at `now` (UTC ns) about the certificate of a broker that we are connected to."""
    if not link.expires or link.expires >= now + RENEW_NS:
        return ()
    until = datetime.fromtimestamp(link.expires / SECOND_NS, UTC).date()
    return [f"the broker's certificate expires on {until}: renew it"]


def hint(error: Refused, client_id: str) -> str:
    """Return what to look at when a broker, or we, refuse the connection."""
    if isinstance(error, Untrusted):
        return error.hint
    if "protocol version" in str(error):
        return "this broker does not speak MQTT 5; leave the option protocol out"
    if "identifier" in str(error):
        return f"the broker does not like our name {client_id!r}; change the option client_id"
    return "check username and password, and the broker's access list"
