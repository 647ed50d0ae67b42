"""Exported files say all of a reading, in CSV and in Parquet; a bad line is told by its number and spoils no other."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import Name, Point, PointKind, Quality, Reading, Reason
from gateway.archive import csv_sheet, parquet_sheet, stamp, table
from gateway.archive.choice import chosen
from gateway.archive.csv_sheet import CsvSheet
from gateway.archive.errors import BadFile, BadLine, NoParquet, NoSuchPoints
from gateway.archive.intake import Intake
from gateway.archive.parquet_sheet import ParquetSheet
from gateway.archive.table import Cells
from tests.fakes import EPOCH_NS

S = 1_000_000_000
KINDS: Mapping[str, PointKind] = {"level": PointKind.NUMBER, "door": PointKind.FLAG, "sign": PointKind.TEXT}
POINTS = {
    name: Point(name, "broker", Name(name, name), kind=kind, unit="cm" if name == "level" else "")
    for name, kind in KINDS.items()
}  # fmt: skip
NOW = EPOCH_NS + 1_000 * S
INTAKE = Intake(POINTS, 0, NOW, 1_000.0)
HEADER = "point,source_at,received_at,value,unit,quality,reason\r\n"
AT = "2026-01-17T00:00:01.000Z"


def numbers() -> st.SearchStrategy[int | float]:
    return st.floats(allow_nan=False) | st.integers(-(2**70), 2**70)


VALUES: Mapping[str, st.SearchStrategy[object]] = {
    "level": numbers(),
    "door": st.booleans(),
    "sign": st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(["412", "true", '"', "a\r\nb", "\r"]),
}
TRUST = st.just((Quality.GOOD, Reason.NONE)) | st.tuples(st.sampled_from(Quality), st.sampled_from(Reason))


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    point = draw(st.sampled_from(sorted(VALUES)))
    value = draw(VALUES[point])
    quality, reason = draw(TRUST)
    at, received = (draw(st.integers(0, NOW)) for _ in range(2))
    return Reading(point, value, at, received // 1_000_000 * 1_000_000, 0.0, quality, reason)  # type: ignore[arg-type] # by its kind


def file_of(sheet: CsvSheet | ParquetSheet, some: list[Reading]) -> bytes:
    parts = [sheet.begin()]
    parts += [sheet.add(table.of_readings([one], POINTS[one.point].unit)) for one in some]
    return b"".join([*parts, sheet.end()])


def taken(lines: Iterator[tuple[int, Cells | BadLine]]) -> list[Reading]:
    found = []
    for number, line in lines:
        assert isinstance(line, Cells), (number, line)
        found.append(INTAKE.reading(line))
    return found


def told(reading: Reading) -> tuple[object, ...]:
    return (
        reading.point, type(reading.value), repr(reading.value), reading.source_at, reading.received_at,
        reading.quality, reading.reason,
    )  # fmt: skip


@given(st.lists(readings(), max_size=8))
def test_a_csv_file_says_all_of_its_readings(some: list[Reading]) -> None:
    raw = file_of(CsvSheet(table.READINGS), some)
    back = taken(csv_sheet.lines(io.BytesIO(raw)))
    assert [told(one) for one in back] == [told(one) for one in some]
    assert file_of(CsvSheet(table.READINGS), back) == raw


@given(st.lists(readings(), max_size=8))
def test_a_parquet_file_says_all_but_whether_a_whole_number_was_an_integer(some: list[Reading]) -> None:
    raw = file_of(ParquetSheet(table.READINGS), some)
    back = taken(parquet_sheet.lines(io.BytesIO(raw)))
    assert [one.value for one in back] == [one.value for one in some]
    assert [told(one)[3:] for one in back] == [told(one)[3:] for one in some]


def test_a_parquet_file_has_typed_columns_that_other_programs_read() -> None:
    import pyarrow.parquet  # type: ignore[import-untyped] # ships no types

    some = [Reading("level", 4.5, EPOCH_NS + 1, EPOCH_NS, 0.0), Reading("door", True, EPOCH_NS, EPOCH_NS, 0.0)]
    found = pyarrow.parquet.read_table(io.BytesIO(file_of(ParquetSheet(table.READINGS), some)))
    kinds = {field.name: str(field.type) for field in found.schema}
    assert (kinds["source_at"], kinds["number"], kinds["flag"], kinds["text"]) == (
        "timestamp[ns, tz=UTC]", "double", "bool", "string",
    )  # fmt: skip
    assert found.column("number").to_pylist() == [4.5, None]
    assert found.column("flag").to_pylist() == [None, True]
    assert found.column("unit").to_pylist() == ["cm", ""]


@given(st.integers(0, 2**63 - 2**40))
def test_a_time_is_written_and_read_to_the_nanosecond(at: int) -> None:
    text = stamp.written(at)
    assert stamp.read(text) == at
    assert len(text) in (24, 27, 30)


def test_a_time_of_another_zone_is_understood_and_one_of_none_is_not() -> None:
    assert stamp.read("2026-01-17T07:00:01.5+07:00") == EPOCH_NS + 1_500_000_000
    for text in ("2026-01-17T00:00:01", "2026-02-30T00:00:00Z", "yesterday", "2026-01-17T00:00:00.0000000001Z"):
        with pytest.raises(ValueError, match=r"time|day|month"):
            stamp.read(text)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"flood,{AT},,1,,,", "there is no point 'flood'"),
        (f"level,{AT},,1,m,,", "level is in cm; the file says 'm'"),
        ("level,2026-01-17,,1,,,", "is no time"),
        ("level,2026-01-17T01:00:00Z,,1,,,", "is in the future"),
        ("level,1969-12-31T23:59:59Z,,1,,,", "the year must be 1970"),
        (f"level,{AT},,high,,,", "level is a number; 'high' is none"),
        (f"level,{AT},,,,,", "level is a number; '' is none"),
        (f"level,{AT},,true,,,", "level is a number; 'true' is none"),
        (f"door,{AT},,1,,,", "door is a flag; '1' is none"),
        (f"level,{AT},,1,,fine,", "quality: 'fine' is none of good, uncertain, bad"),
        (f"level,{AT},,1,,bad,moon", "reason: 'moon' is none of comm"),
        (f"level,{AT},,1", "4 cells under 7 columns"),
        (f'level,{AT},,"1"x,,,', "no CSV"),
        (f'level,{AT},,"1,,,', "a quote that is not closed"),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_with_its_reason_and_the_next_is_read(line: str, why: str) -> None:
    good = f"level,{AT},,1,,,\r\n"
    lines = list(csv_sheet.lines(io.BytesIO(f"{HEADER}{good}{line}\r\n{good}".encode())))
    with pytest.raises(BadLine, match=".*".join(why.split())):
        bad = lines[1][1]
        if isinstance(bad, BadLine):
            raise bad
        INTAKE.reading(bad)
    assert [number for number, _ in lines] == [2, 3, 4]
    assert isinstance(lines[2][1], Cells)
    assert INTAKE.reading(lines[2][1]).value == 1


def test_bytes_that_are_no_text_and_endless_lines_spoil_their_own_line_only() -> None:
    good = f"level,{AT},,1,,,\n".encode()
    lines = list(csv_sheet.lines(io.BytesIO(HEADER.encode() + b"\xff\xfe\n" + good + b"x" * 200_000 + b"\n" + good)))
    assert [str(line) if isinstance(line, BadLine) else "" for _, line in lines] == [
        "no UTF-8: invalid start byte at byte 1", "", "longer than 65536 bytes", "",
    ]  # fmt: skip


def test_columns_may_stand_in_any_order_and_the_optional_ones_may_be_missing() -> None:
    raw = f"\ufeffvalue,POINT,source_at\n3.5,level,{AT}\n\n"
    (only,) = taken(csv_sheet.lines(io.BytesIO(raw.encode())))
    assert (only.value, only.source_at, only.received_at, only.retained) == (3.5, EPOCH_NS + S, NOW, True)
    assert only.received_mono == 1_000.0


@pytest.mark.parametrize(
    "header", ["", "a,b", "point,value\n", "point,source_at,value,wert\n", "point,point,source_at,value\n"]
)
def test_a_file_without_a_usable_header_is_refused_whole(header: str) -> None:
    with pytest.raises(BadFile, match="must name the columns"):
        list(csv_sheet.lines(io.BytesIO(header.encode())))


def test_what_is_no_parquet_or_lacks_columns_is_refused_whole() -> None:
    import pyarrow
    import pyarrow.parquet

    with pytest.raises(BadFile, match="no Parquet"):
        list(parquet_sheet.lines(io.BytesIO(b"PAR1 and nothing else")))
    for columns, why in (
        ({"point": ["level"], "value": [1.0]}, "lacks the columns flag, number, source_at, text"),
        ({"point": ["level"], "source_at": [1], "number": [1.0], "flag": [None], "text": [None]}, "with a time zone"),
    ):
        out = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(columns), out)
        with pytest.raises(BadFile, match=why):
            list(parquet_sheet.lines(io.BytesIO(out.getvalue())))


def test_without_pyarrow_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(NoParquet, match=r"semarak\[parquet\]"):
        ParquetSheet(table.READINGS)


def test_points_are_named_by_id_and_pattern_each_once() -> None:
    known = {"river.a": 1, "river.b": 2, "rain": 3}
    assert chosen("rain, river.*,river.a", known) == ["rain", "river.a", "river.b"]
    for wrong in ("", "flood", "rain,flood.*", "river[12"):
        with pytest.raises(NoSuchPoints):
            chosen(wrong, known)
