"""Whatever comes down the wire, only ProtocolError comes out of a driver, and the next good answer is understood."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.codecs.inbox import drain
from drivers.driver import Driver, EndsByHangUp, Reply
from drivers.registry import DRIVERS
from tests.vectors import FILES, Vector

LONGEST_FRAME = 300
"""Bytes that a frame with a spoilt length may swallow before the next one is seen."""
REPLIES = {name: [file.raw(v.reply) for v in file.vectors if v.reply] for name, file in FILES.items()}


def fresh(family: str) -> Driver:
    spec = DRIVERS[family]
    return spec.make(spec.options.model_validate(FILES[family].meets.options))


def heard(driver: Driver, family: str, vector: Vector) -> bool:
    """Return whether the driver makes of the vector's reply what the vector says."""
    replies = drain(driver.feed, FILES[family].raw(vector.reply))[0]
    return any(means(reply, vector) for reply in replies)


def means(reply: Reply, vector: Vector) -> bool:
    return reply.topic == vector.topic and dict(reply.values) == (vector.values or {})


@cache
def good(family: str) -> Vector | None:
    """Return a good answer that a driver understands unasked; None: the device never says anything."""
    plain = (v for v in FILES[family].vectors if v.reply and not (v.nobody or v.denied or v.refused or v.options))
    ranked = sorted(plain, key=lambda v: (not v.values, bool(v.before)))
    return next((v for v in ranked if heard(fresh(family), family, v)), None)


TALKING = [family for family in sorted(DRIVERS) if family in FILES and REPLIES[family]]
families = pytest.mark.parametrize("family", TALKING)


@st.composite
def mutations(draw: st.DrawFn, family: str) -> bytes:
    """Return some of the family's replies after each other, with bytes changed, lost, doubled and added."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(REPLIES[family]), min_size=1, max_size=4))))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        change = draw(st.sampled_from(("flip", "lose", "double", "add", "cut")))
        if change == "flip" and at < len(data):
            data[at] ^= draw(st.integers(1, 255))
        elif change == "lose":
            del data[at : at + draw(st.integers(1, 4))]
        elif change == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 12))]
        elif change == "add":
            data[at:at] = draw(st.binary(min_size=1, max_size=8))
        else:
            del data[at:]
    return bytes(data)


def chopped(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


def understands(driver: Driver, family: str) -> bool:
    """Return whether the driver hears a good answer, after no more bytes than a spoilt frame may swallow."""
    vector = good(family)
    if vector is None:
        return True
    if isinstance(driver, EndsByHangUp):
        driver.hung_up()
    size = len(FILES[family].raw(vector.reply))
    return any(heard(driver, family, vector) for _ in range(LONGEST_FRAME // size + 3))


@families
def test_a_device_that_talks_has_an_answer_that_is_understood_unasked(family: str) -> None:
    assert good(family) is not None


@families
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_spoilt_replies_raise_protocol_errors_only_and_the_driver_recovers(family: str, data: st.DataObject) -> None:
    driver = fresh(family)
    noise = data.draw(mutations(family))
    for piece in chopped(noise, data.draw(st.lists(st.integers(0, 9), max_size=12))):
        drain(driver.feed, piece)
    assert understands(driver, family)


@families
@settings(max_examples=80, deadline=None)
@given(noise=st.binary(max_size=600))
def test_plain_noise_raises_protocol_errors_only_and_the_driver_recovers(family: str, noise: bytes) -> None:
    driver = fresh(family)
    drain(driver.feed, noise)
    assert understands(driver, family)


@families
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_split_of_a_stream_means_the_same(family: str, data: st.DataObject) -> None:
    if FILES[family].datagrams:
        return
    stream = b"".join(data.draw(st.lists(st.sampled_from(REPLIES[family]), min_size=1, max_size=5)))
    pieces = chopped(stream, data.draw(st.lists(st.integers(1, 40), max_size=20)))
    whole, parts = fresh(family), fresh(family)
    wanted = drain(whole.feed, stream)
    found = [drain(parts.feed, piece) for piece in pieces]
    assert [told(reply) for replies, _ in found for reply in replies] == [told(reply) for reply in wanted[0]]
    assert [str(error) for _, errors in found for error in errors] == [str(error) for error in wanted[1]]


def told(reply: Reply) -> tuple[object, ...]:
    return reply.topic, dict(reply.values), reply.refused, reply.denied


@families
def test_a_stream_without_an_end_does_not_fill_the_memory(family: str) -> None:
    driver = fresh(family)
    errors = [error for _ in range(40) for error in drain(driver.feed, b"\xbb" * 5000)[1]]
    assert errors
    assert understands(driver, family)


@families
@settings(max_examples=40, deadline=None)
@given(noise=st.binary(min_size=1, max_size=40))
def test_garbage_costs_no_good_answer_that_came_before_it(family: str, noise: bytes) -> None:
    vector, file = good(family), FILES[family]
    if vector is None or file.datagrams:
        return
    replies, _ = drain(fresh(family).feed, file.raw(vector.reply) + noise)
    assert any(means(reply, vector) for reply in replies[: len(drain(fresh(family).feed, file.raw(vector.reply))[0])])


@pytest.mark.parametrize("family", [name for name in TALKING if FILES[name].meets.spoilt])
def test_garbage_costs_no_good_answer_on_either_side_of_it(family: str) -> None:
    vector, file = good(family), FILES[family]
    assert vector is not None
    reply = file.raw(vector.reply)
    replies, errors = drain(fresh(family).feed, reply + file.raw(file.meets.spoilt) + reply)
    assert sum(means(each, vector) for each in replies) >= 2
    assert len(errors) == 1
