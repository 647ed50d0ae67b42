"""What a Modbus device's registers mean: which to ask for together, and how words become values and back."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers.model import Point, PointKind
from drivers.sensors.source import BadPoint, address_in

Table = Literal["hr", "ir", "di", "co"]
"""Holding registers, input registers, discrete inputs, coils."""
BIT_TABLES = frozenset({"di", "co"})
READ_ONLY = frozenset({"di", "ir"})
Words = Sequence[int] | Sequence[bool]

Kind = Literal[
    "u16", "s16", "u32", "s32", "u64", "s64", "f16", "f32", "f64", "bcd16", "bcd32", "bool", "text"
]  # fmt: skip
SIZES: Mapping[str, int] = {
    "u16": 2, "s16": 2, "f16": 2, "bcd16": 2, "bool": 2,
    "u32": 4, "s32": 4, "f32": 4, "bcd32": 4,
    "u64": 8, "s64": 8, "f64": 8,
}  # fmt: skip
"""Bytes of each type; a text has as many as its point says."""
UNSIGNED = ("u16", "u32", "u64", "bool")
Order = Literal[
    "AB", "BA", "ABCD", "CDAB", "BADC", "DCBA", "ABCDEFGH", "BADCFEHG", "CDABGHEF", "DCBAHGFE",
    "EFGHABCD", "FEHGBADC", "GHEFCDAB", "HGFEDCBA",
]  # fmt: skip

MODICON: Mapping[str, Table] = {"0": "co", "1": "di", "3": "ir", "4": "hr"}
"""The table that the first digit of a Modicon number names; the rest counts from 1 (Modicon PI-MBUS-300, 1996)."""
FIVE_DIGITS = 9_999
"""Addresses below this have Modicon numbers of five digits, the others of six."""
LAST = 65_535


class RegisterAddress(BaseModel):
    """Where a Modbus device keeps a point: `table` and `address`, or the `modicon` number that manuals print."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    unit: Annotated[int, Field(ge=0, le=255)] | None = None
    """The unit; the line's unless given."""
    table: Table | None = None
    """Which of the four tables: hr, ir, di, co (holding and input registers, discrete inputs, coils)."""
    address: Annotated[int, Field(ge=0, le=LAST)] | None = None
    """From 0, as it goes over the wire."""
    modicon: int | str | None = None
    """Instead of both: 40001 is hr 0, 30001 ir 0, 10001 di 0, "00001" co 0; six digits reach further."""
    type: Kind = "u16"
    """How the registers are read; a bit is `bool`, a text needs `registers`."""
    order: Order = "ABCD"
    """The order of the bytes; A is the highest. CDAB turns the words round, BADC the bytes in each, DCBA both."""
    bit: Annotated[int, Field(ge=0, le=63)] | None = None
    """The value is only a part of its registers, from this bit up; 0 is the lowest."""
    bits: Annotated[int, Field(ge=1, le=64)] = 1
    """How many bits that part has."""
    registers: Annotated[int, Field(ge=1, le=125)] = 1
    """How many registers a text takes; each has two characters."""
    encoding: Literal["ascii", "utf-8", "latin-1"] = "ascii"
    """How a text is encoded."""
    padding: Literal["nul", "space"] = "nul"
    """What fills a text up."""
    scale: Annotated[float, Field(allow_inf_nan=False)] = 1
    """The value is raw × scale + offset."""
    offset: Annotated[float, Field(allow_inf_nan=False)] = 0
    """The value is raw × scale + offset."""
    writable: bool = False
    """True: commands may write it; only coils and holding registers can be."""

    @model_validator(mode="after")
    def _fits_together(self) -> RegisterAddress:
        for wrong, told in _RULES:
            if wrong(self):
                raise ValueError(told)
        return self

    def place(self) -> tuple[Table, int]:
        """Return table and address from 0; raise ValueError when neither way of naming them is used, or both are."""
        if self.modicon is None:
            if self.table is None or self.address is None:
                raise ValueError("say `table` and `address`, or `modicon`")
            return self.table, self.address
        if self.table is not None or self.address is not None:
            raise ValueError("say either `table` and `address`, or `modicon`")
        digits = str(self.modicon)
        number = int(digits[1:]) - 1 if len(digits) in (5, 6) and digits.isascii() and digits.isdecimal() else -1
        if digits[0] not in MODICON or not 0 <= number <= LAST:
            raise ValueError(f"modicon {self.modicon} is none: five or six digits, the first 0, 1, 3 or 4, as 40001")
        return MODICON[digits[0]], number

    def size(self) -> int:
        """Return how many addresses it takes."""
        return _width(self.place()[0], self.type, self.registers)


def _width(table: Table, kind: str, registers: int) -> int:
    if table in BIT_TABLES:
        return 1
    return registers if kind == "text" else SIZES[kind] // 2


def modicon(table: Table, address: int) -> str:
    """Return the number that manuals print for an address: 40001 for hr 0, 410001 for hr 10000."""
    first = next(digit for digit, each in MODICON.items() if each == table)
    return f"{first}{address + 1:0{4 if address < FIVE_DIGITS else 5}d}"


def _order_fits(one: RegisterAddress) -> bool:
    if one.type == "text":
        return one.order in ("AB", "BA", "ABCD", "BADC")
    return len(one.order) == 4 or len(one.order) == SIZES[one.type]


