"""How often a caller may ask."""

from __future__ import annotations

from gateway.api.rates import MOST_CALLERS, Limiter, Rate
from tests.fakes import FakeClock


def test_a_burst_is_allowed_and_then_a_steady_rate() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, {"write": Rate(2.0, 3.0)})
    assert [limiter.take("write", "sari") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.advance(0.5)
    assert [limiter.take("write", "sari") for _ in range(2)] == [0, 0.5]
    clock.advance(60)
    assert [limiter.take("write", "sari") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limiter.refused == 3


def test_one_caller_does_not_use_up_another_s() -> None:
    limiter = Limiter(FakeClock(), {"write": Rate(1.0, 1.0), "read": Rate(1.0, 1.0)})
    assert limiter.take("write", "sari") == 0
    assert limiter.take("write", "budi") == 0
    assert limiter.take("read", "sari") == 0
    assert limiter.take("write", "sari") > 0


def test_the_callers_remembered_are_bounded() -> None:
    limiter = Limiter(FakeClock(), {"guess": Rate(1.0, 1.0)})
    for n in range(MOST_CALLERS + 10):
        limiter.take("guess", str(n))
    assert len(limiter._buckets) == MOST_CALLERS
    assert limiter.take("guess", str(MOST_CALLERS)) > 0
    assert limiter.take("guess", "0") == 0
