"""What is on its way to a broker is bounded, counted, and given up when the broker answers nothing any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest

from drivers.errors import LinkError
from gateway.forward.outlet import PATIENCE_S, Outlet
from tests.fakes import FakeClock


@dataclass
class Wire:
    """A link that sends nothing."""

    window: int = 2
    largest: int = 100
    mid: int = 0

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> Wire:
        assert qos == 1, (topic, payload, retain)
        return Wire(mid=self._next())

    def _next(self) -> int:
        self.mid += 1
        return self.mid


def made(counters: Counter[str], clock: FakeClock) -> Outlet:
    outlet = Outlet(counters, clock=clock)
    outlet.opened(Wire())
    return outlet


async def test_no_more_than_the_window_is_unanswered_and_each_answer_makes_room() -> None:
    counters: Counter[str] = Counter()
    outlet = made(counters, FakeClock())
    first = await outlet.send("a", b"1", retain=True)
    second = await outlet.send("b", b"1", retain=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await outlet.send("c", b"1", retain=True)
    outlet.hear(2, "Not authorized")
    answer = await outlet.send("c", b"1", retain=True)
    outlet.hear(1, "")
    outlet.hear(3, "")
    outlet.hear(77, "")
    assert [first.result(), second.result(), answer.result()] == ["", "Not authorized", ""]
    assert counters == {"published": 3, "acknowledged": 2, "refused": 1}


async def test_a_message_larger_than_the_broker_takes_is_not_sent() -> None:
    counters: Counter[str] = Counter()
    answer = await made(counters, FakeClock()).send("a", b"x" * 100, retain=True)
    assert answer.result() == "the broker takes no more than 100 bytes"
    assert counters == {"refused": 1}


async def test_a_broker_that_acknowledges_nothing_any_more_is_given_up() -> None:
    clock = FakeClock()
    outlet = made(Counter(), clock)
    outlet.check()
    await outlet.send("a", b"1", retain=True)
    clock.advance(PATIENCE_S)
    outlet.check()
    clock.advance(0.1)
    with pytest.raises(LinkError, match="acknowledged nothing for 20 s"):
        outlet.check()
    outlet.hear(1, "")
    outlet.check()


async def test_a_broker_that_is_full_is_left_alone() -> None:
    outlet = made(Counter(), FakeClock())
    await outlet.send("a", b"1", retain=True)
    outlet.hear(1, "Quota exceeded")
    with pytest.raises(LinkError, match="cannot take more now: Quota exceeded"):
        outlet.check()


async def test_nothing_is_sent_without_a_connection() -> None:
    with pytest.raises(LinkError, match="no connection"):
        await Outlet(Counter(), clock=FakeClock()).send("a", b"1", retain=True)
