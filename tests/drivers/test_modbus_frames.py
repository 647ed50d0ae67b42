"""Modbus frames against the examples of the standards: whole, byte by byte, mutated, late and strange."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import ProtocolError
from drivers.sensors.modbus_frames import Answer, Question, RtuFraming, TcpFraming, reading, writing

Vector = tuple[Question, str, str, Answer]
VECTORS: list[Vector] = [
    # MODBUS Application Protocol V1.1b3, the examples of sections 6.1 to 6.6, 6.11 and 6.12, function and data.
    (reading(17, "co", 19, count=19), "01 0013 0013", "01 03 CD6B05", Answer([
        True, False, True, True, False, False, True, True, True, True, False, True, False, True, True, False,
        True, False, True])),
    (reading(17, "di", 196, count=22), "02 00C4 0016", "02 03 ACDB35", Answer([
        False, False, True, True, False, True, False, True, True, True, False, True, True, False, True, True,
        True, False, True, False, True, True])),
    (reading(17, "hr", 107, count=3), "03 006B 0003", "03 06 022B 0000 0064", Answer([0x022B, 0, 0x0064])),
    (reading(17, "ir", 8, count=1), "04 0008 0001", "04 02 000A", Answer([0x000A])),
    (writing(17, "co", 172, words=[True]), "05 00AC FF00", "05 00AC FF00", Answer([])),
    (writing(17, "hr", 1, words=[3]), "06 0001 0003", "06 0001 0003", Answer([])),
    (writing(17, "co", 19, words=[True, False, True, True, False, False, True, True, True, False]),
     "0F 0013 000A 02 CD01", "0F 0013 000A", Answer([])),
    (writing(17, "hr", 1, words=[0x000A, 0x0102]), "10 0001 0002 04 000A 0102", "10 0001 0002", Answer([])),
    (writing(17, "co", 172, words=[False], many=True), "0F 00AC 0001 01 00", "0F 00AC 0001", Answer([])),
    (reading(17, "hr", 107, count=3), "03 006B 0003", "83 02", Answer((), 2)),
    (writing(17, "hr", 1, words=[3]), "06 0001 0003", "86 01", Answer((), 1)),
]  # fmt: skip


def crc(data: bytes) -> bytes:
    """Return the check sum as appendix B of MODBUS over Serial Line V1.02 works it out."""
    rest = 0xFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0xA001 if rest & 1 else 0)
    return rest.to_bytes(2, "little")


def rtu(pdu: str, unit: int = 17) -> bytes:
    frame = bytes((unit,)) + bytes.fromhex(pdu)
    return frame + crc(frame)


def tcp(pdu: str, number: int, unit: int = 17) -> bytes:
    data = bytes.fromhex(pdu)
    return number.to_bytes(2, "big") + b"\0\0" + (len(data) + 1).to_bytes(2, "big") + bytes((unit,)) + data


def same(found: Answer | None, wanted: Answer) -> bool:
    return found is not None and (list(found.words), found.exception) == (list(wanted.words), wanted.exception)


@pytest.mark.parametrize(("question", "asked", "answered", "answer"), VECTORS)
def test_the_examples_of_the_standard_over_a_line(
    question: Question, asked: str, answered: str, answer: Answer
) -> None:
    framing = RtuFraming(Counter())
    assert framing.ask(question) == rtu(asked)
    assert same(framing.feed(rtu(answered)), answer)
    framing.ask(question)
    told = [framing.feed(bytes((byte,))) for byte in rtu(answered)]
    assert told[:-1] == [None] * (len(told) - 1)
    assert same(told[-1], answer)


@pytest.mark.parametrize(("question", "asked", "answered", "answer"), VECTORS)
def test_the_examples_of_the_standard_over_tcp(question: Question, asked: str, answered: str, answer: Answer) -> None:
    framing = TcpFraming(Counter())
    assert framing.ask(question) == tcp(asked, 1)
    assert same(framing.feed(tcp(answered, 1)), answer)
    assert framing.ask(question) == tcp(asked, 2)
    told = [framing.feed(bytes((byte,))) for byte in tcp(answered, 2)]
    assert told[:-1] == [None] * (len(told) - 1)
    assert same(told[-1], answer)


def test_a_check_sum_known_from_the_literature() -> None:
    assert RtuFraming(Counter()).ask(reading(1, "hr", 0, count=10)) == bytes.fromhex("0103 0000 000A C5CD")


@given(st.sampled_from(VECTORS), st.data())
def test_a_mutated_answer_is_never_taken_for_one_over_a_line(vector: Vector, data: st.DataObject) -> None:
    question, _, answered, _ = vector
    frame = rtu(answered)
    at = data.draw(st.integers(0, len(frame) - 1))
    flipped = frame[:at] + bytes((frame[at] ^ data.draw(st.integers(1, 255)),)) + frame[at + 1 :]
    framing = RtuFraming(Counter())
    framing.ask(question)
    assert framing.feed(flipped) is None


@given(st.sampled_from(VECTORS), st.data())
def test_a_mutated_answer_over_tcp_is_an_answer_or_a_protocol_error(vector: Vector, data: st.DataObject) -> None:
    question, _, answered, _ = vector
    frame = tcp(answered, 1)
    at = data.draw(st.integers(0, len(frame) - 1))
    flipped = frame[:at] + bytes((data.draw(st.integers(0, 255)),)) + frame[at + 1 :]
    framing = TcpFraming(Counter())
    framing.ask(question)
    try:
        framing.feed(flipped)
    except ProtocolError as error:
        assert "no Modbus TCP" in str(error)


@given(st.binary(max_size=600), st.integers(1, 64))
def test_any_noise_is_swallowed_and_the_buffer_stays_small(noise: bytes, chop: int) -> None:
    counters = Counter[str]()
    framing = RtuFraming(counters)
    framing.ask(reading(1, "hr", 0, count=125))
    for _ in range(4):
        for at in range(0, len(noise), chop):
            framing.feed(noise[at : at + chop])
    framing.ask(reading(9, "ir", 5, count=2))
    assert same(framing.feed(rtu("04 04 0001 0002", 9)), Answer([1, 2]))


def test_an_answer_is_found_behind_noise_and_the_noise_is_counted() -> None:
    counters = Counter[str]()
    framing = RtuFraming(counters)
    framing.ask(reading(17, "ir", 8, count=1))
    assert same(framing.feed(b"\x00\x11\x04" + rtu("04 02 000A")), Answer([10]))
    assert counters == {"garbage": 1}


def test_an_answer_that_comes_when_its_time_is_over_is_late_and_answers_nothing() -> None:
    counters = Counter[str]()
    framing = RtuFraming(counters)
    framing.ask(reading(17, "hr", 100, count=1))
    framing.forget()
    assert framing.feed(rtu("03 02 0064")) is None
    framing.ask(reading(17, "hr", 200, count=1))
    assert same(framing.feed(rtu("03 02 00C8")), Answer([200]))
    assert counters == {"late": 1}


def test_an_answer_of_another_unit_function_or_length_answers_nothing_on_a_line() -> None:
    counters = Counter[str]()
    framing = RtuFraming(counters)
    for strange in (rtu("03 02 0064", 18), rtu("04 02 0064"), rtu("03 04 0064 0065"), rtu("06 0064 0001")):
        framing.ask(reading(17, "hr", 100, count=1))
        assert framing.feed(strange) is None
    framing.forget()
    assert "another question came: 11 06 00 64" in framing.remark
    assert counters == {"late": 4}


def test_the_echo_of_an_adapter_is_hunted_through() -> None:
    framing = RtuFraming(Counter())
    asked = framing.ask(reading(17, "hr", 107, count=3))
    assert same(framing.feed(asked + rtu("03 06 022B 0000 0064")), Answer([0x022B, 0, 0x64]))


def test_over_tcp_only_the_right_number_and_unit_is_an_answer() -> None:
    counters = Counter[str]()
    framing = TcpFraming(counters)
    framing.ask(reading(17, "hr", 100, count=1))
    framing.ask(reading(17, "hr", 200, count=1))
    assert framing.feed(tcp("03 02 0064", 1)) is None
    assert framing.remark == "an answer to another question came"
    assert framing.feed(tcp("03 02 00C8", 2, unit=3)) is None
    assert framing.remark == "an answer came from unit 3"
    assert framing.feed(tcp("03 04 00C8 0001", 2)) is None
    assert same(framing.feed(tcp("03 02 0063", 1) + tcp("03 02 00C8", 2)), Answer([200]))
    assert counters == {"late": 2, "wrong_unit": 1, "garbage": 1}


def test_over_tcp_what_has_no_header_ends_the_connection() -> None:
    framing = TcpFraming(Counter())
    framing.ask(reading(1, "hr", 0, count=1))
    with pytest.raises(ProtocolError, match="this is no Modbus TCP: 48 54 54 50"):
        framing.feed(b"HTTP/1.1 400 Bad Request\r\n")


def test_the_number_of_a_question_never_is_zero() -> None:
    framing = TcpFraming(Counter())
    numbers = [int.from_bytes(framing.ask(reading(1, "hr", 0, count=1))[:2], "big") for _ in range(0x10001)]
    assert (min(numbers), max(numbers), numbers[-1]) == (1, 0xFFFF, 2)
