"""The data types of Sparkplug B: what a value that travelled means (Sparkplug 3.0, section 6.4.16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from drivers.errors import ProtocolError
from drivers.model import Value


class DataType(IntEnum):
    """What a metric is (section 6.4.16)."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15
    DATA_SET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    PROPERTY_SET = 20
    PROPERTY_SET_LIST = 21
    INT8_ARRAY = 22
    INT16_ARRAY = 23
    INT32_ARRAY = 24
    INT64_ARRAY = 25
    UINT8_ARRAY = 26
    UINT16_ARRAY = 27
    UINT32_ARRAY = 28
    UINT64_ARRAY = 29
    FLOAT_ARRAY = 30
    DOUBLE_ARRAY = 31
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33
    DATE_TIME_ARRAY = 34


class Unsupported(ProtocolError):
    """A value of a data type that no point can have, or of one that was never told."""


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer as it travels: unsigned, and only its data type says what it means."""

    bits: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that is not looked into: bytes, a DataSet, a Template, an extension."""

    size: int


Raw = Whole | float | bool | str | Opaque
"""A value as it travels."""

WIDTHS: Mapping[int, int] = {
    DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64,
}  # fmt: skip
UNSIGNED: Mapping[int, int] = {
    DataType.UINT8: 8, DataType.UINT16: 16, DataType.UINT32: 32, DataType.UINT64: 64, DataType.DATE_TIME: 64,
}  # fmt: skip
CARRIED: Mapping[int, type] = {
    DataType.FLOAT: float, DataType.DOUBLE: float, DataType.BOOLEAN: bool,
    DataType.STRING: str, DataType.TEXT: str, DataType.UUID: str,
}  # fmt: skip
TELLS_ITSELF = (float, bool, str)
"""Values whose field says already what they are."""


def value_of(raw: Raw | None, datatype: int) -> Value:
    """Return what a value means; raise Unsupported for what no point can have, ProtocolError for what does not fit."""
    if isinstance(raw, Whole):
        return _whole(raw.bits, datatype)
    if isinstance(raw, TELLS_ITSELF) and datatype in (DataType.UNKNOWN, *CARRIED):
        if datatype and not isinstance(raw, CARRIED[datatype]):
            raise ProtocolError(f"a value that is no {_word(datatype)} came for one: {str(raw)[:40]!r}")
        return raw
    if isinstance(raw, Opaque) or datatype > DataType.UUID:
        raise Unsupported(f"no point can be {_word(datatype)}")
    raise ProtocolError(f"no value came for a metric that is {_word(datatype)}")


def _whole(bits: int, datatype: int) -> int:
    """Return an integer: in two's complement of its own, 32 or 64 bits, as encoders differ in how far they extend."""
    if datatype == DataType.UNKNOWN:
        raise Unsupported("a whole number came before any birth said of which data type it is")
    if datatype in UNSIGNED and bits < 1 << UNSIGNED[datatype]:
        return bits
    half = 1 << WIDTHS[datatype] - 1 if datatype in WIDTHS else 0
    if bits < half:
        return bits
    for width in (WIDTHS.get(datatype, 0), 32, 64):
        if half and (1 << width) - half <= bits < 1 << width:
            return bits - (1 << width)
    raise ProtocolError(f"{bits} is no value of a metric that is {_word(datatype)}")


def _word(datatype: int) -> str:
    known = datatype and datatype in DataType.__members__.values()
    return DataType(datatype).name.lower() if known else f"of the unknown data type {datatype}"


def raw_of(value: Value, datatype: int) -> Raw:
    """Return how a value of a plain data type travels."""
    if datatype in CARRIED:
        return CARRIED[datatype](value)  # type: ignore[no-any-return]  # float, bool or str
    width = 64 if datatype in (DataType.INT64, *UNSIGNED) else 32
    return Whole(int(value) % (1 << width))
