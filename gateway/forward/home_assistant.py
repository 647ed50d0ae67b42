"""What Home Assistant must be told so that it finds points and alarms by itself: one retained topic each.

Source: home-assistant.io, "MQTT" (discovery topic and payload, origin, availability), "MQTT Sensor", "MQTT Binary
sensor"; the units of a device class: developers.home-assistant.io, "Sensor entity".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Protocol

import msgspec

from drivers.model import Device, Name, Point, PointKind
from drivers.sensors.gateway_topics import STATUS_TEMPLATE
from drivers.sensors.topic_template import fill
from gateway.forward.mqtt_states import alarm_topic, reading_topic

ORIGIN = "Semarak"
LONGEST_STATE = 255
"""Letters of a state in Home Assistant."""
WORST = 4
"""An alarm that can get so severe is about safety, any other about a problem."""

UNITS: Mapping[str, tuple[str, str]] = {
    "C": ("°C", "temperature"),
    "°C": ("°C", "temperature"),
    "K": ("K", "temperature"),
    "V": ("V", "voltage"),
    "mV": ("mV", "voltage"),
    "kV": ("kV", "voltage"),
    "A": ("A", "current"),
    "mA": ("mA", "current"),
    "W": ("W", "power"),
    "kW": ("kW", "power"),
    "MW": ("MW", "power"),
    "VA": ("VA", "apparent_power"),
    "var": ("var", "reactive_power"),
    "Wh": ("Wh", "energy"),
    "kWh": ("kWh", "energy"),
    "MWh": ("MWh", "energy"),
    "Hz": ("Hz", "frequency"),
    "Pa": ("Pa", "pressure"),
    "hPa": ("hPa", "pressure"),
    "kPa": ("kPa", "pressure"),
    "mbar": ("mbar", "pressure"),
    "bar": ("bar", "pressure"),
    "cm": ("cm", "distance"),
    "m": ("m", "distance"),
    "km": ("km", "distance"),
    "m/s": ("m/s", "speed"),
    "km/h": ("km/h", "speed"),
    "km/jam": ("km/h", "speed"),
    "mm/h": ("mm/h", "precipitation_intensity"),
    "mm/jam": ("mm/h", "precipitation_intensity"),
    "m3/h": ("m³/h", "volume_flow_rate"),
    "L/min": ("L/min", "volume_flow_rate"),
    "s": ("s", "duration"),
    "detik": ("s", "duration"),
    "min": ("min", "duration"),
    "menit": ("min", "duration"),
    "h": ("h", "duration"),
    "jam": ("h", "duration"),
    "lx": ("lx", "illuminance"),
    "W/m2": ("W/m²", "irradiance"),
    "dBm": ("dBm", "signal_strength"),
    "deg": ("°", ""),
    "ug/m3": ("µg/m³", ""),
    "m3": ("m³", ""),
    "m3/s": ("m³/s", ""),
}
"""Our unit → theirs, and the device class where the unit alone tells it; `%`, `mm` and `ppm` tell none."""
COUNTED = frozenset({"energy"})
"""Device classes that may not be a `measurement`: a meter's count."""


class LevelLike(Protocol):
    """A level of an alarm rule."""

    @property
    def severity(self) -> int: ...


class RuleLike(Protocol):
    """An alarm rule."""

    @property
    def id(self) -> str: ...
    @property
    def point(self) -> str: ...
    @property
    def name(self) -> Name: ...
    @property
    def levels(self) -> Sequence[LevelLike]: ...


class SiteLike(Protocol):
    """A site as far as other systems are told of it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> Name: ...
    @property
    def points(self) -> Mapping[str, Point]: ...
    @property
    def devices(self) -> Mapping[str, Device]: ...
    @property
    def rules(self) -> Sequence[RuleLike]: ...


def discovered(site: SiteLike, points: Sequence[Point], *, prefix: str, version: str) -> dict[str, bytes]:
    """Return the discovery topics of these points and of the site's alarms, with their payloads."""
    told: dict[str, dict[str, Any]] = {}
    for point in points:
        kind = "binary_sensor" if point.kind is PointKind.FLAG else "sensor"
        told[_topic(prefix, kind, site.id, point.id)] = _point(site, point)
    for rule in site.rules:
        told[_topic(prefix, "binary_sensor", site.id, f"{rule.id}:alarm")] = _alarm(site, rule)
    origin = {"name": ORIGIN, "sw_version": version}
    return {topic: msgspec.json.encode({**config, "origin": origin}) for topic, config in told.items()}


