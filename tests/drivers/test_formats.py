"""Payloads that follow no contract: JSON by path, CSV by column, plain text, and garbage in each."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import PointKind, Quality, Reading, Reason
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.formats import Pick, Spread, decoder_of, finder, whole
from drivers.sensors.json_text import MOST_BYTES
from drivers.sensors.target import Target
from drivers.sensors.time_stamp import stamp_of

NOW = 1_768_639_330_000_000_000  # 2026-01-17T08:42:10Z
AT = 1_768_639_320_000_000_000
TEMP, RAIN = Target("temp", "st", low=-10, high=50), Target("rain", "st", low=0)
DOOR, NOTE = Target("door", "st", kind=PointKind.FLAG), Target("note", "st", kind=PointKind.TEXT)


def read(spread: Spread, payload: bytes, *, retained: bool = False) -> Sequence[Reading | BadPayload]:
    return spread.read(payload, retained=retained, now=NOW, mono=7.0)


def said(spread: Spread, payload: bytes) -> list[object]:
    """Return the values, and the words of what was refused."""
    return [one.value if isinstance(one, Reading) else one.word for one in read(spread, payload)]


def weather() -> Spread:
    time, quality = finder("json", "$.time"), finder("json", "$.q")
    return Spread(
        decoder_of("json", ","),
        (
            Pick(TEMP, finder("json", "$.data[0].temp"), time, quality),
            Pick(RAIN, finder("json", "$.data[0].rain"), time),
        ),
    )


def csv(*columns: int, separator: str = ",", time: int = 0, target: Target = TEMP) -> Spread:
    when = finder("csv", time) if time else None
    return Spread(decoder_of("csv", separator), tuple(Pick(target, finder("csv", each), when) for each in columns))


def plain(target: Target) -> Spread:
    return Spread(decoder_of("plain", ","), (Pick(target, whole),))


def test_one_message_is_several_readings_with_its_time_and_quality() -> None:
    payload = json.dumps({"time": AT // 10**9, "q": "Suspect", "data": [{"temp": 27.4, "rain": 0}]}).encode()
    assert read(weather(), payload, retained=True) == [
        Reading("temp", 27.4, AT, NOW, 7.0, Quality.UNCERTAIN, Reason.SOURCE, retained=True),
        Reading("rain", 0.0, AT, NOW, 7.0, retained=True),
    ]


def test_what_is_missing_for_one_point_is_refused_and_the_other_is_read() -> None:
    payload = json.dumps({"time": AT // 10**9, "q": "good", "data": [{"rain": 3.5}]}).encode()
    refused, rain = read(weather(), payload)
    assert isinstance(refused, BadPayload)
    assert str(refused) == "value: $.data[0].temp is not in the message: there is no 'temp'"
    assert rain == Reading("rain", 3.5, AT, NOW, 7.0)


def test_a_value_out_of_range_is_kept_and_doubted() -> None:
    assert read(plain(TEMP), b"50.1") == [Reading("temp", 50.1, NOW, NOW, 7.0, Quality.UNCERTAIN, Reason.RANGE)]


@pytest.mark.parametrize(
    ("target", "payload", "value"),
    [
        (TEMP, b"27.4", 27.4),
        (TEMP, b" -3\r\n", -3.0),
        (TEMP, b"\xef\xbb\xbf1e1", 10.0),
        (TEMP, b".5", 0.5),
        (DOOR, b"ON", True),
        (DOOR, b"closed", False),
        (DOOR, b"1", True),
        (NOTE, b" siaga \n", "siaga"),
        (NOTE, b"hujan lebat di hulu", "hujan lebat di hulu"),
    ],
)
def test_a_plain_payload_is_its_value(target: Target, payload: bytes, value: object) -> None:
    assert said(plain(target), payload) == [value]


@pytest.mark.parametrize(
    ("target", "payload", "word"),
    [
        (TEMP, b"", "value"),
        (TEMP, b"27,4", "value"),
        (TEMP, b"27.4 C", "value"),
        (TEMP, b"nan", "value"),
        (TEMP, b"inf", "value"),
        (TEMP, b"1e999", "value"),
        (TEMP, b"1_000", "value"),
        (TEMP, "٣".encode(), "value"),
        (TEMP, b"\xff\xfe", "text"),
        (TEMP, b"1" * (MOST_BYTES + 1), "oversize"),
        (DOOR, b"ajar", "value"),
        (DOOR, b"2", "value"),
    ],
)
def test_plain_text_that_is_no_value_is_refused(target: Target, payload: bytes, word: str) -> None:
    assert said(plain(target), payload) == [word]


@pytest.mark.parametrize(
    ("payload", "values"),
    [
        (b"1768639320,27.4,3.5", [27.4, 3.5]),
        (b'1768639320," 27.4 ","3.5"\r\n', [27.4, 3.5]),
        (b"1768639300,1,2\n\n1768639320,3,4\n", [1.0, 2.0, 3.0, 4.0]),
        (b"1768639320,27.4", [27.4, "value"]),
        (b"1768639320,,3.5", ["value", 3.5]),
        (b"x,27.4,3.5", ["ts", "ts"]),
        (b"", ["csv"]),
        (b"\n\n", ["csv"]),
        (b'1768639320,"27.4', ["csv"]),
        (b'1768639320,"27"4,3', ["csv"]),
        (b"\xff", ["text"]),
    ],
)
def test_a_line_of_csv_is_read_by_its_columns(payload: bytes, values: list[object]) -> None:
    assert said(csv(2, 3, time=1), payload) == values


def test_a_separator_may_be_another_sign() -> None:
    assert said(csv(2, separator=";"), b"a;27.4") == [27.4]


@pytest.mark.parametrize(
    ("value", "target", "read_as"),
    [
        (27, TEMP, 27.0),
        ("27.4", TEMP, 27.4),
        (True, DOOR, True),
        ("off", DOOR, False),
        (0, DOOR, False),
        ("x", NOTE, "x"),
        (True, TEMP, "value"),
        (None, TEMP, "value"),
        ({}, TEMP, "value"),
        (1, NOTE, "value"),
        (10**400, TEMP, "value"),
    ],
)
def test_a_json_value_is_read_as_its_points_kind(value: object, target: Target, read_as: object) -> None:
    spread = Spread(decoder_of("json", ","), (Pick(target, finder("json", "v")),))
    assert said(spread, json.dumps({"v": value}).encode()) == [read_as]


@pytest.mark.parametrize("time", [None, True, [], {"s": 1}, "yesterday", 12])
def test_a_json_time_that_is_none_is_refused(time: object) -> None:
    payload = json.dumps({"time": time, "q": "good", "data": [{"temp": 1, "rain": 1}]}).encode()
    assert said(weather(), payload) == ["ts", "ts"]


@pytest.mark.parametrize("payload", [b"", b"{", b"\x00", b"[" * 50_000, b'{"a":NaN}', b'"' + b"x" * MOST_BYTES + b'"'])
def test_json_that_is_none_is_refused_once_for_all_points(payload: bytes) -> None:
    assert said(weather(), payload) in (["json"], ["oversize"])


def test_a_word_of_quality_that_is_none_is_refused() -> None:
    payload = json.dumps({"time": AT, "q": "perfect", "data": [{"temp": 1, "rain": 1}]}).encode()
    assert said(weather(), payload) == ["quality", 1.0]


LORA = b'{"time":1768639320,"q":"good","data":[{"temp":27.4,"rain":3.5}]}'
LINE = b'1768639320,27.4,"3.5"\n1768639321,27.5,3.6\n'


@given(
    st.sampled_from([(weather(), LORA), (csv(2, 3, time=1), LINE), (plain(TEMP), b"27.4"), (plain(NOTE), b"siaga")]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_mutated_payload_is_readings_or_refused(sample: tuple[Spread, bytes], changes: list[tuple[int, int]]) -> None:
    spread, payload = sample
    garbled = bytearray(payload)
    for at, byte in changes:
        garbled[at % len(garbled)] = byte
    assert all(isinstance(one, Reading | BadPayload) for one in read(spread, bytes(garbled)))


@given(st.binary(max_size=80))
def test_any_bytes_are_readings_or_refused(payload: bytes) -> None:
    stamped = Target("t", "t", stamp=stamp_of("auto", "+07:00"))
    for spread in (weather(), csv(1, time=1, target=stamped), plain(TEMP), plain(DOOR), plain(NOTE)):
        assert read(spread, payload)
