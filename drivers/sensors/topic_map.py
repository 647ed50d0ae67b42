"""Which MQTT topic belongs to which points: tables made once from the options of a broker and its points' addresses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.model import Point, Reading
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.formats import Find, Pick, Spread, decoder_of, finder, whole
from drivers.sensors.gateway_topics import READING_TEMPLATE, STATUS_TEMPLATE, FarPoint
from drivers.sensors.mqtt_options import MqttOptions, PayloadKeys, TopicAddress
from drivers.sensors.presence import OFFLINE, ONLINE, Last, Presence
from drivers.sensors.source import BadPoint, address_in
from drivers.sensors.target import Target
from drivers.sensors.time_stamp import stamp_of
from drivers.sensors.topic_filter import brings
from drivers.sensors.topic_template import NOT_IN_A_LEVEL, fill, parts_of

TELEMETRY, STATUS = "telemetry", "status"
CONTRACT, FAR = "contract", "semarak"


class Route(Protocol):
    """Whoever understands the messages of one topic."""

    def read(self, payload: bytes, *, retained: bool, now: int, mono: float) -> Sequence[Reading | BadPayload]:
        """Return what a message brings, and why what it does not."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is done with a topic: `single` has those of the contract, one point each; `other` everything else."""

    single: Mapping[bytes, Target]
    other: Mapping[bytes, tuple[Route, ...]]
    presences: tuple[Presence, ...]
    topics: tuple[str, ...]
    """All of them, statuses included."""
    urgent: frozenset[bytes] = frozenset()
    """Those on which a point speaks that an alarm waits for."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A point with its topic, its status topic (none: ""), and how its messages are read."""

    point: Point
    topic: str
    status: str
    keys: PayloadKeys
    target: Target

    @property
    def format(self) -> str:
        return self.keys.format or CONTRACT

    @property
    def separator(self) -> str:
        return self.keys.separator or ","


def topic_map(options: MqttOptions, points: Sequence[Point], *, last: Last) -> Table:
    """Return what every topic of these points brings; raise BadPoint for a point that cannot be."""
    placed = [_place(options, point) for point in points]
    single: dict[bytes, Target] = {}
    other: dict[bytes, tuple[Route, ...]] = {}
    for topic, ours in _grouped(placed, by=lambda one: one.topic).items():
        _one_format(ours)
        if ours[0].format == CONTRACT:
            single[topic.encode()] = ours[0].target
        elif ours[0].format == FAR:
            other[topic.encode()] = tuple(FarPoint(one.target) for one in ours)
        else:
            decode = decoder_of(ours[0].format, ours[0].separator)
            other[topic.encode()] = (Spread(decode, tuple(map(_pick, ours))),)
    presences = _presences(placed, taken=single, last=last)
    for topic, presence in presences.items():
        other[topic.encode()] = (*other.get(topic.encode(), ()), presence)
    topics = tuple(dict.fromkeys([*(one.topic for one in placed), *presences]))
    urgent = frozenset(one.topic.encode() for one in placed if one.point.urgent)
    return Table(single, other, tuple(presences.values()), topics, urgent)


def _grouped(placed: Iterable[_Placed], *, by: Callable[[_Placed], str]) -> Mapping[str, Sequence[_Placed]]:
    groups: dict[str, list[_Placed]] = {}
    for one in placed:
        groups.setdefault(by(one), []).append(one)
    return groups


def _one_format(ours: Sequence[_Placed]) -> None:
    """Raise BadPoint for points that cannot share their topic."""
    first, *others = ours
    for one in others:
        if CONTRACT in (first.format, one.format):
            text = f"the topic {one.topic!r} already belongs to {first.point.id}; the contract has one point a topic"
            raise BadPoint(one.point.id, "topic", text)
        if (first.format, first.separator) != (one.format, one.separator):
            text = f"{first.point.id} reads {one.topic!r} as {first.format}; one topic has one format and separator"
            raise BadPoint(one.point.id, "format", text)


