"""The connections of one broker: what an alarm waits for has its own, so that it never queues behind the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drivers.sensors.mqtt_options import MqttOptions
from drivers.sensors.target import Target
from drivers.sensors.topic_filter import SHARE, filters
from drivers.sensors.topic_map import Table

MOST_URGENT = 1_000
"""Topics that are subscribed one by one; with more of them one connection takes all."""


class Pace:
    """Whether messages come so fast that reading them at once costs more than it gives: a wake-up costs ten messages.

    A bucket that leaks `rate` messages a second: what comes slower never fills it, a burst fills it for a moment. While it
    is full, the socket is left alone until a `CHUNK` of messages waits there, and at most `longest` seconds: the faster
    they come the shorter it is, so that a flood is never held back.
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


@dataclass(frozen=True, slots=True)
class Lane:
    """One connection: under which name, with which subscriptions, and what it takes."""

    client_id: str
    filters: Sequence[str]
    targets: Mapping[bytes, Target]
    """Topics of the contract with their points."""
    pace: Pace
    elsewhere: frozenset[bytes] = field(default=frozenset())
    """Topics that its filters bring as well, and that belong to the other lane."""


def lanes(options: MqttOptions, table: Table) -> Sequence[Lane]:
    """Return the connections that a broker's points need: two when few of many topics are urgent, else one."""
    wanted, urgent = options.wanted or filters(table.topics), table.urgent
    telling = len(table.topics) - len(table.presences)
    few = len(urgent) <= min(MOST_URGENT, telling // 2)
    if not urgent or not few or any(name.startswith(SHARE) for name in wanted):
        return [Lane(options.client_id, wanted, table.single, hurried() if urgent else unhurried())]
    rest = {topic: target for topic, target in table.single.items() if topic not in urgent}
    one_by_one = sorted(topic.decode() for topic in urgent)
    return [
        Lane(options.client_id, wanted, rest, unhurried(), urgent),
        Lane(f"{options.client_id}-urgent", one_by_one, table.single, hurried()),
    ]
