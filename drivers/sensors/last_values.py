"""The last value of every point of a source, to be taken back when it can no longer be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from drivers.model import Clock, Quality, Reading, Reason


class LastValues:
    """Publishes readings, and each point's last one again as BAD, once, when it is doubted."""

    def __init__(self, clock: Clock, publish: Callable[[Sequence[object]], None]) -> None:
        self._clock, self._publish = clock, publish
        self._last: dict[str, Reading] = {}
        self._doubtful: set[str] = set()

    def publish(self, readings: Sequence[Reading]) -> None:
        """Publish readings and keep them."""
        if readings:
            self._last.update({one.point: one for one in readings})
            self._doubtful -= {one.point for one in readings}
            self._publish(readings)

    def doubt(self, points: Iterable[str], reason: Reason) -> None:
        """Publish last values as BAD; a point that is doubted already or never had a value has nothing to take back."""
        fresh = [self._last[name] for name in points if name in self._last and name not in self._doubtful]
        self._doubtful.update(one.point for one in fresh)
        now, mono = self._clock.now(), self._clock.mono()
        if fresh:
            self._publish([Reading(one.point, one.value, now, now, mono, Quality.BAD, reason) for one in fresh])