_RULES: Sequence[tuple[Callable[[RegisterAddress], bool], str]] = (
    (lambda one: one.place()[0] in BIT_TABLES and one.type != "bool", "this table holds bits: write type: bool"),
    (lambda one: one.scale == 0, "scale 0 would make every value the same"),
    (lambda one: not _order_fits(one), "this order is not one of that type; four letters go with every number"),
    (
        lambda one: one.bit is None and "bits" in one.model_fields_set,
        "`bits` says how many; say `bit`, where they begin",
    ),
    (
        lambda one: one.bit is not None and (one.type not in UNSIGNED or one.place()[0] in BIT_TABLES),
        f"`bit` is for registers of the types {', '.join(UNSIGNED)}",
    ),
    (
        lambda one: one.bit is not None and one.bit + one.bits > 8 * SIZES[one.type],
        "these bits lie beyond the registers of that type",
    ),
    (lambda one: one.type == "bool" and one.bits > 1, "a bool is one bit; read several as u16"),
    (
        lambda one: one.type in ("bool", "text") and (one.scale, one.offset) != (1, 0),
        "only numbers have scale and offset",
    ),
    (lambda one: one.writable and one.place()[0] in READ_ONLY, "this table cannot be written; only co and hr can"),
    (lambda one: one.place()[1] + one.size() - 1 > LAST, "it reaches beyond the last address, 65535"),
)


@dataclass(frozen=True, slots=True)
class Register:
    """One point in a device's memory; `every` is seconds, `bits` 0 means that the whole registers are the value."""

    point: str
    unit: int
    table: Table
    address: int
    type: str = "u16"
    order: str = "ABCD"
    scale: float = 1
    offset: float = 0
    every: float = 1.0
    low: float = -math.inf
    high: float = math.inf
    registers: int = 1
    """Registers that a text takes; numbers take what their type says."""
    bit: int = 0
    bits: int = 0
    encoding: str = "ascii"
    padding: str = "nul"
    writable: bool = False

    @property
    def width(self) -> int:
        """Registers (or bits of a bit table) that the value takes."""
        return _width(self.table, self.type, self.registers)

    @property
    def end(self) -> int:
        """The first address after the value."""
        return self.address + self.width

    @property
    def where(self) -> str:
        """Where it is, for people: the address from 0, and as manuals print it."""
        return f"unit {self.unit} {self.table} {self.address} ({modicon(self.table, self.address)})"


@dataclass(frozen=True, slots=True)
class Block:
    """Registers of one unit and table that one request brings."""

    registers: tuple[Register, ...]

    @property
    def unit(self) -> int:
        """The unit that is asked."""
        return self.registers[0].unit

    @property
    def table(self) -> Table:
        """The table that is asked."""
        return self.registers[0].table

    @property
    def every(self) -> float:
        """Seconds from one poll to the next."""
        return self.registers[0].every

    @property
    def address(self) -> int:
        """The first address that is asked for."""
        return self.registers[0].address

    @property
    def count(self) -> int:
        """How many registers or bits are asked for."""
        return max(register.end for register in self.registers) - self.address


KINDS: Mapping[str, PointKind] = {"bool": PointKind.FLAG, "text": PointKind.TEXT}
"""What kind of point each type is; all others are numbers."""


def register(point: Point, *, unit: int, every: float) -> Register:
    """Return where a point is kept, or raise BadPoint; `unit` and `every` are for points that do not say."""
    given = address_in(point, RegisterAddress)
    if KINDS.get(given.type, PointKind.NUMBER) is not point.kind:
        told = f"a {point.kind} point cannot be kept as {given.type}; flags are bool, texts text, and only they"
        raise BadPoint(point.id, "type", told)
    table, address = given.place()
    return Register(
        point.id, given.unit if given.unit is not None else unit, table, address, given.type, given.order, given.scale,
        given.offset, point.every or every, -math.inf if point.low is None else point.low,
        math.inf if point.high is None else point.high, given.registers, given.bit or 0,
        0 if given.bit is None else given.bits, given.encoding, given.padding, given.writable,
    )  # fmt: skip


def plan(registers: Iterable[Register], *, gap: int, words: int, bits: int) -> list[Block]:
    """Return the fewest requests: neighbours of one rhythm go together over up to `gap` unused addresses."""
    groups: dict[tuple[int, str, float], list[Register]] = defaultdict(list)
    for one in registers:
        groups[one.unit, one.table, one.every].append(one)
    blocks: list[Block] = []
    for key in sorted(groups):
        most = bits if key[1] in BIT_TABLES else words
        blocks += _blocks(sorted(groups[key], key=lambda one: (one.address, one.end)), gap=gap, most=most)
    return blocks


def _blocks(registers: Sequence[Register], *, gap: int, most: int) -> list[Block]:
    blocks, begin, reached = [], 0, registers[0].end
    for at, one in enumerate(registers[1:], start=1):
        if one.address - reached > gap or max(one.end, reached) - registers[begin].address > most:
            blocks.append(Block(tuple(registers[begin:at])))
            begin, reached = at, one.end
        reached = max(reached, one.end)
    return [*blocks, Block(tuple(registers[begin:]))]


def halves(block: Block) -> tuple[Block, Block]:
    """Return a block of several registers as two, cut where the largest hole is: that is what a device refuses."""
    holes = [second.address - first.end for first, second in pairwise(block.registers)]
    middle = (len(holes) - 1) / 2
    cut = 1 + max(range(len(holes)), key=lambda at: (holes[at], -abs(at - middle)))
    return Block(block.registers[:cut]), Block(block.registers[cut:])
