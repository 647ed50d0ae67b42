"""The PUBLISH of MQTT 5: its properties are passed over, its topic aliases resolved; packets by hand."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import ProtocolError
from drivers.sensors.mqtt_properties import alias_of, variable
from drivers.sensors.mqtt_wire import Message, Wire

DISCONNECT = bytes.fromhex("e0 02 8e 00")
VECTORS: list[tuple[str, bytes, Message]] = [
    ("no properties", bytes.fromhex("32 08 00 03 61 2f 62 00 0a 00"), (b"a/b", b"", 1, 10, False, False)),
    ("QoS 0", bytes.fromhex("30 08 00 03 61 2f 62 00 68 69"), (b"a/b", b"hi", 0, 0, False, False)),
    (
        "message expiry and payload format, retained",
        bytes.fromhex("31 0f 00 03 61 2f 62 07 01 01 02 00 00 00 3c 68 69"),
        (b"a/b", b"hi", 0, 0, True, False),
    ),
    (
        "content type, response topic, correlation, user property, two subscription identifiers",
        bytes.fromhex("32 23 00 03 61 2f 62 ff fe 1a")
        + bytes.fromhex("03 00 01 6a 08 00 01 72 09 00 02 01 02 26 00 01 6b 00 02 76 76 0b 07 0b 80 01")
        + b"x",
        (b"a/b", b"x", 1, 65_534, False, False),
    ),
    ("an alias is given", bytes.fromhex("30 0a 00 03 61 2f 62 03 23 00 05 31"), (b"a/b", b"1", 0, 0, False, False)),
    ("an alias is used", bytes.fromhex("30 07 00 00 03 23 00 05 32"), (b"a/b", b"2", 0, 0, False, False)),
    ("an alias is given anew", bytes.fromhex("30 08 00 01 63 03 23 00 05 33"), (b"c", b"3", 0, 0, False, False)),
    ("and means that", bytes.fromhex("3a 09 00 00 00 07 03 23 00 05 34"), (b"c", b"4", 1, 7, False, True)),
]
STREAM = b"".join(raw for _, raw, _ in VECTORS) + DISCONNECT
MESSAGES = [message for _, _, message in VECTORS]


def test_every_publish_is_cut_whole_in_order() -> None:
    wire = Wire(v5=True)
    assert [wire.feed(raw) for _, raw, _ in VECTORS] == [([message], b"") for message in MESSAGES]


def test_all_at_once_and_byte_by_byte_are_the_same() -> None:
    assert Wire(v5=True).feed(STREAM) == (MESSAGES, DISCONNECT)
    wire = Wire(v5=True)
    found = [wire.feed(STREAM[at : at + 1]) for at in range(len(STREAM))]
    assert [message for messages, _ in found for message in messages] == MESSAGES


@given(st.lists(st.integers(1, len(STREAM) - 1), max_size=12))
def test_any_chopping_gives_the_same_messages(cuts: list[int]) -> None:
    wire = Wire(v5=True)
    found = [wire.feed(STREAM[begin:end]) for begin, end in pairwise([0, *sorted(cuts), len(STREAM)])]
    assert [message for messages, _ in found for message in messages] == MESSAGES


@given(st.lists(st.tuples(st.integers(0, len(STREAM) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_mutated_packets_are_messages_or_a_protocol_error(changes: list[tuple[int, int]]) -> None:
    garbled = bytearray(STREAM)
    for at, byte in changes:
        garbled[at] = byte
    wire = Wire(v5=True)
    with suppress(ProtocolError):
        wire.feed(bytes(garbled))


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("no properties' length", "30 05 00 03 61 2f 62"),
        ("properties past the end", "30 06 00 03 61 2f 62 05"),
        ("a length of five bytes", "30 0a 00 03 61 2f 62 ff ff ff ff 01"),
        ("half a property", "30 08 00 03 61 2f 62 02 23 00"),
        ("a text past the end", "30 0a 00 03 61 2f 62 04 03 00 05 61"),
        ("a property of CONNECT", "30 0b 00 03 61 2f 62 05 11 00 00 00 01"),
        ("an unknown alias", "30 06 00 00 03 23 00 09"),
        ("the alias 0", "30 09 00 03 61 2f 62 03 23 00 00"),
        ("an alias larger than we allow", "30 09 00 03 61 2f 62 03 23 ff ff"),
        ("no topic and no alias", "30 03 00 00 00"),
    ],
)
def test_what_the_standard_forbids_is_a_protocol_error(name: str, raw: str) -> None:
    with pytest.raises(ProtocolError):
        Wire(v5=True).feed(bytes.fromhex(raw))


def test_aliases_belong_to_one_connection() -> None:
    Wire(v5=True).feed(VECTORS[4][1])
    with pytest.raises(ProtocolError, match="alias 5, which it has not given"):
        Wire(v5=True).feed(VECTORS[5][1])


@pytest.mark.parametrize("chunk", [1_000, 65_536, 10_000_000])
def test_a_packet_that_is_too_large_is_cut_so_that_it_can_be_acknowledged(chunk: int) -> None:
    user = b"\x26\x00\x01k" + (60_000).to_bytes(2, "big") + b"v" * 60_000
    for properties in (b"", user, user * 6):
        head = b"\x00\x01t\x00\x07" + _variable(len(properties)) + properties
        body = head + b"x" * 2_000_000
        stream = b"\x32" + _variable(len(body)) + body + VECTORS[0][1]
        wire = Wire(v5=True)
        found = [message for at in range(0, len(stream), chunk) for message in wire.feed(stream[at : at + chunk])[0]]
        large, small = found
        assert (large[0], large[2:], small) == (b"t", (1, 7, False, False), MESSAGES[0])


def _variable(value: int) -> bytes:
    made = b""
    while value > 127:
        made, value = made + bytes([value & 127 | 128]), value >> 7
    return made + bytes([value])


@given(st.integers(0, 268_435_455), st.binary(max_size=3))
def test_a_variable_byte_integer_is_read_whole_or_waited_for(value: int, before: bytes) -> None:
    raw = _variable(value)
    assert variable(before + raw, len(before)) == (value, len(before) + len(raw))
    assert variable(before + raw[:-1], len(before)) == (0, 0)


@given(st.binary(max_size=40))
def test_any_properties_have_an_alias_or_none_or_are_refused(raw: bytes) -> None:
    try:
        assert 0 <= alias_of(raw) < 65_536
    except ProtocolError as error:
        assert "the broker" in str(error)
