"""What is said about messages that came: noted for the technician, acknowledged when safe, or rejected and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_wire import Message, pubacks
from drivers.sensors.source import Durable, Log, Rejected

SAMPLE = 96
"""How much of a rejected payload is kept to look at."""
LOGGED = 512
"""How much of a chunk goes into the technician's log."""


class Receipts:
    """The receipts of one device's messages; counts `messages`, `acknowledged`, `rejected`."""

    def __init__(self, device: str, *, durable: Durable, tap: Log) -> None:
        self._device, self._durable, self._tap = device, durable, tap
        self.counters: Counter[str] = Counter()

    def note(self, messages: Sequence[Message]) -> None:
        """Count the messages of a read, and log the last, topic and payload as they came."""
        topic, body, *_ = messages[-1]
        self._tap.seen(self._device, "received", (topic + b" " + body)[:LOGGED])
        self.counters["messages"] += len(messages)

    def acknowledge(self, link: MqttLink, mids: list[int]) -> None:
        """Acknowledge the messages with these packet ids, once all that was published so far is safe."""
        if mids:
            self._durable.when_durable(partial(self._acknowledge, link, mids))

    def _acknowledge(self, link: MqttLink, mids: list[int]) -> None:
        link.acknowledge(mids)
        self._tap.seen(self._device, "sent", pubacks(mids[-1:]))
        self.counters["acknowledged"] += len(mids)

    def reject(self, word: str, why: str, *, topic: bytes, body: bytes, now: int) -> Rejected:
        """Count a message that cannot be used, and return what is told of it."""
        self.counters["rejected"] += 1
        self.counters[f"rejected.{word}"] += 1
        return Rejected(self._device, topic[:SAMPLE].decode("utf-8", "backslashreplace"), why, body[:SAMPLE], now)
