"""The engine against a model that counts whole seconds: any readings, waits, hands and restarts, in any order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from drivers.model import Quality, Reason
from gateway.alarms.lifecycle import Effect, NotAllowed
from gateway.alarms.rule import AlarmRule
from tests.gateway.alarm_world import BAD, DRY, FLOOD, RIVER, TANK, Person, World

SLOW_FLOOD = replace(FLOOD, on_delay=7.0, off_delay=3.0)
PUMP = replace(DRY, on_delay=2.0, off_delay=5.0)
STALE = 20
POINTS = (replace(RIVER, stale_after=STALE), replace(TANK, stale_after=STALE))
RULES = {"flood": SLOW_FLOOD, "dry": PUMP}
VALUES = {
    "flood": [0, 244, 245, 249, 250, 260, 344, 345, 350, 351, 444, 450, 600],
    "dry": [100, 23, 22, 21, 20, 15, 13, 12, 10, 5, 0],
}


@dataclass
class Model:
    """One rule as a person with a stopwatch would judge it."""

    rule: AlarmRule
    inside: list[bool] = field(init=False)
    count: list[int] = field(init=False)
    born: list[int] = field(init=False)
    """At which reading each level began to be contradicted: only what began together ends together."""
    value: float | None = None
    known: bool = True
    waiting: bool = True
    moment: int = 0
    silent: int = 0
    state: str = "NORM"
    rings: int = 0
    occurrences: int = 0

    def __post_init__(self) -> None:
        self.inside = [False] * len(self.rule.levels)
        self.count = [0] * len(self.rule.levels)
        self.born = [0] * len(self.rule.levels)

    def wants_to_change(self, level: int) -> bool:
        if self.value is None:
            return False
        limit, sign = self.rule.levels[level].limit, self.rule.levels[level].sign
        back = limit - sign * self.rule.deadband
        if sign > 0:
            return self.value < back if self.inside[level] else self.value >= limit
        return self.value > back if self.inside[level] else self.value <= limit

    def second(self) -> None:
        if self.known:
            for level in range(len(self.count)):
                self.count[level] += self.wants_to_change(level)
            for moment in sorted(set(self.born)) if not self.waiting else ():
                self.toggle([level for level, born in enumerate(self.born) if born == moment])
        self.silent += 1
        if self.silent >= STALE:
            self.known = False

    def toggle(self, levels: Iterable[int]) -> None:
        before = sum(self.inside)
        for level in levels:
            inside = self.inside[level]
            patience = self.rule.off_delay if inside else self.rule.on_delay
            if self.wants_to_change(level) and self.count[level] >= patience:
                self.inside[level], self.count[level] = not inside, 0
        now = sum(self.inside)
        if now > before:
            self.occurrences += self.state == "NORM"
            self.rings += 1
            self.state = "UNACK"
        elif now == 0 and before:
            latch = self.rule.latching
            self.state = {"UNACK": "LATCH_UNACK" if latch else "RTNUN", "ACKED": "LATCH_ACK" if latch else "NORM"}[
                self.state
            ]

    def good(self, value: float) -> None:
        wanted = [self.wants_to_change(level) for level in range(len(self.count))]
        self.value, self.known, self.waiting, self.silent = value, True, False, 0
        self.moment += 1
        for level, before in enumerate(wanted):
            if not self.wants_to_change(level):
                self.count[level] = 0
            elif not before:
                self.born[level] = self.moment
        self.toggle(range(len(self.count)))

    def restart(self, seconds: int) -> None:
        self.waiting = True
        for _ in range(seconds):
            self.second()
        if self.value is None and self.state == "NORM":
            self.silent = 0


ACKED = {"UNACK": "ACKED", "RTNUN": "NORM", "LATCH_UNACK": "LATCH_ACK"}
WHICH = st.sampled_from(sorted(RULES))


class EngineAgainstModel(RuleBasedStateMachine):
    """Every step also takes a millisecond, so that no two things happen at the same instant."""

    @initialize()
    def begin(self) -> None:
        self.world = World(*RULES.values(), points=POINTS)
        self.models = {id: Model(each) for id, each in RULES.items()}

    def step(self) -> None:
        self.world.wait(0.001)

    @rule(which=WHICH, data=st.data())
    def reads(self, which: str, data: st.DataObject) -> None:
        self.step()
        value = data.draw(st.sampled_from(VALUES[which]))
        self.world.read(RULES[which].point, value)
        self.models[which].good(value)

    @rule(
        which=WHICH,
        more=st.sampled_from(
            [BAD, {"quality": Quality.UNCERTAIN, "reason": Reason.STUCK}, {"retained": True}]
        ),
    )  # fmt: skip
    def reads_what_cannot_be_trusted(self, which: str, more: dict[str, object]) -> None:
        self.step()
        self.world.read(RULES[which].point, VALUES[which][-1], **more)
        self.models[which].known = False

    @rule(which=WHICH)
    def reads_a_test(self, which: str) -> None:
        self.step()
        reading = self.world.reading(RULES[which].point, VALUES[which][-1], reason=Reason.TEST)
        self.world.engine.on_readings([reading])

    @rule(which=WHICH)
    def reads_what_is_late(self, which: str) -> None:
        self.step()
        point = RULES[which].point
        if point in self.world.latest:
            earlier = self.world.latest[point].source_at - 1
            self.world.give(self.world.reading(point, VALUES[which][-1], source_at=earlier))

    @rule(seconds=st.integers(1, 30))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds)
        for model in self.models.values():
            for _ in range(seconds):
                model.second()

    @rule(which=WHICH)
    def somebody_acknowledges(self, which: str) -> None:
        self.step()
        model = self.models[which]
        if model.state in ACKED:
            self.world.engine.acknowledge(which, Person())
            model.state = ACKED[model.state]
        else:
            with pytest.raises(NotAllowed):
                self.world.engine.acknowledge(which, Person())

    @rule(which=WHICH)
    def somebody_resets(self, which: str) -> None:
        self.step()
        model = self.models[which]
        if model.state == "LATCH_ACK" and model.known:
            self.world.engine.reset(which, Person())
            model.state = "NORM"
        else:
            with pytest.raises(NotAllowed):
                self.world.engine.reset(which, Person())

    @rule(seconds=st.integers(0, 30))
    def the_service_dies_and_comes_back(self, seconds: int) -> None:
        self.step()
        self.world.restart(after=seconds)
        for id, model in self.models.items():
            model.restart(seconds)
            if RULES[id].point not in self.world.latest:
                model.known = True

    @invariant()
    def they_agree(self) -> None:
        for id, model in self.models.items():
            alarm = self.world.engine.alarm(id)
            mine = [change for change in self.world.changes if change.alarm.id == id]
            assert (str(alarm.state), alarm.active, alarm.cond_unknown) == (
                model.state, any(model.inside), not model.known,
            )  # fmt: skip
            if alarm.active:
                assert alarm.code == RULES[id].levels[sum(model.inside) - 1].code
            assert sum(Effect.ANNUNCIATE in change.effects for change in mine) == model.rings
            assert sum(Effect.OPEN in change.effects for change in mine) == model.occurrences
            assert len({change.alarm.occurrence for change in mine} - {""}) == model.occurrences


EngineAgainstModel.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestEngineAgainstModel = EngineAgainstModel.TestCase
