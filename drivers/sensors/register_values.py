"""How words become values and back: every type, byte order, bit field, text and scale, alike both ways."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal

from drivers.errors import BadCommand, ProtocolError
from drivers.model import Value
from drivers.sensors.register_map import BIT_TABLES, SIZES, Register, Words

CODES: Mapping[str, str] = {
    "u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "u64": ">Q", "s64": ">q",
    "f16": ">e", "f32": ">f", "f64": ">d", "bcd16": ">H", "bcd32": ">I", "bool": ">H",
}  # fmt: skip
"""The big-endian layout of each type, as `struct` writes it."""

ORDERS: Mapping[str, int] = {
    "AB": 0, "BA": 1,
    "ABCD": 0, "BADC": 1, "CDAB": 6, "DCBA": 7,
    "ABCDEFGH": 0, "BADCFEHG": 1, "CDABGHEF": 2, "DCBAHGFE": 3,
    "EFGHABCD": 4, "FEHGBADC": 5, "GHEFCDAB": 6, "HGFEDCBA": 7,
}  # fmt: skip
"""Which byte of the value stands at each place on the wire, as what the place is XORed with: 1 swaps the bytes of a
word, 2 the words of a pair, 4 the pairs. Every order is its own opposite. CDAB and DCBA turn all its words round.
"""

EXACT = 2**53
"""Beyond this a float no longer holds every whole number."""
DIGITS: Mapping[str, range] = {"f16": range(3, 6), "f32": range(6, 10)}
"""How many significant digits may be needed to tell a short float from its neighbours."""
PADDING: Mapping[str, bytes] = {"nul": b"\0", "space": b" "}


def decode(one: Register, words: Words) -> Value:
    """Return the value of a register from its words (or its bit); raise ProtocolError for what is none."""
    if one.table in BIT_TABLES:
        return bool(words[0])
    raw = arranged(one, wire_bytes(words[: one.width]))
    if one.type == "text":
        return _text(one, raw)
    number = _number(one, raw)
    if one.type == "bool":
        return number != 0
    if one.scale != 1 or one.offset != 0:
        return float(_exact(number) * _exact(one.scale) + _exact(one.offset))
    return number if isinstance(number, int) and abs(number) > EXACT else float(number)


def encode(one: Register, value: Value, *, over: Words = ()) -> list[int]:
    """Return the words of a value: the exact opposite of `decode`; raise BadCommand for what does not fit.

    A value that is only some bits of its registers leaves the others as they are in `over` (none given: 0).
    """
    if one.type == "text":
        return _words(arranged(one, _padded(one, value)))
    if isinstance(value, str):
        raise BadCommand(f"{one.point}: a register of type {one.type} holds no text ({value!r})")
    if one.table in BIT_TABLES:
        return [int(bool(value))]
    raw = _packed(one, _raw_number(one, value))
    if one.bits:
        others = _whole(one, over) & ~_mask(one) if over else 0
        raw = (others | int.from_bytes(raw, "big")).to_bytes(len(raw), "big")
    return _words(arranged(one, raw))


def same(one: Register, wanted: Words, found: Words) -> bool:
    """Return whether the words that were read say what was wished; only the bits that are the point's count."""
    if not one.bits or one.table in BIT_TABLES:
        return [int(word) for word in wanted[: one.width]] == [int(word) for word in found[: one.width]]
    mask = _mask(one)
    return (_whole(one, wanted) ^ _whole(one, found)) & mask == 0


def _whole(one: Register, words: Words) -> int:
    """Return the registers as one unsigned number."""
    return int.from_bytes(arranged(one, wire_bytes(words[: one.width])), "big")


def wire_bytes(words: Words) -> bytes:
    """Return registers as the bytes that they have on the wire."""
    return b"".join(int(word).to_bytes(2, "big") for word in words)


def arranged(one: Register, data: bytes) -> bytes:
    """Return the bytes of a value out of wire order, or into it."""
    swap = ORDERS[one.order]
    mask = swap & 1 if one.type == "text" else swap & (len(data) - 1)
    return bytes(data[place ^ mask] for place in range(len(data)))


