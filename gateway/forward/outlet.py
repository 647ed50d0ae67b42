"""What is on its way to a broker over one connection: a bounded number of messages, each until its PUBACK."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Protocol

from drivers.errors import LinkError
from drivers.model import Clock
from drivers.sensors.mqtt_link import LATER

WINDOW = 200
"""So many messages of ours may be unacknowledged, unless the broker takes fewer."""
PATIENCE_S = 20.0
"""A broker that leaves a message unacknowledged for so long is given up."""
HEAD = 16
"""Bytes of a packet besides its topic and its payload, at most."""


class Acknowledged(Protocol):
    """What a link gives back for a message."""

    @property
    def mid(self) -> int: ...


class Publishing(Protocol):
    """A link to a broker."""

    @property
    def window(self) -> int: ...
    @property
    def largest(self) -> int: ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> Acknowledged: ...


class Outlet:
    """One connection's messages, at QoS 1; counts them as published, acknowledged and refused."""

    def __init__(self, counters: Counter[str], *, clock: Clock) -> None:
        self._counters = counters
        self._clock = clock
        self._link: Publishing | None = None
        self._room = asyncio.Semaphore(WINDOW)
        self._flying: dict[int, tuple[asyncio.Future[str], float]] = {}
        self._full = ""

    def opened(self, link: Publishing) -> None:
        """Publish over this link from now on."""
        self._link = link
        self._room = asyncio.Semaphore(link.window)

    async def send(self, topic: str, payload: bytes, *, retain: bool) -> asyncio.Future[str]:
        """Publish as soon as there is room; the future tells why the broker does not take it, empty when it does."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        link = self._link
        if link is None:
            raise LinkError("there is no connection to the broker")
        if len(topic.encode()) + len(payload) + HEAD > link.largest:
            answer.set_result(f"the broker takes no more than {link.largest} bytes")
            self._counters["refused"] += 1
            return answer
        await self._room.acquire()
        message = link.publish(topic, payload, retain=retain)
        self._flying[message.mid] = answer, self._clock.mono()
        self._counters["published"] += 1
        return answer

    def hear(self, mid: int, why: str) -> None:
        """Take the broker's answer to a message; its reason says why it does not take it."""
        found = self._flying.pop(mid, None)
        if found is None:
            return
        self._room.release()
        self._counters["refused" if why else "acknowledged"] += 1
        if why in LATER:
            self._full = why
        if not found[0].done():
            found[0].set_result(why)

    def check(self) -> None:
        """Raise LinkError when the broker wants no more now, or acknowledges nothing any more."""
        if self._full:
            raise LinkError(f"the broker cannot take more now: {self._full}")
        oldest = next(iter(self._flying.values()), None)
        if oldest is not None and self._clock.mono() - oldest[1] > PATIENCE_S:
            raise LinkError(f"the broker has acknowledged nothing for {PATIENCE_S:g} s")
