"""Levels, deadband and delays, without readings or clocks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.condition import Condition, Ladder, ladder_of
from tests.gateway.alarm_world import DRY, FLOOD, OPEN_DOOR

HIGH = Ladder((10.0, 20.0, 30.0), 1, 2.0, 0.0, 0.0)
SLOW = Ladder((10.0, 20.0, 30.0), 1, 2.0, 5.0, 3.0)


def seen(ladder: Ladder, *values: float, rank: int = 0) -> list[int]:
    condition, ranks = ladder.at_rest(rank), []
    for now, value in enumerate(values):
        condition = ladder.settle(ladder.judge(condition, value, float(now)), float(now))
        ranks.append(condition.rank)
    return ranks


def test_a_level_is_entered_at_its_limit_and_left_only_below_limit_minus_deadband() -> None:
    assert seen(HIGH, 9.99, 10, 9.99, 8, 7.99, 9.99) == [0, 1, 1, 1, 0, 0]


def test_every_level_has_its_own_deadband() -> None:
    assert seen(HIGH, 31, 28, 27.9, 18, 17.9, 8, 7.9) == [3, 3, 2, 2, 1, 1, 0]


def test_a_jump_enters_and_leaves_several_levels_at_once() -> None:
    assert seen(HIGH, 99, 0) == [3, 0]


def test_a_low_rule_is_a_high_rule_upside_down() -> None:
    assert seen(ladder_of(DRY, pace=1), 20.1, 20, 22, 22.1, 9, 12, 12.1, 23) == [0, 1, 1, 0, 2, 2, 1, 0]


def test_a_flag_is_in_alarm_while_it_has_the_value_of_its_level() -> None:
    assert seen(Ladder((1.0,), 1, 0.0, 0.0, 0.0), 0, 1, 0) == [0, 1, 0]
    assert seen(Ladder((-0.0,), -1, 0.0, 0.0, 0.0), 1, 0, 1) == [0, 1, 0]


def test_a_delay_ends_by_itself() -> None:
    waiting = SLOW.judge(SLOW.at_rest(), 15, 100)
    assert SLOW.next_due(waiting) == 105
    assert SLOW.settle(waiting, 104.9) == waiting
    assert SLOW.settle(waiting, 105) == Condition(1, (None, None, None))


def test_a_contrary_value_resets_a_delay() -> None:
    condition = SLOW.judge(SLOW.judge(SLOW.at_rest(), 15, 100), 9, 104)
    assert SLOW.next_due(condition) == math.inf
    assert SLOW.next_due(SLOW.judge(condition, 15, 104.5)) == 109.5


def test_each_level_waits_for_itself() -> None:
    condition = SLOW.judge(SLOW.judge(SLOW.at_rest(), 15, 100), 25, 103)
    assert condition.began == (100, 103, None)
    condition = SLOW.settle(condition, SLOW.next_due(condition))
    assert (condition.rank, SLOW.next_due(condition)) == (1, 108)


def test_the_way_back_has_its_own_delay() -> None:
    condition = SLOW.judge(SLOW.at_rest(1), 7, 50)
    assert SLOW.next_due(condition) == 53


def test_a_pause_does_not_count() -> None:
    paused = SLOW.pause(SLOW.judge(SLOW.at_rest(), 15, 100), 103)
    assert SLOW.next_due(paused) == math.inf
    assert SLOW.pause(paused, 200) == paused
    assert SLOW.next_due(SLOW.judge(paused, 16, 1000)) == 1002


def test_pace_divides_the_delays_and_not_the_limits() -> None:
    assert ladder_of(FLOOD, pace=60) == Ladder((250.0, 350.0, 450.0), 1, 5.0, 5.0, 0.0)


@pytest.mark.parametrize("rule", [FLOOD, DRY, OPEN_DOOR], ids=lambda rule: rule.id)
@given(rank=st.integers(0, 3), value=st.floats(-1000, 1000))
def test_inside_the_band_nothing_changes(rule: object, rank: int, value: float) -> None:
    ladder = ladder_of(rule, pace=1)  # type: ignore[arg-type]
    condition = ladder.at_rest(min(rank, len(ladder.limits)))
    low, high = ladder.band(condition)
    if low < value < high:
        assert ladder.judge(condition, value, 0.0) == condition
    elif not (low <= value <= high):
        assert ladder.judge(condition, value, 0.0) != condition
