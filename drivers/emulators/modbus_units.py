"""The memory of the units on an emulated Modbus line, and what they answer, written from the standard.

MODBUS Application Protocol V1.1b3, sections 6.1 to 6.6, 6.11, 6.12 and 7.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from drivers.emulators.modbus_faults import Troubles
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Value
from drivers.sensors.register_map import BIT_TABLES, Register, Table
from drivers.sensors.register_values import arranged, decode, encode, wire_bytes

READS: Mapping[int, tuple[Table, int]] = {1: ("co", 2000), 2: ("di", 2000), 3: ("hr", 125), 4: ("ir", 125)}
"""The table that a function reads, and how many at once."""
WRITES: Mapping[int, tuple[Table, int]] = {5: ("co", 1), 6: ("hr", 1), 15: ("co", 1968), 16: ("hr", 123)}
ON, OFF = 0xFF00, 0x0000
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, BUSY, NO_ANSWER = 1, 2, 3, 6, 11
NOT_A_NUMBER: Mapping[str, str] = {"f16": "7e00", "f32": "7fc00000", "f64": "7ff8000000000000"}
"""The quiet NaN of each type (IEEE 754)."""

Key = tuple[int, Table]


class Units:
    """Several units by their registers; `reading` tells what a point reads, until a master writes it."""

    def __init__(self, registers: Sequence[Register], reading: Callable[[str], Value], *, troubles: Troubles) -> None:
        self.troubles = troubles
        self._reading = reading
        self._registers: dict[Key, list[Register]] = defaultdict(list)
        for one in registers:
            self._registers[one.unit, one.table].append(one)
        self._written: dict[Key, dict[int, int]] = defaultdict(dict)

    def __contains__(self, unit: object) -> bool:
        return any(unit == number for number, _ in self._registers)

    def value(self, one: Register) -> Value:
        """Return what a point reads to a master; the words as text when they hold no value."""
        words = [self._word(one.unit, one.table, at) for at in range(one.address, one.end)]
        try:
            return decode(one, words)
        except ProtocolError:
            return wire_bytes(words).hex(" ")

    def forget(self, one: Register) -> None:
        """Drop what masters have written there."""
        for at in range(one.address, one.end):
            self._written[one.unit, one.table].pop(at, None)

    def answer(self, unit: int, pdu: bytes) -> bytes:
        """Return the answer to a request's function and data; an exception for what the unit cannot do."""
        function = pdu[0]
        try:
            return bytes((function,)) + self._does(function)(unit, pdu)
        except _Exception as refusal:
            return bytes((function | 0x80, refusal.code))
        except struct.error:
            return bytes((function | 0x80, ILLEGAL_VALUE))

    def _does(self, function: int) -> Callable[[int, bytes], bytes]:
        if self.troubles.busy:
            raise _Exception(BUSY)
        if function in READS and function not in self.troubles.unknown:
            return self._read
        if function in WRITES and function not in self.troubles.unknown:
            return self._write
        raise _Exception(ILLEGAL_FUNCTION)

    def _read(self, unit: int, pdu: bytes) -> bytes:
        table, most = READS[pdu[0]]
        start, count = struct.unpack(">HH", pdu[1:5])
        if not 1 <= count <= min(most, self.troubles.most or most):
            raise _Exception(ILLEGAL_VALUE)
        self._check(unit, table, range(start, start + count))
        words = [self._word(unit, table, at) for at in range(start, start + count)]
        data = _packed_bits(words) if table in BIT_TABLES else wire_bytes(words)
        return bytes((len(data),)) + data

    def _write(self, unit: int, pdu: bytes) -> bytes:
        table, _ = WRITES[pdu[0]]
        (start,) = struct.unpack(">H", pdu[1:3])
        words = _single(pdu) if pdu[0] in (5, 6) else _several(pdu, table)
        self._check(unit, table, range(start, start + len(words)))
        if not self.troubles.deaf:
            self._written[unit, table].update(zip(range(start, start + len(words)), words, strict=True))
        return pdu[1:5]

    def _check(self, unit: int, table: Table, wanted: range) -> None:
        """Raise for an address that is not there: those between the first and the last point of a table are."""
        known = self._registers.get((unit, table), [])
        first, end = min((one.address for one in known), default=0), max((one.end for one in known), default=0)
        for at in wanted:
            if not first <= at < end or (unit, table, at) in self.troubles.holes:
                raise _Exception(ILLEGAL_ADDRESS)

    def _word(self, unit: int, table: Table, at: int) -> int:
        written = self._written[unit, table]
        if at in written:
            return written[at]
        word = 0
        for one in self._registers[unit, table]:
            if one.address <= at < one.end:
                word |= self._words(one)[at - one.address]
        return word

    def _words(self, one: Register) -> Sequence[int]:
        if one.point in self.troubles.nan:
            raw = arranged(one, bytes.fromhex(NOT_A_NUMBER.get(one.type, "ffff" * one.width)))
            return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
        try:
            return encode(one, self._reading(one.point))
        except BadCommand:
            return [0xFFFF] * one.width  # A real device too shows all ones for what it cannot hold.


class _Exception(ProtocolError):
    """An exception code on its way to the answer."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


def _packed_bits(words: Sequence[int]) -> bytes:
    """Return bits as they go over the wire: the first is the lowest of the first byte."""
    data = bytearray((len(words) + 7) // 8)
    for at, word in enumerate(words):
        data[at // 8] |= bool(word) << at % 8
    return bytes(data)


def _single(pdu: bytes) -> list[int]:
    (value,) = struct.unpack(">H", pdu[3:5])
    if pdu[0] == 6:
        return [value]
    if value not in (ON, OFF):
        raise _Exception(ILLEGAL_VALUE)
    return [int(value == ON)]


def _several(pdu: bytes, table: Table) -> list[int]:
    count, size = struct.unpack(">HB", pdu[3:6])
    data = pdu[6:]
    expected = (count + 7) // 8 if table in BIT_TABLES else 2 * count
    if not 1 <= count <= WRITES[pdu[0]][1] or size != expected or len(data) != size:
        raise _Exception(ILLEGAL_VALUE)
    if table in BIT_TABLES:
        return [data[at // 8] >> at % 8 & 1 for at in range(count)]
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, size, 2)]
