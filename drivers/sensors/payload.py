"""What field sensors say, by the site's MQTT contract: JSON bytes to a reading, or a word for why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from drivers.model import Quality, Reading, Reason
from drivers.sensors.bad_payload import BadPayload, shown
from drivers.sensors.json_text import decoded
from drivers.sensors.target import Target, value_of

QUALITIES: Mapping[str, tuple[Quality, Reason]] = {
    "good": (Quality.GOOD, Reason.NONE),
    "suspect": (Quality.UNCERTAIN, Reason.SOURCE),
    "bad": (Quality.BAD, Reason.SOURCE),
    "manual": (Quality.UNCERTAIN, Reason.MANUAL),
    "test": (Quality.BAD, Reason.TEST),
}
"""A test message is BAD for everybody: a technician's exercise must not move the wall."""

OUT_OF_RANGE = (Quality.UNCERTAIN, Reason.RANGE)


class _Telemetry(msgspec.Struct):
    """The fields of a telemetry payload that are used here; the others are passed over."""

    value: bool | int | float | str
    v: int = 1
    ts: datetime | int | float | None = None
    sensor: str = ""
    metric: str = ""
    unit: str = ""
    q: str = "good"


_TELEMETRY = msgspec.json.Decoder(_Telemetry)


def reading(target: Target, payload: bytes, *, retained: bool, now: int, mono: float) -> Reading:
    """Return what a sensor says; `now` is UTC ns, `mono` seconds. Raises BadPayload."""
    said = decoded(_TELEMETRY, payload)
    _check(target, said)
    value = value_of(target.kind, said.value)
    quality, reason = QUALITIES[said.q]
    if quality is Quality.GOOD and not isinstance(value, str) and not target.low <= value <= target.high:
        quality, reason = OUT_OF_RANGE
    return Reading(target.point, value, target.stamp(said.ts, now), now, mono, quality, reason, retained)


def _check(target: Target, said: _Telemetry) -> None:
    """Raise BadPayload for what does not belong to this sensor."""
    if said.v != 1:
        raise BadPayload("version", f"contract version {said.v} is not known; this gateway reads version 1")
    if said.sensor and said.sensor != target.sensor:
        raise BadPayload("sensor", f"{shown(said.sensor)} speaks on the topic of {target.sensor!r}")
    if said.metric and target.metric and said.metric != target.metric:
        raise BadPayload("metric", f"{shown(said.metric)} came where {target.metric!r} is measured")
    if said.unit and target.unit and said.unit != target.unit:
        raise BadPayload("unit", f"{shown(said.unit)} came where the point is in {target.unit!r}")
    if said.q not in QUALITIES:
        raise BadPayload("quality", f"{shown(said.q)} is none of {', '.join(QUALITIES)}")
