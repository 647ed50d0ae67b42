"""What a frame says of a point: columns, patterns, sentences and bytes; and a configuration that cannot be."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.codecs.serial_frames import cutter
from drivers.device_config import DevicesFile, PointsFile
from drivers.errors import BadConfig
from drivers.model import Device, Name, Point, PointKind, Quality, Reading, Reason, Value
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.serial_lines import SPEC
from drivers.sensors.serial_map import place
from drivers.sensors.serial_options import FORMATS, LineAddress, SerialLinesOptions, bytes_of
from drivers.sensors.source import BadPoint
from drivers.strict_yaml import load
from tests.fakes import EPOCH_NS

SECOND = 1_000_000_000


def point(kind: PointKind = PointKind.NUMBER, *, unit: str = "", high: float | None = None, **address: Value) -> Point:
    return Point("p", "line", Name("P", "P"), kind, unit=unit, high=high, address=address)


def read(of: Point, frame: bytes, **options: Value) -> Reading | None:
    made = place(of, SerialLinesOptions.model_validate(options))
    return made.read(frame, now=EPOCH_NS, mono=7.0)


def value(of: Point, frame: bytes, **options: Value) -> Value | None:
    reading = read(of, frame, **options)
    return None if reading is None else reading.value


def test_a_column_is_counted_from_one() -> None:
    assert value(point(column=1), b"12.5, 30 ,7") == 12.5
    assert value(point(column=2), b"12.5, 30 ,7") == 30
    assert value(point(column=2), b"12.5;30;7", separator=";") == 30
    assert value(point(column=3), b" 12.5   30\t 7 ", separator=" ") == 7
    assert value(point(column=3), b"12.5\t\t7", separator="\t") == 7


def test_a_pattern_picks_its_own_frames() -> None:
    temperature = point(pattern=r"TEMP=(?P<value>[-\d.]+)")
    assert value(temperature, b"#1 TEMP=-3.25 C") == -3.25
    assert value(temperature, b"#1 HUM=81") is None


def test_a_filter_lets_several_frames_feed_different_points() -> None:
    inside, outside = point(match="^IN", column=2), point(match="^OUT", column=2)
    assert [value(each, b"IN,21.5") for each in (inside, outside)] == [21.5, None]
    assert [value(each, b"OUT,30") for each in (inside, outside)] == [None, 30]


def test_a_sentence_is_found_by_its_name_whoever_talks() -> None:
    frame = b"WIMWV,39,R,1.3,M,A"
    assert value(point(sentence="WIMWV", column=3), frame, framing="nmea") == 1.3
    assert value(point(sentence="MWV", column=1), frame, framing="nmea") == 39
    assert value(point(sentence="IIMWV", column=3), frame, framing="nmea") is None
    assert value(point(sentence="MDA", column=3), frame, framing="nmea") is None
    assert value(point(sentence="PGRME", column=1), b"PGRME,15.0,M", framing="nmea") == 15


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("order", ["big", "little"])
def test_bytes_are_read_as_their_type_says(name: str, order: str) -> None:
    raw = struct.pack((">" if order == "big" else "<") + FORMATS[name], 100)
    frame = b"\xaa\x55" + raw + b"\0"
    options = {"framing": "fixed", "length": len(frame), "sync": "\\xaa\\x55"}
    assert value(point(at=2, type=name, order=order), frame, **options) == 100
    assert value(point(at=2, type=name, order=order, scale=0.1, offset=-40), frame, **options) == -30


def test_a_single_float_shows_the_digits_that_it_has() -> None:
    assert value(point(at=0, type="f32"), struct.pack(">f", 23.7)) == 23.7


def test_flags_and_texts_are_written_as_the_address_says() -> None:
    door = point(PointKind.FLAG, column=2, on="OPEN", off="SHUT")
    assert [value(door, b"D1,OPEN"), value(door, b"D1,SHUT")] == [True, False]
    assert value(point(PointKind.FLAG, at=0, type="u8"), b"\1") is True
    assert value(point(PointKind.TEXT, column=1), b" SYS OK ,1") == "SYS OK"
    with pytest.raises(BadPayload, match="value: 'AJAR' is neither 'OPEN' nor 'SHUT'"):
        value(door, b"D1,AJAR")


def test_another_unit_is_refused() -> None:
    address: dict[str, Value] = {"sentence": "MWV", "column": 3, "unit_column": 4, "unit": "M"}
    speed = Point("p", "line", Name("P", "P"), unit="m/s", address=address)
    assert value(speed, b"WIMWV,39,R,1.3,M,A", framing="nmea") == 1.3
    with pytest.raises(BadPayload, match="unit: 'N' came where p is in 'M'"):
        value(speed, b"WIMWV,39,R,1.3,N,A", framing="nmea")
    celsius = point(unit="C", pattern=r"T=(?P<value>\S+) (?P<unit>\w)")
    with pytest.raises(BadPayload, match="unit: 'F' came where p is in 'C'"):
        value(celsius, b"T=80.1 F")


def test_a_doubt_of_the_instrument_is_a_quality() -> None:
    speed = point(sentence="MWV", column=3, quality_column=5)
    good = read(speed, b"WIMWV,39,R,1.3,M,A", framing="nmea")
    bad = read(speed, b"WIMWV,39,R,1.3,M,V", framing="nmea")
    assert good is not None
    assert bad is not None
    assert (good.quality, good.reason) == (Quality.GOOD, Reason.NONE)
    assert (bad.quality, bad.reason) == (Quality.BAD, Reason.SOURCE)
    high = read(point(high=100.0, pattern=r"(?P<value>\d+)(?P<quality>\w+)", good="OK"), b"500OK")
    assert high is not None
    assert (high.quality, high.reason) == (Quality.UNCERTAIN, Reason.RANGE)


def test_the_instruments_own_time_is_taken() -> None:
    day = {"time_zone": "+07:00", "time_format": "%d/%m/%y %H:%M:%S"}
    logged = read(point(column=2, time_column=1), b"17/01/26 06:59:00,5", **day)
    assert logged is not None
    assert (logged.source_at, logged.received_at) == (EPOCH_NS - 60 * SECOND, EPOCH_NS)
    iso = read(point(pattern=r"(?P<time>\S+) (?P<value>\d+)"), b"2026-01-16T23:59:30Z 5")
    assert iso is not None
    assert iso.source_at == EPOCH_NS - 30 * SECOND
    for spoilt in (b"17.01.26,5", b"17/01/30 06:59:00,5"):
        with pytest.raises(BadPayload):
            read(point(column=2, time_column=1), spoilt, **day)


@pytest.mark.parametrize(
    ("address", "frame", "word"),
    [
        ({"column": 4}, b"1,2,3", "columns"),
        ({"column": 2}, b"1,,3", "empty"),
        ({"column": 2}, b"1,x,3", "value"),
        ({"column": 2}, b"1,nan,3", "value"),
        ({"column": 2}, b"1,1_000,3", "value"),
        ({"column": 2}, b"1,1e999,3", "value"),
        ({"column": 1}, b"9" * 99, "value"),
        ({"at": 2, "type": "u32"}, b"12345", "columns"),
        ({"at": 0, "type": "f32"}, struct.pack(">f", math.nan), "value"),
        ({"pattern": "T=(?P<value>.*)"}, b"T=", "empty"),
        ({"pattern": "T=(?P<value>.*)"}, b"T=\xb2", "value"),
    ],
)
def test_what_is_no_value_is_told_by_a_word(address: dict[str, Value], frame: bytes, word: str) -> None:
    with pytest.raises(BadPayload) as caught:
        read(point(**address), frame)
    assert caught.value.word == word


@given(
    st.binary(max_size=64),
    st.sampled_from([{"column": 2}, {"pattern": r"(?P<value>[-\d.]+)"}, {"at": 3, "type": "f64"}]),
)
def test_no_frame_gives_more_than_a_finite_value_or_a_word(frame: bytes, address: dict[str, Value]) -> None:
    try:
        found = value(point(**address), frame)
    except BadPayload:
        return
    assert found is None or math.isfinite(found)  # type: ignore[arg-type]  # a number point has numbers


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ({}, "one of column, pattern and at says where the value stands; here nothing does"),
        ({"column": 1, "at": 0}, "here column and at does"),
        ({"pattern": "T=([-0-9.]+)"}, "pattern: it needs a group called value"),
        ({"pattern": "T=("}, "'T=(' is no regular expression: missing ), unterminated subpattern at position 2"),
        ({"match": "*", "column": 1}, "'*' is no regular expression: nothing to repeat"),
        (
            {"sentence": "MWV", "pattern": "(?P<value>.)"},
            "column: sentence and the columns of unit, quality and time go with",
        ),
        ({"column": 1, "scale": 0.0}, "scale: 0 would make every value the same"),
        ({"column": 1, "on": "1", "off": "1"}, "off: on and off are the same text"),
        ({"column": 1, "ask": "\u2103?"}, "has letters of more than one byte; write bytes as \\xHH"),
        ({"column": 1, "row": 2}, "Extra inputs are not permitted"),
    ],
)
def test_an_address_that_cannot_be_is_named(address: dict[str, Value], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LineAddress.model_validate(address)
    assert why in str(caught.value)
    with pytest.raises(BadPoint, match="p: address: "):
        place(point(**address), SerialLinesOptions())


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"framing": "fixed"}, "length: say how many bytes a fixed frame has"),
        ({"framing": "fixed", "length": 2, "sync": "\\xaa\\x55"}, "length: say how many bytes a fixed frame has"),
        (
            {"framing": "fixed", "length": 8, "checksum": "sum8"},
            "sync: without it, a crc16 or a question nobody can tell",
        ),
        ({"framing": "nmea", "checksum": "sum8"}, "checksum: NMEA 0183 has xor8"),
        ({"delimiter": ""}, "delimiter: it is empty"),
        ({"delimiter": "\u2192"}, "more than one byte"),
        ({"time_zone": "Jakarta"}, "'Jakarta' is no time zone"),
        ({"time_format": "%H:%M"}, "'%H:%M' must say year, month and day"),
        ({"checksum": "crc32"}, "Input should be"),
        ({"baud": 9600}, "Extra inputs are not permitted"),
    ],
)
def test_options_that_cannot_be_are_named(options: dict[str, Value], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SerialLinesOptions.model_validate(options)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("options", "addresses", "why"),
    [
        ({}, [{"sentence": "MWV", "column": 1}], "sentence: only NMEA has sentences"),
        (
            {"framing": "fixed", "length": 4, "sync": "@"},
            [{"at": 2, "type": "u32"}],
            "at: u32 ends at byte 6, and a frame has 4",
        ),
        ({}, [{"column": 1, "ask": "A?"}, {"column": 2}], "p1 is not asked for and others are"),
    ],
)
def test_points_that_do_not_go_with_their_line_are_named(
    options: dict[str, Value], addresses: list[dict[str, Value]], why: str
) -> None:
    device = Device("line", Name("L", "L"), "serial_lines", "serial:///dev/ttyS0", options)
    points = [Point(f"p{at}", "line", Name("P", "P"), address=each) for at, each in enumerate(addresses)]
    with pytest.raises(BadConfig, match=why):
        SPEC.check(device, points)


def test_escapes_are_bytes() -> None:
    assert bytes_of("\\r\\n\\t\\0\\x02\\\\;\r") == b"\r\n\t\0\x02\\;\r"
    assert bytes_of("\\xAA\\x55") == b"\xaa\x55"


def test_a_dust_sensor_is_read_as_its_maker_says() -> None:
    # Nova Fitness, Laser Dust Sensor Control Protocol V1.3: the report of 123.6 and 261.8 µg/m³.
    report = bytes.fromhex("aac0d4043a0aa1601dab")
    options = {
        "framing": "fixed",
        "length": 10,
        "sync": "\\xaa\\xc0",
        "checksum": "sum8",
        "checksum_from": 2,
        "checksum_at": 8,
    }
    made = cutter(SerialLinesOptions.model_validate(options).cut(), torn=True)
    assert made.feed(report[4:] + report) == [report]
    fine, coarse = (point(at=at, order="little", scale=0.1) for at in (2, 4))
    assert [value(each, report, **options) for each in (fine, coarse)] == [123.6, 261.8]


def test_what_the_how_to_page_writes_works() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "serial.md").read_text()
    found = [block.partition("```")[0] for block in page.split("```yaml\n")[1:]]
    assert len(found) == 3
    for block in found:
        devices, _, points = block.partition("points:\n")
        device = DevicesFile.model_validate(load(devices, "devices.yaml").data).devices[0].device()
        written = PointsFile.model_validate(load(f"points:\n{points}", "points.yaml").data).points
        SPEC.check(device, [each.point() for each in written])
        assert {each.device for each in written} == {device.id}
