"""Whatever comes down the wire, only ProtocolError comes out of a driver, and the next good answer is understood."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.codecs.inbox import drain
from drivers.driver import Driver
from drivers.registry import DRIVERS
from tests.vectors import FILES

GOOD = {"samsung_mdc": bytes.fromhex("aaff010341110156"), "videohub": b"\nACK\n\n", "pjlink": b"\r%1POWR=1\r"}
TOPIC = {"samsung_mdc": "11", "videohub": None, "pjlink": "POWR"}
LONGEST_FRAME = {"samsung_mdc": 260, "videohub": 0, "pjlink": 0}
"""Bytes that a frame with a spoilt length may swallow before the next one is seen."""
REPLIES = {name: [file.raw(v.reply) for v in file.vectors if v.reply] for name, file in FILES.items()}
families = pytest.mark.parametrize("family", sorted(GOOD))


def fresh(family: str) -> Driver:
    spec = DRIVERS[family]
    return spec.make(spec.options())


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
    swallowed = LONGEST_FRAME[family] // len(GOOD[family]) + 2
    return any(reply.topic == TOPIC[family] for _ in range(swallowed) for reply in drain(driver.feed, GOOD[family])[0])


@families
@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_spoilt_replies_raise_protocol_errors_only_and_the_driver_recovers(family: str, data: st.DataObject) -> None:
    driver = fresh(family)
    noise = data.draw(mutations(family))
    for piece in chopped(noise, data.draw(st.lists(st.integers(0, 9), max_size=12))):
        drain(driver.feed, piece)
    assert understands(driver, family)


@families
@settings(max_examples=150, deadline=None)
@given(noise=st.binary(max_size=600))
def test_plain_noise_raises_protocol_errors_only_and_the_driver_recovers(family: str, noise: bytes) -> None:
    driver = fresh(family)
    drain(driver.feed, noise)
    assert understands(driver, family)


@families
def test_a_stream_without_an_end_does_not_fill_the_memory(family: str) -> None:
    driver = fresh(family)
    errors = [error for _ in range(40) for error in drain(driver.feed, b"\xbb" * 5000)[1]]
    assert errors
    assert understands(driver, family)


@families
def test_garbage_costs_no_good_answer_that_came_with_it(family: str) -> None:
    replies, errors = drain(fresh(family).feed, GOOD[family] + SPOILT[family] + GOOD[family])
    assert [reply.topic for reply in replies] == [TOPIC[family]] * 2
    assert len(errors) == 1


SPOILT = {
    "samsung_mdc": bytes.fromhex("aaff010341110157"),
    "videohub": b"VIDEO OUTPUT ROUTING:\nx 3\n\n",
    "pjlink": b"%3XYZ\r",
}
