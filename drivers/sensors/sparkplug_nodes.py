"""The edge nodes of a broker: each with its session, its points, and the readings that its metrics are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drivers.codecs import sparkplug_values
from drivers.codecs.sparkplug_b import BAD, GOOD, STALE
from drivers.codecs.sparkplug_session import NODE, EdgeSession, Named, State
from drivers.model import Point, Quality, Reading, Reason
from drivers.sensors.payload import OUT_OF_RANGE
from drivers.sensors.presence import Last
from drivers.sensors.source import BadPoint, address_in
from drivers.sensors.sparkplug_options import MetricAddress
from drivers.sensors.target import Target, value_of
from drivers.sensors.time_stamp import stamp_of

REBIRTH_S = 10.0
"""An edge node is asked for its birth at most once in this time: a birth can be a megabyte."""
REBIRTH_MOST_S = 300.0
"""What stays silent is asked half as often each time, down to once in this time."""

STAMP = stamp_of("ms")
QUALITIES: Mapping[int, tuple[Quality, Reason]] = {
    GOOD: (Quality.GOOD, Reason.NONE),
    STALE: (Quality.UNCERTAIN, Reason.STALE),
    BAD: (Quality.BAD, Reason.SOURCE),
}
"""What an edge node says of a value; any other code is its own doubt."""
ITS_OWN_DOUBT = (Quality.UNCERTAIN, Reason.SOURCE)
NOT_SURE = (Quality.UNCERTAIN, Reason.COMM)
"""What comes while a birth is awaited."""


@dataclass(slots=True)
class Node:
    """One edge node that has points here, itself or in its devices; `name` is GROUP/NODE."""

    group: str
    node: str
    targets: dict[str, dict[str, Target]] = field(default_factory=dict)
    """By device and metric."""
    session: EdgeSession = field(default_factory=EdgeSession)
    missing: dict[str, list[str]] = field(default_factory=dict)
    """By device: the metrics that have points here, and that its birth did not name."""
    _asked: float = -math.inf
    _pause: float = REBIRTH_S

    @property
    def name(self) -> str:
        """Return what a technician knows it by."""
        return f"{self.group}/{self.node}"

    @property
    def dead(self) -> Sequence[str]:
        """Return the edge node if it is dead, else its devices that are."""
        if self.session.state is State.DEAD:
            return [self.name]
        return [f"{self.name}/{device}" for device in sorted(self.session.dead)]

    @property
    def awaited(self) -> Sequence[str]:
        """Return the edge node if its birth is awaited, else those of its living devices whose birth is."""
        if self.session.state is not State.ALIVE:
            return [self.name] if self.session.state is State.AWAITED else []
        unborn = [device for device in self.targets if not self.session.has(device)]
        return [f"{self.name}/{device}" for device in unborn if device not in self.session.dead]

    @property
    def strangers(self) -> Sequence[str]:
        """Return the metrics that have points here and do not exist there."""
        return [
            f"{self.name}/{device}/{name}" if device else f"{self.name}/{name}"
            for device, names in self.missing.items()
            for name in names
        ]

    def points(self, device: str) -> Sequence[str]:
        """Return the points of a device, or for NODE those of the edge node and of all its devices."""
        chosen = self.targets.values() if device == NODE else [self.targets.get(device, {})]
        return [target.point for metrics in chosen for target in metrics.values()]

    def knows(self, device: str) -> bool:
        """Return whether the sessions of the edge node and of a device stand, so that what it says is sure."""
        return self.session.state is State.ALIVE and self.session.has(device)

    def learn(self, device: str, metrics: Sequence[Named]) -> Sequence[str]:
        """Compare a birth with the points here; return those of which it does not speak and which it ends."""
        told = {named.name for named in metrics}
        self.missing[device] = [name for name in self.targets.get(device, {}) if name not in told]
        if device == NODE:
            self._pause = REBIRTH_S
        said = {target.point for name, target in self.targets.get(device, {}).items() if name in told}
        return [point for point in self.points(device) if point not in said]

    def asks(self, mono: float, *, heard: bool) -> bool:
        """Return whether its birth is to be asked for now; `heard`: it has just said something."""
        if heard:
            self._pause = REBIRTH_S
        if self.session.state is State.ALIVE or mono < self._asked + self._pause:
            return False
        self._asked, self._pause = mono, min(2 * self._pause, REBIRTH_MOST_S)
        return True


def nodes_of(points: Sequence[Point]) -> Mapping[tuple[str, str], Node]:
    """Return the edge nodes of these points by group and name; raise BadPoint."""
    nodes: dict[tuple[str, str], Node] = {}
    for point in points:
        address = address_in(point, MetricAddress)
        node = nodes.setdefault((address.group, address.node), Node(address.group, address.node))
        metrics = node.targets.setdefault(address.device, {})
        if address.metric in metrics:
            raise BadPoint(point.id, "metric", f"it already belongs to {metrics[address.metric].point}")
        low = -math.inf if point.low is None else point.low
        high = math.inf if point.high is None else point.high
        sensor = address.device or address.node
        metrics[address.metric] = Target(point.id, sensor, address.metric, point.kind, point.unit, low, high, STAMP)
    for node in nodes.values():
        node.session = EdgeSession(frozenset(node.targets) - {NODE})
    return nodes


@dataclass(frozen=True, slots=True)
class Moment:
    """When and in what light a message came; `sent` is its own time, ms UTC."""

    now: int
    mono: float
    sent: int | None
    sure: bool
    """False while a birth is awaited."""
    born: bool
    """What a birth says is so now, whenever it was measured."""


def readings_of(target: Target, said: Named, moment: Moment, *, last: Last) -> Sequence[Reading]:
    """Return the reading that a metric is; none for a null of a point that never had a value.

    Raises Unsupported for a data type that no point can have, ProtocolError and BadPayload for what does not fit.
    """
    metric, was = said.metric, last(target.point)
    at = target.stamp(moment.sent if metric.timestamp is None else metric.timestamp, moment.now)
    if moment.born and was is not None and was.reason is Reason.COMM:
        at = max(at, was.source_at + 1)  # what was taken back is given back, although it was measured before
    if not metric.null:
        value = value_of(target.kind, sparkplug_values.value_of(metric.raw, said.datatype))
    elif was is not None:
        value = was.value
    else:
        return []
    quality, reason = (Quality.BAD, Reason.SOURCE) if metric.null else QUALITIES.get(metric.quality, ITS_OWN_DOUBT)
    if quality is Quality.GOOD and not moment.sure:
        quality, reason = NOT_SURE
    if quality is Quality.GOOD and not isinstance(value, str) and not target.low <= value <= target.high:
        quality, reason = OUT_OF_RANGE
    return [Reading(target.point, value, at, moment.now, moment.mono, quality, reason, metric.historical)]
