"""The connections of one broker: what an alarm waits for has its own, so that it never queues behind the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drivers.sensors.mqtt_options import MqttOptions
from drivers.sensors.pace import Pace, hurried, unhurried
from drivers.sensors.target import Target
from drivers.sensors.topic_filter import SHARE, filters
from drivers.sensors.topic_map import Table

MOST_URGENT = 1_000
"""Topics that are subscribed one by one; with more of them one connection takes all."""


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
