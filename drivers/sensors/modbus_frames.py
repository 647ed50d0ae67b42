"""Modbus questions as bytes, and bytes as the answer to the question in flight: the only file that knows pymodbus.

MODBUS Application Protocol V1.1b3, sections 4 to 7; MODBUS over Serial Line V1.02, section 2.5; MODBUS Messaging on
TCP/IP V1.0b, section 3.1.3.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pymodbus.framer import FramerBase, FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from drivers.errors import ProtocolError
from drivers.sensors.register_map import Table, Words

# What is wrong is told by what we raise and count; the library would tell it a second time.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

READ: Mapping[Table, int] = {"co": 1, "di": 2, "hr": 3, "ir": 4}
WRITE_ONE: Mapping[Table, int] = {"co": 5, "hr": 6}
WRITE_MANY: Mapping[Table, int] = {"co": 15, "hr": 16}
"""The functions by table."""
_REQUESTS: Mapping[int, type[ModbusPDU]] = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
    5: WriteSingleCoilRequest,
    6: WriteSingleRegisterRequest,
    15: WriteMultipleCoilsRequest,
    16: WriteMultipleRegistersRequest,
}
BIT_READS = frozenset({READ["co"], READ["di"]})
REFUSED = 0x80
"""Added to the function in an answer that is an exception."""
MOST_BUFFERED = 1024
"""A frame has 260 bytes at most: more that make none are noise."""
HEADER = 7
"""Transaction, protocol, length and unit before a frame's function, over TCP."""
SHORTEST, LONGEST = 3, 254
"""What the length in that header may be: unit, function and data."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request to one unit; `count` addresses from `address` on, `words` when they are to be written."""

    unit: int
    function: int
    address: int
    count: int
    words: Words = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the unit answered: the words that were asked for (none to a write), or the code of an exception."""

    words: Words
    exception: int = 0


def reading(unit: int, table: Table, address: int, *, count: int) -> Question:
    """Return the question for `count` registers or bits."""
    return Question(unit, READ[table], address, count)


def writing(unit: int, table: Table, address: int, *, words: Words, many: bool = False) -> Question:
    """Return the question that writes words or bits, by the function for several when there are or `many` says so."""
    functions = WRITE_MANY if many or len(words) > 1 else WRITE_ONE
    return Question(unit, functions[table], address, len(words), words)


class Framing(Protocol):
    """How frames are told apart on one connection; one question is in flight at a time."""

    remark: str
    """The last thing that came and was no answer to the question in flight; empty when nothing did."""

    def ask(self, question: Question) -> bytes:
        """Return the question's bytes; from now on only its own answer is one, and what came before is forgotten."""

    def forget(self) -> None:
        """Let no answer be one any more: its time is over."""

    def feed(self, data: bytes) -> Answer | None:
        """Return the answer if `data` completes it; raise ProtocolError when the stream can no longer be read."""


class RtuFraming:
    """Serial frames, over a line or TCP: unit, function, data, CRC; matched on unit, function, length and CRC.

    They carry no number: an answer that comes too late looks like the next one's. `forget`, and a pause before the same
    unit is asked again, keep them apart.
    """

    def __init__(self, counters: Counter[str]) -> None:
        self.remark = ""
        self._counters = counters
        self._framer = FramerRTU(_decoder())
        self._buffer = b""
        self._question: Question | None = None

    def ask(self, question: Question) -> bytes:
        """Return the question's bytes; from now on only its own answer is one, and what came before is forgotten."""
        self._drop(self._buffer)
        self._buffer, self.remark = b"", ""
        self._question = question
        return _frame(self._framer, question, 0)

    def forget(self) -> None:
        """Let no answer be one any more: its time is over."""
        self._question = None
        self._drop(self._buffer)
        self._buffer = b""

    def feed(self, data: bytes) -> Answer | None:
        """Return the answer if `data` completes it; what is none is hunted through, for noise may come before it."""
        self._buffer += data
        if self._question is None:
            self._drop(self._buffer)
            self._buffer = b""
            return None
        for at in range(len(self._buffer)):
            pdu = _sound(self._buffer[at:], self._question)
            if pdu:
                self._drop(self._buffer[:at])
                answer = _answer(self._question, pdu)
                self._buffer, self._question = self._buffer[at + len(pdu) + 3 :], None
                return answer
        excess, self._buffer = self._buffer[:-MOST_BUFFERED], self._buffer[-MOST_BUFFERED:]
        self._drop(excess)
        return None

    def _drop(self, data: bytes) -> None:
        """Count bytes that answer nothing: a sound frame is late or strange, anything else is garbage."""
        if not data:
            return
        kind = "late" if len(data) > SHORTEST and _crc_fits(data) else "garbage"
        self._counters[kind] += 1
        self.remark = f"{'an answer to another question' if kind == 'late' else 'garbage'} came: {data[:16].hex(' ')}"


