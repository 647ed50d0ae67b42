"""How a broker of Sparkplug B and its points are written in a site's files."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from drivers.sensors.mqtt_options import BrokerKeys

Level = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^/#+\x00]+$")]
"""One level of a topic."""


class MetricAddress(BaseModel):
    """Which metric of an edge node, or of a device behind it, a point is."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    group: Level
    """The Group ID."""
    node: Level
    """The Edge Node ID."""
    device: Annotated[str, Field(max_length=256, pattern=r"^[^/#+\x00]*$")] = ""
    """The Device ID; none: the metric is the edge node's own."""
    metric: Annotated[str, Field(min_length=1, max_length=1_024)]
    """The name of the metric, as `Pump 1/Level`; an alias is resolved by itself."""


class SparkplugOptions(BrokerKeys):
    """The options of a broker with edge nodes; which groups are subscribed to follows from the points."""

    client_id: Annotated[str, Field(min_length=1, max_length=64)] = "semarak-sparkplug"
    """Our name on the broker; each of its clients has another."""
    host_id: Annotated[str, Field(max_length=256, pattern=r"^[^/#+\x00]*$")] = ""
    """Our Host ID, for edge nodes that wait for their primary host; none: they are not told that we are there."""
