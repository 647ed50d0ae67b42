"""How often a socket is read: at once while little comes, by the chunk while it pours."""

from __future__ import annotations


class Pace:
    """Whether messages come so fast that reading them at once costs more than it gives: a wake-up costs ten messages.

    A bucket that leaks `rate` messages a second: what comes slower never fills it, a burst fills it for a moment. While
    it is full, the socket is left alone until a `CHUNK` of messages waits there, and at most `longest` seconds: the
    faster they come the shorter it is, so that a flood is never held back.
    """

    FULL = 160.0
    CHUNK = 256.0

    def __init__(self, rate: float, longest: float) -> None:
        self._rate, self._longest = rate, longest
        self._level = 0.0
        self._at = 0.0

    def rest(self, count: int, at: float) -> float:
        """Return how long to leave the socket alone after `count` messages at `at` (seconds, monotonic)."""
        took, self._at = at - self._at, at
        self._level = min(max(0.0, self._level - took * self._rate) + count, 2 * self.FULL)
        return min(self._longest, self.CHUNK * took / count) if self._level > self.FULL else 0.0


def unhurried() -> Pace:
    """Return the pace of what only has to be kept: from 1,000 messages a second on it is read once in 50 ms or less."""
    return Pace(1_000.0, 0.05)


def hurried() -> Pace:
    """Return the pace of what may ring: only from 8,000 messages a second on it is read once in 2 ms or less."""
    return Pace(8_000.0, 0.002)
