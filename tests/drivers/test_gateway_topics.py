"""What gateways tell each other: a reading survives the way, and what is no reading is refused with its word."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import PointKind, Quality, Reading, Reason, Value
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.gateway_topics import FarPoint, encode
from drivers.sensors.target import Target

NOW = 1_768_639_330_000_000_000
AT = 1_768_639_320_000_000_001
LOAD = Target("hulu.load", "ups.load", unit="%")


def read(payload: bytes, target: Target = LOAD) -> Sequence[Reading | BadPayload]:
    return FarPoint(target).read(payload, retained=True, now=NOW, mono=7.0)


def test_a_reading_is_written_as_the_page_says() -> None:
    reading = Reading("ups.load", 31.5, AT, NOW, 1.0, Quality.UNCERTAIN, Reason.RANGE)
    assert json.loads(encode(reading, "%")) == {
        "v": 1, "point": "ups.load", "value": 31.5, "at": AT, "unit": "%", "quality": "uncertain", "reason": "range",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value"), [(PointKind.NUMBER, 31.5), (PointKind.FLAG, True), (PointKind.TEXT, "siaga")]
)
@pytest.mark.parametrize("quality", list(Quality))
@pytest.mark.parametrize("reason", list(Reason))
def test_what_one_gateway_writes_the_other_reads(
    kind: PointKind, value: Value, quality: Quality, reason: Reason
) -> None:
    payload = encode(Reading("ups.load", value, AT, NOW, 1.0, quality, reason), "%")
    assert read(payload, Target("ours", "ups.load", kind=kind, unit="%")) == [
        Reading("ours", value, AT, NOW, 7.0, quality, reason, retained=True)
    ]


GOOD = {"v": 1, "point": "ups.load", "value": 31.5, "at": AT, "unit": "%", "quality": "good", "reason": ""}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"v": 2}, "version"),
        ({"point": "ups.volt"}, "sensor"),
        ({"unit": "V"}, "unit"),
        ({"quality": "perfect"}, "quality"),
        ({"value": "31"}, "value"),
        ({"value": None}, "value"),
        ({"at": None}, "at"),
        ({"at": 12}, "ts"),
        ({"at": NOW + 121 * 10**9}, "future"),
        ({"at": "yesterday"}, "at"),
    ],
)
def test_what_is_no_reading_is_refused_with_its_word(change: dict[str, object], word: str) -> None:
    [refused] = read(json.dumps(GOOD | change).encode())
    assert isinstance(refused, BadPayload)
    assert refused.word == word


def test_a_later_version_may_add_fields_and_reasons_and_times_may_be_text() -> None:
    payload = json.dumps(GOOD | {"at": "2026-01-17T08:42:00Z", "reason": "haunted", "more": 1}).encode()
    assert read(payload) == [Reading("hulu.load", 31.5, AT - 1, NOW, 7.0, Quality.GOOD, Reason.SOURCE, retained=True)]


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_mutated_reading_is_a_reading_or_refused(changes: list[tuple[int, int]]) -> None:
    garbled = bytearray(json.dumps(GOOD).encode())
    for at, byte in changes:
        garbled[at % len(garbled)] = byte
    [one] = read(bytes(garbled))
    assert isinstance(one, Reading | BadPayload)
