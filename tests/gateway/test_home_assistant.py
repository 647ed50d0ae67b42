"""What Home Assistant is told: golden discovery payloads, keys as its documentation has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from drivers.model import Point, Report
from gateway.forward.home_assistant import UNITS, discovered
from tests.gateway.publisher_world import FLOOD, HALL, NOTE, RINGS, RIVER, SIREN, Hall

STATUS = "semarak/v1/hall/status"
ATTRIBUTES = "{{ {'quality': value_json.quality, 'reason': value_json.reason} | tojson }}"
ORIGIN = {"name": "Semarak", "sw_version": "1.2"}
UNITS_OF: Mapping[str, Sequence[str]] = {
    "temperature": ("°C", "°F", "K"),
    "voltage": ("µV", "mV", "V", "kV", "MV"),
    "current": ("mA", "A"),
    "power": ("mW", "W", "kW", "MW", "GW", "TW"),
    "apparent_power": ("VA",),
    "reactive_power": ("var",),
    "energy": ("Wh", "kWh", "MWh"),
    "frequency": ("Hz", "kHz", "MHz", "GHz"),
    "pressure": ("Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"),
    "distance": ("mm", "cm", "m", "km"),
    "speed": ("m/s", "km/h", "mm/d", "mm/h"),
    "precipitation_intensity": ("mm/d", "mm/h"),
    "volume_flow_rate": ("m³/h", "L/min", "mL/s"),
    "duration": ("d", "h", "min", "s", "ms"),
    "illuminance": ("lx",),
    "irradiance": ("W/m²",),
    "signal_strength": ("dB", "dBm"),
}
"""The units that Home Assistant allows with a device class."""


def told(site: Hall = HALL, points: Sequence[Point] | None = None) -> dict[str, Any]:
    found = discovered(
        site, list(site.points.values()) if points is None else points, prefix="homeassistant", version="1.2"
    )
    return {topic: json.loads(payload) for topic, payload in found.items()}


def test_a_number_is_a_sensor_with_its_unit_its_class_and_when_it_is_stale() -> None:
    topic = "semarak/v1/hall/points/awlr-1/reading"
    assert told()["homeassistant/sensor/hall/awlr-1/config"] == {
        "name": "Tinggi air",
        "unique_id": "hall_awlr-1",
        "state_topic": topic,
        "value_template": "{{ value_json.value }}",
        "json_attributes_topic": topic,
        "json_attributes_template": ATTRIBUTES,
        "availability": [
            {"topic": STATUS},
            {"topic": topic, "value_template": "{{ 'offline' if value_json.quality == 'bad' else 'online' }}"},
        ],
        "availability_mode": "all",
        "device": {
            "identifiers": ["hall_broker"], "name": "Broker lapangan", "model": "mqtt", "suggested_area": "server",
        },
        "state_class": "measurement",
        "unit_of_measurement": "cm",
        "device_class": "distance",
        "expire_after": 900,
        "origin": ORIGIN,
    }  # fmt: skip


def test_a_flag_is_a_binary_sensor_and_a_text_a_sensor_without_a_class() -> None:
    found = told()
    flag, text = found["homeassistant/binary_sensor/hall/siren/config"], found["homeassistant/sensor/hall/note/config"]
    assert flag["value_template"] == "{{ 'ON' if value_json.value else 'OFF' }}"
    assert text["value_template"] == "{{ value_json.value[:255] }}"
    assert not {"state_class", "unit_of_measurement", "device_class", "expire_after"} & (flag.keys() | text.keys())


def test_an_alarm_is_a_binary_sensor_of_the_device_that_its_point_is_read_from() -> None:
    topic = "semarak/v1/hall/alarms/banjir/state"
    assert told()["homeassistant/binary_sensor/hall/banjir_3Aalarm/config"] == {
        "name": "Banjir",
        "unique_id": "hall_banjir:alarm",
        "state_topic": topic,
        "value_template": "{{ 'ON' if value_json.active else 'None' if value_json.unknown else 'OFF' }}",
        "device_class": "safety",
        "json_attributes_topic": topic,
        "availability": [{"topic": STATUS}],
        "device": {
            "identifiers": ["hall_broker"], "name": "Broker lapangan", "model": "mqtt", "suggested_area": "server",
        },
        "origin": ORIGIN,
    }  # fmt: skip
    assert told()["homeassistant/binary_sensor/hall/siren-rings_3Aalarm/config"]["device_class"] == "problem"


def test_what_belongs_to_no_device_belongs_to_the_site() -> None:
    derived = replace(RIVER, id="rain.day", device="derived")
    site = Hall(points={derived.id: derived}, rules=())
    found = told(site)["homeassistant/sensor/hall/rain_2Eday/config"]
    assert found["device"] == {"identifiers": ["hall"], "name": "Balai"}


def test_ids_that_look_alike_have_topics_and_names_of_their_own() -> None:
    names = ("a.b", "a_b", "a-b", "a_2eb", "a")
    points = {name: replace(SIREN, id=name) for name in names}
    rules = [replace(RINGS, id=name, point="a") for name in names]
    found = told(Hall(points=points, rules=rules))
    assert len(found) == len({each["unique_id"] for each in found.values()}) == 10
    assert all(
        set(level) <= set("abcdefghijklmnopqrstuvwxyzAE0123456789_-") for topic in found for level in topic.split("/")
    )


def test_only_the_wanted_points_are_told() -> None:
    assert set(told(Hall(rules=()), [NOTE])) == {"homeassistant/sensor/hall/note/config"}


@pytest.mark.parametrize(
    ("report", "stale_after", "expire_after"),
    [
        (None, 0.0, None),
        (None, 0.4, 1),
        (None, 900.0, 900),
        (Report(deadband=1.0), 900.0, None),
        (Report(deadband=1.0, max_interval=600.0), 900.0, 1500),
    ],
)
def test_a_point_that_is_stored_only_when_it_moves_does_not_expire_while_it_rests(
    report: Report | None, stale_after: float, expire_after: int | None
) -> None:
    point = replace(RIVER, report=report, stale_after=stale_after)
    found = told(Hall(points={point.id: point}, rules=[FLOOD]))["homeassistant/sensor/hall/awlr-1/config"]
    assert found.get("expire_after") == expire_after


@pytest.mark.parametrize(
    ("unit", "written", "device_class", "state_class"),
    [
        ("C", "°C", "temperature", "measurement"),
        ("kWh", "kWh", "energy", "total"),
        ("km/jam", "km/h", "speed", "measurement"),
        ("menit", "min", "duration", "measurement"),
        ("ug/m3", "µg/m³", None, "measurement"),
        ("mm", "mm", None, "measurement"),
        ("%", "%", None, "measurement"),
        ("gal", "gal", None, "measurement"),
        ("", None, None, "measurement"),
    ],
)
def test_a_unit_tells_a_class_only_where_there_is_one_answer(
    unit: str, written: str | None, device_class: str | None, state_class: str
) -> None:
    point = replace(RIVER, unit=unit)
    found = told(Hall(points={point.id: point}, rules=()))["homeassistant/sensor/hall/awlr-1/config"]
    assert (found.get("unit_of_measurement"), found.get("device_class")) == (written, device_class)
    assert found["state_class"] == state_class


def test_every_unit_is_one_that_its_class_allows() -> None:
    assert {unit: of for unit, of in UNITS.values() if of and unit not in UNITS_OF[of]} == {}
