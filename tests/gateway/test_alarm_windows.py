"""What rings by more than one reading: rates, standing still, counts."""

from __future__ import annotations

from dataclasses import replace

from tests.gateway.alarm_world import BAD, Person
from tests.gateway.rules_world import HALL, POINTS, code, judged, rule, told, unknown

SECOND = 1_000_000_000

RATE = rule("rate", point="hall", levels={"L1": 0.5, "L2": 2}, window="10m")


def test_a_rate_is_known_from_three_samples_over_half_the_window() -> None:
    world = judged(RATE)
    assert told(world, "hall", 20, 25, 30, 35, 40) == ["", "", "", "", ""]
    assert not unknown(world)
    assert told(world, "hall", 45) == ["L2"]
    alarm = world.engine.alarm("it")
    assert (alarm.value, alarm.unit, alarm.peak) == (5.0, "C/min", 5.0)


def test_two_samples_are_no_rate_however_far_apart() -> None:
    world = judged(RATE, points=[replace(HALL, stale_after=0), *POINTS[:3]])
    assert told(world, "hall", 20, 50, every=400) == ["", ""]


def test_a_slow_rise_rings_nothing_and_a_fall_is_not_a_rise() -> None:
    world = judged(RATE)
    assert set(told(world, "hall", *(20 + n / 10 for n in range(20)))) == {""}
    assert set(told(world, "hall", *(20 - n for n in range(20)))) == {""}


def test_a_fall_is_written_with_a_minus() -> None:
    world = judged(rule("rate", point="hall", levels={"L1": -0.5}, window="10m", deadband=0.2))
    assert told(world, "hall", *range(30, 23, -1))[-1] == "L1"
    assert told(world, "hall", *[23] * 8)[-1] == ""


def test_a_rate_may_be_too_great_either_way() -> None:
    world = judged(rule("rate", point="hall", levels={"L1": [-1, 2]}, window="10m"))
    told(world, "hall", *range(20, 10, -2))
    assert told(world, "hall", 8, 6)[-1] == "L1"
    assert "rendah" in world.engine.alarm("it").label.id


def test_a_counter_that_begins_anew_is_no_fall() -> None:
    world = judged(rule("rate", point="hall", levels={"L1": [-1, 5]}, window="10m", counter=True))
    assert set(told(world, "hall", *range(20, 30), *range(10))) == {""}
    plain = judged(rule("rate", point="hall", levels={"L1": [-1, 5]}, window="10m"))
    assert "L1" in told(plain, "hall", *range(20, 30), *range(10))


def test_a_bad_sample_is_not_part_of_a_rate_and_makes_it_unknown_meanwhile() -> None:
    world = judged(RATE)
    told(world, "hall", *[20] * 8)
    world.wait(60)
    world.read("hall", 59, **BAD)
    assert (code(world), unknown(world)) == ("", True)
    told(world, "hall", 20)
    assert (code(world), unknown(world)) == ("", False)


def test_silence_makes_a_rate_unknown_and_clears_nothing() -> None:
    world = judged(RATE)
    told(world, "hall", *range(20, 40, 3))
    world.wait(1_000)
    assert (code(world), unknown(world)) == ("L2", True)


def test_a_rate_does_not_reach_over_a_restart() -> None:
    world = judged(RATE)
    told(world, "hall", *[20] * 8)
    world.restart(after=60)
    assert told(world, "hall", 50, 50, 50) == ["", "", ""]
    assert set(told(world, "hall", *[50] * 8)) == {""}
    assert world.rings == 0


def test_a_restart_during_a_fast_rise_rings_nothing_again() -> None:
    world = judged(RATE)
    told(world, "hall", *range(20, 40, 3))
    world.engine.acknowledge("it", Person())
    world.restart(after=60)
    told(world, "hall", *range(40, 60, 3))
    assert (world.state("it"), world.rings) == ("ACKED", 1)


def test_a_time_stamp_from_the_future_does_not_stop_a_rate() -> None:
    world = judged(RATE)
    told(world, "hall", 20)
    world.wait(60)
    world.read("hall", 20, source_at=world.clock.now() + 86_400 * SECOND)
    assert told(world, "hall", *range(21, 50, 4))[-1] == "L2"


def test_a_demonstration_has_the_rates_of_life() -> None:
    world = judged(RATE, pace=60.0)
    levels = told(world, "hall", *range(20, 40, 3), every=1.0)
    assert (levels[-1], world.engine.alarm("it").value) == ("L2", 3.0)


def test_rules_that_did_not_change_keep_their_samples() -> None:
    world = judged(RATE)
    told(world, "hall", *range(20, 32, 3))
    world.engine.adopt(world.rules, points=world.points)
    assert told(world, "hall", 32, 35)[-1] == "L2"


FLAT = rule("flat", point="hall", levels={"L1": 0.2}, window="10m", samples=5)


def test_what_does_not_move_for_its_window_stands_still() -> None:
    world = judged(FLAT)
    levels = told(world, "hall", *[20, 20.1] * 8)
    assert levels.index("L1") == 8
    assert told(world, "hall", 20.4) == [""]


def test_what_moves_does_not_stand_still_and_is_known_to_at_once() -> None:
    world = judged(FLAT)
    told(world, "hall", *[20] * 12)
    world.restart(after=60)
    assert told(world, "hall", 20)[-1] == "L1"
    assert told(world, "hall", 21)[-1] == ""


def test_too_few_samples_do_not_tell() -> None:
    world = judged(FLAT, points=[replace(HALL, stale_after=0), *POINTS[:3]])
    assert set(told(world, "hall", *[20] * 8, every=280)) == {""}


COUNT = rule("count", point="pump", levels={"L1": 3, "L2": 5}, window="1h")


def test_activations_in_a_window_are_counted() -> None:
    world = judged(COUNT)
    world.wait(4_000)
    assert told(world, "pump", *[False, True] * 3)[-1] == "L1"
    assert (world.engine.alarm("it").value, world.engine.alarm("it").unit) == (3, "")
    assert told(world, "pump", *[False, True] * 2)[-1] == "L2"


def test_activations_leave_the_window_without_any_reading() -> None:
    world = judged(COUNT)
    world.wait(4_000)
    told(world, "pump", *[False, True] * 3)
    world.wait(3_600 - 240 - 1)
    assert code(world) == "L1"
    world.wait(1)
    assert code(world) == ""


def test_what_stays_true_is_one_activation() -> None:
    world = judged(COUNT)
    assert set(told(world, "pump", False, *[True] * 20)) == {""}


def test_pulses_within_one_batch_are_all_counted() -> None:
    world = judged(COUNT)
    now = world.clock.now()
    batch = [world.reading("pump", bool(n % 2), source_at=now + n) for n in range(6)]
    world.engine.on_readings(batch)
    assert (code(world), world.rings) == ("L1", 1)


def test_a_restart_neither_clears_nor_rings_a_count() -> None:
    world = judged(COUNT)
    told(world, "pump", *[False, True] * 3)
    world.engine.acknowledge("it", Person())
    world.restart(after=60)
    told(world, "pump", True, False)
    assert (code(world), world.rings) == ("L1", 1)
    world.wait(3_600)
    assert (code(world), world.rings) == ("", 1)
