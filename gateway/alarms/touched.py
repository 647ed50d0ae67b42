"""What is to be looked at anew: each once, and after all that it needs."""

from __future__ import annotations

import heapq

from gateway.alarms.watch import Watch


class Touched:
    """Watches whose inputs have changed, with when (monotonic seconds)."""

    def __init__(self) -> None:
        self._at: dict[Watch, float] = {}
        self._heap: list[tuple[int, str]] = []
        self._watches: dict[str, Watch] = {}

    def add(self, watch: Watch, at: float) -> None:
        """Note that something that `watch` needs has changed at `at`; the latest counts."""
        if watch not in self._at:
            heapq.heappush(self._heap, (watch.order, watch.name))
            self._watches[watch.name] = watch
        self._at[watch] = max(at, self._at.get(watch, at))

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._heap)

    def pop(self) -> tuple[Watch, float]:
        """Return the one of the lowest order, and forget it."""
        watch = self._watches.pop(heapq.heappop(self._heap)[1])
        return watch, self._at.pop(watch)
