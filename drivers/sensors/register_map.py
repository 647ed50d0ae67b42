"""What a Modbus device's registers mean: which to ask for together, and how words become values and back."""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from drivers.errors import BadCommand, BadConfig, ProtocolError
from drivers.model import Point, PointKind, Value

Table = Literal["hr", "ir", "di", "co"]
"""Holding registers, input registers, discrete inputs, coils."""
BIT_TABLES = frozenset({"di", "co"})
Words = Sequence[int] | Sequence[bool]

FORMATS: Mapping[str, str] = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "f32": ">f", "bool": ">H"}
ORDERS: Mapping[str, tuple[int, int, int, int]] = {
    "ABCD": (0, 1, 2, 3),
    "CDAB": (2, 3, 0, 1),
    "BADC": (1, 0, 3, 2),
    "DCBA": (3, 2, 1, 0),
}
"""Which byte of the value stands at each place on the wire; one-word values know only their byte order (AB or BA)."""

DIGITS = 9
"""Scaled values are rounded to so many decimals: 2317 × 0.1 is 231.7."""
FLOAT_DIGITS = 7
"""A 32-bit float has no more significant digits than these."""


class RegisterAddress(BaseModel):
    """Where a Modbus device keeps a point: `address` counts from 0; the value is raw × `scale` + `offset`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    unit: Annotated[int, Field(ge=0, le=255)] | None = None
    """The unit; the device's unless given."""
    table: Table
    """Which of the four tables."""
    address: Annotated[int, Field(ge=0, le=65_535)]
    """From 0."""
    type: Literal["u16", "s16", "u32", "s32", "f32", "bool"] = "u16"
    """How the registers are read; a bit is `bool`."""
    order: Literal["ABCD", "CDAB", "BADC", "DCBA"] = "ABCD"
    """The order of the bytes of a 32-bit value."""
    scale: float = 1
    """The value is raw × scale + offset."""
    offset: float = 0
    """The value is raw × scale + offset."""

    @model_validator(mode="after")
    def _bits_are_bool(self) -> RegisterAddress:
        if self.table in BIT_TABLES and self.type != "bool":
            raise ValueError(f"table {self.table} holds bits: write type: bool")
        if self.scale == 0:
            raise ValueError("scale 0 would make every value the same")
        return self


@dataclass(frozen=True, slots=True)
class Register:
    """One point in a device's memory; `every` is seconds."""

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

    @property
    def width(self) -> int:
        """Registers (or bits) that the value takes."""
        return 1 if self.table in BIT_TABLES else struct.calcsize(FORMATS[self.type]) // 2

    @property
    def end(self) -> int:
        """The first address after the value."""
        return self.address + self.width


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


def register(point: Point, *, unit: int, every: float) -> Register:
    """Return where a point is kept, or raise BadConfig; `unit` and `every` are for points that do not say."""
    try:
        address = RegisterAddress.model_validate(dict(point.address))
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(map(str, detail["loc"])) or "address"
        raise BadConfig(f"{point.id}: address: {where}: {detail['msg']}") from None
    if (address.type == "bool") != (point.kind is PointKind.FLAG):
        raise BadConfig(
            f"{point.id}: a {point.kind} point cannot be kept as {address.type}; flags are bool, and only they"
        )
    return Register(
        point.id, address.unit if address.unit is not None else unit, address.table, address.address, address.type,
        address.order, address.scale, address.offset, point.every or every,
        -math.inf if point.low is None else point.low, math.inf if point.high is None else point.high,
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


def decode(one: Register, words: Words) -> Value:
    """Return the value of a register from its words (or its bit); raise ProtocolError for what is no number."""
    if one.type == "bool":
        return bool(words[0])
    raw = _bytes_of(one, words)
    (number,) = struct.unpack(FORMATS[one.type], raw)
    if not math.isfinite(number):
        raise ProtocolError(f"{one.point}: the registers {raw.hex(' ')} hold no number")
    if one.type == "f32":
        number = float(f"{number:.{FLOAT_DIGITS}g}")
    return round(float(number) * one.scale + one.offset, DIGITS)


def encode(one: Register, value: Value) -> list[int]:
    """Return the words of a value: the exact opposite of `decode`; raise BadCommand for what does not fit."""
    if isinstance(value, str):
        raise BadCommand(f"{one.point}: a register holds no text ({value!r})")
    if one.type == "bool":
        return [int(bool(value))]
    number = (value - one.offset) / one.scale
    try:
        raw = struct.pack(FORMATS[one.type], number if one.type == "f32" else round(number))
    except (struct.error, OverflowError, ValueError):
        raise BadCommand(f"{one.point}: {value} does not fit into {one.type}") from None
    swapped = bytes(raw[place] for place in _places(one))
    return [int.from_bytes(swapped[at : at + 2], "big") for at in range(0, len(swapped), 2)]


def _bytes_of(one: Register, words: Words) -> bytes:
    wire = b"".join(int(word).to_bytes(2, "big") for word in words[: one.width])
    # Every order is its own opposite: the same table reads and writes.
    return bytes(wire[place] for place in _places(one))


def _places(one: Register) -> Sequence[int]:
    order = ORDERS[one.order]
    if one.width == 2:
        return order
    return (0, 1) if one.order in ("ABCD", "CDAB") else (1, 0)
