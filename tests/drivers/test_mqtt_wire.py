"""The MQTT packets that are cut from a byte stream, against packets built by hand from the standard."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import ProtocolError
from drivers.sensors.mqtt_wire import MOST, Message, Wire, pubacks

CONNACK = bytes.fromhex("20 02 01 00")
PINGRESP = bytes.fromhex("d0 00")
SUBACK = bytes.fromhex("90 03 00 0a 01")

VECTORS: list[tuple[str, bytes, Message]] = [
    # MQTT 3.1.1, figure 3.11: topic a/b, packet id 10, QoS 1.
    ("figure 3.11", bytes.fromhex("32 07 00 03 61 2f 62 00 0a"), (b"a/b", b"", 1, 10, False, False)),
    ("QoS 0", bytes.fromhex("30 07 00 03 61 2f 62 68 69"), (b"a/b", b"hi", 0, 0, False, False)),
    ("retained", bytes.fromhex("31 07 00 03 61 2f 62 68 69"), (b"a/b", b"hi", 0, 0, True, False)),
    ("redelivered", bytes.fromhex("3a 09 00 03 61 2f 62 ff fe 68 69"), (b"a/b", b"hi", 1, 65_534, False, True)),
    ("QoS 2", bytes.fromhex("34 08 00 03 61 2f 62 00 01 78"), (b"a/b", b"x", 2, 1, False, False)),
    (
        "NUL and no UTF-8 in the topic",
        bytes.fromhex("30 05 00 02 00 ff 01"),
        (b"\x00\xff", b"\x01", 0, 0, False, False),
    ),
    ("an empty topic", bytes.fromhex("30 02 00 00"), (b"", b"", 0, 0, False, False)),
    ("two length bytes", bytes.fromhex("30 80 01 00 01 74") + b"p" * 125, (b"t", b"p" * 125, 0, 0, False, False)),
    (
        "three length bytes",
        bytes.fromhex("30 80 80 01 00 01 74") + b"p" * 16_381,
        (b"t", b"p" * 16_381, 0, 0, False, False),
    ),
]
STREAM = CONNACK + b"".join(raw for _, raw, _ in VECTORS) + SUBACK + PINGRESP
MESSAGES = [message for _, _, message in VECTORS]


@pytest.mark.parametrize(
    ("raw", "message"), [(raw, message) for _, raw, message in VECTORS], ids=[name for name, _, _ in VECTORS]
)
def test_a_publish_is_cut_whole(raw: bytes, message: Message) -> None:
    assert Wire().feed(raw) == ([message], b"")


@pytest.mark.parametrize(
    ("raw", "message"), [(raw, message) for _, raw, message in VECTORS], ids=[name for name, _, _ in VECTORS]
)
def test_a_publish_is_cut_when_it_comes_byte_by_byte(raw: bytes, message: Message) -> None:
    wire = Wire()
    found = [wire.feed(raw[at : at + 1]) for at in range(len(raw))]
    assert [messages for messages, _ in found if messages] == [[message]]


def test_other_packets_pass_through_in_order() -> None:
    assert Wire().feed(STREAM) == (MESSAGES, CONNACK + SUBACK + PINGRESP)


@given(st.lists(st.integers(1, len(STREAM) - 1), max_size=12))
def test_any_chopping_gives_the_same_messages(cuts: list[int]) -> None:
    wire, messages, others = Wire(), list[Message](), b""
    edges = [0, *sorted(cuts), len(STREAM)]
    for begin, end in pairwise(edges):
        some, other = wire.feed(STREAM[begin:end])
        messages, others = messages + some, others + other
    assert (messages, others) == (MESSAGES, CONNACK + SUBACK + PINGRESP)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=4), st.integers(1, 200))
def test_mutated_packets_are_messages_or_a_protocol_error(changes: list[tuple[int, int]], size: int) -> None:
    garbled = bytearray(STREAM[:400])
    for at, byte in changes:
        garbled[at] = byte
    wire = Wire()
    try:
        for at in range(0, len(garbled), size):
            wire.feed(bytes(garbled[at : at + size]))
    except ProtocolError:
        pass


@pytest.mark.parametrize(
    "raw",
    [
        "00 00",
        "f0 00",
        "30 ff ff ff ff 01",
        "36 05 00 01 61 00 01",
        "32 05 00 01 61 00 00",
        "30 03 00 05 61",
        "32 03 00 01 61",
        "30 01 00",
    ],
    ids=[
        "type 0",
        "type 15",
        "five length bytes",
        "QoS 3",
        "packet id 0",
        "topic past the end",
        "no packet id",
        "half a length",
    ],
)
def test_what_the_standard_forbids_is_a_protocol_error(raw: str) -> None:
    with pytest.raises(ProtocolError):
        Wire().feed(bytes.fromhex(raw))


def _publish(payload: bytes) -> bytes:
    body = b"\x00\x01t\x00\x07" + payload
    size, length = len(body), b""
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return b"\x32" + length + bytes([size]) + body


@pytest.mark.parametrize("chunk", [1_000, 65_536, 10_000_000])
def test_a_packet_that_is_too_large_is_cut_so_that_it_can_be_acknowledged(chunk: int) -> None:
    stream, wire = _publish(b"x" * 2_000_000) + VECTORS[0][1], Wire()
    found = [message for at in range(0, len(stream), chunk) for message in wire.feed(stream[at : at + chunk])[0]]
    large, small = found
    assert (large[0], large[2:], small) == (b"t", (1, 7, False, False), VECTORS[0][2])
    assert len(large[1]) > 64 * 1024


def test_a_wire_holds_no_more_than_its_measure() -> None:
    wire, stream = Wire(), _publish(b"x" * 5_000_000)
    held = 0
    for at in range(0, 4_000_000, 50_000):
        wire.feed(stream[at : at + 50_000])
        held = max(held, len(wire._kept))
    assert held <= MOST + 50_000


def test_another_packet_that_is_too_large_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        Wire(most=1_000).feed(b"\x90\x80\x80\x01" + b"x" * 2_000)


def test_acknowledgements_leave_as_one_piece() -> None:
    assert pubacks([10, 65_534]) == bytes.fromhex("40 02 00 0a 40 02 ff fe")
