"""Derived points at work: heard on the bus, calculated once a batch, published like any sensor's readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from drivers.model import Name, Point, PointKind, Quality, Reading, Reason, Value
from drivers.strict_yaml import load
from gateway.bus import Bus
from gateway.derive.compile import compile_derived
from gateway.derive.config import DerivedFile
from gateway.derive.derived_points import PAGE, DerivedPoints
from gateway.derive.errors import DeriveError
from gateway.store.errors import StoreUnavailable
from gateway.store.store import Store
from tests.fakes import FakeClock
from tests.gateway.alarm_world import FLOOD
from tests.gateway.alarm_world import World as AlarmWorld

S = 1_000_000_000


def point(id: str, *, kind: PointKind = PointKind.NUMBER, **more: Any) -> Point:
    return replace(Point(id, "broker", Name(id, id), kind, every=600.0, stale_after=1_800.0), **more)


POINTS = {
    each.id: each
    for each in (
        point("a", unit="cm"), point("b", unit="cm"), point("rain", unit="mm"), point("dust", unit="ug/m3"),
        point("door", kind=PointKind.FLAG, every=0.0, stale_after=0.0), point("sign", kind=PointKind.TEXT),
    )
}  # fmt: skip


class Journal:
    """What was read before."""

    def __init__(self, readings: Sequence[Reading] = ()) -> None:
        self.kept = sorted(readings, key=lambda each: each.source_at)
        self.asked = 0

    async def readings(self, point: str, *, since: int, until: int, limit: int) -> list[Reading]:
        self.asked += 1
        return [each for each in self.kept if each.point == point and since <= each.source_at < until][:limit]


def derivations(text: str, *, pace: float = 1.0) -> Any:
    entries = load(text, "derived.yaml").data
    return compile_derived(DerivedFile.model_validate({"derived": entries}), POINTS, pace=pace)


class World:
    """Derived points on a bus, with everything that they publish."""

    def __init__(self, text: str, *, journal: Journal | None = None) -> None:
        self.clock, self.bus, self.journal = FakeClock(), Bus(), journal or Journal()
        self.told: list[Reading] = []
        made = derivations(text)
        self.derived = DerivedPoints(
            made, points=POINTS | {each.id: each.point for each in made}, clock=self.clock, history=self.journal,
            publish=self.bus.publish,
        )  # fmt: skip
        self.bus.subscribe(Reading, self.derived.on_readings)
        self.bus.subscribe(Reading, self._hear)

    def _hear(self, batch: Sequence[Reading]) -> None:
        self.told += [each for each in batch if each.point not in POINTS]

    def reading(self, point: str, value: Value, **more: Any) -> Reading:
        now = self.clock.now()
        return structs.replace(Reading(point, value, now, now, self.clock.mono()), **more)

    def say(self, point: str, value: Value, *, after: float = 600.0, **more: Any) -> list[tuple[Any, ...]]:
        """Let a sensor speak, and return what is derived from it."""
        self.clock.advance(after)
        before = len(self.told)
        self.bus.publish([self.reading(point, value, **more)])
        return [(each.point, each.value, each.quality.name, each.reason.value) for each in self.told[before:]]


SLOPE = """
- {id: slope, name: Slope, unit: cm, range: [-100, 100], formula: {say: "a - b", of: {a: a, b: b}}}
"""


def test_a_formula_is_calculated_whenever_an_input_speaks() -> None:
    world = World(SLOPE)
    assert world.say("a", 30.0) == [], "b has never spoken: there is nothing to say yet"
    assert world.say("b", 10.0) == [("slope", 20.0, "GOOD", "")]
    assert world.say("a", 35.0) == [("slope", 25.0, "GOOD", "")]
    assert world.say("rain", 1.0) == []
    assert world.derived.counters == {"readings": 2, "unknown": 1, "late": 0}


def test_a_derived_reading_is_as_of_its_newest_input() -> None:
    world = World(SLOPE)
    world.say("a", 30.0)
    world.say("b", 10.0, source_at=world.clock.now() + 590 * S)
    (told,) = world.told
    assert (told.source_at, told.received_at) == (world.clock.now() - 10 * S, world.clock.now())


def test_two_inputs_of_one_moment_give_readings_that_follow_each_other() -> None:
    world = World(SLOPE)
    world.say("a", 30.0)
    for value in (1.0, 2.0, 3.0):
        world.say("b", value, after=0.0)
    times = [each.source_at for each in world.told]
    assert ([each.value for each in world.told], times) == ([29.0, 28.0, 27.0], sorted(set(times)))


def test_an_input_that_fails_makes_the_last_result_bad() -> None:
    world = World(SLOPE)
    world.say("a", 30.0)
    world.say("b", 10.0)
    assert world.say("b", 10.0, quality=Quality.BAD, reason=Reason.COMM) == [("slope", 20.0, "BAD", "comm")]
    assert world.say("b", 11.0) == [("slope", 19.0, "GOOD", "")]


def test_doubt_and_silence_of_an_input_are_those_of_the_result() -> None:
    world = World(SLOPE)
    world.say("a", 30.0)
    assert world.say("b", 10.0, quality=Quality.UNCERTAIN, reason=Reason.RATE) == [("slope", 20.0, "UNCERTAIN", "rate")]
    assert world.say("b", 10.0, after=1_801.0) == [("slope", 20.0, "UNCERTAIN", "stale")]


def test_a_result_beyond_its_range_is_doubted() -> None:
    world = World(SLOPE)
    world.say("a", 300.0)
    assert world.say("b", 10.0) == [("slope", 290.0, "UNCERTAIN", "range")]


def test_late_readings_tests_repeats_and_duplicates_change_nothing_now() -> None:
    world = World(SLOPE)
    world.say("a", 30.0)
    world.say("b", 10.0)
    known = world.reading("b", 10.0)
    assert world.say("b", 99.0, source_at=known.source_at - S) == []
    assert world.say("b", 99.0, reason=Reason.TEST, quality=Quality.BAD) == []
    world.bus.publish([known, structs.replace(known, retained=True)])
    assert len(world.told) == 1
    assert world.say("a", 31.0) == [("slope", 21.0, "GOOD", "")]


def test_what_rests_on_a_repeated_message_is_a_repeat_itself_and_rings_nothing() -> None:
    world = World(SLOPE)
    world.say("a", 30.0, retained=True)
    world.say("b", 10.0)
    assert [each.retained for each in world.told] == [True]


CHAIN = """
- {id: double, name: Double, unit: cm, formula: {say: "2 * rise", of: {rise: rise}}}
- {id: rise, name: Rise, unit: cm, window: {take: difference, of: a, last: 1h, cover: 0.1}}
- {id: high, name: High, kind: flag, formula: {say: "double > 10 and a > 0", of: {double: double, a: a}}}
"""


def test_a_chain_is_calculated_in_one_go_and_published_once() -> None:
    world = World(CHAIN)
    batches: list[int] = []
    world.bus.subscribe(Reading, lambda batch: batches.append(len(batch)))
    world.say("a", 30.0)
    assert world.say("a", 42.0) == [
        ("rise", 12.0, "GOOD", ""),
        ("double", 24.0, "GOOD", ""),
        ("high", True, "GOOD", ""),
    ]
    assert batches == [3, 1, 3, 1]


def test_a_batch_is_calculated_once() -> None:
    world = World(SLOPE)
    world.bus.publish([world.reading("a", 3.0), world.reading("b", 1.0), world.reading("rain", 1.0)])
    assert [each.value for each in world.told] == [2.0]


WORST = """
- {id: worst, name: Worst, unit: cm, across: {take: max, of: [a, b]}}
- {id: mean, name: Mean, unit: cm, across: {take: mean, of: [a, b], cover: 0.5}}
"""


def test_across_points_what_is_doubted_does_not_count_while_enough_are_trusted() -> None:
    world = World(WORST)
    world.say("a", 30.0)
    assert world.say("b", 50.0) == [("worst", 50.0, "GOOD", ""), ("mean", 40.0, "GOOD", "")]
    assert world.say("b", 1190.0, quality=Quality.UNCERTAIN, reason=Reason.RATE) == [
        ("worst", 1190.0, "UNCERTAIN", "rate"), ("mean", 30.0, "GOOD", ""),
    ]  # fmt: skip
    assert world.say("b", 1190.0, quality=Quality.BAD, reason=Reason.COMM) == [
        ("worst", 30.0, "UNCERTAIN", "comm"), ("mean", 30.0, "GOOD", ""),
    ]  # fmt: skip


DAY = """
- {id: rain-24h, name: Rain, unit: mm, window: {take: integral, of: rain, last: 24h}}
- {id: dust-24h, name: Dust, unit: ug/m3, window: {take: mean, of: dust, last: 24h}}
- {id: ispu, name: ISPU, ispu: {give: index, of: {pm25: dust-24h}}}
- {id: ispu-word, name: ISPU, kind: text, ispu: {give: category, of: {pm25: dust-24h}}}
"""


def test_a_day_of_rain_and_the_air_quality_index() -> None:
    world = World(DAY)
    for _ in range(144):
        rain = world.say("rain", 2.5)
        dust = world.say("dust", 55.4, after=0.0)
    assert rain == [("rain-24h", 60.0, "GOOD", "")]
    assert [each[0] for each in dust] == ["dust-24h", "ispu", "ispu-word"]
    assert [each[1] for each in dust] == [pytest.approx(55.4), 100.0, "Sedang"]
    assert {each[2] for each in dust} == {"GOOD"}


def test_a_lying_sensor_takes_coverage_from_a_window_and_never_its_value() -> None:
    world = World(DAY)
    for _ in range(144):
        world.say("rain", 2.5)
    lies = {"quality": Quality.UNCERTAIN, "reason": Reason.STUCK}
    said = [world.say("rain", 150.0, **lies)[0] for _ in range(40)]
    assert said[35] == ("rain-24h", pytest.approx(60.0 * 108 / 144), "GOOD", "")
    assert said[36] == ("rain-24h", pytest.approx(60.0 * 107 / 144), "UNCERTAIN", "coverage")


def history(clock: FakeClock, *, count: int = 144) -> list[Reading]:
    now = clock.now()
    return [Reading("rain", 2.5, now - n * 600 * S, now - n * 600 * S, -n * 600.0) for n in range(1, count)]


async def test_windows_are_filled_from_the_journal_after_a_restart_and_nothing_counts_twice() -> None:
    journal = Journal()
    world = World(DAY, journal=journal)
    journal.kept = history(world.clock)
    early = world.say("rain", 2.5, after=0.0)
    journal.kept.append(world.reading("rain", 2.5))
    await world.derived.fill()
    await world.derived.fill()
    late = world.say("rain", 2.5)
    assert (early[0][2:], late) == (("UNCERTAIN", "coverage"), [("rain-24h", 60.0, "GOOD", "")])


async def test_a_long_history_is_read_page_by_page() -> None:
    now = FakeClock().now()
    kept = [Reading("rain", 1.0, now - n * 10 * S, now - n * 10 * S, 0.0) for n in range(1, 2 * PAGE + 10)]
    world = World("- {id: n, name: N, window: {take: count, of: rain, last: 3d}}", journal=Journal(kept))
    await world.derived.fill()
    assert world.journal.asked == 3
    assert world.say("rain", 1.0, after=0.0)[0][1] == 2 * PAGE + 10


async def test_the_journals_failure_is_raised_and_the_rest_read_when_it_is_back() -> None:
    world = World(DAY)
    whole, world.journal.kept = history(world.clock), []

    async def fail(*_args: Any, **_span: Any) -> list[Reading]:
        raise StoreUnavailable("the disk is full")

    read, world.journal.readings = world.journal.readings, fail  # type: ignore[method-assign] # it comes back below
    with pytest.raises(StoreUnavailable):
        await world.derived.run()
    world.journal.readings, world.journal.kept = read, whole  # type: ignore[method-assign] # as it was
    await world.derived.fill()
    assert world.say("rain", 2.5, after=0.0) == [("rain-24h", 60.0, "GOOD", "")]
    assert world.derived._unfilled.is_set()


async def test_what_is_heard_while_the_journal_is_read_counts_once_however_long_that_takes() -> None:
    now = FakeClock().now()
    kept = [Reading("rain", 1.0, now - n * 10 * S, now - n * 10 * S, 0.0) for n in range(1, 3_001)]
    world = World("- {id: n, name: N, window: {take: count, of: rain, last: 3d}}", journal=Journal(kept))
    delayed = world.reading("rain", 1.0, source_at=now - 15 * S)
    world.bus.publish([delayed])
    world.journal.kept = sorted([*kept, delayed], key=lambda each: each.source_at)
    await world.derived.fill()
    assert world.say("rain", 1.0)[0][1] == 3_002


def test_what_was_derived_before_a_restart_is_taken_up() -> None:
    world = World(SLOPE)
    now = world.clock.now()
    world.derived.restore([
        Reading("a", 30.0, now, now, 0.0), Reading("b", 10.0, now, now, 0.0),
        Reading("slope", 20.0, now + 5 * S, now, 0.0),
    ])  # fmt: skip
    assert world.say("b", 10.0, after=2.0, quality=Quality.BAD, reason=Reason.COMM) == [("slope", 20.0, "BAD", "comm")]
    assert world.told[0].source_at == now + 5 * S + 1, "later than what is stored already"


def test_a_reload_keeps_the_windows_of_what_stays_the_same() -> None:
    world = World(DAY)
    for _ in range(144):
        world.say("rain", 2.5)
    other = derivations(DAY.replace("Dust", "Fine dust") + SLOPE)
    world.derived.adopt(other, points=POINTS | {each.id: each.point for each in other})
    assert world.say("rain", 2.5) == [("rain-24h", 60.0, "GOOD", "")]
    world.derived.adopt([], points=POINTS)
    assert world.say("rain", 2.5) == []


def test_an_alarm_is_judged_by_a_derived_point_and_doubt_rings_nothing() -> None:
    made = derivations('- {id: river, name: River, unit: cm, formula: {say: "max(a, b)", of: {a: a, b: b}}}')
    alarms = AlarmWorld(replace(FLOOD, on_delay=0.0), points=[made[0].point])
    derived = DerivedPoints(
        made, points=POINTS | {"river": made[0].point}, clock=alarms.clock, history=Journal(),
        publish=alarms.engine.on_readings,
    )  # fmt: skip

    def say(point: str, value: float, **more: Any) -> None:
        alarms.clock.advance(60)
        derived.on_readings([alarms.reading(point, value, **more)])

    say("a", 100.0)
    say("b", 1190.0, quality=Quality.UNCERTAIN, reason=Reason.RATE)
    assert (alarms.state(), alarms.engine.alarm("flood").cond_unknown, alarms.rings) == ("NORM", True, 0)
    say("b", 260.0)
    assert (alarms.state(), alarms.engine.alarm("flood").value, alarms.rings) == ("UNACK", 260.0, 1)


@pytest.mark.real
async def test_the_real_journal_fills_a_window(tmp_path: Path) -> None:
    clock = FakeClock()
    store = Store.open(tmp_path / "semarak.db", clock=clock)
    store.on_readings(history(clock)[::-1])
    await store.flush()
    await store.close()
    clock.advance(60.0)
    store = Store.open(tmp_path / "semarak.db", clock=clock)
    told: list[Any] = []
    made = derivations(DAY)
    derived = DerivedPoints(
        made, points=POINTS | {each.id: each.point for each in made}, clock=clock, history=store, publish=told.extend
    )
    derived.restore(store.latest.all())
    await derived.fill()
    now = clock.now()
    derived.on_readings([Reading("rain", 2.5, now, now, clock.mono())])
    await store.close()
    assert (told[0].value, told[0].quality) == (60.0, Quality.GOOD)


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("- {id: x, name: X, window: {take: sum, of: rian, last: 1h}}",
         "derived.0.window.of: there is no point 'rian'; did you mean 'rain'?"),
        ("- {id: a, name: X, window: {take: sum, of: rain, last: 1h}}",
         "derived.0.id: a stands here twice, or in points.yaml"),
        ("- {id: x, name: X, window: {take: sum, of: rain, last: 900}}",
         "derived.0.window.last: rain speaks every 600 s: this window is too short; make it 1200 s or longer"),
        ("- {id: x, name: X, window: {take: integral, of: door, last: 1h}}",
         "derived.0.window.take: door has no period to take an integral over; give it `every`"),
        ("- {id: x, name: X, window: {take: sum, of: sign, last: 1h}}",
         "derived.0.window.of: sign is a text, and texts cannot be calculated with"),
        ("- {id: x, name: X, kind: flag, window: {take: sum, of: rain, last: 1h}}",
         "derived.0.kind: the result is a number; write kind: number"),
        ("- {id: x, name: X, kind: text, formula: {say: a, of: {a: a}}}",
         "derived.0.kind: the result is a number or a flag; write kind: number"),
        ("- {id: x, name: X, formula: {say: a + c, of: {a: a}}}",
         "derived.0.formula.say: nothing says what 'c' is; add it to `of`; there is a"),
        ("- {id: x, name: X, ispu: {give: index, of: {pm25: rain}}}",
         "derived.0.ispu.of.pm25: rain is in mm, and the index is of ug/m3; derive it in ug/m3 first"),
        ("- {id: x, name: X, ispu: {give: category, of: {pm25: dust}}}",
         "derived.0.kind: the result is a text; write kind: text"),
        ('- {id: x, name: X, formula: {say: "y", of: {y: y}}}\n- {id: y, name: Y, formula: {say: "x", of: {x: x}}}',
         "derived.0: a derived point cannot need itself: x needs y needs x; break the circle"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_its_place(text: str, refusal: str) -> None:
    with pytest.raises(DeriveError) as refused:
        derivations(text)
    assert str(refused.value) == refusal


def test_at_a_pace_windows_shrink_and_their_results_do_not() -> None:
    paced = {
        name: replace(each, every=each.every / 60, stale_after=each.stale_after / 60) for name, each in POINTS.items()
    }
    config = DerivedFile.model_validate({"derived": load(DAY, "derived.yaml").data})
    made = compile_derived(config, paced, pace=60.0)
    told: list[Any] = []
    clock = FakeClock()
    derived = DerivedPoints(
        made, points=paced | {each.id: each.point for each in made}, clock=clock, history=Journal(), publish=told.extend
    )
    for _ in range(144):
        clock.advance(10.0)
        derived.on_readings([Reading("rain", 2.5, clock.now(), clock.now(), clock.mono())])
    assert (told[-1].value, told[-1].quality) == (60.0, Quality.GOOD)