def _presences(placed: Sequence[_Placed], *, taken: Mapping[bytes, Target], last: Last) -> Mapping[str, Presence]:
    """Return the status topics with their points; a topic on which a point of the contract speaks is none."""
    found = {}
    for topic, ours in _grouped(placed, by=lambda one: one.status).items():
        if topic and topic.encode() not in taken:
            keys = ours[0].keys
            words = (keys.online or ONLINE, keys.offline or OFFLINE)
            found[topic] = Presence(sensor_of(topic) or topic, [one.point.id for one in ours], words=words, last=last)
    return found


def _place(options: MqttOptions, point: Point) -> _Placed:
    address = address_in(point, TopicAddress)
    keys = _keys(options, address)
    far = keys.format == FAR and not address.topic
    topic = address.topic or _filled(point, READING_TEMPLATE if far else options.template, address)
    if options.wanted and not any(brings(name, topic) for name in options.wanted):
        raise BadPoint(point.id, "", f"no filter of its broker brings {topic!r}; filters: {options.filters}")
    status = keys.status or (STATUS_TEMPLATE if far else "")
    status = _filled(point, status, address, given=False) if status else _beside(topic)
    return _Placed(point, topic, status, keys, _target(point, address, topic=topic, keys=keys))


def _keys(options: MqttOptions, address: TopicAddress) -> PayloadKeys:
    """Return how a point's messages are read: as its address says, else as its broker's options do."""
    ours = {key: getattr(address, key) for key in PayloadKeys.model_fields if getattr(address, key) is not None}
    return PayloadKeys(**{key: getattr(options, key) for key in PayloadKeys.model_fields} | ours)


def _target(point: Point, address: TopicAddress, *, topic: str, keys: PayloadKeys) -> Target:
    sensor = address.sensor or sensor_of(topic) or point.id
    low = -math.inf if point.low is None else point.low
    high = math.inf if point.high is None else point.high
    stamp = stamp_of(keys.time_unit or "auto", keys.time_zone or "")
    return Target(point.id, sensor, address.metric, point.kind, point.unit, low, high, stamp)


def _pick(one: _Placed) -> Pick:
    """Return where a point's value, time and quality stand in its messages; raise BadPoint."""
    format_, keys = one.format, one.keys
    value = whole if format_ == "plain" else _finder(one, "value", keys.value)
    if value is None:
        raise BadPoint(one.point.id, "value", f"it is missing; say where in a {format_} message the value stands")
    return Pick(one.target, value, _finder(one, "time", keys.time), _finder(one, "quality", keys.quality))


def _finder(one: _Placed, key: str, place: str | int | None) -> Find | None:
    if place is None:
        return None
    try:
        return finder(one.format, place)
    except ValueError as error:
        raise BadPoint(one.point.id, key, str(error)) from None


def _filled(point: Point, template: str, address: TopicAddress, *, given: bool = True) -> str:
    """Return the topic to which an address's parts lead; `given`: it has no topic, so that all its parts must be used.

    Raises BadPoint.
    """
    parts, wanted = address.parts, parts_of(template)
    if not template:
        raise BadPoint(point.id, "", "it has no topic, and its broker has no template; write {topic: …/telemetry}")
    missing = [part for part in wanted if part not in parts]
    if missing:
        raise BadPoint(point.id, "", f"it has no {missing[0]}; {template!r} needs {', '.join(wanted)}")
    wrong = [part for part in wanted if not parts[part] or NOT_IN_A_LEVEL & set(parts[part])]
    if wrong:
        raise BadPoint(point.id, wrong[0], f"{parts[wrong[0]]!r} is not one level of a topic")
    strange = [part for part in address.named if part not in wanted]
    if given and strange:
        raise BadPoint(point.id, strange[0], f"{template!r} has no such part; its parts are {', '.join(wanted)}")
    return fill(template, parts)


def sensor_of(topic: str) -> str:
    """Return the sensor that a topic names: its last level but one."""
    levels = topic.split("/")
    return levels[-2] if len(levels) > 1 else ""


def status_topic(topic: str) -> str:
    """Return the topic on which the sensor of a telemetry topic says whether it is online."""
    return f"{topic.rpartition('/')[0]}/{STATUS}"


def _beside(topic: str) -> str:
    return status_topic(topic) if topic.endswith(f"/{TELEMETRY}") else ""
