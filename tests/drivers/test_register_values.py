"""How words become values and back: every type in every order, bits, texts and scales, both ways."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadCommand, ProtocolError
from drivers.model import Value
from drivers.sensors.register_map import SIZES, Register
from drivers.sensors.register_values import CODES, ORDERS, decode, encode, orders_of, same

WHOLE = ("u16", "s16", "u32", "s32", "u64", "s64")
FLOATS = ("f16", "f32", "f64")
SCALES = [(1.0, 0.0), (0.1, 0.0), (0.01, -40.0), (-2.0, 7.0), (1000.0, 0.5)]


def hr(type: str = "u16", **changes: object) -> Register:
    return Register("p", 1, "hr", 0, type, **changes)  # type: ignore[arg-type]


VECTORS = [
    # 123456.0 as IEEE 754 single is 47 F1 20 00; 100,000 is 00 01 86 A0.
    ("f32", "ABCD", [0x47F1, 0x2000], 123_456.0),
    ("f32", "CDAB", [0x2000, 0x47F1], 123_456.0),
    ("f32", "BADC", [0xF147, 0x0020], 123_456.0),
    ("f32", "DCBA", [0x0020, 0xF147], 123_456.0),
    ("u32", "ABCD", [0x0001, 0x86A0], 100_000.0),
    ("u32", "CDAB", [0x86A0, 0x0001], 100_000.0),
    ("s32", "DCBA", [0xFEFF, 0xFFFF], -2.0),
    ("u16", "ABCD", [0x0102], 258.0),
    ("u16", "AB", [0x0102], 258.0),
    ("u16", "BADC", [0x0201], 258.0),
    ("u16", "BA", [0x0201], 258.0),
    ("s16", "ABCD", [0xFFFE], -2.0),
    ("bool", "ABCD", [1], True),
    # 1.0 as a double is 3F F0 00 …; 0x0102030405060708 is 72,623,859,790,382,856: beyond what a float holds.
    ("f64", "ABCDEFGH", [0x3FF0, 0, 0, 0], 1.0),
    ("f64", "GHEFCDAB", [0, 0, 0, 0x3FF0], 1.0),
    ("u64", "ABCD", [0x0102, 0x0304, 0x0506, 0x0708], 0x0102030405060708),
    ("u64", "CDAB", [0x0708, 0x0506, 0x0304, 0x0102], 0x0102030405060708),
    ("u64", "BADC", [0x0201, 0x0403, 0x0605, 0x0807], 0x0102030405060708),
    ("u64", "DCBA", [0x0807, 0x0605, 0x0403, 0x0201], 0x0102030405060708),
    ("u64", "EFGHABCD", [0x0506, 0x0708, 0x0102, 0x0304], 0x0102030405060708),
    ("u64", "CDABGHEF", [0x0304, 0x0102, 0x0708, 0x0506], 0x0102030405060708),
    ("u64", "DCBAHGFE", [0x0403, 0x0201, 0x0807, 0x0605], 0x0102030405060708),
    ("u64", "FEHGBADC", [0x0605, 0x0807, 0x0201, 0x0403], 0x0102030405060708),
    ("s64", "ABCDEFGH", [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], -2.0),
    # 1.5 as IEEE 754 half is 3E 00.
    ("f16", "AB", [0x3E00], 1.5),
    ("bcd16", "AB", [0x1234], 1234.0),
    ("bcd32", "CDAB", [0x5678, 0x1234], 12_345_678.0),
]


@pytest.mark.parametrize(("type_", "order", "words", "value"), VECTORS)
def test_words_and_values_are_each_others_opposite(type_: str, order: str, words: list[int], value: Value) -> None:
    one = hr(type_, order=order)
    assert (decode(one, words), encode(one, value)) == (value, words)


def test_a_type_has_all_the_orders_of_its_length_and_no_two_are_the_same() -> None:
    assert {kind: len(orders_of(kind)) for kind in SIZES} == dict(SIZES)
    for kind in ("u16", "u32", "u64"):
        raw = [0x0102, 0x0304, 0x0506, 0x0708][: SIZES[kind] // 2]
        assert len({decode(hr(kind, order=order), raw) for order in orders_of(kind)}) == SIZES[kind]


def test_a_scaled_value_is_as_short_as_people_write_it() -> None:
    assert decode(hr(scale=0.1), [2317]) == 231.7
    assert decode(hr("s16", scale=0.1, offset=-40.0), [650]) == 25.0
    assert decode(hr("u16", scale=0.01, offset=-40.0), [4001]) == 0.01
    assert decode(hr("f32"), list(struct.unpack(">HH", struct.pack(">f", 22.1)))) == 22.1
    assert decode(hr("f16"), [struct.unpack(">H", struct.pack(">e", 22.1))[0]]) == 22.1


@given(st.sampled_from(WHOLE), st.sampled_from(sorted(ORDERS)), st.integers(0, 2**64 - 1))
def test_every_whole_type_and_order_survives_the_round_trip(type_: str, order: str, raw: int) -> None:
    one = hr(type_, order=order if len(order) in (4, SIZES[type_]) else "DCBA")
    words = [raw >> 16 * at & 0xFFFF for at in range(one.width)]
    assert encode(one, decode(one, words)) == words


@given(
    st.sampled_from(["u16", "s16", "u32", "s32"]),
    st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]),
    st.sampled_from(SCALES),
    st.integers(0, 2**32 - 1),
)
def test_every_scale_survives_the_round_trip(type_: str, order: str, scaling: tuple[float, float], raw: int) -> None:
    one = hr(type_, order=order, scale=scaling[0], offset=scaling[1])
    words = [raw & 0xFFFF, raw >> 16][: one.width]
    assert encode(one, decode(one, words)) == words


@given(st.sampled_from(FLOATS), st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]), st.binary(min_size=8, max_size=8))
def test_every_float_survives_the_round_trip_or_is_refused(type_: str, order: str, raw: bytes) -> None:
    one = hr(type_, order=order)
    words = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, SIZES[type_], 2)]
    try:
        value = decode(one, words)
    except ProtocolError as refusal:
        assert "hold no number" in str(refusal)
        return
    assert encode(one, value) == words


@given(st.sampled_from(["f32", "f64"]), st.sampled_from(SCALES), st.floats(-1e6, 1e6, width=32))
def test_a_scaled_float_that_is_written_reads_the_same(type_: str, scaling: tuple[float, float], value: float) -> None:
    one = hr(type_, scale=scaling[0], offset=scaling[1])
    words = encode(one, value)
    assert not value or encode(one, decode(one, words)) == words
    assert decode(one, words) == pytest.approx(value, rel=1e-6, abs=1e-3 * abs(scaling[0]) + 1e-5)


@given(
    st.integers(0, 63), st.integers(1, 16), st.sampled_from(["u16", "u32", "u64"]),
    st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]), st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1),
)  # fmt: skip
def test_bits_are_written_without_touching_their_neighbours(
    bit: int, bits: int, type_: str, order: str, raw: int, wish: int
) -> None:
    size = 8 * SIZES[type_]
    bit = bit % size
    bits = min(bits, size - bit)
    one, whole = hr(type_, order=order, bit=bit, bits=bits), hr(type_, order=order)
    before = [raw >> 16 * at & 0xFFFF for at in range(one.width)]
    wish %= 1 << bits
    after = encode(one, wish, over=before)
    assert decode(one, after) == wish
    mask = ((1 << bits) - 1) << bit
    assert int(decode(whole, after)) & ~mask == int(decode(whole, before)) & ~mask
    assert same(one, after, encode(one, wish))
    assert same(one, after, before) == (decode(one, before) == wish)


def test_a_flag_is_one_bit_of_a_register() -> None:
    alarm = hr("bool", bit=3, bits=1)
    assert [decode(alarm, [word]) for word in (0b0000, 0b1000, 0b0111)] == [False, True, False]
    assert encode(alarm, True, over=[0b0001]) == [0b1001]
    assert encode(alarm, False, over=[0b1001]) == [0b0001]
    coil = Register("p", 1, "co", 0, "bool")
    assert (decode(coil, [True]), encode(coil, False)) == (True, [0])


@pytest.mark.parametrize(
    ("changes", "words", "text"),
    [
        ({"registers": 3}, [0x4142, 0x4344, 0x4500], "ABCDE"),
        ({"registers": 3, "order": "BADC"}, [0x4241, 0x4443, 0x0045], "ABCDE"),
        ({"registers": 3, "padding": "space"}, [0x4142, 0x2020, 0x2020], "AB"),
        ({"registers": 2, "encoding": "latin-1"}, [0x31B0, 0x4300], "1°C"),
        ({"registers": 2, "encoding": "utf-8"}, [0x31C2, 0xB043], "1°C"),
        ({"registers": 2}, [0, 0], ""),
    ],
)
def test_a_text_is_read_as_it_is_written(changes: dict[str, object], words: list[int], text: str) -> None:
    one = hr("text", **changes)
    assert (decode(one, words), encode(one, text)) == (text, words)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8), st.sampled_from(["ABCD", "BADC"]))
def test_every_text_survives_the_round_trip(text: str, order: str) -> None:
    for padding in ("nul", "space"):
        one = hr("text", registers=4, order=order, padding=padding)
        assert decode(one, encode(one, text)) == text


def test_what_follows_the_end_of_a_text_is_not_of_it() -> None:
    assert decode(hr("text", registers=3), [0x4142, 0x0043, 0xFFFF]) == "AB"


@pytest.mark.parametrize(
    ("type_", "changes", "words", "told"),
    [
        ("f32", {}, [0x7FC0, 0], "hold no number"),
        ("f32", {}, [0x7F80, 0], "hold no number"),
        ("f64", {}, [0xFFF0, 0, 0, 0], "hold no number"),
        ("f16", {}, [0x7E00], "hold no number"),
        ("bcd16", {}, [0x12A4], "hold no decimal digits"),
        ("text", {"registers": 1}, [0xC3A9], "are no ascii"),
        ("text", {"registers": 1}, [0x0741], "hold no text that can be shown"),
    ],
)
def test_registers_that_hold_no_value_are_refused(
    type_: str, changes: dict[str, object], words: list[int], told: str
) -> None:
    with pytest.raises(ProtocolError, match=told):
        decode(hr(type_, **changes), words)


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (hr("u16"), -1),
        (hr("u16"), 65_536),
        (hr("s16"), 40_000),
        (hr("u16"), "x"),
        (hr("u32"), math.nan),
        (hr("s32"), math.inf),
        (hr("f32"), math.nan),
        (hr("f32"), 1e39),
        (hr("f16"), 70_000),
        (hr("u64"), 2**64),
        (hr("bcd16"), 10_000),
        (hr("bcd16"), -1),
        (hr("u16", bit=4, bits=2), 4),
        (hr("u16", scale=0.1), 6_553.6),
        (hr("text", registers=1), "abc"),
        (hr("text", registers=1), 5),
        (hr("text", registers=1), "é"),
    ],
)
def test_a_value_that_does_not_fit_is_a_bad_command(one: Register, value: Value) -> None:
    with pytest.raises(BadCommand, match=r"^p: "):
        encode(one, value)


def test_every_type_has_a_size_and_a_layout() -> None:
    assert {kind: struct.calcsize(code) for kind, code in CODES.items()} == dict(SIZES)
