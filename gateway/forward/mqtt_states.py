"""Alarms and device states as other systems find them on a broker: JSON, retained, one topic each.

docs/how-to/mqtt-publishing.md has the format; times are RFC 3339 in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from typing import Protocol

import msgspec

from drivers.model import Device, DeviceState, DeviceStatus, Name, Place, Reading, Value
from drivers.sensors.gateway_topics import ALARM_TEMPLATE, DEVICE_TEMPLATE, READING_TEMPLATE, VERSION, encode
from drivers.sensors.topic_template import NOT_IN_A_LEVEL, fill


class AlarmLike(Protocol):
    """An alarm as the engine tells it; times are UTC ns."""

    @property
    def id(self) -> str: ...
    @property
    def point(self) -> str: ...
    @property
    def name(self) -> Name: ...
    @property
    def scale(self) -> str: ...
    @property
    def scale_name(self) -> Name: ...
    @property
    def code(self) -> str: ...
    @property
    def label(self) -> Name: ...
    @property
    def severity(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def acked(self) -> bool: ...
    @property
    def cond_unknown(self) -> bool: ...
    @property
    def value(self) -> Value | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def peak(self) -> float | None: ...
    @property
    def occurrence(self) -> str: ...
    @property
    def since(self) -> int: ...
    @property
    def raised_at(self) -> int | None: ...
    @property
    def cleared_at(self) -> int | None: ...
    @property
    def acked_by(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def place(self) -> Place | None: ...


def reading_topic(site: str, point: str) -> str:
    """Return where a point's readings go; raise ValueError for an id that cannot be a level of a topic."""
    if not point or NOT_IN_A_LEVEL & set(point):
        raise ValueError(f"{point!r} cannot be a level of a topic")
    return fill(READING_TEMPLATE, {"site": site, "point": point})


def reading_payload(reading: Reading, unit: str) -> bytes:
    """Return a reading as gateways tell it each other; raise ValueError for a value that JSON cannot hold."""
    if isinstance(reading.value, float) and not isfinite(reading.value):
        raise ValueError(f"{reading.value} is no number in JSON")
    return encode(reading, unit)


def point_of(topic: str, site: str) -> str | None:
    """Return the point whose readings go to a topic; None for a topic of another kind."""
    begin, end = fill(READING_TEMPLATE, {"site": site, "point": "\n"}).split("\n")
    inside = topic.startswith(begin) and topic.endswith(end) and len(topic) > len(begin) + len(end)
    return topic[len(begin) : -len(end)] if inside else None


def alarm_topic(site: str, alarm: str) -> str:
    """Return where an alarm's state stands."""
    return fill(ALARM_TEMPLATE, {"site": site, "alarm": alarm})


def alarm_state(alarm: AlarmLike) -> bytes:
    """Return an alarm as it stands, one that does not included."""
    return msgspec.json.encode(
        {
            "v": VERSION,
            "alarm": alarm.id,
            "point": alarm.point,
            "name": alarm.name,
            "state": str(alarm.state),
            "active": alarm.active,
            "acked": alarm.acked,
            "unknown": alarm.cond_unknown,
            "severity": alarm.severity,
            "code": alarm.code,
            "label": alarm.label,
            "scale": alarm.scale,
            "scale_name": alarm.scale_name,
            "value": alarm.value,
            "unit": alarm.unit,
            "peak": alarm.peak,
            "occurrence": alarm.occurrence,
            "since": _time(alarm.since),
            "raised_at": _time(alarm.raised_at),
            "cleared_at": _time(alarm.cleared_at),
            "acked_by": alarm.acked_by,
            "note": alarm.note,
            "place": alarm.place,
        }
    )


def device_topic(site: str, device: str) -> str:
    """Return where a device's state stands."""
    return fill(DEVICE_TEMPLATE, {"site": site, "device": device})


def device_state(device: Device, status: DeviceStatus | None) -> bytes:
    """Return how the talk with a device stands; one that nobody has spoken of yet is being dialled, or disabled."""
    silent = DeviceState.DIALLING if device.enabled else DeviceState.DISABLED
    return msgspec.json.encode(
        {
            "v": VERSION,
            "device": device.id,
            "name": device.name,
            "room": device.room,
            "state": (status.state if status else silent).value,
            "since": _time(status.since if status else None),
            "reason": status.reason if status else "",
            "hint": status.hint if status else "",
        }
    )


def _time(at: int | None) -> datetime | None:
    """Return UTC ns as a time, which JSON carries as RFC 3339 to the microsecond."""
    if at is None:
        return None
    second, ns = divmod(at, 1_000_000_000)
    return datetime.fromtimestamp(second, UTC).replace(microsecond=ns // 1_000)
