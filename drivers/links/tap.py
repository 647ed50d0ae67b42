"""The technician's hex log: the last bytes that went to and came from each device."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from drivers.links import Link
from drivers.model import Clock

_MOST_BYTES = 1024
"""Bytes kept of one exchange; the rest of a longer one is left out."""
_MASK = ord("*")


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

    def mask(self, device: str, hidden: bytes) -> None:
        """Write `hidden` over the end of what was noted as received, be it one chunk or several."""
        ring = self._rings[device]
        for at in reversed(range(len(ring))):
            each = ring[at]
            if hidden and each.direction == "received":
                count = min(len(each.data), len(hidden))
                ring[at] = replace(each, data=each.data[: len(each.data) - count] + hidden[len(hidden) - count :])
                hidden = hidden[: len(hidden) - count]

    def last(self, device: str, count: int) -> list[Exchange]:
        """Return up to `count` exchanges with a device, oldest first."""
        ring = self._rings.get(device)
        return list(ring)[-count:] if ring and count > 0 else []

    def on(self, link: Link, device: str, secrets: Sequence[bytes] = ()) -> Link:
        """Return `link`, listened to; `secrets` are noted as asterisks."""
        return _Tapped(link, self, device, secrets)


class _Tapped:
    """A link whose bytes are noted on their way, both ways without the secrets: an echo shows them too."""

    def __init__(self, link: Link, tap: Tap, device: str, secrets: Sequence[bytes]) -> None:
        self._link = link
        self._tap = tap
        self._device = device
        self._secrets = secrets
        self._raw = self._shown = b""
        """What came last and may hold the beginning of a secret, and as it was noted."""

    async def send(self, data: bytes) -> None:
        self._tap.seen(self._device, "sent", self._masked(data))
        await self._link.send(data)

    async def receive(self) -> bytes:
        data = await self._link.receive()
        if data:
            self._note(data)
        return data

    async def close(self) -> None:
        await self._link.close()

    def _note(self, data: bytes) -> None:
        """Note what has come, and mask also the beginning of a secret that is noted already."""
        raw, count = self._raw + data, len(self._raw)
        masked = self._masked(raw)
        before = bytes(new if new == _MASK else old for old, new in zip(self._shown, masked[:count], strict=True))
        if before != self._shown:
            self._tap.mask(self._device, before)
        self._tap.seen(self._device, "received", masked[count:])
        # A chunk that is too long to be noted whole cannot be masked afterwards.
        start = max(len(raw) - max(map(len, self._secrets), default=1) + 1, 0 if len(data) <= _MOST_BYTES else len(raw))
        self._raw, self._shown = raw[start:], (before + masked[count:])[start:]

    def _masked(self, data: bytes) -> bytes:
        shown = bytearray(data)
        for secret in self._secrets:
            at = data.find(secret)
            while at >= 0:
                shown[at : at + len(secret)] = bytes((_MASK,)) * len(secret)
                at = data.find(secret, at + 1)
        return bytes(shown)
