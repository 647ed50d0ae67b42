"""A source's talk with its broker: connected, watched until it is lost, and told as the state of its device."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from drivers.errors import BadConfig, LinkError, ProtocolError, Refused
from drivers.model import Clock, Device, DeviceState
from drivers.sensors.mqtt_door import door_of, expiry, hint
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_options import BrokerKeys
from drivers.sensors.source import Standing

TICK_S = 1.0
NAMED = 5
"""So many things that are not as they should be are named; of the others there is a count."""

NewLinks = Callable[[], Sequence[MqttLink]]
"""Makes new clients for a connection: acknowledgements of the one before must not go over the next."""


class Talk:
    """Connects to one broker, or its backup, as often as it is asked to."""

    def __init__(self, device: Device, keys: BrokerKeys, *, client_id: str, clock: Clock, standing: Standing) -> None:
        """Raise BadConfig for a link or files that cannot be."""
        self._door = door_of(device.id, device.link, keys)
        self._keys, self._client_id, self._clock, self._standing = keys, client_id, clock, standing

    @asynccontextmanager
    async def open(self, new_links: NewLinks) -> AsyncIterator[tuple[Sequence[MqttLink], Sequence[str]]]:
        """Give open links and what is to be said about them; close them at the end, and show why it came.

        Raises LinkError, ProtocolError, Refused or BadConfig.
        """
        self._standing.dialling()
        try:
            async with self._opened(new_links) as opened:
                yield opened
        except BadConfig as error:
            self._standing.show(DeviceState.BAD_CONFIG, str(error), "correct the file, or the option that names it")
            raise
        except Refused as error:
            self._standing.show(DeviceState.REFUSED, str(error), hint(error, self._client_id))
            raise
        except (LinkError, ProtocolError) as error:
            version = ", and does it speak MQTT 5" if self._keys.protocol == 5 else ""
            look = f"is the broker at {self._door.where} running{version}, and is the cable in?"
            self._standing.show(DeviceState.SILENT, str(error), look)
            raise

    @asynccontextmanager
    async def _opened(self, new_links: NewLinks) -> AsyncIterator[tuple[Sequence[MqttLink], Sequence[str]]]:
        async def opened(host: str, port: int, tls: ssl.SSLContext | None) -> Sequence[MqttLink]:
            links = new_links()
            done = False
            try:
                for link in links:
                    await link.open(host, port, keepalive=self._keys.keepalive, tls=tls)
                done = True
            finally:
                if not done:
                    _close(links)
            return links

        links, doubt = await self._door.enter(opened)
        try:
            yield links, [*doubt, *(told for link in links for told in _doubts(link, self._clock.now()))]
        finally:
            _close(links)


async def until_lost(links: Sequence[MqttLink], tick: Callable[[], None] = lambda: None) -> None:
    """Ping now and then, and `tick`, until a connection is lost; raise why."""
    ends = [link.lost for link in links if link.lost is not None]
    lost: set[asyncio.Future[None]] = set()
    while not lost:
        lost, _ = await asyncio.wait(ends, timeout=TICK_S, return_when=asyncio.FIRST_COMPLETED)
        for link in links:
            link.tick()
        tick()
    await lost.pop()


def named(what: str, names: Sequence[str]) -> Sequence[str]:
    """Return what is to be said about these, none for nothing: `offline: awlr-1, awlr-2 and 40 more`."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"{what}: {', '.join(names[:NAMED])}{more}"] if names else []


def _close(links: Sequence[MqttLink]) -> None:
    for link in links:
        link.close()


def _doubts(link: MqttLink, now: int) -> Sequence[str]:
    """Return what a technician should know about a connection that stands."""
    told = [f"the broker does not let us subscribe to {', '.join(link.denied)}"] if link.denied else []
    return [*told, *expiry(link, now)]
