"""The payloads of Sparkplug B: bytes of another maker's codec, both ways; whatever else comes is refused by name."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.protobuf import bytes_field, double_field, number_field
from drivers.codecs.sparkplug_b import GOOD, MOST_BYTES, MOST_METRICS, Metric, Payload, decode, encode
from drivers.codecs.sparkplug_values import DataType, Opaque, Unsupported, Whole, raw_of, value_of
from drivers.errors import ProtocolError
from drivers.model import Value

T = 1_768_608_000_000
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sparkplug_b.json").read_text(encoding="utf-8"))
TYPES = {kind.name.replace("_", "").lower(): kind for kind in DataType}
PAYLOADS = {name: bytes.fromhex(text) for name, text in VECTORS["payloads"].items()}


@pytest.mark.parametrize("row", VECTORS["values"], ids=lambda row: f"{row['type']} {row['value']}")
def test_a_value_is_written_and_read_as_the_other_codec_does(row: dict[str, Value]) -> None:
    kind, value, data = TYPES[str(row["type"]).lower()], row["value"], bytes.fromhex(str(row["hex"]))
    value = float(value) if kind in (DataType.FLOAT, DataType.DOUBLE) else value
    assert encode(Payload(T, (Metric("x", None, T, kind, raw=raw_of(value, kind)),), 0)) == data
    [metric] = decode(data).metrics
    read = value_of(metric.raw, metric.datatype)
    assert (type(read), read) == (type(value), value)


def test_the_messages_of_a_session_are_those_of_the_other_codec() -> None:
    session = Metric("bdSeq", None, T, DataType.INT64, raw=Whole(7))
    rebirth = Metric("Node Control/Rebirth", None, T, DataType.BOOLEAN, raw=False)
    assert encode(Payload(T, (session,))) == PAYLOADS["ndeath"]
    wish = Metric("Node Control/Rebirth", None, T, DataType.BOOLEAN, raw=True)
    assert encode(Payload(T, (wish,))) == PAYLOADS["ncmd"]
    level = Metric("Level", 1, T, DataType.DOUBLE, raw=3.25)
    assert decode(PAYLOADS["nbirth"]) == Payload(T, (session, rebirth, level), 0)
    values = (
        Metric("", 1, T + 4, DataType.DOUBLE, raw=3.5),
        Metric("", 2, T + 4, DataType.INT32, null=True),
    )
    assert decode(PAYLOADS["ddata"]) == Payload(T + 5, values, 255)
    assert encode(Payload(T + 5, values, 255)) == PAYLOADS["ddata"]
    assert decode(PAYLOADS["hist"]).metrics == (
        Metric("Level", None, T, DataType.DOUBLE, historical=True, raw=2.5),
        Metric("Level", None, T, DataType.DOUBLE, quality=500, raw=2.5),
    )


def test_what_no_point_can_be_is_passed_over_and_the_metrics_after_it_are_read() -> None:
    table, udt, blob, after = decode(PAYLOADS["dataset"]).metrics
    for metric, word in ((table, "data_set"), (udt, "template"), (blob, "bytes")):
        assert isinstance(metric.raw, Opaque)
        with pytest.raises(Unsupported, match=f"no point can be {word}"):
            value_of(metric.raw, metric.datatype)
    assert (after.name, value_of(after.raw, after.datatype)) == ("After", 9)
    file, last = decode(PAYLOADS["full"]).metrics
    with pytest.raises(Unsupported, match="file"):
        value_of(file.raw, file.datatype)
    assert value_of(last.raw, last.datatype) is True


@pytest.mark.parametrize("kind", [kind for kind in DataType if kind > DataType.UUID])
def test_arrays_and_sets_are_unsupported_by_name(kind: DataType) -> None:
    with pytest.raises(Unsupported, match=f"no point can be {kind.name.lower()}$"):
        value_of(Opaque(4), kind)


@pytest.mark.parametrize(
    ("kind", "bits", "value"),
    [
        (DataType.INT8, 0xFF, -1),
        (DataType.INT8, 0xFFFF_FFFF, -1),
        (DataType.INT8, 0xFFFF_FFFF_FFFF_FFFF, -1),
        (DataType.INT16, 0x8000, -32_768),
        (DataType.INT32, 0xFFFF_FFFF_8000_0000, -(1 << 31)),
        (DataType.INT64, 0x8000_0000_0000_0000, -(1 << 63)),
        (DataType.INT64, 0xFFFF_FFFF, 4_294_967_295),
        (DataType.UINT8, 255, 255),
    ],
)
def test_a_negative_number_is_read_however_far_its_encoder_extends_it(kind: DataType, bits: int, value: int) -> None:
    assert value_of(Whole(bits), kind) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (DataType.INT8, Whole(128 + 256)),
        (DataType.INT8, Whole(0xFFFF_FF00)),
        (DataType.INT16, Whole(0x1_0000)),
        (DataType.UINT8, Whole(256)),
        (DataType.UINT32, Whole(1 << 32)),
        (DataType.DOUBLE, Whole(1)),
        (DataType.DOUBLE, "1"),
        (DataType.STRING, 1.0),
        (DataType.BOOLEAN, 1.0),
        (DataType.INT32, 1.0),
        (DataType.FLOAT, None),
        (99, Whole(1)),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused(kind: int, raw: Whole | float | str | None) -> None:
    with pytest.raises(ProtocolError):
        value_of(raw, kind)


def test_a_whole_number_means_nothing_without_its_type_while_others_say_what_they_are() -> None:
    with pytest.raises(Unsupported, match="before any birth"):
        value_of(Whole(4_294_967_295), DataType.UNKNOWN)
    assert [value_of(raw, DataType.UNKNOWN) for raw in (1.5, True, "a")] == [1.5, True, "a"]


def test_fields_that_are_not_known_are_passed_over() -> None:
    strange = number_field(77, 5) + bytes_field(78, b"later") + double_field(79, 1.0)
    metric = bytes_field(1, b"x") + strange + double_field(13, 2.5)
    told = number_field(3, 9) + strange + bytes_field(2, metric)
    assert decode(told) == Payload(None, (Metric("x", raw=2.5),), 9)


@pytest.mark.parametrize(
    "told",
    [
        b"\x0a",
        b"\x18",
        b"\x18" + b"\xff" * 10 + b"\x01",
        b"\x12\x05\x0a",
        b"\x13",
        b"\x0e\x00",
        bytes_field(2, bytes_field(1, b"\xff\xfe")),
        bytes_field(2, double_field(13, 1.0) + number_field(10, 1)),
        bytes_field(2, bytes_field(9, bytes_field(1, b"Quality") + bytes_field(2, b"\x18"))),
        bytes_field(2, b"") * (MOST_METRICS + 1),
        bytes(MOST_BYTES + 1),
    ],
    ids=["length", "number", "long number", "cut", "group", "wire", "utf-8", "two values", "quality", "many", "large"],
)  # fmt: skip
def test_what_is_no_payload_is_refused(told: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(told)


SIGNED = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
UNSIGNED = {DataType.UINT8: 8, DataType.UINT16: 16, DataType.UINT32: 32, DataType.UINT64: 64, DataType.DATE_TIME: 64}
VALUED = st.one_of(
    *(st.tuples(st.just(kind), st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)) for kind, bits in SIGNED.items()),
    *(st.tuples(st.just(kind), st.integers(0, (1 << bits) - 1)) for kind, bits in UNSIGNED.items()),
    st.tuples(st.just(DataType.FLOAT), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just(DataType.DOUBLE), st.floats(allow_nan=False)),
    st.tuples(st.just(DataType.BOOLEAN), st.booleans()),
    st.tuples(st.sampled_from([DataType.STRING, DataType.TEXT, DataType.UUID]), st.text(max_size=30)),
)
NUMBER = st.integers(0, (1 << 64) - 1)


@st.composite
def metrics(draw: st.DrawFn) -> tuple[Metric, Value | None]:
    kind, value = draw(VALUED)
    null = draw(st.booleans())
    flags = [draw(st.booleans()) for _ in range(2)]
    alias, at = (draw(st.none() | NUMBER) for _ in range(2))
    quality = draw(st.sampled_from([GOOD, 500, 0]))
    raw = None if null else raw_of(value, kind)
    return Metric(draw(st.text(max_size=20)), alias, at, kind, *flags, null, quality, raw), None if null else value


@given(st.lists(metrics(), max_size=5), st.none() | NUMBER, st.none() | st.integers(0, 255))
def test_what_is_written_is_read(told: list[tuple[Metric, Value | None]], at: int | None, seq: int | None) -> None:
    payload = Payload(at, tuple(metric for metric, _ in told), seq)
    read = decode(encode(payload))
    assert read == payload
    assert [None if one.null else value_of(one.raw, one.datatype) for one in read.metrics] == [one for _, one in told]


def drain(data: bytes) -> None:
    """Read all that can be read of these bytes; only the named error may come out."""
    try:
        for metric in decode(data).metrics:
            value_of(metric.raw, metric.datatype)
    except ProtocolError as error:
        assert str(error)


@given(st.binary(max_size=200))
def test_noise_is_a_payload_or_refused(data: bytes) -> None:
    drain(data)


@given(
    st.sampled_from(sorted(PAYLOADS)),
    st.integers(0, 400),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
)
def test_chopped_and_mutated_payloads_are_payloads_or_refused(
    name: str, end: int, changes: list[tuple[int, int]]
) -> None:
    spoilt = bytearray(PAYLOADS[name][:end])
    for at, byte in changes:
        if spoilt:
            spoilt[at % len(spoilt)] = byte
    drain(bytes(spoilt))


def test_not_a_number_is_carried_and_left_to_the_reader() -> None:
    told = encode(Payload(None, (Metric("x", datatype=DataType.FLOAT, raw=float("nan")),)))
    assert struct.unpack("<f", told[-4:])[0] != 0
    [metric] = decode(told).metrics
    value = value_of(metric.raw, metric.datatype)
    assert value != value