class TcpFraming:
    """Frames of Modbus TCP: a header with the question's number; matched on number, unit, function and length."""

    def __init__(self, counters: Counter[str]) -> None:
        self.remark = ""
        self._counters = counters
        self._framer = FramerSocket(_decoder())
        self._buffer = b""
        self._question: Question | None = None
        self._number = 0

    def ask(self, question: Question) -> bytes:
        """Return the question's bytes, with a new number."""
        self._question, self.remark = question, ""
        self._number = self._number % 0xFFFF + 1
        return _frame(self._framer, question, self._number)

    def forget(self) -> None:
        """Let no answer be one any more: its time is over."""
        self._question = None

    def feed(self, data: bytes) -> Answer | None:
        """Return the answer if `data` completes it; raise ProtocolError for what is no Modbus TCP."""
        self._buffer += data
        answer: Answer | None = None
        while len(self._buffer) > HEADER:
            length = int.from_bytes(self._buffer[4:6], "big")
            if self._buffer[2:4] != b"\0\0" or not SHORTEST <= length <= LONGEST:
                self._counters["garbage"] += 1
                noise, self._buffer = self._buffer[:16], b""
                raise ProtocolError(f"this is no Modbus TCP: {noise.hex(' ')}")
            if len(self._buffer) < HEADER - 1 + length:
                break
            frame, self._buffer = self._buffer[: HEADER - 1 + length], self._buffer[HEADER - 1 + length :]
            answer = self._match(frame) or answer
        return answer

    def _match(self, frame: bytes) -> Answer | None:
        question, unit = self._question, frame[HEADER - 1]
        if question is None or int.from_bytes(frame[:2], "big") != self._number:
            self._strange("late", "an answer to another question came")
        elif unit != question.unit:
            self._strange("wrong_unit", f"an answer came from unit {unit}")
        elif frame[HEADER:] != _cut(frame[HEADER:], question):
            self._strange("garbage", f"an answer of another kind came: {frame[:16].hex(' ')}")
        else:
            self._question = None
            return _answer(question, frame[HEADER:])
        return None

    def _strange(self, kind: str, remark: str) -> None:
        self._counters[kind] += 1
        self.remark = remark


def _decoder() -> DecodePDU:
    return DecodePDU(is_server=False)


def _frame(framer: FramerBase, question: Question, number: int) -> bytes:
    pdu = _pdu(question)
    pdu.dev_id, pdu.transaction_id = question.unit, number
    return framer.buildFrame(pdu)


def _pdu(question: Question) -> ModbusPDU:
    pdu = _REQUESTS[question.function]()
    pdu.address, pdu.count = question.address, question.count
    pdu.bits, pdu.registers = [bool(word) for word in question.words], [int(word) for word in question.words]
    return pdu


def _head(question: Question) -> tuple[bytes, int]:
    """Return how an answer's function and data must begin, and how long they are; a write is answered by itself."""
    function, count = question.function, question.count
    if function in READ.values():
        size = (count + 7) // 8 if function in BIT_READS else 2 * count
        return bytes((function, size)), 2 + size
    told = _pdu(question).encode()[:4]
    return bytes((function,)) + told, 1 + len(told)


def _cut(data: bytes, question: Question) -> bytes:
    """Return the answer's function and data at the beginning of `data`; empty when it is none, or not all of it."""
    if data[:1] == bytes((question.function | REFUSED,)):
        return data[:2] if len(data) > 1 else b""
    head, size = _head(question)
    return data[:size] if data.startswith(head) and len(data) >= size else b""


def _sound(data: bytes, question: Question) -> bytes:
    """Return function and data of a serial frame at the beginning of `data`, when it is an answer and its CRC fits."""
    if data[0] != question.unit:
        return b""
    pdu = _cut(data[1:], question)
    return pdu if pdu and _crc_fits(data[: len(pdu) + 3]) else b""


def _crc_fits(frame: bytes) -> bool:
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))


def _answer(question: Question, pdu: bytes) -> Answer:
    reply = _decoder().decode(pdu)
    if reply is None:
        raise ProtocolError(f"an answer that cannot be read: {pdu.hex(' ')}")
    if reply.isError():
        return Answer((), reply.exception_code)
    words = reply.bits if question.function in BIT_READS else reply.registers
    return Answer(words[: question.count] if question.function in READ.values() else ())
