"""The packets that come a thousand at a time, of MQTT 3.1.1 and 5: PUBLISH in, PUBACK out; bytes to values only."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.errors import ProtocolError
from drivers.sensors.mqtt_properties import TopicAliases, variable

Message = tuple[bytes, bytes, int, int, bool, bool]
"""One PUBLISH: topic, payload, QoS, packet id (0 at QoS 0), retain, dup; a plain tuple, because there are so many."""

PUBLISH = 0x30
TYPE = 0xF0
FORBIDDEN = (0x00, 0xF0)
DUP, RETAIN = 0x08, 0x01
PUBACK = b"\x40\x02"
MOST = 256 * 1024
"""A larger packet is cut to this many bytes: its reader sees that it is too large and can still acknowledge it."""


def _head(data: bytes, at: int) -> tuple[int, int]:
    """Return where the body of the packet at `at` begins and ends (section 2.2), or (0, 0) while that is not known."""
    if at + 1 >= len(data):
        return 0, 0
    first = data[at + 1]
    if first < 0x80:
        return at + 2, at + 2 + first
    if at + 2 < len(data) and data[at + 2] < 0x80:  # nearly all messages: two bytes of length
        return at + 3, at + 3 + (first & 0x7F | data[at + 2] << 7)
    length, body = variable(data, at + 1)
    return body, body + length if body else 0


def _message(data: bytes, at: int, body: int, end: int) -> Message:
    """Return the PUBLISH at `at` whose body lies between `body` and `end` (section 3.3); its payload may be cut."""
    first, topic = data[at], body + 2
    payload = topic + (data[body] << 8 | data[body + 1]) if topic <= end else end + 1
    qos = (first >> 1) & 3
    if not qos and payload <= end:
        return data[topic:payload], data[payload:end], 0, 0, first & RETAIN == RETAIN, first & DUP == DUP
    if qos < 3 and payload + 2 <= end:
        mid = data[payload] << 8 | data[payload + 1]
        if mid:
            return data[topic:payload], data[payload + 2 : end], qos, mid, first & RETAIN == RETAIN, first & DUP == DUP
    raise _malformed(data, at)


def _malformed(data: bytes, at: int) -> ProtocolError:
    return ProtocolError(f"the broker sent a malformed PUBLISH: {data[at : at + 32].hex(' ')}")


class _Reader5:
    """Reads the PUBLISH of MQTT 5, which has properties between its head and its payload."""

    def __init__(self, aliases: TopicAliases) -> None:
        self._aliases = aliases

    def message(self, data: bytes, at: int, body: int, end: int) -> Message:
        """Return the PUBLISH at `at` whose body lies between `body` and `end` (MQTT 5, section 3.3)."""
        topic, rest, qos, mid, retain, dup = _message(data, at, body, end)
        begin = body + 2 + len(topic) + (2 if qos else 0)
        if topic and begin < end and not data[begin]:  # no properties: nearly all messages
            return topic, rest[1:], qos, mid, retain, dup
        length, properties = variable(data, begin) if begin < end else (0, 0)
        payload = properties + length
        if not properties or payload > end:
            raise _malformed(data, at)
        if (length or not topic) and payload <= len(data):
            topic = self._aliases.topic(topic, data[properties:payload])
        return topic, data[payload:end], qos, mid, retain, dup


class Wire:
    """Cuts a broker's byte stream into messages, however it was chopped; holds at most `most` bytes.

    With `v5` a PUBLISH has properties: the topic alias is resolved, whatever else they say is passed over.
    """

    def __init__(self, *, most: int = MOST, v5: bool = False) -> None:
        self._most = most
        self._message = _Reader5(TopicAliases()).message if v5 else _message
        self._kept = b""
        self._skip = 0
        self._cut: Message | None = None

    def feed(self, data: bytes) -> tuple[list[Message], bytes]:
        """Return the messages that `data` completes and, as they came, all other complete packets; or ProtocolError."""
        if self._kept:
            data = self._kept + data
        messages: list[Message] = []
        others: list[bytes] = []
        at, end = self._skipped(data, messages), len(data)
        while at < end:
            kind = data[at] & TYPE
            if kind in FORBIDDEN:
                raise ProtocolError(f"the broker sent a packet of the forbidden type {kind >> 4}")
            body, stop = _head(data, at)
            if stop > end or not body:
                at = self._large(data, at, body, stop)
                break
            if kind == PUBLISH:
                messages.append(self._message(data, at, body, stop))
            else:
                others.append(data[at:stop])
            at = stop
        self._kept = data[at:]
        return messages, b"".join(others)

    def _skipped(self, data: bytes, messages: list[Message]) -> int:
        """Pass over the rest of a packet that was cut, and hand that packet over when it ends."""
        if not self._skip:
            return 0
        passed = min(self._skip, len(data))
        self._skip -= passed
        if not self._skip and self._cut is not None:
            messages.append(self._cut)
            self._cut = None
        return passed

    def _large(self, data: bytes, at: int, body: int, stop: int) -> int:
        """Return where the unfinished packet at `at` is kept from; of one that is too large the rest is skipped."""
        if stop - body <= self._most or len(data) - body < self._most:
            return at
        if data[at] & TYPE != PUBLISH:
            raise ProtocolError(f"the broker sent a packet of type {data[at] >> 4} with {stop - body} bytes")
        self._cut = self._message(data, at, body, stop)
        self._skip = stop - len(data)
        return len(data)


def pubacks(mids: Iterable[int]) -> bytes:
    """Return one PUBACK for every packet id, to be sent in one write (section 3.4 of the standard)."""
    return b"".join([PUBACK + mid.to_bytes(2, "big") for mid in mids])
