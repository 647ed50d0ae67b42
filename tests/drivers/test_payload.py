"""What the site's MQTT contract allows, and the word for each thing that it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import PointKind, Quality, Reading, Reason
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.json_text import MOST_BYTES
from drivers.sensors.payload import reading
from drivers.sensors.target import Target
from drivers.sensors.time_stamp import stamp_of

NOW = 1_768_639_330_000_000_000  # 2026-01-17T08:42:10Z
AT = 1_768_639_320_000_000_000  # 2026-01-17T15:42:00+07:00, as in the contract
GAUGE = Target("rawamakmur", "awlr-1", "tma", PointKind.NUMBER, "cm", 0.0, 700.0)
DOOR = Target("door", "door", kind=PointKind.FLAG)
NOTE = Target("note", "note", kind=PointKind.TEXT)


def read(said: object, target: Target = GAUGE, *, retained: bool = False) -> Reading:
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return reading(target, payload, retained=retained, now=NOW, mono=7.0)


def test_the_contracts_own_sample_is_read() -> None:
    contract = json.loads((Path(__file__).parents[1] / "samples" / "mqtt_telemetry_contract.json").read_text())
    target = Target("p", "awlr-air-bengkulu-rawamakmur", "tma", PointKind.NUMBER, "cm", 0.0, 700.0)
    assert read(contract["payload"], target) == Reading("p", 412.0, AT, NOW, 7.0)


@pytest.mark.parametrize(
    ("ts", "at"),
    [
        ("2026-01-17T15:42:00+07:00", AT),
        ("2026-01-17T08:42:00Z", AT),
        ("2026-01-17T08:42:00.123456Z", AT + 123_456_000),
        (1_768_639_320, AT),
        (1_768_639_320.25, AT + 250_000_000),
        (1_768_639_320_000, AT),
        (1_768_639_320_000_000, AT),
        (1_768_639_320_000_000_001, AT + 1),
        (None, NOW),
        ("2026-01-17T08:44:00Z", AT + 120_000_000_000),
    ],
)
def test_a_time_stamp_is_understood_in_every_unit(ts: object, at: int) -> None:
    assert read({"value": 1, "ts": ts}).source_at == at


@pytest.mark.parametrize(
    ("q", "quality", "reason"),
    [
        ("good", Quality.GOOD, Reason.NONE),
        ("suspect", Quality.UNCERTAIN, Reason.SOURCE),
        ("bad", Quality.BAD, Reason.SOURCE),
        ("manual", Quality.UNCERTAIN, Reason.MANUAL),
        ("test", Quality.BAD, Reason.TEST),
    ],
)
def test_the_sensors_own_doubt_becomes_a_quality(q: str, quality: Quality, reason: Reason) -> None:
    got = read({"value": 1, "q": q})
    assert (got.quality, got.reason) == (quality, reason)


def test_a_value_out_of_range_is_kept_and_doubted() -> None:
    got = read({"value": 700.1})
    assert (got.value, got.quality, got.reason) == (700.1, Quality.UNCERTAIN, Reason.RANGE)


@pytest.mark.parametrize(
    ("target", "value", "read_as"),
    [(GAUGE, 412, 412.0), (DOOR, True, True), (DOOR, 1, True), (DOOR, 0, False), (NOTE, "a\x00b", "a\x00b")],
)
def test_a_value_is_read_as_its_points_kind(target: Target, value: object, read_as: object) -> None:
    got = read({"value": value}, target).value
    assert (got, type(got)) == (read_as, type(read_as))


@pytest.mark.parametrize(
    ("target", "said", "word"),
    [
        (GAUGE, b"", "json"),
        (GAUGE, b"{", "json"),
        (GAUGE, b"[1]", "json"),
        (GAUGE, b"\xff\x00", "json"),
        (GAUGE, b'{"x":' + b"[" * 50_000, "json"),
        (GAUGE, b'{"value": NaN}', "json"),
        (GAUGE, b'{"value": 1e999}', "value"),
        (GAUGE, b'{"value": 1' + b"0" * 400 + b"}", "value"),
        (GAUGE, {"ts": 1}, "value"),
        (GAUGE, {"value": None}, "value"),
        (GAUGE, {"value": True}, "value"),
        (GAUGE, {"value": "412"}, "value"),
        (DOOR, {"value": 2}, "value"),
        (DOOR, {"value": "open"}, "value"),
        (NOTE, {"value": 1}, "value"),
        (GAUGE, {"value": 1, "v": 2}, "version"),
        (GAUGE, {"value": 1, "sensor": "awlr-2"}, "sensor"),
        (GAUGE, {"value": 1, "metric": "hujan_1jam"}, "metric"),
        (GAUGE, {"value": 1, "unit": "m"}, "unit"),
        (GAUGE, {"value": 1, "q": "perfect"}, "quality"),
        (GAUGE, {"value": 1, "ts": "yesterday"}, "ts"),
        (GAUGE, b'{"value": 1, "ts": 1' + b"0" * 400 + b"}", "ts"),
        (GAUGE, b'{"value": 1, "ts": -1' + b"0" * 400 + b"}", "ts"),
        (GAUGE, {"value": 1, "sensor": "x" * 60_000}, "sensor"),
        (GAUGE, {"value": 1, "ts": 12}, "ts"),
        (GAUGE, {"value": 1, "ts": "1999-12-31T23:59:59Z"}, "ts"),
        (GAUGE, {"value": 1, "ts": "2026-01-17T08:44:11Z"}, "future"),
        (GAUGE, {"value": 1, "ts": "2026-01-18T08:42:10Z"}, "future"),
        (GAUGE, b'{"value": 1, "x": "' + b"y" * MOST_BYTES + b'"}', "oversize"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused_with_its_word(target: Target, said: object, word: str) -> None:
    with pytest.raises(BadPayload) as refused:
        read(said, target)
    assert refused.value.word == word


def test_a_unit_that_is_set_is_not_guessed() -> None:
    target = Target("p", "s", stamp=stamp_of("s", "+07:00"))
    assert read({"value": 1, "ts": 1_768_639_320}, target).source_at == AT
    with pytest.raises(BadPayload, match="s ahead"):
        read({"value": 1, "ts": 1_768_639_320_000}, target)


SAMPLE = (
    b'{"v":1,"ts":"2026-01-17T15:42:00+07:00","sensor":"awlr-1","metric":"tma","value":412.0,"unit":"cm","q":"good"}'
)


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_mutated_payload_is_a_reading_or_refused(changes: list[tuple[int, int]]) -> None:
    garbled = bytearray(SAMPLE)
    for at, byte in changes:
        garbled[at] = byte
    try:
        assert isinstance(read(bytes(garbled)), Reading)
    except BadPayload as refused:
        assert refused.word
