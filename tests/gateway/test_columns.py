"""Readings as columns and as bytes: whatever goes in comes out."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from drivers.model import Quality, Reading, Reason
from gateway.store.columns import REASONS, joined, of_readings, to_readings
from gateway.store.errors import Garbled
from gateway.store.packing import crc, pack_chunk, pack_commit, unpack_chunk, unpack_commit
from tests.fakes import EPOCH_NS

MS = 1_000_000
any_value = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.floats(-1000, 1000).map(lambda number: round(number, 2)),
    st.text(st.characters(), max_size=8),
)
any_reading = st.builds(
    Reading,
    point=st.sampled_from(["tma.1", "ups.load"]),
    value=any_value,
    source_at=st.integers(0, 2**62),
    received_at=st.integers(0, 2**42).map(lambda ms: ms * MS),
    received_mono=st.just(0.0),
    quality=st.sampled_from(Quality),
    reason=st.sampled_from(Reason),
    retained=st.booleans(),
)
SERIES = {"tma.1": 1, "ups.load": 2}
POINTS = {1: "tma.1", 2: "ups.load"}


def told(readings: list[Reading]) -> list[tuple[object, ...]]:
    """Return all of it but the monotonic time, comparable when a value is not a number."""
    return [
        (
            one.point,
            type(one.value),
            repr(one.value),
            one.source_at,
            one.received_at,
            one.quality,
            one.reason,
            one.retained,
        )
        for one in readings
    ]


@settings(deadline=None, max_examples=60)
@given(st.lists(any_reading, max_size=60))
def test_a_commit_gives_back_every_reading_to_the_last_bit(readings: list[Reading]) -> None:
    blob = pack_commit(of_readings(readings, SERIES.__getitem__))
    back = to_readings(unpack_commit(blob, crc(blob)), POINTS.__getitem__, mono_zero=0.0)
    assert told(back) == told(readings)


@settings(deadline=None, max_examples=60)
@given(st.lists(any_reading.filter(lambda one: one.point == "tma.1"), max_size=60))
def test_a_chunk_gives_back_every_reading_to_the_last_bit(readings: list[Reading]) -> None:
    blob = pack_chunk(of_readings(readings, SERIES.__getitem__))
    back = to_readings(unpack_chunk(blob, crc(blob), 1), POINTS.__getitem__, mono_zero=0.0)
    assert told(back) == told(readings)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(any_reading, max_size=10), max_size=5))
def test_texts_keep_their_readings_when_columns_are_joined(batches: list[list[Reading]]) -> None:
    columns = joined([of_readings(batch, SERIES.__getitem__) for batch in batches])
    back = to_readings(columns, POINTS.__getitem__, mono_zero=0.0)
    assert told(back) == told([one for batch in batches for one in batch])


def test_a_river_gauge_costs_less_than_two_bytes_a_reading() -> None:
    noise = random.Random(1)
    readings = [
        Reading("tma.1", round(2 + noise.gauss(0, 0.05), 2), EPOCH_NS + n * 10**9, EPOCH_NS + n * 10**9 + 8 * MS, 0.0)
        for n in range(4000)
    ]
    assert len(pack_chunk(of_readings(readings, SERIES.__getitem__))) < 2 * len(readings)


@pytest.mark.parametrize("at", [0, 1, 20, -1])
def test_a_flipped_bit_is_noticed(at: int) -> None:
    readings = [Reading("tma.1", 1.5, EPOCH_NS + n, EPOCH_NS, 0.0) for n in range(100)]
    for blob, unpack in (
        (pack_commit(of_readings(readings, SERIES.__getitem__)), unpack_commit),
        (pack_chunk(of_readings(readings, SERIES.__getitem__)), lambda blob, seen: unpack_chunk(blob, seen, 1)),
    ):
        broken = bytearray(blob)
        broken[at] ^= 1
        with pytest.raises(Garbled, match="checksum"):
            unpack(bytes(broken), crc(blob))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=80))
def test_bytes_that_were_never_packed_are_garbled_and_nothing_worse(blob: bytes) -> None:
    with pytest.raises(Garbled):
        unpack_commit(blob, crc(blob))
    with pytest.raises(Garbled):
        unpack_chunk(blob, crc(blob), 1)


def test_every_reason_has_a_code_on_disk() -> None:
    assert set(REASONS) == set(Reason)


EARLIER = [
    (
        "7a789c9b7684e1882a2303c32ba6d9d1dd120e3cabac1980c0c1891f4431b032c0c05f903204170218a1345cfc1ff3bf239aff19f0822f"
        "3c022f3ed83334fcb73fa2885311ccc40900e88b12cd"
    ),
    (
        "7a789c9b7684e188220303c32ba6d9d1dd120ca7665933200116280d54c2ca801dc095a8323032a3c931a2a9f9cbc87044851126ca8e43"
        "1533c3eb4947583332534a0b8e081b54989a25259b9ba61aa598191b1a80000069e3143f"
    ),
    "7a789c9b7684e188220303c32ba6d9d1dd120ca7665933200136280d56821dc0952831315c6087b01971a9216ccc0400694a0a96",
]
EARLIER_VALUES = [
    [1.25, 1.5, -0.75, 2.0, float("inf")],
    [3, "hidup", True, 10**20],
    [20.0, 20.01, 20.02, 20.03, 20.04, 20.05],
]


@pytest.mark.parametrize(("blob", "values"), list(zip(EARLIER, EARLIER_VALUES, strict=True)))
def test_a_chunk_of_the_first_format_is_still_read(blob: str, values: list[float | str]) -> None:
    packed = bytes.fromhex(blob)
    back = to_readings(unpack_chunk(packed, crc(packed), 1), POINTS.__getitem__, mono_zero=0.0)
    assert [one.value for one in back] == values
    assert [round((one.source_at - EPOCH_NS) / 1e9) for one in back] == list(range(len(values)))


def test_a_few_odd_numbers_do_not_spoil_the_density_of_a_chunk() -> None:
    chance = random.Random(5)
    values = [round(chance.uniform(20, 30), 2) for _ in range(2_000)]
    plain = [Reading("tma.1", value, EPOCH_NS + n * 10**9, EPOCH_NS, 0.0) for n, value in enumerate(values)]
    odd = [
        structs.replace(one, value={7: -0.0, 900: float("nan"), 901: 1e300}.get(number, one.value))
        for number, one in enumerate(plain)
    ]
    blob = pack_chunk(of_readings(odd, SERIES.__getitem__))
    assert told(to_readings(unpack_chunk(blob, crc(blob), 1), POINTS.__getitem__, mono_zero=0.0)) == told(odd)
    assert len(blob) < len(pack_chunk(of_readings(plain, SERIES.__getitem__))) + 100


@pytest.mark.parametrize("drift_ns", [0, 37_000, -1_000_000])
def test_a_jittering_clock_costs_less_than_a_byte_even_when_it_drifts(drift_ns: int) -> None:
    chance = random.Random(6)
    at = [EPOCH_NS + n * (10**9 + drift_ns) // MS * MS + chance.randint(-4, 4) * MS for n in range(5_000)]
    readings = [Reading("tma.1", 1.0, when, when, 0.0) for when in at]
    blob = pack_chunk(of_readings(readings, SERIES.__getitem__))
    assert told(to_readings(unpack_chunk(blob, crc(blob), 1), POINTS.__getitem__, mono_zero=0.0)) == told(readings)
    assert len(blob) / len(at) < 0.48
