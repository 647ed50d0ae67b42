"""What gateways tell each other over MQTT: every point's newest reading, retained, and whether the gateway is there.

docs/how-to/gateway-to-gateway.md has the format; both its ends stand here, so that they cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from drivers.model import Quality, Reading, Reason, Value
from drivers.sensors.bad_payload import BadPayload, shown
from drivers.sensors.json_text import decoded
from drivers.sensors.target import Target, value_of
from drivers.sensors.time_stamp import source_time

READING_TEMPLATE = "semarak/v1/{site}/points/{point}/reading"
STATUS_TEMPLATE = "semarak/v1/{site}/status"
ALARM_TEMPLATE = "semarak/v1/{site}/alarms/{alarm}/state"
DEVICE_TEMPLATE = "semarak/v1/{site}/devices/{device}/state"
VERSION = 1

QUALITIES: Mapping[str, Quality] = {quality.name.lower(): quality for quality in Quality}
REASONS: Mapping[str, Reason] = {reason.value: reason for reason in Reason}


class _Said(msgspec.Struct):
    """A reading as it travels; fields that a later version adds are passed over."""

    v: int
    point: str
    value: Value
    at: datetime | int
    unit: str = ""
    quality: str = "good"
    reason: str = ""


_SAID = msgspec.json.Decoder(_Said)


def encode(reading: Reading, unit: str = "") -> bytes:
    """Return a reading as a gateway publishes it."""
    quality, reason = reading.quality.name.lower(), reading.reason.value
    said = _Said(VERSION, reading.point, reading.value, reading.source_at, unit, quality, reason)
    return msgspec.json.encode(said)


class FarPoint:
    """A point of another gateway, which is one of ours: a reading keeps its time, its quality and its reason."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def read(self, payload: bytes, *, retained: bool, now: int, mono: float) -> Sequence[Reading | BadPayload]:
        """Return the reading, or why it is none."""
        target = self._target
        try:
            said = decoded(_SAID, payload)
            _check(target, said)
            value, at = value_of(target.kind, said.value), source_time(said.at, now)
        except BadPayload as error:
            return [error]
        quality, reason = QUALITIES[said.quality], REASONS.get(said.reason, Reason.SOURCE)
        return [Reading(target.point, value, at, now, mono, quality, reason, retained)]


def _check(target: Target, said: _Said) -> None:
    if said.v != VERSION:
        raise BadPayload("version", f"version {said.v} is not known; this gateway reads version {VERSION}")
    if said.point != target.sensor:
        raise BadPayload("sensor", f"{shown(said.point)} came on the topic of {target.sensor!r}")
    if said.unit and target.unit and said.unit != target.unit:
        raise BadPayload("unit", f"{shown(said.unit)} came where the point is in {target.unit!r}")
    if said.quality not in QUALITIES:
        raise BadPayload("quality", f"{shown(said.quality)} is none of {', '.join(QUALITIES)}")
