"""Levels, deadband and delays, without readings or clocks."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.condition import Condition, Ladder, ladder_of
from tests.gateway.alarm_world import DRY, FLOOD, OPEN_DOOR

UP = (1, 1, 1)
HIGH = Ladder((10.0, 20.0, 30.0), UP, 2.0, 0.0, 0.0)
BOTH = Ladder((-10.0, 30.0, -5.0, 35.0), (-1, 1, -1, 1), 2.0, 0.0, 0.0)
SLOW = Ladder((10.0, 20.0, 30.0), UP, 2.0, 5.0, 3.0)


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
    assert seen(Ladder((1.0,), (1,), 0.0, 0.0, 0.0), 0, 1, 0) == [0, 1, 0]
    assert seen(Ladder((-0.0,), (-1,), 0.0, 0.0, 0.0), 1, 0, 1) == [0, 1, 0]


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
    assert ladder_of(FLOOD, pace=60) == Ladder((250.0, 350.0, 450.0), UP, 5.0, 5.0, 0.0)


def test_a_value_is_on_one_side_only() -> None:
    assert seen(BOTH, 20, 10, 12, 12.1, 4, 30, 36, 20) == [0, 1, 1, 0, 3, 2, 4, 0]
    assert [BOTH.entered(3, level) for level in range(4)] == [True, False, True, False]
    assert [BOTH.limit(rank) for rank in range(5)] == [0.0, 10.0, 30.0, 5.0, 35.0]


def test_who_enters_one_side_has_left_the_other_whatever_its_delay() -> None:
    slow = replace(BOTH, on_delay=5.0, off_delay=60.0)
    high = slow.judge(slow.at_rest(4), 4, 100)
    assert high.began == (100, 100, 100, 100)
    assert slow.settle(high, 105) == slow.at_rest(3)


VALUES = st.sampled_from([0, 4, 5, 5.5, 7, 7.5, 10, 11, 12, 13, 20, 27, 28, 29, 30, 32, 33, 34, 35, 36])


@given(steps=st.lists(st.tuples(VALUES, st.integers(1, 6)), max_size=30), on=st.integers(0, 4), off=st.integers(0, 4))
def test_two_sides_are_two_rules_of_which_one_holds_at_a_time(
    steps: list[tuple[float, int]], on: int, off: int
) -> None:
    """Every level alone, by a stopwatch of whole seconds; entering on one side ends the other."""
    ladder = replace(BOTH, on_delay=float(on), off_delay=float(off))
    condition, now = ladder.at_rest(), 0.0
    inside, since = [False] * 4, [None] * 4
    for value, seconds in steps:
        condition = ladder.settle(ladder.judge(condition, value, now), now)
        end = now + seconds
        while now <= end:
            toggled = []
            for level, (limit, sign) in enumerate(zip((10, 30, 5, 35), BOTH.signs, strict=True)):
                back = limit - sign * 2
                wants = sign * value < sign * back if inside[level] else sign * value >= sign * limit
                since[level] = None if not wants else now if since[level] is None else since[level]
                if since[level] is not None and now - since[level] >= (off if inside[level] else on):
                    toggled.append(level)
            for level in toggled:
                inside[level], since[level] = not inside[level], None
            came = [BOTH.signs[level] for level in toggled if inside[level]]
            for level in range(4):
                if came and inside[level] and BOTH.signs[level] != came[0]:
                    inside[level], since[level] = False, None
            condition = ladder.settle(condition, now)
            assert [ladder.entered(condition.rank, level) for level in range(4)] == inside
            now += 1.0
        now = end


@pytest.mark.parametrize(
    "ladder", [*(ladder_of(rule, pace=1) for rule in (FLOOD, DRY, OPEN_DOOR)), BOTH], ids=("up", "down", "flag", "both")
)
@given(rank=st.integers(0, 4), value=st.floats(-1000, 1000))
def test_inside_the_band_nothing_changes(ladder: Ladder, rank: int, value: float) -> None:
    condition = ladder.at_rest(min(rank, len(ladder.limits)))
    low, high = ladder.band(condition)
    if low < value < high:
        assert ladder.judge(condition, value, 0.0) == condition
    elif not (low <= value <= high):
        assert ladder.judge(condition, value, 0.0) != condition
