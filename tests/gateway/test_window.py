"""Moving windows beside the naive way: whatever comes late, twice or not at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import Quality, Reason
from gateway.derive.term import Term
from gateway.derive.window import MOST_SLOTS, REMEMBERED, TAKES, Window, WindowOf

S = 1_000_000_000
THIN = (Quality.UNCERTAIN, Reason.COVERAGE)
DAY = 86_400.0
Sample = tuple[int, float]


def of(
    take: str = "sum", *, span: float = 3_600.0, every: float = 600.0, cover: float = 0.75, pace: float = 1.0
) -> WindowOf:
    return WindowOf("rain", take, span, cover, every, pace)


def after(samples: Sequence[Sample], how: WindowOf) -> Window:
    window = Window(how)
    for at, value in samples:
        window.add(at, value)
    return window


def naive(samples: Sequence[Sample], how: WindowOf) -> Term:
    """Return what a window gives, the slow way: every sample kept, the first of each time, and all looked at."""
    kept: dict[int, Sample] = {}
    newest = -math.inf
    for at, value in samples:
        newest = max(newest, at // how.width_ns)
        if at // how.width_ns > newest - how.slots and at // 1_000 not in kept:
            kept[at // 1_000] = (at, value)
    held = sorted(each for each in kept.values() if each[0] // how.width_ns > newest - how.slots)
    values = [value for _, value in held]
    (first_at, first), (last_at, last) = held[0], held[-1]
    minutes = (last_at - first_at) / 60 / S * how.pace
    covered = min(how.span, len(held) * how.every) if how.every else how.span
    found = {
        "sum": math.fsum(values),
        "mean": math.fsum(values) / len(values),
        "min": min(values),
        "max": max(values),
        "count": len(values),
        "difference": last - first,
        "rate": (last - first) / minutes if minutes else None,
        "integral": math.fsum(values) / len(values) * covered * how.pace / 3_600,
    }[how.take]
    if found is None:
        return Term(None, Quality.BAD, Reason.COVERAGE)
    return Term(found) if covered >= how.cover * how.span else Term(found, *THIN)


SAMPLES = st.lists(
    st.tuples(st.integers(0, 3 * 3_600 * S), st.floats(-1e6, 1e6).map(lambda value: round(value, 3))),
    min_size=1, max_size=120,
)  # fmt: skip


@given(
    SAMPLES,
    st.sampled_from(sorted(TAKES)),
    st.sampled_from([(3_600.0, 600.0), (3_600.0, 0.0), (1_800.0, 60.0), (100.0, 7.0), (1_200.0, 600.0), (60.0, 0.001)]),
    st.sampled_from([1.0, 60.0]),
)
def test_a_window_says_what_the_naive_way_says(
    samples: list[Sample], take: str, size: tuple[float, float], pace: float
) -> None:
    how = of(take, span=size[0], every=size[1], pace=pace)
    found, wanted = after(samples, how).term(), naive(samples, how)
    assert (found.quality, found.reason) == (wanted.quality, wanted.reason)
    assert (found.value is None) is (wanted.value is None)
    if isinstance(wanted.value, float | int):
        assert found.value == pytest.approx(wanted.value, rel=1e-9, abs=1e-6)


@given(SAMPLES, st.data())
def test_the_order_in_which_samples_come_does_not_matter(samples: list[Sample], data: st.DataObject) -> None:
    once = list({at // 1_000: (at, value) for at, value in samples}.values())
    newest = max(once)
    shuffled = [newest, *data.draw(st.permutations(once))]
    how = of("mean", every=0.0)
    assert after([newest, *once], how).term().value == pytest.approx(after(shuffled, how).term().value)


def test_an_hour_of_ten_minute_samples_is_six_however_they_jitter() -> None:
    window = Window(of("count"))
    for number in range(60):
        window.add(number * 600 * S + (-1) ** number * 70 * S + 200 * S, 1.0)
        if number > 5:
            assert window.term() == Term(6.0)


def test_the_integral_of_hourly_rain_over_a_day_is_the_rain_of_the_day() -> None:
    window = Window(of("integral", span=DAY))
    for number in range(300):
        window.add(number * 600 * S, 2.5)
    assert window.term() == Term(60.0)


def test_with_too_few_samples_the_result_is_uncertain() -> None:
    day = of("mean", span=DAY)
    assert [after([(n * 600 * S, 4.0) for n in range(count)], day).term() for count in (107, 108)] == [
        Term(4.0, *THIN), Term(4.0),
    ]  # fmt: skip


def test_time_that_passes_without_samples_empties_the_window() -> None:
    window = after([(n * 600 * S, 4.0) for n in range(6)], of("sum"))
    assert window.term() == Term(24.0)
    window.reach(7 * 600 * S)
    assert window.term() == Term(16.0, *THIN)
    window.reach(100 * 600 * S)
    assert window.term() == Term(None, Quality.BAD, Reason.COVERAGE)


@pytest.mark.parametrize(("take", "term"), [("sum", Term(0.0)), ("max", Term(None, Quality.BAD, Reason.COVERAGE))])
def test_no_event_is_nothing_and_no_greatest(take: str, term: Term) -> None:
    window = after([(0, 3.0)], of(take, every=0.0))
    window.reach(7_200 * S)
    assert window.term() == term


def test_what_a_broker_sends_again_counts_once_and_memory_is_bounded() -> None:
    window = Window(of("count", span=DAY, every=1.0))
    for number in range(3 * REMEMBERED):
        assert window.add(number * S, 1.0)
        assert not window.add(number * S, 1.0)
    assert window.term().value == 3 * REMEMBERED
    assert (len(window._seen), len(window._tree)) == (REMEMBERED, 2 * window.of.slots)
    assert window.of.slots <= MOST_SLOTS


def test_what_is_older_than_the_window_is_left_out() -> None:
    window = after([(7_200 * S, 1.0)], of("sum", every=0.0))
    assert not window.add(3_000 * S, 5.0)
    assert window.add(4_000 * S, 5.0)
    assert window.term() == Term(6.0)


def test_a_sum_that_is_no_number_any_more_is_bad() -> None:
    assert after([(0, 1e308), (1, 1e308), (2_000, 1e308)], of("sum", every=0.0)).term() == Term(
        None, Quality.BAD, Reason.RANGE
    )


def test_a_long_window_never_drifts() -> None:
    window = Window(of("sum", every=1.0, span=120.0))
    for number in range(5_000):
        window.add(number * S, 1e9 if number < 4_000 else 0.1)
    assert window.term().value == pytest.approx(12.0, rel=1e-12)
