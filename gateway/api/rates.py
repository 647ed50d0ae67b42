"""How often one caller may ask: a bucket of tokens for each, that fills again by itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.model import Clock

MOST_CALLERS = 10_000
"""Callers remembered; the one not seen for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` in the long run, `burst` at once."""

    per_second: float
    burst: float


RATES: Mapping[str, Rate] = {
    "read": Rate(100.0, 400.0),
    "write": Rate(10.0, 50.0),
    "push": Rate(200.0, 1_000.0),
    "archive": Rate(0.2, 10.0),
    "login": Rate(0.5, 10.0),
    "guess": Rate(1.0, 30.0),
}
"""`guess`: requests with a token or a session that is not known; `archive`: exports and imports, which are long."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Limiter:
    """Counts what each caller takes of each rate."""

    def __init__(self, clock: Clock, rates: Mapping[str, Rate] = RATES) -> None:
        self._clock = clock
        self._rates = rates
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()
        self.refused = 0

    def take(self, rate: str, caller: str) -> float:
        """Take one; return 0, or the seconds until there is one again."""
        of, now = self._rates[rate], self._clock.mono()
        bucket = self._buckets.setdefault((rate, caller), _Bucket(of.burst, now))
        self._buckets.move_to_end((rate, caller))
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        bucket.level = min(of.burst, bucket.level + (now - bucket.at) * of.per_second)
        bucket.at = now
        if bucket.level >= 1:
            bucket.level -= 1
            return 0.0
        self.refused += 1
        return (1 - bucket.level) / of.per_second
