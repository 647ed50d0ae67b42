"""Which registers are asked for together, and how words become values and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadConfig
from drivers.model import Name, Point, PointKind, Value
from drivers.sensors.register_map import Block, Register, halves, plan, register


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
        (PointKind.TEXT, {"table": "hr", "address": 1}, "cannot be kept as u16"),
        (PointKind.NUMBER, {"table": "hr", "address": 1, "type": "text", "registers": 4}, "cannot be kept as text"),
        (PointKind.NUMBER, {"table": "hr", "address": 1, "type": "u32", "order": "BA"}, "order is not one"),
        (PointKind.NUMBER, {"table": "hr", "address": 1, "order": "HGFEDCBA"}, "order is not one"),
        (PointKind.TEXT, {"table": "hr", "address": 1, "type": "text", "order": "CDAB"}, "order is not one"),
        (PointKind.NUMBER, {"table": "hr", "address": 1, "bits": 3}, "say `bit`"),
        (PointKind.NUMBER, {"table": "hr", "address": 1, "bit": 14, "bits": 3}, "beyond the registers"),
        (PointKind.NUMBER, {"table": "hr", "address": 1, "type": "f32", "bit": 1}, "types u16"),
        (PointKind.FLAG, {"table": "di", "address": 1, "type": "bool", "bit": 1}, "is for registers"),
        (PointKind.FLAG, {"table": "hr", "address": 1, "type": "bool", "bit": 1, "bits": 2}, "one bit"),
        (PointKind.FLAG, {"table": "co", "address": 1, "type": "bool", "scale": 2.0}, "only numbers"),
        (PointKind.NUMBER, {"table": "ir", "address": 1, "writable": True}, "cannot be written"),
        (PointKind.FLAG, {"table": "di", "address": 1, "type": "bool", "writable": True}, "cannot be written"),
        (PointKind.NUMBER, {"table": "hr", "address": 65_535, "type": "u32"}, "beyond the last address"),
        (PointKind.NUMBER, {"address": 1}, "say `table` and `address`"),
        (PointKind.NUMBER, {"modicon": 40_001, "address": 1}, "either"),
        (PointKind.NUMBER, {"modicon": 20_001}, "modicon 20001 is none"),
        (PointKind.NUMBER, {"modicon": 40_000}, "modicon 40000 is none"),
        (PointKind.NUMBER, {"modicon": 465_537}, "modicon 465537 is none"),
        (PointKind.NUMBER, {"modicon": "4x001"}, "modicon 4x001 is none"),
    ],
)
def test_an_address_that_cannot_be_is_refused_by_name(kind: PointKind, address: dict[str, Value], told: str) -> None:
    with pytest.raises(BadConfig, match=told):
        register(point(kind, **address), unit=1, every=1.0)


@pytest.mark.parametrize(
    ("modicon", "table", "address", "printed"),
    [
        (40_001, "hr", 0, "40001"),
        ("30010", "ir", 9, "30010"),
        (49_999, "hr", 9_998, "49999"),
        (410_000, "hr", 9_999, "410000"),
        (465_536, "hr", 65_535, "465536"),
    ],
)
def test_a_modicon_number_counts_from_one_and_is_printed_as_it_was_read(
    modicon: int | str, table: str, address: int, printed: str
) -> None:
    one = register(point(modicon=modicon), unit=1, every=1.0)
    assert (one.table, one.address, one.where) == (table, address, f"unit 1 {table} {address} ({printed})")


def test_coils_and_discrete_inputs_have_modicon_numbers_too() -> None:
    coil = register(point(PointKind.FLAG, modicon="00017", type="bool", writable=True), unit=1, every=1.0)
    switch = register(point(PointKind.FLAG, modicon=10_001, type="bool"), unit=1, every=1.0)
    assert (coil.table, coil.address, coil.writable) == ("co", 16, True)
    assert (switch.table, switch.address, switch.writable) == ("di", 0, False)


def test_a_text_and_a_long_number_are_asked_for_whole() -> None:
    text = register(point(PointKind.TEXT, table="hr", address=10, type="text", registers=6), unit=1, every=1.0)
    long = register(point(table="hr", address=20, type="f64"), unit=1, every=1.0)
    assert [(one.address, one.end) for one in (text, long)] == [(10, 16), (20, 24)]
    assert asked(plan([text, long], gap=3, words=125, bits=2000)) == [(1, "hr", 10, 6), (1, "hr", 20, 4)]
