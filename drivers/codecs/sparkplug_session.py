"""What the messages of one edge node mean together: births, deaths, the count and aliases (Sparkplug 3.0, chapter 5).

The broker must bring an edge node's messages in their order, as mosquitto does: the reorder timeout (5.9) is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drivers.codecs.sparkplug_b import Metric, Payload
from drivers.codecs.sparkplug_topic import BD_SEQ, DBIRTH, DDEATH, NBIRTH, NDEATH, Said
from drivers.codecs.sparkplug_values import Whole

COUNT = 256
NODE = ""
"""The device that stands for the edge node itself."""
DOUBTS = frozenset({"early", "gaps", "unknown_alias"})
"""What only a birth puts right."""


class State(StrEnum):
    """What is known of an edge node."""

    AWAITED = "awaiting its birth"
    """What it says may be missing something, or mean something else: only a birth can tell."""
    ALIVE = "alive"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Named:
    """A metric with the name and the data type that the birth gave it."""

    name: str
    datatype: int
    metric: Metric


@dataclass(frozen=True, slots=True)
class News:
    """What one message brings, and what it counts as."""

    metrics: tuple[Named, ...] = ()
    words: tuple[str, ...] = ()
    born: bool = False
    """What it says is so now; whatever else is known of its sender is over."""
    died: bool = False
    """Its sender is gone, and with an edge node all its devices."""
    doubted: bool = False
    """From here on nothing of the edge node is sure until its birth."""


@dataclass(slots=True)
class _Birth:
    """What the birth of an edge node or a device said: the data type of each name, the name of each alias."""

    datatypes: Mapping[str, int]
    names: Mapping[int, str | None]
    """None: two metrics have this alias, so that it says nothing."""


@dataclass(slots=True)
class EdgeSession:
    """Follows one edge node and those of its devices that matter; at first its birth is awaited."""

    devices: frozenset[str] = frozenset()
    dead: set[str] = field(default_factory=set)
    """Those of them that died by themselves."""
    state: State = State.AWAITED
    _bd_seq: int | None = None
    _next: int = 0
    _births: dict[str, _Birth] = field(default_factory=dict)

    def hear(self, said: Said, payload: Payload) -> News:
        """Return what a message of this edge node, or of a device of it, means."""
        if said.kind == NBIRTH:
            return self._born(payload)
        if said.kind == NDEATH:
            return self._died(payload)
        words = list(self._counted(payload.seq or 0))  # protobuf: what is left out is 0
        if said.device not in (NODE, *self.devices):
            return News(words=("unclaimed", *words), doubted=self._doubt(words))
        if said.kind == DDEATH:
            self._births.pop(said.device, None)
            self.dead.add(said.device)
            return News(words=("device_deaths", *words), died=True, doubted=self._doubt(words))
        if said.kind == DBIRTH:
            metrics = self._learn(said.device, payload.metrics)
            return News(metrics, ("device_births", *words), born=True, doubted=self._doubt(words))
        metrics = tuple(self._known(said.device, payload.metrics, words))
        return News(metrics, ("data", *words), doubted=self._doubt(words))

    def lose(self) -> News:
        """Forget what is known: the connection was lost, and with it nobody knows how many births."""
        self._births.clear()
        return self.miss()

    def miss(self) -> News:
        """Await the birth, because a message is missing."""
        self._bd_seq = None
        was, self.state = self.state, State.AWAITED
        return News(doubted=was is State.ALIVE)

    def has(self, device: str) -> bool:
        """Return whether the birth of a device is known."""
        return device in self._births

    def _born(self, payload: Payload) -> News:
        self.state, self._bd_seq = State.ALIVE, _bd_seq(payload)
        self._next = ((payload.seq or 0) + 1) % COUNT
        self._births.clear()
        return News(self._learn(NODE, payload.metrics), ("births",), born=True)

    def _died(self, payload: Payload) -> News:
        """A will can come after the birth of the session that follows; it is told by its number."""
        told = _bd_seq(payload)
        if self.state is State.ALIVE and None not in (told, self._bd_seq) and told != self._bd_seq:
            return News(words=("stale_deaths",))
        self.state = State.DEAD
        self._births.clear()
        return News(words=("deaths",), died=True)

    def _counted(self, seq: int) -> Iterator[str]:
        missed = seq != self._next
        self._next = (seq + 1) % COUNT
        if self.state is not State.ALIVE:
            yield "early"
        elif missed:
            yield "gaps"

    def _doubt(self, words: list[str]) -> bool:
        """Await the birth if one of these words wants it; return whether that is news."""
        if not DOUBTS & set(words):
            return False
        was, self.state = self.state, State.AWAITED
        return was is State.ALIVE

    def _learn(self, device: str, metrics: tuple[Metric, ...]) -> tuple[Named, ...]:
        names: dict[int, str | None] = {}
        for metric in metrics:
            if metric.alias is not None:
                names[metric.alias] = metric.name if names.get(metric.alias, metric.name) == metric.name else None
        self.dead = self.dead - {device} if device else set()
        self._births[device] = _Birth({metric.name: metric.datatype for metric in metrics}, names)
        return tuple(Named(metric.name, metric.datatype, metric) for metric in metrics)

    def _known(self, device: str, metrics: tuple[Metric, ...], words: list[str]) -> Iterator[Named]:
        """Yield the metrics of a data message by name; add to `words` what is wrong with the others."""
        birth = self._births.get(device)
        if birth is None:
            words += [] if words else ["early"]
            birth = _Birth({}, {})
        for metric in metrics:
            alias = -1 if metric.alias is None else metric.alias
            name = metric.name or birth.names.get(alias, "")
            if name:
                yield Named(name, metric.datatype or birth.datatypes.get(name, 0), metric)
            else:
                words.append("ambiguous_alias" if name is None else "unknown_alias")


def _bd_seq(payload: Payload) -> int | None:
    """Return which session of its edge node a birth or a death belongs to; None: it does not say."""
    told = [metric.raw.bits for metric in payload.metrics if metric.name == BD_SEQ and isinstance(metric.raw, Whole)]
    return told[0] if told else None
