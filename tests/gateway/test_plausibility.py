"""The checks that catch a lying sensor: what it says is doubted before anybody hears it, and believed again in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from drivers.model import Checks, Point, PointKind, Quality, Reading, Reason, Twin, Value
from gateway.bus import Bus
from gateway.plausibility.plausibility import Plausibility
from gateway.plausibility.twins import wrong_twins
from tests.fakes import FakeClock
from tests.gateway.alarm_world import FLOOD, Store, World, name

MINUTE = 60.0
GAUGE = Point("gauge", "broker", name("Gauge"), unit="cm", low=0, high=1500, every=300, stale_after=900)
TWIN = replace(GAUGE, id="twin")
QUICK = replace(GAUGE, checks=Checks(rate=30.0))
LAZY = replace(GAUGE, checks=Checks(stuck_after=3_600.0, stuck_band=0.5))
PAIRED = replace(GAUGE, checks=Checks(rate=30.0, twin=Twin("twin", 20.0)))

GOOD = (Quality.GOOD, Reason.NONE)


def doubt(reason: Reason) -> tuple[Quality, Reason]:
    return Quality.UNCERTAIN, reason


@dataclass
class Field:
    """Sensors under check, and what becomes of what they say."""

    points: Sequence[Point]
    clock: FakeClock = field(default_factory=FakeClock)
    heard: list[Reading] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store()
        self.checks = Plausibility(self.points, store=self.store)

    def restart(self) -> None:
        """Begin anew with what the store has."""
        self.checks = Plausibility(self.points, store=self.store)
        newest = {each.point: each for each in sorted(self.heard, key=lambda each: each.source_at)}
        self.checks.restore(newest.values())

    def say(self, value: Value, *, point: str = "gauge", after: float = 300.0, **more: Any) -> tuple[Quality, Reason]:
        """Let a sensor speak `after` seconds; return what is thought of it."""
        self.clock.advance(after)
        now = self.clock.now()
        judged = self.checks.judged([structs.replace(Reading(point, value, now, now, self.clock.mono()), **more)])
        self.heard += judged
        (said,) = [each for each in judged if each.point == point and each.source_at == more.get("source_at", now)]
        return said.quality, said.reason

    def last(self, point: str) -> tuple[Quality, Reason]:
        """Return what is thought of a sensor now: its newest reading says."""
        newest = max((each for each in self.heard if each.point == point), key=lambda each: each.source_at)
        return newest.quality, newest.reason


def test_a_gauge_that_jumps_to_11_9_m_and_stays_there_is_never_believed() -> None:
    world = Field([QUICK])
    assert world.say(200.0) == GOOD
    two_weeks = [world.say(1190.0) for _ in range(14 * 288)]
    assert set(two_weeks) == {doubt(Reason.RATE)}


def test_a_rise_within_the_rate_is_believed_however_high_it_goes() -> None:
    world = Field([QUICK])
    assert {world.say(200.0 + 140.0 * step) for step in range(8)} == {GOOD}


def test_a_spike_is_doubted_alone_and_what_follows_is_believed() -> None:
    world = Field([QUICK])
    assert [world.say(value) for value in (200.0, 1190.0, 201.0, 202.0)] == [GOOD, doubt(Reason.RATE), GOOD, GOOD]


def test_a_jump_is_believed_once_so_many_readings_in_a_row_have_moved() -> None:
    world = Field([QUICK])
    said = [world.say(value) for value in (200.0, 400.0, 405.0, 405.0, 411.0, 414.0, 415.0)]
    assert said == [GOOD, *[doubt(Reason.RATE)] * 4, GOOD, GOOD]


def test_without_confirmation_a_jump_is_doubted_until_it_is_undone() -> None:
    world = Field([replace(QUICK, checks=Checks(rate=30.0, confirm=0))])
    said = [world.say(value) for value in (200.0, *range(400, 460, 5), 230.0)]
    assert said == [GOOD, *[doubt(Reason.RATE)] * 12, GOOD]


def test_a_lie_that_changes_to_another_lie_stays_a_lie() -> None:
    world = Field([QUICK])
    assert [world.say(value) for value in (200.0, 1190.0, 900.0)] == [GOOD, *[doubt(Reason.RATE)] * 2]


def test_readings_closer_than_a_period_may_differ_by_what_a_period_allows() -> None:
    world = Field([QUICK])
    assert [world.say(200.0), world.say(340.0, after=0.1), world.say(500.0, after=0.1)] == [
        GOOD, GOOD, doubt(Reason.RATE),
    ]  # fmt: skip


def test_after_an_outage_the_river_may_have_gone_far() -> None:
    world = Field([QUICK])
    assert [world.say(200.0), world.say(900.0, after=3_600.0)] == [GOOD, GOOD]


def test_what_a_person_reads_ends_the_doubt() -> None:
    world = Field([QUICK])
    world.say(200.0)
    assert world.say(800.0) == doubt(Reason.RATE)
    assert world.say(795.0, quality=Quality.UNCERTAIN, reason=Reason.MANUAL) == doubt(Reason.MANUAL)
    assert world.say(800.0) == GOOD


def test_a_value_that_no_longer_moves_is_stuck_until_it_moves() -> None:
    world = Field([LAZY])
    said = [world.say(value) for value in [200.0, *[200.3] * 13, 201.0]]
    assert said == [*[GOOD] * 12, *[doubt(Reason.STUCK)] * 2, GOOD]


@pytest.mark.parametrize(
    "more",
    [
        {"quality": Quality.BAD, "reason": Reason.COMM},
        {"quality": Quality.UNCERTAIN, "reason": Reason.RANGE},
        {"quality": Quality.BAD, "reason": Reason.TEST},
        {"retained": True},
    ],
    ids=["bad", "out of range", "test", "retained"],
)
def test_what_is_doubted_already_is_left_as_it_is_and_teaches_nothing(more: dict[str, Any]) -> None:
    world = Field([QUICK])
    world.say(200.0)
    said = world.say(1190.0, **more)
    assert said == (more.get("quality", Quality.GOOD), more.get("reason", Reason.NONE))
    assert [world.say(201.0), world.say(1190.0)] == [GOOD, doubt(Reason.RATE)]


def test_late_readings_are_left_as_they_are() -> None:
    world = Field([QUICK])
    world.say(200.0)
    assert world.say(1190.0, source_at=world.clock.now() - 1) == GOOD
    assert world.say(201.0) == GOOD


def test_a_clock_that_ran_ahead_does_not_make_all_that_follows_late() -> None:
    world = Field([QUICK])
    world.say(200.0, source_at=world.clock.now() + 86_400_000_000_000)
    assert world.say(1190.0) == doubt(Reason.RATE)


# ── twins ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_twins_that_differ_are_both_doubted_at_once_and_believed_again_when_they_agree() -> None:
    world = Field([replace(PAIRED, checks=Checks(twin=Twin("twin", 20.0))), TWIN])
    assert [world.say(200.0), world.say(205.0, point="twin")] == [GOOD, GOOD]
    assert world.say(300.0) == doubt(Reason.TWIN)
    assert world.last("twin") == doubt(Reason.TWIN)
    assert world.say(290.0, point="twin") == GOOD
    assert world.last("gauge") == GOOD
    assert [each.value for each in world.heard] == [200.0, 205.0, 300.0, 205.0, 290.0, 300.0]


def test_the_one_that_gives_itself_away_does_not_drag_its_twin_down() -> None:
    world = Field([PAIRED, TWIN])
    world.say(205.0, point="twin")
    assert [world.say(200.0), world.say(1190.0)] == [GOOD, doubt(Reason.RATE)]
    assert (world.say(206.0, point="twin"), world.last("twin")) == (GOOD, GOOD)


def test_a_jump_that_both_twins_see_is_believed() -> None:
    world = Field([PAIRED, replace(TWIN, checks=Checks(rate=30.0))])
    assert [world.say(200.0), world.say(200.0, point="twin")] == [GOOD, GOOD]
    assert world.say(600.0) == doubt(Reason.RATE)
    assert world.say(605.0, point="twin", after=1.0) == GOOD
    assert world.last("gauge") == GOOD
    assert world.say(601.0) == GOOD


def test_a_twin_that_is_stuck_silent_or_bad_contradicts_nobody() -> None:
    world = Field([PAIRED, replace(TWIN, checks=Checks(stuck_after=3_600.0))])
    world.say(200.0, point="twin")
    world.say(200.0)
    assert world.say(300.0, after=901.0) == GOOD, "its twin is silent for longer than its stale_after"
    for _ in range(13):
        world.say(200.0, point="twin")
    assert world.say(310.0, after=1.0) == GOOD, "its twin is stuck"
    world.say(215.0, point="twin")
    assert world.say(311.0, after=1.0) == doubt(Reason.TWIN)
    world.say(215.0, point="twin", after=1.0, quality=Quality.BAD, reason=Reason.COMM)
    assert world.last("gauge") == GOOD, "its twin is gone"


def test_a_second_thought_is_the_newest_and_no_reading_of_a_person_is_reconsidered() -> None:
    world = Field([replace(PAIRED, checks=Checks(twin=Twin("twin", 20.0))), TWIN])
    world.say(200.0, quality=Quality.UNCERTAIN, reason=Reason.MANUAL)
    assert world.say(300.0, point="twin") == doubt(Reason.TWIN)
    assert world.last("gauge") == doubt(Reason.MANUAL)
    world.say(300.0)
    world.say(200.0, point="twin")
    times = [each.source_at for each in world.heard if each.point == "gauge"]
    assert (times, len(set(times))) == (sorted(times), len(times))


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([PAIRED], "there is no point 'twin'"),
        ([replace(PAIRED, checks=Checks(twin=Twin("gauge", 1.0)))], "a gauge is no twin of itself"),
        ([PAIRED, replace(TWIN, unit="m")], "gauge is in cm and twin in m"),
        ([PAIRED, replace(TWIN, kind=PointKind.FLAG)], "gauge and twin are compared as numbers; one of them is none"),
        ([PAIRED, replace(TWIN, checks=Checks(twin=Twin("gauge", 1.0)))], "twin has a twin itself; say it once"),
    ],
)
def test_twins_that_cannot_be_compared_are_refused(points: Sequence[Point], why: str) -> None:
    found = list(wrong_twins({point.id: point for point in points}))
    assert (found[0][0], found[0][1].startswith(why)) == ("gauge", True)


def test_a_gauge_has_one_twin() -> None:
    points = [PAIRED, TWIN, replace(PAIRED, id="third")]
    assert list(wrong_twins({point.id: point for point in points})) == [
        ("third", "twin is compared with gauge already; a gauge has one twin")
    ]
    assert not list(wrong_twins({point.id: point for point in points[:2]}))


# ── the door, restarts, reloads ───────────────────────────────────────────────────────────────────────────────────────


def test_a_doubt_outlives_a_restart() -> None:
    world = Field([QUICK])
    for value in (200.0, 1190.0):
        world.say(value)
    world.restart()
    assert world.checks.doubts() == {"gauge": Reason.RATE}
    assert [world.say(1190.0), world.say(201.0)] == [doubt(Reason.RATE), GOOD]
    world.restart()
    assert (world.say(202.0), world.store.docs) == (GOOD, {})


def test_a_doubt_outlives_a_restart_although_the_sensor_was_cut_off_meanwhile() -> None:
    world = Field([QUICK])
    for value in (200.0, 1190.0):
        world.say(value)
    world.say(1190.0, quality=Quality.BAD, reason=Reason.COMM)
    world.restart()
    assert [world.say(1190.0, after=86_400.0), world.say(1190.0)] == [doubt(Reason.RATE)] * 2


def test_a_jump_that_a_twin_bears_out_is_kept_no_longer() -> None:
    world = Field([PAIRED, replace(TWIN, checks=Checks(rate=30.0))])
    world.say(200.0), world.say(200.0, point="twin")
    world.say(600.0)
    assert list(world.store.docs) == [("jump", "gauge")]
    world.say(605.0, point="twin", after=1.0)
    assert world.store.docs == {}


def test_a_kept_doubt_of_a_sensor_that_is_no_longer_checked_is_forgotten() -> None:
    world = Field([GAUGE])
    world.store.keep("jump", "gauge", {"value": 1.0, "at": 1, "believed": 0.0, "since": 0})
    world.store.keep("jump", "gone", {"value": "much"})
    world.restart()
    assert world.store.docs == {}


def test_what_was_stuck_before_a_restart_is_stuck_until_it_moves() -> None:
    world = Field([LAZY])
    for _ in range(14):
        world.say(200.0)
    world.restart()
    assert [world.say(200.0), world.say(201.0)] == [doubt(Reason.STUCK), GOOD]


def test_a_reload_keeps_what_is_known_of_sensors_that_stay_the_same() -> None:
    world = Field([QUICK, TWIN])
    for value in (200.0, 1190.0):
        world.say(value)
    world.checks.adopt([QUICK, replace(TWIN, checks=Checks(rate=1.0))])
    assert (world.say(1190.0), world.checks.doubts()) == (doubt(Reason.RATE), {"gauge": Reason.RATE})
    world.checks.adopt([GAUGE])
    assert (world.say(1190.0), world.checks.doubts(), world.store.docs) == (GOOD, {}, {})


def test_a_batch_without_checks_is_handed_on_as_it_is() -> None:
    world = Field([QUICK])
    batch = [Reading("other", 1.0, 0, 0, 0.0)]
    assert world.checks.judged(batch) is batch


def test_whoever_publishes_goes_through_the_checks() -> None:
    bus, heard, checks = Bus(), list[Reading](), Plausibility([QUICK], store=Store())
    bus.judge(Reading, checks.judged)
    bus.subscribe(Reading, heard.extend)
    for number, value in enumerate((200.0, 1190.0)):
        at = number * 300_000_000_000
        bus.guarded(lambda listener: listener).publish([Reading("gauge", value, at, at, number * 300.0)])
    assert [each.reason for each in heard] == [Reason.NONE, Reason.RATE]
    assert checks.counters["rate"] == 1


def test_a_lying_gauge_rings_no_bell_and_a_true_rise_does() -> None:
    world = World(replace(FLOOD, on_delay=0.0))
    river = replace(PAIRED, id="river")
    checks = Plausibility([river, TWIN], store=world.store)

    def say(point: str, value: float) -> None:
        world.clock.advance(60)
        for each in checks.judged([world.reading(point, value)]):
            world.give(each)

    say("river", 200.0)
    say("river", 1190.0)
    assert (world.state(), world.engine.alarm("flood").cond_unknown, world.rings) == ("NORM", True, 0)
    say("river", 201.0)
    assert (world.state(), world.engine.alarm("flood").cond_unknown) == ("NORM", False)
    say("twin", 465.0)
    say("river", 460.0)
    assert (world.state(), world.engine.alarm("flood").code, world.rings) == ("UNACK", "SIAGA1", 1)


VALUES = st.one_of(
    st.floats(), st.integers(), st.booleans(), st.text(max_size=3), st.sampled_from([10**400, math.nan, math.inf])
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["gauge", "twin"]),
            VALUES,
            st.integers(-(10**13), 10**13),
            st.sampled_from(list(Quality)),
            st.sampled_from(list(Reason)),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_nothing_that_a_sensor_says_upsets_the_checks_and_nothing_is_lost(said: list[tuple[Any, ...]]) -> None:
    checks = Plausibility([replace(PAIRED, checks=Checks(30.0, 2, 600.0, 0.1, Twin("twin", 5.0))), TWIN], store=Store())
    for number, (point, value, at, quality, reason, retained) in enumerate(said):
        came = Reading(point, value, at, number * 10**12, number * 1.0, quality, reason, retained)
        judged = checks.judged([came])
        told = judged[0]
        assert (told.point, told.source_at, told.value is value) == (point, at, True)
        assert told.quality >= came.quality
        assert len(judged) <= 2
