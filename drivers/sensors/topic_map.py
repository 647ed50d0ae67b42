"""Which MQTT topic belongs to which point: a table made once from the points' addresses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.errors import BadConfig
from drivers.model import Point, PointKind

TELEMETRY, STATUS = "telemetry", "status"


class TopicAddress(BaseModel):
    """Where a point's messages come: `sensor` is the topic's last level but one unless given; `metric` is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    topic: Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^#+]+$")]
    """The topic of its messages, without wildcards."""
    sensor: str = ""
    """The sensor's id in the message; the topic's last level but one unless given."""
    metric: str = ""
    """The metric in the message; none: it is not looked at."""


@dataclass(frozen=True, slots=True)
class Target:
    """The point that a topic speaks of, with all that its messages are checked against."""

    point: str
    sensor: str
    metric: str = ""
    kind: PointKind = PointKind.NUMBER
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    status: bool = False
    """The topic says whether the sensor is online."""


def topic_map(points: Sequence[Point]) -> Mapping[bytes, Target]:
    """Return the target of every telemetry topic and of the status topic beside it; raise BadConfig."""
    targets: dict[bytes, Target] = {}
    for point in points:
        address = _address(point)
        topic = address.topic.encode()
        if topic in targets:
            raise BadConfig(f"{point.id}: the topic {address.topic!r} already belongs to {targets[topic].point}")
        sensor = address.sensor or sensor_of(address.topic) or point.id
        low = -math.inf if point.low is None else point.low
        high = math.inf if point.high is None else point.high
        targets[topic] = Target(point.id, sensor, address.metric, point.kind, point.unit, low, high)
        if address.topic.endswith(f"/{TELEMETRY}"):
            status = Target(f"{point.id}.{STATUS}", sensor, kind=PointKind.TEXT, status=True)
            targets.setdefault(status_topic(address.topic).encode(), status)
    return targets


def _address(point: Point) -> TopicAddress:
    try:
        return TopicAddress.model_validate(dict(point.address))
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(map(str, detail["loc"])) or "address"
        raise BadConfig(
            f"{point.id}: address: {where}: {detail['msg']}; write address: {{topic: …/telemetry}}"
        ) from None


def sensor_of(topic: str) -> str:
    """Return the sensor that a topic names: its last level but one."""
    levels = topic.split("/")
    return levels[-2] if len(levels) > 1 else ""


def status_topic(topic: str) -> str:
    """Return the topic on which the sensor of a telemetry topic says whether it is online."""
    return f"{topic.rpartition('/')[0]}/{STATUS}"


def filters(topics: Sequence[str]) -> tuple[str, ...]:
    """Return the fewest subscriptions that bring these topics: what they all begin with, or else each by itself."""
    common: list[str] = []
    for levels in zip(*(topic.split("/")[:-1] for topic in topics), strict=False):
        if len(set(levels)) > 1:
            break
        common.append(levels[0])
    return ("/".join([*common, "#"]),) if any(common) else tuple(topics)
