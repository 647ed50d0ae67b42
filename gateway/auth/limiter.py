"""Slow down whoever guesses passwords: each wrong one makes the next wait longer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from drivers.model import Clock
from gateway.auth.errors import TooManyTries

FREE_PER_ACCOUNT, FREE_PER_ADDRESS = 5, 20
"""Wrong passwords before the first wait; several desks may share an address."""
FIRST, MOST = 1.0, 900.0
"""Seconds: the first wait, doubled with each further try, and the longest."""
SIZE = 10_000


@dataclass(slots=True)
class _Tries:
    count: int = 0
    since: float = 0.0


class Limiter:
    """Counts tries per account and per address; the table is bounded, and forgets whoever tried longest ago."""

    def __init__(self, clock: Clock, *, size: int = SIZE) -> None:
        self._clock = clock
        self._size = size
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self.forgotten = 0

    def attempt(self, account: str, address: str) -> None:
        """Count a try before its outcome is known, so that many at once count; raise TooManyTries when it must wait."""
        keys = _keys(account, address)
        wait = max(self._wait(key, free) for key, free in keys)
        if wait > 0:
            raise TooManyTries(wait)
        for key, _ in keys:
            tries = self._tries.setdefault(key, _Tries())
            tries.count += 1
            tries.since = self._clock.mono()
            self._tries.move_to_end(key)
        self._shrink()

    def succeeded(self, account: str, address: str) -> None:
        """Take the try back: the account is free again, the address by this one."""
        (mine, _), (shared, _) = _keys(account, address)
        self._tries.pop(mine, None)
        tries = self._tries.get(shared)
        if tries is not None:
            tries.count -= 1

    def _wait(self, key: str, free: int) -> float:
        tries = self._tries.get(key)
        if tries is None or tries.count < free:
            return 0.0
        wait = min(MOST, FIRST * 2.0 ** min(tries.count - free, 30))
        elapsed = self._clock.mono() - tries.since
        if elapsed > MOST:
            del self._tries[key]
        return wait - elapsed

    def _shrink(self) -> None:
        while len(self._tries) > self._size:
            self._tries.popitem(last=False)
            self.forgotten += 1


def _keys(account: str, address: str) -> Iterable[tuple[str, int]]:
    return (f"account {account}", FREE_PER_ACCOUNT), (f"address {_network(address)}", FREE_PER_ADDRESS)


def _network(address: str) -> str:
    """Return the address, or for IPv6 the /64 that one machine has for itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return parsed.exploded[:19]
    return address
