"""Frames of serial instruments: any chopping gives the same, damage is told and never taken for a frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.checksums import CHECKSUMS, Seal
from drivers.codecs.serial_frames import Damaged, Framing, cutter

# Vaisala, manual M210822EN-F: two examples of the MWV message.
WIND = b"$WIMWV,39,R,1.3,M,A*06\r\n"
OTHER = b"$WIMWV,59,R,1.2,M,A*01\r\n"
NMEA = Framing("nmea", most=80)
LINES = Framing("delimiter", most=16)
SEALED = Framing("delimiter", most=64, seal=Seal("crc16-ccitt", "hex"))
FIXED = Framing("fixed", length=8, sync=b"\xaa\x55", seal=Seal("sum8"))
BARE = Framing("fixed", length=6, seal=Seal("crc16-modbus"))
FRAMINGS = {"nmea": NMEA, "lines": LINES, "sealed": SEALED, "fixed": FIXED, "bare": BARE}


def sealed(framing: Framing, body: bytes) -> bytes:
    """Return a frame of this framing as an instrument sends it."""
    seal = framing.seal
    if framing.kind == "nmea":
        return b"$%b*%02X\r\n" % (body, CHECKSUMS["xor8"].of(body))
    if seal is None:
        return body + framing.delimiter
    kind = CHECKSUMS[seal.name]
    number = kind.of(framing.sync + body)
    told = b"%04X" % number if seal.form == "hex" else number.to_bytes(kind.width, kind.order)
    return framing.sync + body + told + (framing.delimiter if framing.kind == "delimiter" else b"")


def cut(framing: Framing, *chunks: bytes, torn: bool = False) -> list[bytes | Damaged]:
    made = cutter(framing, torn=torn)
    return [piece for chunk in chunks for piece in made.feed(chunk)]


def chopped(stream: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def test_sentences_are_found_between_noise_and_damage_is_told() -> None:
    stream = b"\xff\x00x" + WIND + b"$WIM" + OTHER + WIND.replace(b"1.3", b"1.8") + b"$NOSUM\r\n" + WIND
    assert cut(NMEA, stream) == [
        Damaged("noise", b"\xffx"),
        WIND[1:-5],
        Damaged("noise", b"WIM"),
        OTHER[1:-5],
        Damaged("checksum", b"WIMWV,39,R,1.8,M,A*06"),
        Damaged("checksum", b"NOSUM"),
        WIND[1:-5],
    ]
    assert cut(Framing("nmea", sealed=False), b"$NOSUM\r\n!AIVDM,1*3C\r\n") == [
        b"NOSUM",
        Damaged("checksum", b"AIVDM,1*3C"),
    ]
    assert cut(Framing("nmea", most=10), b"$" + b"A" * 30 + WIND[:3] + b"\r\n")[0] == Damaged(
        "oversize", b"$" + b"A" * 9
    )


def test_a_line_without_an_end_is_thrown_away_up_to_the_next() -> None:
    long = b"x" * 100
    assert cut(LINES, b"one\r\n\r\n", long, long, b"\r\ntwo\r\n") == [
        b"one",
        Damaged("oversize", b"x" * 16),
        b"two",
    ]
    assert cut(Framing("delimiter", delimiter=b";", most=3), b"abc;abcd;ab;") == [
        b"abc",
        Damaged("oversize", b"abc"),
        b"ab",
    ]


def test_what_was_torn_when_the_port_opened_is_no_frame_unless_its_checksum_proves_it() -> None:
    assert cut(LINES, b"3.4,55\r\n12.3,4\r\n", torn=True) == [b"12.3,4"]
    whole = sealed(SEALED, b"T=1")
    assert cut(SEALED, whole, torn=True) == [b"T=1" + whole[3:7]]
    assert cut(SEALED, b"9" + whole, whole, torn=True) == [b"T=1" + whole[3:7]]
    assert cut(NMEA, WIND[5:] + WIND, torn=True) == [WIND[1:-5]]
    assert cut(FIXED, b"\1\2" + sealed(FIXED, b"hello"), torn=True) == [sealed(FIXED, b"hello")]


def test_fixed_frames_are_found_again_after_garbage() -> None:
    one, two = sealed(FIXED, b"hello"), sealed(FIXED, b"world")
    spoilt = one[:4] + b"\0" + one[5:]
    assert cut(FIXED, one + b"\7\7" + two + spoilt + one) == [
        one,
        Damaged("noise", b"\7\7"),
        two,
        Damaged("checksum", spoilt),
        one,
    ]
    bare = sealed(BARE, b"abcd")
    assert cut(BARE, bare + b"zz" + bare) == [bare, Damaged("checksum", b"zz" + bare[:4]), bare]
    assert cut(Framing("fixed", length=3), b"abcdefgh") == [b"abc", b"def"]


def test_a_cutter_that_is_cleared_begins_anew() -> None:
    for framing in FRAMINGS.values():
        made, whole = cutter(framing, torn=True), sealed(framing, b"abcd" if framing is BARE else b"hello")
        made.feed(whole[: len(whole) // 2])
        made.clear()
        assert len([piece for piece in made.feed(whole) if isinstance(piece, bytes)]) == 1


BODIES = st.lists(
    st.one_of(
        st.binary(max_size=24), st.sampled_from([WIND, OTHER, b"hello", b"\r\n", b"\r", b"$", b"\xaa\x55", b"abcd"])
    ),
    max_size=12,
)


@given(st.sampled_from(sorted(FRAMINGS)), BODIES, st.lists(st.integers(0, 500), max_size=8), st.booleans())
def test_any_chopping_gives_the_same_frames(name: str, bodies: list[bytes], places: list[int], torn: bool) -> None:
    framing = FRAMINGS[name]
    size = {"fixed": 5, "bare": 4}.get(name)
    stream = b"".join(sealed(framing, body) if len(body) == size or size is None else body for body in bodies)
    whole = cut(framing, stream, torn=torn)
    assert cut(framing, *chopped(stream, places), torn=torn) == whole
    assert cut(framing, *(stream[at : at + 1] for at in range(len(stream))), torn=torn) == whole


@pytest.mark.parametrize("name", ["nmea", "sealed", "fixed", "bare"])
@given(data=st.data())
def test_a_frame_with_one_wrong_byte_never_passes_for_another(name: str, data: st.DataObject) -> None:
    framing = FRAMINGS[name]
    size = {"fixed": 5, "bare": 4}.get(name, 12)
    body = data.draw(st.text("0123456789.,+-ABC", min_size=size, max_size=size)).encode()
    whole = sealed(framing, body)
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    spoilt = whole[:place] + bytes([byte]) + whole[place + 1 :]
    good = [piece for piece in cut(framing, whole) if isinstance(piece, bytes)]
    passed = [piece for piece in cut(framing, spoilt) if isinstance(piece, bytes)]
    # A digit of a hex checksum in lower case is the same digit; a sentence may begin with ! too.
    assert [piece.upper() for piece in passed] in ([], [each.upper() for each in good])
