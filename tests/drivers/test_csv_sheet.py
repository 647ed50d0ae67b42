"""What CSV files say: every usual way of writing them, and what of it cannot be used; pure."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadConfig
from drivers.model import Device, Name, Point, PointKind, Quality, Reading, Reason, Value
from drivers.sensors import csv_options
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.csv_options import CsvOptions, columns_of
from drivers.sensors.csv_sheet import BadSheet, Sheet
from tests.fakes import EPOCH_NS

NOW = EPOCH_NS + 3_600 * 10**9
"""08:00 in Bengkulu."""
AT = EPOCH_NS
"""07:00 in Bengkulu, when the rows of these tests were measured."""
NUMBER, FLAG, TEXT = PointKind.NUMBER, PointKind.FLAG, PointKind.TEXT


def point(name: str, kind: PointKind = NUMBER, **address: Value) -> Point:
    return Point(
        name, "drop", Name(name, name), kind, low=0, high=700, every=600, stale_after=7_200, address=address
    )  # fmt: skip


TMA, HUJAN = point("tma"), point("hujan")


def device(**options: Value) -> Device:
    return Device("drop", Name("Titipan", "Drop"), "csv", "file:///tmp/drop", options)


def read(
    text: str | bytes, *points: Point, **options: Value
) -> tuple[list[tuple[str, Value, int]], list[tuple[int, str]]]:
    """Return what a whole file gives: readings as (point, value, seconds after AT), faults by line."""
    options = {"zone": "Asia/Jakarta"} | options
    given = points or (TMA,)
    sheet = Sheet(CsvOptions.model_validate(options).form(), columns_of(device(**options), given))
    data = text if isinstance(text, bytes) else text.encode()
    readings: list[Reading] = []
    faults: list[tuple[int, str]] = []
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        if number == 1 and sheet.begin(line):
            continue
        found, wrong = sheet.read(line, now=NOW, mono=0.0)
        readings += found
        faults += [(number, str(each)) for each in wrong]
    return [(one.point, one.value, round((one.source_at - AT) / 1e9)) for one in readings], faults


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("time,tma\n2026-01-17 07:00,12.5\n", {}),
        ("time;tma\r\n2026-01-17T07:00:00;12,5\r\n", {"decimal": ","}),
        ("\ufefftime\ttma\n2026/01/17 07:00:00.000\t12.5\n", {}),
        ("Waktu;TMA\n17/01/2026 07.00;12,5", {"decimal": ",", "time": "Waktu"}),
        ("time,tma\n17-01-2026 07:00:00,12.5\n", {}),
        ("time,tma\n2026-01-17T00:00:00Z,+12.5\n", {}),
        ("time,tma\n2026-01-17T07:00:00+07:00,1.25e1\n", {"zone": ""}),
        ("time,tma\n1768608000,12.5\n", {"zone": ""}),
        ("time,tma\n1768608000000,12.5\n", {"zone": ""}),
        ("tanggal,jam,tma\n17.01.2026,07:00:00,12.5\n", {"time": "tanggal+jam"}),
        ("2026-01-17 07:00,12.5\n", {"header": False, "time": 1}),
        ("time,tma\n01/17/26 07:00 AM,12.5\n", {"time_format": "%m/%d/%y %I:%M %p"}),
        ('"time","tma"\n"2026-01-17 07:00","12.5"\n', {}),
        ("time,tma\n2026-01-17 00:00,12.5\n", {"zone": "+00:00"}),
        ("stasiun,time,tma\nx,2026-01-17 07:00,12.5,extra\n", {}),
    ],
)
def test_a_usual_way_of_writing_is_read(text: str, options: dict[str, Value]) -> None:
    points = [point("tma", column=2)] if options.get("header") is False else [TMA]
    assert read(text, *points, **options) == ([("tma", 12.5, 0)], [])


def test_a_wide_file_has_a_column_for_every_point_and_an_empty_cell_says_nothing() -> None:
    text = "time,TMA,hujan,pintu,ket\n2026-01-17 07:00,5,-,ya,kering\n2026-01-17 07:10,NaN,2,0,\n"
    points = [TMA, HUJAN, point("pintu", FLAG), point("catatan", TEXT, column="ket")]
    assert read(text, *points) == (
        [("tma", 5.0, 0), ("pintu", True, 0), ("catatan", "kering", 0), ("hujan", 2.0, 600), ("pintu", False, 600)],
        [],
    )


def test_a_long_file_has_a_row_for_every_value() -> None:
    text = "titik;nilai;waktu;mutu\nP1;5;2026-01-17 07:00;good\nhujan;2;2026-01-17 07:10;test\nP9;1;2026-01-17 07:10;\n"
    points = [point("tma", column="P1"), HUJAN]
    options: dict[str, Value] = {
        "layout": "long", "time": "waktu", "point": "titik", "value": "nilai", "quality": "mutu",
    }  # fmt: skip
    assert read(text, *points, **options) == (
        [("tma", 5.0, 0), ("hujan", 2.0, 600)], [(4, "point: no point has the name 'P9'")],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "options", "why"),
    [
        ("2026-01-17 07:00", {}, "row: tma: the row has 1 columns; column 2 is needed"),
        ("2026-01-17 07:00,abc", {}, "value: tma: 'abc' is no number"),
        ("2026-01-17 07:00,1_000", {}, "value: tma: '1_000' is no number"),
        ("2026-01-17 07:00,1e999", {}, "is no number"),
        ("2026-01-17 07:00;1.234", {"decimal": ",", "separator": ";"}, "is no number with the decimal mark ','"),
        ("32/01/2026 07:00,1", {}, "ts: '32/01/2026 07:00' is no time that is known"),
        ("kemarin,1", {}, "is no time that is known"),
        ("2026-01-17 07:00,1", {"zone": ""}, "zone: '2026-01-17 07:00' says no time zone"),
        ("2026-01-17 09:00,1", {}, "future: "),
        ("1999-01-17 07:00,1", {}, "before the year 2000"),
        ('2026-01-17 07:00,"1', {}, "row: "),
        ("2026-01-17 07:00,1", {"time_format": "%d.%m"}, "is no time of the format"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(row: str, options: dict[str, Value], why: str) -> None:
    header = "time;tma" if options.get("separator") else "time,tma"
    mark = options.get("separator", ",")
    readings, faults = read(f"{header}\n{row}\n2026-01-17 07:10{mark}7\n", **options)
    assert (faults[0][0], why in faults[0][1]) == (2, True), faults
    wanted = [] if options.get("zone") == "" or "time_format" in options else [("tma", 7.0, 600)]
    assert readings == wanted


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("waktu,tma", "there is no column 'time' for the time; the file has: waktu, tma"),
        ("time,lain", "no column is a point's; the file has: time, lain"),
        (b"\xff\xfet\x00", "the file is UTF-16; save it as UTF-8"),
        (b"time,t\xe9ma", "is no utf-8; set the option encoding"),
    ],
)
def test_a_file_of_which_nothing_can_come_is_refused_whole(first: str | bytes, why: str) -> None:
    with pytest.raises(BadSheet) as refused:
        read(first)
    assert why in str(refused.value)


def test_another_encoding_and_a_row_in_a_wrong_one() -> None:
    text = "time,tma,ket\n2026-01-17 07:00,1,méter\n".encode("latin-1")
    assert read(text, TMA, point("ket", TEXT), encoding="latin-1")[0][1][1] == "méter"
    readings, faults = read(text + b"2026-01-17 07:10,2,m\n", TMA, point("ket", TEXT))
    assert (len(readings), faults[0][0]) == (2, 2)


def test_a_value_out_of_range_is_kept_and_doubted_and_old_rows_are_history() -> None:
    options: dict[str, Value] = {"zone": "UTC", "quality": "q"}
    sheet = Sheet(CsvOptions.model_validate(options).form(), columns_of(device(**options), [TMA]))
    sheet.begin(b"time,tma,q")
    rows = [b"2026-01-17 00:00,701,good", b"2026-01-16 22:59,1,suspect", b"2026-01-17 00:30,1,test"]
    read = [sheet.read(row, now=NOW, mono=0.0)[0][0] for row in rows]
    assert [(one.quality, one.reason, one.retained) for one in read] == [
        (Quality.UNCERTAIN, Reason.RANGE, False),
        (Quality.UNCERTAIN, Reason.SOURCE, True),
        (Quality.BAD, Reason.TEST, False),
    ]
    assert sheet.newest == NOW - 1_800 * 10**9


@given(line=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)), first=st.binary(max_size=60))
def test_whatever_a_line_is_it_gives_readings_or_reasons(line: bytes, first: bytes) -> None:
    points = [TMA, point("pintu", FLAG), point("ket", TEXT)]
    sheet = Sheet(CsvOptions(zone="UTC").form(), columns_of(device(), points))
    sheet.begin(b"time,tma,pintu,ket")
    for text in (line, b"2026-01-17 00:00," + line, line + b",1,1,x"):
        readings, faults = sheet.read(text, now=NOW, mono=0.0)
        assert all(isinstance(one.value, {"tma": float, "pintu": bool, "ket": str}[one.point]) for one in readings)
        assert all(isinstance(fault, BadPayload) for fault in faults)
    with suppress(BadSheet):
        Sheet(CsvOptions().form(), columns_of(device(), points)).begin(first)


@given(cell=st.one_of(st.from_regex(r"[0-9./:T+-]{0,45}", fullmatch=True), st.datetimes().map(datetime.isoformat)))
def test_whatever_a_time_is_it_is_a_time_or_a_reason(cell: str) -> None:
    for options in ({"zone": "Asia/Jakarta"}, {"zone": ""}, {"time_format": "%Y-%m-%d"}):
        notation = CsvOptions.model_validate(options).form().notation
        try:
            assert notation.time(cell, NOW) > 0
        except BadPayload:
            continue


@pytest.mark.parametrize(
    ("link", "options", "points", "told"),
    [
        ("file:///tmp/drop", {}, [TMA, point("b", column="tma")], "'tma' is already the column of tma"),
        ("file:///tmp/drop", {"header": False, "time": 1}, [TMA], "give the column's number"),
        ("file:///tmp/drop", {"header": False}, [point("b", column=2)], "give time .* by number"),
        ("file://host/drop", {}, [TMA], "no folder of this machine"),
        ("http://192.0.2.1/", {}, [TMA], "no folder of this machine"),
        ("file:///tmp/drop", {"zone": "Asia/Bengkulu"}, [TMA], "no time zone"),
        ("file:///tmp/drop", {"pattern": "../*.csv"}, [TMA], "pattern"),
    ],
)
def test_what_cannot_work_is_found_by_the_check_of_a_site(
    link: str, options: dict[str, Value], points: list[Point], told: str
) -> None:
    with pytest.raises(BadConfig, match=told):
        csv_options.check(Device("drop", Name("D", "D"), "csv", link, options), points)
