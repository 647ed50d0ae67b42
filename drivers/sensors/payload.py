"""What field sensors say, by the site's MQTT contract: JSON bytes to a reading, or a word for why not."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from drivers.errors import ProtocolError
from drivers.model import PointKind, Quality, Reading, Reason, Value
from drivers.sensors.topic_map import Target

MOST_BYTES = 64 * 1024
SECOND_NS = 1_000_000_000
FUTURE_NS = 120 * SECOND_NS
"""A time stamp may be this far ahead of ours: clocks differ, but a wrong one would block a series for hours."""
OLDEST_NS = 946_684_800 * SECOND_NS
"""2000-01-01: an earlier time stamp is a clock that was never set, or a unit that was guessed wrong."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MAGNITUDES = ((1e11, SECOND_NS), (1e14, 1_000_000), (1e17, 1_000))
"""Below the first bound a number counts seconds, below the next milliseconds, then microseconds, else nanoseconds."""

QUALITIES: Mapping[str, tuple[Quality, Reason]] = {
    "good": (Quality.GOOD, Reason.NONE),
    "suspect": (Quality.UNCERTAIN, Reason.SOURCE),
    "bad": (Quality.BAD, Reason.SOURCE),
    "manual": (Quality.UNCERTAIN, Reason.MANUAL),
    "test": (Quality.BAD, Reason.TEST),
}
"""A test message is BAD for everybody: a technician's exercise must not move the wall."""

OUT_OF_RANGE = (Quality.UNCERTAIN, Reason.RANGE)
S = TypeVar("S")
FIELD = re.compile(r"(?:at `\$\.|missing required field `)(\w+)`")
"""How msgspec names the field that is to blame."""
STATES = frozenset({"online", "offline"})


class BadPayload(ProtocolError):
    """A payload that the contract does not allow; `word` is the counter it goes to."""

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(f"{word}: {detail}")
        self.word = word


class _Telemetry(msgspec.Struct):
    """The fields of a telemetry payload that are used here; the others are passed over."""

    value: bool | int | float | str
    v: int = 1
    ts: datetime | int | float | None = None
    sensor: str = ""
    metric: str = ""
    unit: str = ""
    q: str = "good"


class _Status(msgspec.Struct):
    """The fields of a status payload that are used here."""

    state: str
    v: int = 1
    ts: datetime | int | float | None = None


_TELEMETRY = msgspec.json.Decoder(_Telemetry)
_STATUS = msgspec.json.Decoder(_Status)


def reading(target: Target, payload: bytes, *, retained: bool, now: int, mono: float) -> Reading:
    """Return what a sensor says; `now` is UTC ns, `mono` seconds. Raises BadPayload."""
    if target.status:
        return _status(target, payload, retained=retained, now=now, mono=mono)
    said = _decoded(_TELEMETRY, payload)
    _check(target, said)
    value = _value(target.kind, said.value)
    quality, reason = QUALITIES[said.q]
    if quality is Quality.GOOD and not isinstance(value, str) and not target.low <= value <= target.high:
        quality, reason = OUT_OF_RANGE
    return Reading(target.point, value, source_time(said.ts, now), now, mono, quality, reason, retained)


def _status(target: Target, payload: bytes, *, retained: bool, now: int, mono: float) -> Reading:
    """Return whether a sensor is online: its own word, or the broker's when its connection broke."""
    said = _decoded(_STATUS, payload)
    if said.state not in STATES:
        raise BadPayload("state", f"{said.state!r} is neither online nor offline")
    return Reading(target.point, said.state, source_time(said.ts, now), now, mono, retained=retained)


def _decoded(decoder: msgspec.json.Decoder[S], payload: bytes) -> S:
    """Return the decoded payload, or raise BadPayload with the field that is to blame."""
    if len(payload) > MOST_BYTES:
        raise BadPayload("oversize", f"more than {MOST_BYTES} bytes")
    try:
        return decoder.decode(payload)
    except RecursionError:
        raise BadPayload("json", "nested too deeply") from None
    except ValueError as error:
        blamed = FIELD.search(str(error))
        raise BadPayload(blamed[1] if blamed else "json", str(error)) from None


def _check(target: Target, said: _Telemetry) -> None:
    """Raise BadPayload for what does not belong to this sensor."""
    if said.v != 1:
        raise BadPayload("version", f"contract version {said.v} is not known; this gateway reads version 1")
    if said.sensor and said.sensor != target.sensor:
        raise BadPayload("sensor", f"{said.sensor!r} speaks on the topic of {target.sensor!r}")
    if said.metric and target.metric and said.metric != target.metric:
        raise BadPayload("metric", f"{said.metric!r} came where {target.metric!r} is measured")
    if said.unit and target.unit and said.unit != target.unit:
        raise BadPayload("unit", f"{said.unit!r} came where the point is in {target.unit!r}")
    if said.q not in QUALITIES:
        raise BadPayload("quality", f"{said.q!r} is none of {', '.join(QUALITIES)}")


def _value(kind: PointKind, value: Value) -> Value:
    """Return the value as its point's kind, or raise BadPayload."""
    if kind is PointKind.NUMBER and not isinstance(value, bool | str):
        try:
            number = float(value)
        except OverflowError:
            raise BadPayload("value", "the number is too large") from None
        if math.isfinite(number):
            return number
    if kind is PointKind.TEXT and isinstance(value, str):
        return value
    if kind is PointKind.FLAG and not isinstance(value, str) and value in (0, 1):
        return bool(value)
    raise BadPayload("value", f"{str(value)[:40]!r} is no {kind}")


def source_time(ts: datetime | int | float | None, now: int) -> int:
    """Return a time stamp as UTC ns (none: `now`), whatever its unit; raise BadPayload for one that cannot be."""
    if ts is None:
        return now
    at = _ns(ts)
    if at > now + FUTURE_NS:
        raise BadPayload("future", f"the time stamp is {(at - now) / SECOND_NS:.0f} s ahead; set the sensor's clock")
    if at < OLDEST_NS:
        raise BadPayload("ts", f"the time stamp {ts} is before the year 2000; set the sensor's clock")
    return at


def _ns(ts: datetime | int | float) -> int:
    if isinstance(ts, datetime):
        since = (ts if ts.tzinfo else ts.replace(tzinfo=UTC)) - EPOCH
        return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * 1_000
    scale = next((scale for bound, scale in MAGNITUDES if abs(ts) < bound), 1)
    # A float has no room for nanoseconds: microseconds are what it truly says.
    return ts * scale if isinstance(ts, int) else round(ts * scale / 1_000) * 1_000
