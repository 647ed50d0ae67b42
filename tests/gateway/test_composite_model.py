"""Composites against a model: three-valued logic over two rules, whatever is read, lost, late or restarted.

The two have no delays here, so that whole seconds are exact; delays under a composite have examples of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from drivers.model import Quality, Reason
from gateway.alarms.lifecycle import Effect
from gateway.alarms.measure import Combined, ConditionOf
from gateway.alarms.rule import AlarmRule
from gateway.derive.formula import formula
from tests.gateway.alarm_world import BAD, World
from tests.gateway.test_engine_model import POINTS, VALUES, WHICH, Model
from tests.gateway.test_engine_model import RULES as SLOW

RULES = {id: replace(each, on_delay=0.0, off_delay=0.0) for id, each in SLOW.items()}
KEYS = {"a": "flood@1", "b": "dry@0"}
CONDITIONS = (ConditionOf("flood@1", "flood", 1), ConditionOf("dry@0", "dry", 0))
Terms = Sequence[bool | None]


def composite(id: str, say: str) -> AlarmRule:
    return replace(
        RULES["dry"],
        id=id,
        kind="composite",
        levels=(replace(RULES["dry"].levels[0], limit=1.0, sign=1),),
        deadband=0.0,
        latching=False,
        measure=Combined(formula(say, KEYS), CONDITIONS),
    )


def both(terms: Terms) -> bool | None:
    if False in terms:
        return False
    return None if None in terms else True


def either(terms: Terms) -> bool | None:
    if True in terms:
        return True
    return None if None in terms else False


def one_alone(terms: Terms) -> bool | None:
    return None if None in terms else terms[0] is not terms[1]


SAID: dict[str, tuple[str, Callable[[Terms], bool | None]]] = {
    "both": ("a and b", both),
    "either": ("at_least(1, a, b)", either),
    "alone": ("a != b", one_alone),
}


@dataclass
class Held:
    """What stands of a composite: what is not known leaves it as it is."""

    logic: Callable[[Terms], bool | None]
    active: bool = False
    unknown: bool = False
    waiting: bool = True
    rings: int = 0

    def look(self, terms: Terms, *, lost: bool) -> None:
        value = self.logic(terms)
        if value is None:
            self.unknown = self.unknown or lost or not self.waiting
            return
        self.waiting = self.unknown = False
        self.rings += value and not self.active
        self.active = value


class CompositesAgainstModel(RuleBasedStateMachine):
    """Every step also takes a millisecond, so that no two things happen at the same instant."""

    @initialize()
    def begin(self) -> None:
        rules = [composite(id, say) for id, (say, _) in SAID.items()]
        self.world = World(*rules, *RULES.values(), points=POINTS)
        self.models = {id: Model(each) for id, each in RULES.items()}
        self.held = {id: Held(logic) for id, (_, logic) in SAID.items()}

    def look(self) -> None:
        models = [self.models["flood"], self.models["dry"]]
        known = [model.known and not model.waiting for model in models]
        entered = [models[0].inside[1], models[1].inside[0]]
        terms = [value if sure else None for value, sure in zip(entered, known, strict=True)]
        for held in self.held.values():
            held.look(terms, lost=any(not model.known for model in models))

    def step(self) -> None:
        self.world.wait(0.001)

    @rule(which=WHICH, data=st.data())
    def reads(self, which: str, data: st.DataObject) -> None:
        self.step()
        value = data.draw(st.sampled_from(VALUES[which]))
        self.world.read(RULES[which].point, value)
        self.models[which].good(value)
        self.look()

    @rule(data=st.data())
    def reads_both_at_once(self, data: st.DataObject) -> None:
        self.step()
        values = {which: data.draw(st.sampled_from(VALUES[which])) for which in RULES}
        batch = [self.world.reading(RULES[which].point, value) for which, value in values.items()]
        self.world.latest |= {reading.point: reading for reading in batch}
        self.world.engine.on_readings(batch)
        for which, value in values.items():
            self.models[which].good(value)
        self.look()

    @rule(which=WHICH, more=st.sampled_from([BAD, {"quality": Quality.UNCERTAIN, "reason": Reason.STUCK}]))
    def reads_what_cannot_be_trusted(self, which: str, more: dict[str, object]) -> None:
        self.step()
        self.world.read(RULES[which].point, VALUES[which][-1], **more)
        self.models[which].known = False
        self.look()

    @rule(seconds=st.integers(1, 30))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.world.wait(1.000_001)
            for model in self.models.values():
                model.second()
            self.look()

    @rule(seconds=st.integers(0, 30))
    def the_service_dies_and_comes_back(self, seconds: int) -> None:
        self.step()
        self.world.restart(after=seconds)
        for id, model in self.models.items():
            model.restart(seconds)
            if RULES[id].point not in self.world.latest:
                model.known = True
        for id, held in self.held.items():
            held.waiting = True
            held.unknown = held.unknown and self.world.state(id) != "NORM"
        self.look()

    @invariant()
    def they_agree(self) -> None:
        for id, held in self.held.items():
            alarm = self.world.engine.alarm(id)
            mine = [change for change in self.world.changes if change.alarm.id == id]
            assert (id, alarm.active, alarm.cond_unknown) == (id, held.active, held.unknown)
            assert sum(Effect.ANNUNCIATE in change.effects for change in mine) == held.rings


CompositesAgainstModel.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestCompositesAgainstModel = CompositesAgainstModel.TestCase
