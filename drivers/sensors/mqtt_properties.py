"""The properties of an MQTT 5 PUBLISH: the topic alias is used, everything else is checked and passed over."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.errors import ProtocolError

MOST_ALIASES = 1_000
"""So many topics the broker may shorten for us (CONNECT's Topic Alias Maximum)."""
ALIAS = 0x23

SIZES: Mapping[int, int] = {0x01: 1, 0x02: 4, ALIAS: 2}
"""Properties of a fixed size: payload format indicator, message expiry interval, topic alias (section 3.3.2.3)."""
TEXTS: Mapping[int, int] = {0x03: 1, 0x08: 1, 0x09: 1, 0x26: 2}
"""Properties of so many texts, each with its length before it: content type, response topic, correlation, user."""
SUBSCRIPTION = 0x0B
"""The subscription identifier, a variable byte integer."""


def variable(data: bytes, at: int) -> tuple[int, int]:
    """Return the variable byte integer at `at` and where it ends (section 1.5.5), or (0, 0) while it is not all there.

    Raises ProtocolError for one of more than four bytes.
    """
    value = 0
    for place, byte in enumerate(data[at : at + 4]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    if len(data) < at + 4:
        return 0, 0
    raise ProtocolError(f"the broker sent a length of more than four bytes: {data[at : at + 4].hex(' ')}")


class TopicAliases:
    """The topics that the broker has given numbers, for one connection."""

    def __init__(self) -> None:
        self._topics: dict[int, bytes] = {}

    def topic(self, topic: bytes, properties: bytes) -> bytes:
        """Return the topic that a PUBLISH means (section 3.3.2.3.4); raise ProtocolError."""
        alias = alias_of(properties)
        if not alias and topic:
            return topic
        if topic and alias <= MOST_ALIASES:
            self._topics[alias] = topic
            return topic
        if alias not in self._topics:
            raise ProtocolError(f"the broker uses the topic alias {alias}, which it has not given to a topic")
        return self._topics[alias]


def alias_of(properties: bytes) -> int:
    """Return the topic alias among the properties of a PUBLISH (0: none); raise ProtocolError for what is not one."""
    at, alias = 0, 0
    while at < len(properties):
        kind, begin = properties[at], at + 1
        at = _end(properties, kind, begin)
        if not begin < at <= len(properties):
            raise ProtocolError(f"the broker sent a malformed property: {properties[begin - 1 :][:16].hex(' ')}")
        if kind == ALIAS:
            alias = int.from_bytes(properties[begin:at], "big")
            if not alias:
                raise ProtocolError("the broker uses the topic alias 0")
    return alias


def _end(data: bytes, kind: int, at: int) -> int:
    """Return where a property's value ends; 0 for one that a PUBLISH cannot have."""
    if kind in SIZES:
        return at + SIZES[kind]
    if kind == SUBSCRIPTION:
        return variable(data, at)[1]
    if kind not in TEXTS:
        return 0
    for _ in range(TEXTS[kind]):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return at
