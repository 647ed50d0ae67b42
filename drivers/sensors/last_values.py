"""The last value of every point of a source, to be taken back when it can no longer be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from drivers.model import Clock, Quality, Reading, Reason, Value


class LastValues:
    """Publishes readings, and each point's last one again as BAD, once, when it is doubted."""

    def __init__(self, clock: Clock, publish: Callable[[Sequence[object]], None]) -> None:
        self._clock, self._publish = clock, publish
        self._last: dict[str, Reading] = {}
        self._doubtful: set[str] = set()

    def reading(self, point: str, value: Value, *, low: float, high: float) -> Reading:
        """Return what a point has now; a number outside `low` to `high` (its unit) is uncertain."""
        inside = isinstance(value, str) or low <= value <= high
        quality, reason = (Quality.GOOD, Reason.NONE) if inside else (Quality.UNCERTAIN, Reason.RANGE)
        now = self._clock.now()
        return Reading(point, value, now, now, self._clock.mono(), quality, reason)

    def publish(self, readings: Sequence[Reading]) -> None:
        """Publish readings and keep them."""
        if readings:
            self._last.update({one.point: one for one in readings})
            self._doubtful -= {one.point for one in readings}
            self._publish(readings)

    def value(self, point: str) -> Value | None:
        """Return the last value of a point; None before the first."""
        last = self._last.get(point)
        return None if last is None else last.value

    def doubted(self, point: str) -> bool:
        """Return whether a point has been doubted since its last value."""
        return point in self._doubtful

    def doubt(self, points: Iterable[str], reason: Reason) -> None:
        """Publish last values as BAD; a point that is doubted already or never had a value has nothing to take back."""
        names = [name for name in points if name not in self._doubtful]
        self._doubtful.update(names)
        fresh = [self._last[name] for name in names if name in self._last]
        now, mono = self._clock.now(), self._clock.mono()
        if fresh:
            self._publish([Reading(one.point, one.value, now, now, mono, Quality.BAD, reason) for one in fresh])