def _topic(prefix: str, kind: str, site: str, thing: str) -> str:
    """Return a discovery topic; its levels have letters, digits, dash and underscore only."""
    return f"{prefix}/{kind}/{_level(site)}/{_level(thing)}/config"


def _level(name: str) -> str:
    """Return an id as such a level: capitals, which no id has, tell what stood there, so that no two are the same."""
    return name.replace(".", "_2E").replace(":", "_3A")


def _point(site: SiteLike, point: Point) -> dict[str, Any]:
    topic = reading_topic(site.id, point.id)
    config: dict[str, Any] = {
        "name": point.name.id,
        "unique_id": f"{site.id}_{point.id}",
        "state_topic": topic,
        **_VALUES[point.kind],
        "json_attributes_topic": topic,
        "json_attributes_template": "{{ {'quality': value_json.quality, 'reason': value_json.reason} | tojson }}",
        "availability": [
            {"topic": fill(STATUS_TEMPLATE, {"site": site.id})},
            {"topic": topic, "value_template": "{{ 'offline' if value_json.quality == 'bad' else 'online' }}"},
        ],
        "availability_mode": "all",
        "device": _device(site, point.device),
    }
    if point.kind is PointKind.NUMBER:
        config |= _measured(point.unit)
    if silence := _longest_silence(point):
        config["expire_after"] = ceil(silence)
    return config


_VALUES: Mapping[PointKind, Mapping[str, str]] = {
    PointKind.NUMBER: {"value_template": "{{ value_json.value }}"},
    PointKind.TEXT: {"value_template": f"{{{{ value_json.value[:{LONGEST_STATE}] }}}}"},
    PointKind.FLAG: {"value_template": "{{ 'ON' if value_json.value else 'OFF' }}"},
}


def _measured(unit: str) -> dict[str, str]:
    """Return what a number's unit tells."""
    written, of = UNITS.get(unit, (unit, ""))
    told = {"state_class": "total" if of in COUNTED else "measurement"}
    if written:
        told["unit_of_measurement"] = written
    if of:
        told["device_class"] = of
    return told


def _longest_silence(point: Point) -> float:
    """Return the seconds after which a point that says nothing is stale; 0: never, or nobody can tell from outside."""
    if point.report is None or not point.stale_after:
        return point.stale_after
    return point.report.max_interval and point.stale_after + point.report.max_interval


def _alarm(site: SiteLike, rule: RuleLike) -> dict[str, Any]:
    topic, point = alarm_topic(site.id, rule.id), site.points.get(rule.point)
    worst = max((level.severity for level in rule.levels), default=0)
    return {
        "name": rule.name.id,
        "unique_id": f"{site.id}_{rule.id}:alarm",
        "state_topic": topic,
        "value_template": "{{ 'ON' if value_json.active else 'None' if value_json.unknown else 'OFF' }}",
        "device_class": "safety" if worst >= WORST else "problem",
        "json_attributes_topic": topic,
        "availability": [{"topic": fill(STATUS_TEMPLATE, {"site": site.id})}],
        "device": _device(site, point.device if point else ""),
    }


def _device(site: SiteLike, name: str) -> dict[str, Any]:
    """Return a device as Home Assistant groups by it; what belongs to none belongs to the site."""
    device = site.devices.get(name)
    if device is None:
        return {"identifiers": [site.id], "name": site.name.id}
    told = {"identifiers": [f"{site.id}_{device.id}"], "name": device.name.id, "model": device.driver}
    return {**told, "suggested_area": device.room} if device.room else told
