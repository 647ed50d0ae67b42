"""Whose turn it is on one wire: devices that share it speak one at a time, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from drivers.model import Priority


class Channel:
    """The right to speak; `users` devices share it."""

    def __init__(self) -> None:
        self.users = 1
        self._speaker: object | None = None
        self._waiting: dict[object, tuple[Priority, int, Callable[[], None]]] = {}
        self._ages = count()
        self._promised: object | None = None

    def enter(self, who: object, priority: Priority, call: Callable[[], None]) -> bool:
        """Return whether `who` may speak now; if not it is called when its turn has come."""
        if self._speaker is who:
            return True
        if self._speaker is None and self._promised in (None, who):
            self._waiting.pop(who, None)
            self._speaker, self._promised = who, None
            return True
        _, age, _ = self._waiting.get(who, (priority, next(self._ages), call))
        self._waiting[who] = (priority, age, call)
        return False

    def awaits(self, who: object) -> bool:
        """Return whether `who` waits for its turn."""
        return who in self._waiting

    def leave(self, who: object) -> None:
        """Give the wire to whoever waits with the most urgent wish, then to the one who has waited longest."""
        self._waiting.pop(who, None)
        if self._speaker is who:
            self._speaker = None
        if self._promised is who:
            self._promised = None
        if self._speaker is None and self._promised is None and self._waiting:
            self._promised = min(self._waiting, key=lambda each: self._waiting[each][:2])
            self._waiting[self._promised][2]()
