"""Checksums: each against published values, and where it stands in a frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.checksums import CHECKSUMS, Seal

CHECK = b"123456789"
VECTORS = [
    # The check values of the CRC RevEng catalogue: CRC-16/MODBUS, CRC-16/IBM-3740, CRC-16/XMODEM.
    ("crc16-modbus", CHECK, 0x4B37),
    ("crc16-ccitt", CHECK, 0x29B1),
    ("crc16-xmodem", CHECK, 0x31C3),
    # MODBUS over Serial Line V1.02, 6.2.2: the frame 02 07 carries 41 12.
    ("crc16-modbus", b"\x02\x07", 0x1241),
    # Vaisala, manual M210822EN-F, the examples of the MWV message.
    ("xor8", b"WIMWV,39,R,1.3,M,A", 0x06),
    ("xor8", b"WIMWV,61,R,1.0,M,A", 0x08),
    ("xor8", b"WIMWV,59,R,1.2,M,A", 0x01),
    # Reckoned by hand: the sum of 0x31 to 0x39 is 0x1DD.
    ("sum8", CHECK, 0xDD),
    ("sum8", b"\xff\x02", 0x01),
]


@pytest.mark.parametrize(("name", "data", "expected"), VECTORS)
def test_a_checksum_is_what_its_source_says(name: str, data: bytes, expected: int) -> None:
    assert CHECKSUMS[name].of(data) == expected


@pytest.mark.parametrize(
    ("seal", "frame"),
    [
        (Seal("crc16-modbus"), b"\x02\x07\x41\x12"),
        (Seal("crc16-modbus", order="big"), b"\x02\x07\x12\x41"),
        (Seal("crc16-ccitt"), CHECK + b"\x29\xb1"),
        (Seal("crc16-ccitt", "hex"), CHECK + b"29b1"),
        (Seal("sum8"), CHECK + b"\xdd"),
        (Seal("sum8", "hex", start=1, end=-3), b"@" + CHECK + b"*DD"),
        (Seal("sum8", start=3, at=2, end=12), b"\xaa\x55\xdd" + CHECK + b"\r"),
        (Seal("xor8", "hex", end=-4, at=-3), b"WIMWV,39,R,1.3,M,A*06\r"),
    ],
)
def test_a_frame_carries_its_checksum_where_the_options_say(seal: Seal, frame: bytes) -> None:
    assert seal.holds(frame)
    for place in range(len(frame)):
        spoilt = frame[:place] + bytes([frame[place] ^ 0x10]) + frame[place + 1 :]
        covered = place in range(*slice(seal.start, seal.end or None).indices(len(frame)))
        if covered:
            assert not seal.holds(spoilt)


@given(st.sampled_from(sorted(CHECKSUMS)), st.binary(max_size=4), st.integers(-6, 6))
def test_a_frame_too_short_for_its_checksum_has_none(name: str, frame: bytes, at: int) -> None:
    assert Seal(name, "hex", at=at).holds(frame) in (True, False)
    assert not Seal(name).holds(b"")
