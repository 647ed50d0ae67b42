"""How long to wait before trying again: longer each time, and never in step with the others."""

from __future__ import annotations

from random import Random


class Backoff:
    """Pauses in seconds between nothing and a ceiling that doubles from `first` to `most` (full jitter)."""

    def __init__(self, random: Random, *, first: float = 1.0, most: float = 30.0) -> None:
        self._random = random
        self._first = first
        self._most = most
        self._ceiling = first

    def next(self) -> float:
        """Return the next pause."""
        pause = self._random.uniform(0.0, self._ceiling)
        self._ceiling = min(self._ceiling * 2, self._most)
        return pause

    def reset(self) -> None:
        """Begin again with short pauses: it worked."""
        self._ceiling = self._first
