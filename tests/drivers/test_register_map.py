"""Which registers are asked for together, and how words become values and back."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadCommand, BadConfig, ProtocolError
from drivers.model import Name, Point, PointKind, Value
from drivers.sensors.register_map import Block, Register, decode, encode, halves, plan, register


def hr(address: int, type: str = "u16", **changes: object) -> Register:
    return Register(f"p{address}", 1, "hr", address, type, **changes)  # type: ignore[arg-type]


def asked(blocks: list[Block]) -> list[tuple[int, str, int, int]]:
    return [(block.unit, block.table, block.address, block.count) for block in blocks]


def test_neighbours_go_together_over_a_small_gap() -> None:
    assert asked(plan([hr(20), hr(0, "f32"), hr(5), hr(2)], gap=8, words=125, bits=2000)) == [
        (1, "hr", 0, 6),
        (1, "hr", 20, 1),
    ]


def test_a_block_is_no_larger_than_the_device_allows() -> None:
    assert asked(plan([hr(at) for at in range(10)], gap=0, words=4, bits=2000)) == [
        (1, "hr", 0, 4),
        (1, "hr", 4, 4),
        (1, "hr", 8, 2),
    ]
    assert asked(plan([hr(0, "u32"), hr(2, "u32"), hr(4)], gap=0, words=4, bits=2000)) == [
        (1, "hr", 0, 4),
        (1, "hr", 4, 1),
    ]


def test_units_tables_and_rhythms_are_asked_apart() -> None:
    registers = [
        hr(0),
        hr(1, every=5.0),
        Register("x", 2, "hr", 0),
        Register("y", 1, "ir", 0),
        Register("z", 1, "di", 9, "bool"),
    ]
    assert asked(plan(registers, gap=8, words=125, bits=2000)) == [
        (1, "di", 9, 1),
        (1, "hr", 0, 1),
        (1, "hr", 1, 1),
        (1, "ir", 0, 1),
        (2, "hr", 0, 1),
    ]


@given(
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["u16", "f32"])), min_size=1, max_size=40),
    st.integers(0, 20),
    st.integers(2, 125),
)
def test_every_register_is_in_exactly_one_block_that_holds_it(
    wanted: list[tuple[int, str]], gap: int, words: int
) -> None:
    registers = [Register(f"p{number}", 1, "hr", at, kind) for number, (at, kind) in enumerate(wanted)]
    blocks = plan(registers, gap=gap, words=words, bits=2000)
    assert sorted(one.point for block in blocks for one in block.registers) == sorted(one.point for one in registers)
    for block in blocks:
        assert block.count <= words
        assert all(block.address <= one.address and one.end <= block.address + block.count for one in block.registers)


def test_a_refused_block_is_cut_at_its_largest_hole() -> None:
    block = Block((hr(0), hr(6), hr(7), hr(9)))
    first, second = halves(block)
    assert ([one.address for one in first.registers], [one.address for one in second.registers]) == ([0], [6, 7, 9])
    assert [len(half.registers) for half in halves(Block((hr(0), hr(1), hr(2), hr(3))))] == [2, 2]


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
    ("u16", "BADC", [0x0201], 258.0),
    ("s16", "ABCD", [0xFFFE], -2.0),
    ("bool", "ABCD", [1], True),
]


@pytest.mark.parametrize(("type_", "order", "words", "value"), VECTORS)
def test_words_and_values_are_each_others_opposite(type_: str, order: str, words: list[int], value: Value) -> None:
    one = hr(0, type_, order=order)
    assert (decode(one, words), encode(one, value)) == (value, words)


def test_a_scaled_value_is_as_short_as_people_write_it() -> None:
    assert decode(hr(0, scale=0.1), [2317]) == 231.7
    assert decode(hr(0, "s16", scale=0.1, offset=-40.0), [650]) == 25.0
    assert decode(hr(0, "f32"), list(struct.unpack(">HH", struct.pack(">f", 22.1)))) == 22.1


@given(
    st.sampled_from(["u16", "s16", "u32", "s32"]),
    st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]),
    st.sampled_from([(1.0, 0.0), (0.1, 0.0), (0.01, -40.0), (-2.0, 7.0)]),
    st.integers(0, 2**32 - 1),
)
def test_every_type_order_and_scale_survives_the_round_trip(
    type_: str, order: str, scaling: tuple[float, float], raw: int
) -> None:
    one = hr(0, type_, order=order, scale=scaling[0], offset=scaling[1])
    words = [raw & 0xFFFF, raw >> 16][: one.width]
    assert encode(one, decode(one, words)) == words


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_float_that_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(ProtocolError, match="hold no number"):
        decode(hr(0, "f32"), list(struct.unpack(">HH", struct.pack(">f", number))))


@pytest.mark.parametrize(
    ("type_", "value"),
    [("u16", -1), ("u16", 65_536), ("s16", 40_000), ("u16", "x"), ("u32", math.nan), ("s32", math.inf)],
)
def test_a_value_that_does_not_fit_is_a_bad_command(type_: str, value: Value) -> None:
    with pytest.raises(BadCommand):
        encode(hr(0, type_), value)


def point(kind: PointKind = PointKind.NUMBER, **address: Value) -> Point:
    return Point("p", "line", Name("p", "p"), kind, low=0.0, high=10.0, address=address)


def test_a_point_without_a_unit_or_a_rhythm_takes_its_lines() -> None:
    assert register(point(table="hr", address=3), unit=7, every=2.0) == Register(
        "p", 7, "hr", 3, every=2.0, low=0.0, high=10.0
    )


@pytest.mark.parametrize(
    ("kind", "address", "told"),
    [
        (PointKind.NUMBER, {"table": "hr"}, "address"),
        (PointKind.NUMBER, {"table": "xx", "address": 1}, "table"),
        (PointKind.NUMBER, {"table": "hr", "address": 70_000}, "address"),
        (PointKind.NUMBER, {"table": "hr", "address": 1, "order": "ACBD"}, "order"),
        (PointKind.NUMBER, {"table": "hr", "address": 1, "scale": 0}, "scale 0"),
        (PointKind.NUMBER, {"table": "di", "address": 1, "type": "u16"}, "holds bits"),
        (PointKind.NUMBER, {"table": "di", "address": 1, "type": "bool"}, "cannot be kept as bool"),
        (PointKind.FLAG, {"table": "hr", "address": 1}, "cannot be kept as u16"),
    ],
)
def test_an_address_that_cannot_be_is_refused_by_name(kind: PointKind, address: dict[str, Value], told: str) -> None:
    with pytest.raises(BadConfig, match=told):
        register(point(kind, **address), unit=1, every=1.0)
