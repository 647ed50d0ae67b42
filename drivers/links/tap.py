"""The technician's hex log: the last bytes that went to and came from each device."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.links import Link
from drivers.model import Clock

_MOST_BYTES = 1024
"""Bytes kept of one exchange; the rest of a longer one is left out."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Bytes that were `sent` or `received` at `at` (UTC ns)."""

    at: int
    direction: str
    data: bytes


class Tap:
    """A ring of exchanges per device; the oldest go first."""

    def __init__(self, clock: Clock, *, keep: int = 200) -> None:
        self._clock = clock
        self._rings: dict[str, deque[Exchange]] = defaultdict(lambda: deque(maxlen=keep))

    def seen(self, device: str, direction: str, data: bytes) -> None:
        """Note bytes that were `sent` or `received`."""
        self._rings[device].append(Exchange(self._clock.now(), direction, bytes(data[:_MOST_BYTES])))

    def last(self, device: str, count: int) -> list[Exchange]:
        """Return up to `count` exchanges with a device, oldest first."""
        ring = self._rings.get(device)
        return list(ring)[-count:] if ring and count > 0 else []

    def on(self, link: Link, device: str, secrets: Sequence[bytes] = ()) -> Link:
        """Return `link`, listened to; `secrets` are noted as asterisks."""
        return _Tapped(link, self, device, secrets)


class _Tapped:
    """A link whose bytes are noted on their way."""

    def __init__(self, link: Link, tap: Tap, device: str, secrets: Sequence[bytes]) -> None:
        self._link = link
        self._tap = tap
        self._device = device
        self._secrets = secrets

    async def send(self, data: bytes) -> None:
        shown = data
        for secret in self._secrets:
            shown = shown.replace(secret, b"*" * len(secret))
        self._tap.seen(self._device, "sent", shown)
        await self._link.send(data)

    async def receive(self) -> bytes:
        data = await self._link.receive()
        if data:
            self._tap.seen(self._device, "received", data)
        return data

    async def close(self) -> None:
        await self._link.close()
