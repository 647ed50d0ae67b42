"""What we say to edge nodes as a host application: whether we are there, and that a birth is wanted."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from drivers.codecs.sparkplug_b import MOST_BYTES, Metric, Payload, encode
from drivers.codecs.sparkplug_topic import NAMESPACE, NCMD, REBIRTH, Said, state, state_topic, topic
from drivers.codecs.sparkplug_values import DataType
from drivers.model import Clock
from drivers.sensors.json_text import decoded
from drivers.sensors.mqtt_link import MqttLink, OnChunk
from drivers.sensors.pace import Pace
from drivers.sensors.sparkplug_options import SparkplugOptions

MS_NS = 1_000_000
HEAD_ROOM = 70_000
"""What stands before a payload in the longest packet."""


class _State(msgspec.Struct):
    """The field of a host's state that is used here."""

    online: bool


_STATE = msgspec.json.Decoder(_State)


class Host:
    """Our side of the talk; silent until `greet`, because a host's first message is its birth (section 5.3)."""

    def __init__(self, options: SparkplugOptions, groups: Iterable[str], *, clock: Clock) -> None:
        self._options, self._clock = options, clock
        self._filters = [f"{NAMESPACE}/{group}/#" for group in sorted(set(groups))]
        self.topic = state_topic(options.host_id) if options.host_id else ""
        self._since = 0
        self._link: MqttLink | None = None

    @property
    def speaks(self) -> bool:
        """Return whether anything can be said now."""
        return self._link is not None

    def new_link(self, on_chunk: OnChunk, pace: Pace) -> MqttLink:
        """Return a client that begins anew, as a host must, and whose will says that we are gone."""
        options, self._since = self._options, self._clock.now() // MS_NS
        return MqttLink(
            options.client_id,
            clean=True,
            username=options.username,
            password=options.password.get_secret_value(),
            will=(self.topic, state(self._since, online=False)) if self.topic else None,
            subscribe=[(name, 1) for name in (self.topic, *self._filters) if name],
            on_chunk=on_chunk,
            pace=pace,
            v5=options.protocol == 5,
            most=MOST_BYTES + HEAD_ROOM,
        )

    def greet(self, link: MqttLink) -> None:
        """Say that we are there; the time is that of the will, by which an edge node tells them from older ones."""
        self._link = link
        self._tell(link, self._since, online=True)

    def leave(self, link: MqttLink) -> None:
        """Say that we go."""
        self._link = None
        self._tell(link, self._clock.now() // MS_NS, online=False)

    def hear(self, body: bytes) -> None:
        """Contradict whoever says that we are gone; raise BadPayload for what says nothing."""
        if not decoded(_STATE, body).online and self._link is not None:
            self._tell(self._link, self._since, online=True)

    def ask(self, group: str, node: str) -> None:
        """Ask an edge node for its birth, and those of its devices."""
        if self._link is not None:
            at = self._clock.now() // MS_NS
            wish = Metric(REBIRTH, timestamp=at, datatype=DataType.BOOLEAN, raw=True)
            self._link.publish(topic(Said(NCMD, group, node)), encode(Payload(at, (wish,))), qos=0)

    def _tell(self, link: MqttLink, at: int, *, online: bool) -> None:
        if self.topic:
            link.publish(self.topic, state(at, online=online), retain=True)
