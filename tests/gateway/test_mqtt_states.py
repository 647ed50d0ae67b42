"""Alarms, device states and readings as other systems find them on a broker: golden payloads."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from drivers.model import DeviceState, DeviceStatus, Name, Quality, Reading, Reason
from gateway.alarms.lifecycle import Facts
from gateway.forward.mqtt_states import (
    alarm_state,
    alarm_topic,
    device_state,
    device_topic,
    point_of,
    reading_payload,
    reading_topic,
)
from tests.fakes import EPOCH_NS
from tests.gateway.publisher_world import BROKER, PANEL, alarm

AT = EPOCH_NS + 1_500_000_000


def test_an_alarm_that_stands_says_all_that_a_person_would_ask() -> None:
    stands = alarm(
        facts=Facts(active=True, acked=True), since=AT, occurrence=f"banjir@{AT}", code="SIAGA1",
        label=Name("Siaga I", "Level I"), severity=4, value=412.5, peak=430.0, raised_at=EPOCH_NS, acked_by="sari",
        note="petugas di jalan",
    )  # fmt: skip
    assert json.loads(alarm_state(stands)) == {
        "v": 1,
        "alarm": "banjir",
        "point": "awlr-1",
        "name": {"id": "Banjir", "en": "Flood"},
        "state": "ACKED",
        "active": True,
        "acked": True,
        "unknown": False,
        "severity": 4,
        "code": "SIAGA1",
        "label": {"id": "Siaga I", "en": "Level I"},
        "scale": "banjir_siaga",
        "scale_name": {"id": "banjir", "en": "flood"},
        "value": 412.5,
        "unit": "cm",
        "peak": 430.0,
        "occurrence": f"banjir@{AT}",
        "since": "2026-01-17T00:00:01.500000Z",
        "raised_at": "2026-01-17T00:00:00Z",
        "cleared_at": None,
        "acked_by": "sari",
        "note": "petugas di jalan",
        "place": {"lat": -3.8, "lon": 102.3},
    }


def test_an_alarm_that_does_not_stand_says_so() -> None:
    told = json.loads(alarm_state(alarm()))
    assert {key: told[key] for key in ("state", "active", "severity", "code", "value", "raised_at", "acked_by")} == {
        "state": "NORM", "active": False, "severity": 0, "code": "", "value": None, "raised_at": None, "acked_by": "",
    }  # fmt: skip


def test_a_device_says_its_state_since_when_and_what_to_look_at() -> None:
    status = DeviceStatus("broker", DeviceState.SILENT, EPOCH_NS, "no answer", "is the cable in?")
    assert device_state(BROKER, status) == (
        b'{"v":1,"device":"broker","name":{"id":"Broker lapangan","en":"Field broker"},"room":"server",'
        b'"state":"silent","since":"2026-01-17T00:00:00Z","reason":"no answer","hint":"is the cable in?"}'
    )


@pytest.mark.parametrize(("enabled", "state"), [(True, "dialling"), (False, "disabled")])
def test_a_device_of_which_nothing_is_known_yet_is_dialled_or_disabled(enabled: bool, state: str) -> None:
    told = json.loads(device_state(replace(PANEL, enabled=enabled), None))
    assert (told["state"], told["since"]) == (state, None)


def test_topics_are_qualified_by_the_site() -> None:
    assert reading_topic("hall", "ups.load") == "semarak/v1/hall/points/ups.load/reading"
    assert alarm_topic("hall", "banjir") == "semarak/v1/hall/alarms/banjir/state"
    assert device_topic("hall", "panel") == "semarak/v1/hall/devices/panel/state"


@pytest.mark.parametrize("point", ["", "a/b", "a+b", "a#", "a\x00"])
def test_what_cannot_be_one_level_is_no_topic(point: str) -> None:
    with pytest.raises(ValueError, match="level of a topic"):
        reading_topic("hall", point)


@pytest.mark.parametrize(
    ("topic", "point"),
    [
        ("semarak/v1/hall/points/ups.load/reading", "ups.load"),
        ("semarak/v1/hall/points//reading", None),
        ("semarak/v1/other/points/ups.load/reading", None),
        ("semarak/v1/hall/alarms/banjir/state", None),
        ("semarak/v1/hall/status", None),
    ],
)
def test_a_topic_tells_its_point(topic: str, point: str | None) -> None:
    assert point_of(topic, "hall") == point


def test_a_reading_travels_as_gateways_tell_it_each_other() -> None:
    reading = Reading("ups.load", 31.5, EPOCH_NS, AT, 1.0, Quality.UNCERTAIN, Reason.RANGE)
    assert reading_payload(reading, "%") == (
        b'{"v":1,"point":"ups.load","value":31.5,"at":1768608000000000000,"unit":"%","quality":"uncertain",'
        b'"reason":"range"}'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_json_cannot_hold_is_no_payload(value: float | str) -> None:
    with pytest.raises(ValueError, match=r"no number|surrogates"):
        reading_payload(Reading("p", value, EPOCH_NS, AT, 1.0), "")