def _words(raw: bytes) -> list[int]:
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]


def _exact(number: float) -> Decimal:
    """Return the number that people mean by what is written: 0.1 is a tenth, so that 2317 × 0.1 is 231.7."""
    return Decimal(repr(number))


def _number(one: Register, raw: bytes) -> float:
    """Return what the registers hold, before scale and offset."""
    number: float
    (number,) = struct.unpack(CODES[one.type], raw)
    if not math.isfinite(number):
        raise ProtocolError(f"{one.point}: the registers {raw.hex(' ')} hold no number")
    if one.type.startswith("bcd"):
        return _from_bcd(one, raw)
    if isinstance(number, int):
        return (number >> one.bit) & ((1 << one.bits) - 1) if one.bits else number
    return _short(one.type, number, raw)


def _short(kind: str, number: float, raw: bytes) -> float:
    """Return a float with the fewest digits that still are the same registers: 22.1, not 22.100000381469727."""
    if number.is_integer() and abs(number) <= EXACT:
        return number
    for digits in DIGITS.get(kind, ()):
        short = float(f"{number:.{digits}g}")
        if struct.pack(CODES[kind], short) == raw:
            return short
    return number


def _from_bcd(one: Register, raw: bytes) -> int:
    digits = raw.hex()
    if not digits.isdecimal():
        raise ProtocolError(f"{one.point}: the registers {raw.hex(' ')} hold no decimal digits")
    return int(digits)


def _raw_number(one: Register, value: float) -> Decimal | float:
    """Return what the registers must hold for a value: whole for all but floats."""
    if not math.isfinite(value):
        raise BadCommand(f"{one.point}: {value} is no number that a register holds")
    if one.scale == 1 and one.offset == 0:
        return value
    return (_exact(value) - _exact(one.offset)) / _exact(one.scale)


def _packed(one: Register, number: Decimal | float) -> bytes:
    try:
        if one.type in ("f16", "f32", "f64"):
            return struct.pack(CODES[one.type], float(number))
        whole = int(bool(number)) if one.type == "bool" else round(number)
        if one.bits:
            return struct.pack(CODES[one.type], _within(whole, 1 << one.bits) << one.bit)
        if one.type.startswith("bcd"):
            digits = SIZES[one.type] * 2
            return bytes.fromhex(f"{_within(whole, 10**digits):0{digits}d}")
        return struct.pack(CODES[one.type], whole)
    except (struct.error, OverflowError):
        raise BadCommand(f"{one.point}: {number} does not fit into {one.type}") from None


def _within(number: int, end: int) -> int:
    if not 0 <= number < end:
        raise OverflowError
    return number


def _mask(one: Register) -> int:
    return ((1 << one.bits) - 1) << one.bit


def _text(one: Register, raw: bytes) -> str:
    try:
        text = raw.partition(b"\0")[0].decode(one.encoding)
    except UnicodeDecodeError:
        raise ProtocolError(f"{one.point}: the registers {raw.hex(' ')} are no {one.encoding}") from None
    text = text.rstrip(" ") if one.padding == "space" else text
    if text and not text.isprintable():
        raise ProtocolError(f"{one.point}: the registers {raw.hex(' ')} hold no text that can be shown")
    return text


def _padded(one: Register, value: Value) -> bytes:
    if not isinstance(value, str):
        raise BadCommand(f"{one.point}: a text is wanted, not {value!r}")
    try:
        raw = value.encode(one.encoding)
    except UnicodeEncodeError:
        raise BadCommand(f"{one.point}: {value!r} cannot be written as {one.encoding}") from None
    if len(raw) > 2 * one.width:
        raise BadCommand(f"{one.point}: {value!r} takes {len(raw)} bytes; there is room for {2 * one.width}")
    return raw.ljust(2 * one.width, PADDING[one.padding])


def orders_of(kind: str) -> Sequence[str]:
    """Return the orders in which a value of this type can lie, each once."""
    return {2: ("AB", "BA"), 4: ("ABCD", "CDAB", "BADC", "DCBA")}.get(
        SIZES[kind], tuple(name for name in ORDERS if len(name) == SIZES[kind])
    )
