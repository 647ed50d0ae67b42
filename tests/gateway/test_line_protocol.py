"""Line protocol: every trap of its escapes, and what is read back is what was written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import Device, Name, Point, PointKind, Quality, Reading, Reason, Value
from gateway.forward.heads import Heads
from gateway.forward.line_protocol import NOTHING, TAGS, encoded, head
from gateway.forward.rows import settled, wanted
from gateway.store.columns import of_readings
from tests.fakes import EPOCH_NS
from tests.gateway.line_parser import Line, parsed

S = 1_000_000_000
PLAIN = dict.fromkeys(TAGS, "x")


def row(value: Value, *, at: int = EPOCH_NS, received: int = EPOCH_NS, **more: object) -> Reading:
    return Reading("tma", value, at, received, 0.0, **more)  # type: ignore[arg-type]


def written(*readings: Reading) -> list[bytes]:
    """Return the fields and time of each reading's line."""
    body = encoded(of_readings(readings, lambda _: 1), {1: b"m"})
    return [line.removeprefix(b"m ") for line in body.splitlines()]


@pytest.mark.parametrize(
    ("measurement", "tag", "line"),
    [
        # The examples of the InfluxDB documentation ("Line protocol", special characters), in our five tags.
        ("my Measurement", "x", r"my\ Measurement"),
        ("my, measurement", "x", r"my\,\ measurement"),
        ("wea=ther", "x", "wea=ther"),
        ("m", "us midwest", r"m,point=us\ midwest"),
        ("m", "us,midwest", r"m,point=us\,midwest"),
        ("m", "temp=rature", r"m,point=temp\=rature"),
        ("m", "🍭", "m,point=🍭"),
        ("µg/m³", "x", "µg/m³"),
        # What no escape saves.
        ("#m", "x", "m#m"),
        ("_m", "x", "m_m"),
        ("m\\", "x", "m/"),
        ("", "x", NOTHING),
        ("m", "", f"m,point={NOTHING}"),
        ("m", "a\\", "m,point=a/"),
        ("m", "a\nb\r", r"m,point=a\ b"),
    ],
)
def test_names_and_tags_are_escaped_as_the_documentation_says(measurement: str, tag: str, line: str) -> None:
    told = head(measurement, PLAIN | {"point": tag}).decode()
    assert (
        told
        == line.partition(",point=")[0]
        + ",device=x,owner=x,point="
        + (line.partition(",point=")[2] or "x")
        + ",room=x,site=x"
    )


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (22.05, "quality=0i,value=22.05"),
        (7, "quality=0i,value=7.0"),
        (-0.0, "quality=0i,value=-0.0"),
        (1e300, "quality=0i,value=1e+300"),
        (True, "quality=0i,value=1.0,flag=true"),
        (False, "quality=0i,value=0.0,flag=false"),
        (2**70, "quality=0i,value=1.1805916207174113e+21"),
        (10**400, f'quality=0i,text="1{"0" * 400}"'),
        (math.nan, "quality=0i"),
        (-math.inf, "quality=0i"),
        ("too hot", 'quality=0i,text="too hot"'),
        ('"too" \\hot\\', r'quality=0i,text="\"too\" \\hot\\"'),
        ("", 'quality=0i,text=""'),
        ("a,b=c d", 'quality=0i,text="a,b=c d"'),
    ],
)
def test_a_value_is_always_of_one_type(value: Value, fields: str) -> None:
    assert written(row(value)) == [f"{fields} {EPOCH_NS}".encode()]


def test_quality_and_reason_stand_beside_the_value() -> None:
    told = written(
        row(1.0, quality=Quality.UNCERTAIN, reason=Reason.RANGE),
        row(math.nan, quality=Quality.BAD, reason=Reason.COMM),
        row("mati", quality=Quality.BAD, reason=Reason.SOURCE, retained=True),
    )
    assert [line.rpartition(b" ")[0].decode() for line in told] == [
        'quality=1i,reason="range",value=1.0',
        'quality=2i,reason="comm"',
        'quality=2i,reason="source",text="mati"',
    ]


def test_a_text_with_a_line_break_stays_one_row() -> None:
    body = encoded(of_readings([row("a\nb"), row(1.0)], lambda _: 1), {1: head("m", PLAIN)})
    assert [line.fields[1] for line in parsed(body)] == [("text", "a\nb"), ("value", 1.0)]


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
values = st.one_of(
    st.floats(), st.integers(), st.booleans(), st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
)
readings = st.builds(
    Reading, st.sampled_from(["a", "b.c", "d"]), values, st.integers(0, 2**62), st.just(2**62), st.just(0.0),
    st.sampled_from(Quality), st.sampled_from(Reason), st.booleans(),
)  # fmt: skip


