"""A rule rehearsed on recorded readings does what the live engine did on them, and says what it left out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from drivers.model import Point, Quality, Reading, Reason
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.handling import Handling
from gateway.alarms.lifecycle import Cue
from gateway.alarms.policy import Policy, Reads, Suppression
from gateway.alarms.rule import AlarmRule
from gateway.rehearsal.arrivals import arrivals
from gateway.rehearsal.cast import cast_of
from gateway.rehearsal.replay import MOST_TOLD, Rehearsal, Span, rehearse
from gateway.rehearsal.stage import Cast
from tests.fakes import EPOCH_NS, FakeClock, VirtualLoop
from tests.gateway.alarm_world import DOOR, RIVER, TANK, Audit, Store
from tests.gateway.rules_world import HALL, POINTS, PUMP, compiled, rule

S = 10**9
DAY = 86_400
KNOWN = {point.id: point for point in POINTS}
RULES = (
    rule("high", id="high", point="river", levels={"L2": 250, "L3": 350}, deadband=5, on_delay=300),
    rule("low", id="low", point="tank", levels={"L1": 20, "L2": 10}, deadband=2, off_delay=90, latching=True),
    rule("outside", id="outside", point="hall", levels={"L1": [18, 27]}, deadband=1),
    rule("flag", id="door", point="door", levels={"L2": True}, on_delay=60),
    rule("stale", id="silent", point="river", levels={"L1": 1_200}),
    rule("rate", id="rate", point="hall", levels={"L2": 2}, window=300, samples=3),
    rule("count", id="count", point="pump", levels={"L2": 3}, window=600),
    rule(
        "composite", id="both", name="Both", levels={"L3": True}, say="wet and open", on_delay=30,
        of={"wet": {"alarm": "high"}, "open": {"point": "door"}},
    ),
)  # fmt: skip


def read(second: float, point: str, value: Any, **more: Any) -> Reading:
    at = EPOCH_NS + round(second * S)
    return structs.replace(Reading(point, value, at, at, at / 1e9), **more)


@dataclass
class Recording:
    """A journal in memory."""

    rows: Sequence[Reading]
    asked: list[str] = field(default_factory=list)

    def recorded(self, point: str, *, since: int, until: int, limit: int) -> Sequence[Reading]:
        self.asked.append(point)
        found = [row for row in self.rows if row.point == point and since <= row.source_at < until]
        return sorted(found, key=lambda row: row.source_at)[:limit]


def cast(rules: Sequence[AlarmRule], *, policy: Policy | None = None, pace: float = 1.0) -> Cast:
    return Cast(tuple(rules), frozenset(each.id for each in rules), KNOWN, policy or Policy(), pace)


def rehearsed(
    meant: Cast, rows: Sequence[Reading], *, seconds: int, now: Cast | None = None, since: int = 0, **more: Any
) -> Rehearsal:
    span = Span(EPOCH_NS, EPOCH_NS + since * S, EPOCH_NS + seconds * S)
    points = meant.heard | (now.heard if now else frozenset())
    arriving = arrivals(Recording(rows), points, since=span.begin, until=span.until)
    return rehearse(meant, now or cast(()), arriving, span=span, clock=FakeClock(), **more)


def told(rehearsal: Rehearsal) -> list[tuple[str, int, int | None, int]]:
    """Return who rang, from when to when (s after the beginning), and how bad it became."""
    seconds = [(one.raised_at, one.cleared_at) for one in rehearsal.meant.told]
    return [
        (one.rule, round((begin - EPOCH_NS) / S), None if end is None else round((end - EPOCH_NS) / S), one.severity)
        for one, (begin, end) in zip(rehearsal.meant.told, seconds, strict=True)
    ]


def lived(
    rules: Sequence[AlarmRule], rows: Sequence[Reading], *, seconds: int
) -> list[tuple[str, int, int | None, int]]:
    """Return the same of an engine that hears the readings as they come, with nobody at the desk."""
    clock, changes = FakeClock(), list[AlarmChange]()

    def hear(batch: Sequence[object]) -> None:
        changes.extend(change for change in batch if isinstance(change, AlarmChange))

    def heard(row: Reading) -> Reading:
        return structs.replace(row, received_mono=(row.received_at - EPOCH_NS) / S)

    async def live() -> None:
        engine = AlarmEngine(rules, points=POINTS, clock=clock, store=Store(), publish=hear, audit=Audit())
        handling = Handling(
            engine, Policy(), points=POINTS, clock=clock, store=Store(), publish=hear, audit=Audit()
        )  # fmt: skip
        handling.restore()
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run()) for part in (engine, handling)]
            for row in rows:
                await clock.sleep((row.received_at - clock.now()) / S)
                engine.on_readings([heard(row)])
            await clock.sleep((EPOCH_NS + seconds * S - clock.now()) / S)
            for task in running:
                task.cancel()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(live())
    return _told(changes)


def _told(changes: Sequence[AlarmChange]) -> list[tuple[str, int, int | None, int]]:
    found: dict[tuple[str, int], tuple[str, int, int | None, int]] = {}
    open_: dict[str, tuple[str, int]] = {}
    for change in changes:
        alarm, id_ = change.alarm, change.alarm.id
        if change.cue is Cue.ON and not change.was.active:
            at = round(((alarm.annunciated_at or 0) - EPOCH_NS) / S)
            open_[id_] = (id_, at)
            found[open_[id_]] = (id_, at, None, alarm.severity)
        elif change.cue in (Cue.OFF, Cue.OFF_LATCHING) and id_ in open_:
            begun = found[open_[id_]]
            found[open_.pop(id_)] = (*begun[:2], round(((alarm.cleared_at or 0) - EPOCH_NS) / S), begun[3])
        elif change.cue is Cue.RISE and id_ in open_:
            begun = found[open_[id_]]
            found[open_[id_]] = (*begun[:3], max(begun[3], alarm.severity))
    return sorted(found.values(), key=lambda one: (one[1], one[0]))


NUMBERS = st.sampled_from([0.0, 9.0, 15.0, 19.0, 21.0, 25.0, 28.0, 240.0, 248.0, 260.0, 349.0, 380.0])
HEARD = st.one_of(
    st.tuples(st.sampled_from(["river", "tank", "hall"]), NUMBERS),
    st.tuples(st.sampled_from(["door", "pump"]), st.booleans()),
)
TRUST = st.sampled_from([{}, {}, {}, {}, {"quality": Quality.BAD, "reason": Reason.COMM}, {"retained": True}])
STEPS = st.lists(st.tuples(st.integers(1, 700), HEARD, TRUST), max_size=40)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_a_rehearsal_rings_when_the_live_engine_rang(steps: list[tuple[int, tuple[str, Any], dict[str, Any]]]) -> None:
    rules, second, rows = compiled(*RULES), 0, []
    for pause, (point, value), trust in steps:
        second += pause
        rows.append(read(second, point, value, **trust))
    end = second + 2_000
    assert told(rehearsed(cast(rules), rows, seconds=end)) == lived(rules, rows, seconds=end)


def river(*values: float, every: int = 300) -> list[Reading]:
    return [read(n * every, "river", value) for n, value in enumerate(values, start=1)]


def high(limit: float, **more: Any) -> Cast:
    return cast(compiled(rule("high", id="flood", point="river", levels={"L2": limit, "L4": 600}, **more)))


def test_a_rule_is_told_beside_what_it_is_now() -> None:
    rows = river(100, 260, 100, 310, 100, 260, 100)
    found = rehearsed(high(250), rows, now=high(300), seconds=3_000)
    assert (found.meant.rang, found.now.rang, found.readings) == (3, 1, 7)
    assert [(one.peak, one.code, one.label.id) for one in found.now.told] == [(310.0, "L2", "Tingkat 2")]
    assert (found.meant.longest, found.meant.seconds, found.meant.standing) == (300.0, 900.0, 0)
    assert found.meant.by_severity == {2: 3}
    assert (found.first, found.upto, found.left_out) == (rows[0].received_at, found.until, ())


def test_a_delay_ends_between_two_readings() -> None:
    rows = river(260, 260, every=900)
    assert told(rehearsed(high(250, on_delay=120), rows, seconds=3_000)) == [("flood", 1_020, None, 2)]


def test_what_stood_before_the_span_is_in_no_count() -> None:
    rows = river(260, 260, 100, 260, 260)
    found = rehearsed(high(250), rows, since=500, seconds=2_000)
    assert (found.meant.before, found.meant.rang, found.meant.standing) == (1, 1, 1)
    assert found.meant.longest == 800.0


def test_days_are_counted_back_from_the_end() -> None:
    rows = [read(n * 3_600 + half, "river", 260 if half else 100) for n in range(50) for half in (0, 1_800)]
    found = rehearsed(high(250), rows, seconds=2 * DAY + 7_200)
    assert [day.rang for day in found.meant.days] == [2, 24, 24]
    assert [(day.until - day.since) // S for day in found.meant.days] == [7_200, DAY, DAY]
    assert sum(day.rang for day in found.meant.days) == found.meant.rang


def test_all_are_counted_though_not_all_are_told() -> None:
    rows = river(*[100.0, 260.0] * (MOST_TOLD + 5), every=60)
    found = rehearsed(high(250), rows, seconds=60 * 2 * (MOST_TOLD + 6))
    assert (found.meant.rang, len(found.meant.told)) == (MOST_TOLD + 5, MOST_TOLD)


def test_what_comes_and_goes_all_the_time_is_told_with_what_would_hold_it() -> None:
    rows = river(*[100.0, 260.0] * 5, every=9)
    found = rehearsed(high(250), rows, seconds=600)
    assert (found.meant.chatter, found.meant.steadier) == (1, 10.0)
    held = rehearsed(high(250, off_delay=10), rows, seconds=600)
    assert (held.meant.chatter, held.meant.rang) == (0, 1)


def test_what_latches_is_reset_so_that_each_time_has_its_own_peak() -> None:
    found = rehearsed(high(250, latching=True), river(100, 400, 100, 260, 100), seconds=2_000)
    assert [one.peak for one in found.meant.told] == [400.0, 260.0]


def test_too_much_work_ends_early_and_says_so() -> None:
    rows = river(*[100.0, 260.0] * 20)
    found = rehearsed(high(250), rows, seconds=20_000, most=10)
    assert (found.readings, found.upto, found.meant.rang) == (10, rows[10].received_at, 5)
    assert found.left_out == (
        "the rehearsal ends early: there are more than 10 readings; choose a shorter span or fewer points",
    )


def test_what_another_rule_silences_is_not_said_to_ring() -> None:
    quiet = Policy(suppressions=(Suppression("works", ("flood",), reads=Reads("pump", equals=True)),))
    rows = [read(1, "pump", value=True), *river(100, 260, 100), read(1_000, "pump", value=False), *river()]
    rows += [read(1_200, "river", 260.0)]
    found = rehearsed(replace(high(250), policy=quiet), rows, seconds=1_500)
    assert (found.meant.rang, found.meant.silenced) == (1, 1)


def test_readings_arrive_when_they_arrived() -> None:
    late = structs.replace(
        read(100, "river", 400.0), received_at=EPOCH_NS + 5_000 * S, received_mono=(EPOCH_NS / 1e9) + 5_000
    )
    rows = [read(60, "river", 1.0), late, read(4_000, "river", 2.0), read(9_000, "tank", 1.0)]
    found = arrivals(Recording(rows), ["tank", "river"], since=EPOCH_NS, until=EPOCH_NS + 8_000 * S)
    assert [[row.value for row in batch] for batch in found] == [[1.0], [2.0], [400.0]]


@dataclass(frozen=True)
class Files:
    """What a cast takes of a site."""

    rules: tuple[AlarmRule, ...]
    handling: Policy
    points: dict[str, Point]
    pace: float = 1.0


def test_a_cast_has_what_its_rules_are_made_of_and_what_silences_them_and_nobody_else() -> None:
    silences = (
        Suppression("by-door", ("both", "low"), alarm="door"),
        Suppression("by-pump", ("high",), reads=Reads(PUMP.id, equals=True)),
        Suppression("device", ("high",), alarm="silent", parent=True),
        Suppression("other", ("low",), alarm="outside"),
    )
    site: Any = Files(compiled(*RULES), Policy(suppressions=silences), KNOWN)
    found = cast_of(site, ["both", "nothing"])
    assert [each.id for each in found.rules] == ["high", "door", "both"]
    assert set(found.shown) == {"both"}
    assert set(found.heard) == {RIVER.id, DOOR.id, PUMP.id}
    assert [(each.id, each.targets) for each in found.policy.suppressions] == [
        ("by-door", ("both",)), ("by-pump", ("high",)),
    ]  # fmt: skip
    assert not {HALL.id, TANK.id} & found.heard