def fields_of(reading: Reading) -> tuple[tuple[str, object], ...]:
    """Say it simply: which fields a reading has."""
    told: list[tuple[str, object]] = [("quality", int(reading.quality))]
    if reading.reason:
        told.append(("reason", str(reading.reason)))
    value = reading.value
    if isinstance(value, str):
        told.append(("text", value))
    elif isinstance(value, bool):
        told += [("value", float(value)), ("flag", value)]
    elif math.isfinite(value):
        told.append(("value", float(value)))
    return tuple(told)


@given(st.lists(readings, max_size=8), words, st.fixed_dictionaries(dict.fromkeys(TAGS, words)))
def test_whatever_is_written_is_read_back(batch: list[Reading], measurement: str, tags: dict[str, str]) -> None:
    names = {"a": 1, "b.c": 2, "d": 3}
    heads = {number: head(measurement, tags | {"point": name}) for name, number in names.items()}
    told = parsed(encoded(of_readings(batch, names.__getitem__), heads))
    assert [(line.point, line.fields, line.at) for line in told] == [
        (one.point, fields_of(one), one.source_at) for one in batch
    ]
    assert {tuple(name for name, _ in line.tags) for line in told} <= {TAGS}


def test_two_readings_of_one_tick_are_both_kept_and_a_redelivery_is_one() -> None:
    rows = settled(of_readings([row(1.0), row(2.0), row(1.0), row(3.0, at=EPOCH_NS - S)], lambda _: 1))
    assert list(zip((rows.at - EPOCH_NS).tolist(), rows.number.tolist(), strict=True)) == [
        (-S, 3.0), (0, 1.0), (1, 2.0),
    ]  # fmt: skip


def test_a_time_that_runs_ahead_counts_as_of_its_arrival_and_is_doubted() -> None:
    rows = settled(of_readings([row(1.0, at=EPOCH_NS + 3600 * S), row(2.0, at=EPOCH_NS - S)], lambda _: 1))
    body = encoded(rows, {1: b"m"}).decode()
    assert body == f'm quality=0i,value=2.0 {EPOCH_NS - S}\nm quality=1i,reason="source",value=1.0 {EPOCH_NS}\n'


def test_rows_of_other_points_are_left_out() -> None:
    columns = of_readings([row(1.0)], lambda _: 1)
    assert [len(wanted(columns, lambda _: "ups.load", patterns)) for patterns in (["*"], ["ups.*"], ["air.*"], [])] == [
        1, 1, 0, 0,
    ]  # fmt: skip


GAUGE = Point("tma", "broker", Name("TMA", "Level"), unit="cm", owner="BPBD Provinsi")
BROKER = Device("broker", Name("Broker", "Broker"), "mqtt", "mqtt://x", room="server")
MATRIX = Device("matrix.1", Name("M", "M"), "videohub", "tcp://x")


def heads(measurement: str = "reading", points: dict[str, Point] | None = None) -> Heads:
    return Heads(
        measurement, site="hall", points={"tma": GAUGE} if points is None else points,
        devices={"broker": BROKER, "matrix.1": MATRIX},
    )  # fmt: skip


def test_a_head_says_whose_reading_it_is() -> None:
    assert heads().head("tma") == rb"reading,device=broker,owner=BPBD\ Provinsi,point=tma,room=server,site=hall"
    assert heads("{site}.{kind}.{unit}").head("tma").startswith(b"hall.number.cm,device=broker,")


def test_a_value_that_a_device_tells_of_itself_names_its_device() -> None:
    told = heads("{kind}").head("matrix.1.route.3")
    assert told == b"state,device=matrix.1,owner=none,point=matrix.1.route.3,room=none,site=hall"


def test_a_point_that_changes_hands_is_seen_at_once() -> None:
    points = {"tma": GAUGE}
    told = heads(points=points)
    told.head("tma")
    points["tma"] = Point("tma", "broker", GAUGE.name, kind=PointKind.TEXT, owner="BMKG")
    assert b"owner=BMKG," in told.head("tma")


def test_the_parser_of_the_tests_refuses_what_is_no_line() -> None:
    for bad in (b"# m v=1 1\n", b"m v=1\n", b"m,t= v=1 1\n", b"m v= 1\n", b'm v="x 1\n'):
        with pytest.raises((AssertionError, ValueError)):
            parsed(bad)
    assert parsed(b'm,a=b\\ c v=1i,w="x\\"" 5\n') == [Line("m", (("a", "b c"),), (("v", 1), ("w", 'x"')), 5)]
