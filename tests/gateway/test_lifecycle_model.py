"""The state table against a model made of plain sentences: any cue, in any order, on any set of facts."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.alarms.lifecycle import LABELS, TRANSITIONS, Cue, Effect, Facts, Label, NotAllowed, after

NAMES = st.sampled_from(["pump", "mains"])


@dataclass
class Alarm:
    """One alarm as the page on alarms tells it, without a table; `cue` answers what it asks for, None: refused."""

    open: bool = False
    active: bool = False
    seen: bool = True
    latched: bool = False
    unknown: bool = False
    shelf: str = ""
    rules: set[str] = field(default_factory=set)
    service: bool = True

    @property
    def quiet(self) -> bool:
        return bool(self.shelf or self.rules or not self.service)

    def judged(self, cue: str) -> set[str] | None:
        """The condition came, went, worsened or eased."""
        if self.unknown or (cue != "on" and not self.active):
            return None
        if cue == "on":
            return self.came()
        if cue == "rise":
            self.seen = False
            return self.aloud()
        if cue == "fall":
            return set()
        return self.went(latching=cue == "off_latching")

    def came(self) -> set[str]:
        if self.active:
            return set()
        again = self.open
        self.open, self.active, self.seen, self.latched = True, True, False, False
        return self.aloud() | ({"chatter"} if again else {"open"})

    def went(self, *, latching: bool) -> set[str]:
        self.active, self.latched = False, latching
        done = self.closed_when_seen()
        if self.shelf != "once":
            return done
        self.shelf = ""
        return done | self.looked_at_again()

    def closed_when_seen(self) -> set[str]:
        if self.active or self.latched or not self.seen or not self.open:
            return set()
        self.open = False
        return {"close"}

    def looked_at_again(self) -> set[str]:
        """It is no longer set aside: what stands is news, what has gone meanwhile is over."""
        if self.quiet or not self.open:
            return set()
        if self.active:
            self.seen = False
            return self.aloud()
        if self.latched:
            return set() if self.seen else self.aloud()
        self.seen = True
        return self.closed_when_seen()

    def aloud(self) -> set[str]:
        return set() if self.quiet else {"annunciate"}

    def acknowledged(self) -> set[str] | None:
        if self.seen:
            return None
        self.seen = True
        return {"silence"} | self.closed_when_seen()

    def reset(self) -> set[str] | None:
        if self.unknown or self.active or not self.latched or not self.seen:
            return None
        self.latched = False
        return self.closed_when_seen()

    def reminded(self) -> set[str] | None:
        if not self.active or not self.seen:
            return None
        self.seen = False
        return self.aloud()


class TableAgainstModel(RuleBasedStateMachine):
    """Every cue is given to both; what one refuses the other must refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.facts, self.model = Facts(), Alarm()

    def give(self, cue: Cue, expected: set[str] | None, **more: object) -> None:
        try:
            step = after(self.facts, cue, **more)  # type: ignore[arg-type]
        except NotAllowed:
            assert expected is None
            return
        assert expected is not None
        self.facts = step.facts
        assert {str(effect) for effect in step.effects} == expected

    @rule(cue=st.sampled_from([Cue.ON, Cue.OFF, Cue.OFF_LATCHING, Cue.RISE, Cue.FALL]))
    def the_condition_moves(self, cue: Cue) -> None:
        self.give(cue, self.model.judged(str(cue)))

    @rule()
    def somebody_acknowledges(self) -> None:
        self.give(Cue.ACK, self.model.acknowledged())

    @rule()
    def somebody_resets(self) -> None:
        self.give(Cue.RESET, self.model.reset())

    @rule()
    def the_time_to_remind_comes(self) -> None:
        self.give(Cue.REALARM, self.model.reminded())

    @rule(unknown=st.booleans())
    def the_input_is_lost_or_found(self, unknown: bool) -> None:
        self.model.unknown = unknown
        self.give(Cue.UNKNOWN if unknown else Cue.KNOWN, set())

    @rule(once=st.booleans())
    def it_is_shelved(self, once: bool) -> None:
        self.model.shelf = "once" if once else "timed"
        self.give(Cue.SHELVE_ONCE if once else Cue.SHELVE, set(), until=5)

    @rule()
    def it_is_unshelved(self) -> None:
        there, self.model.shelf = bool(self.model.shelf), ""
        self.give(Cue.UNSHELVE, self.model.looked_at_again() if there else None)

    @rule(name=NAMES)
    def a_rule_suppresses_it(self, name: str) -> None:
        self.model.rules.add(name)
        self.give(Cue.SUPPRESS, set(), by=name)

    @rule(name=NAMES)
    def a_rule_lets_it_go(self, name: str) -> None:
        there = name in self.model.rules
        self.model.rules.discard(name)
        self.give(Cue.UNSUPPRESS, self.model.looked_at_again() if there else None, by=name)

    @rule(out=st.booleans())
    def it_goes_out_of_service_or_returns(self, out: bool) -> None:
        was, self.model.service = self.model.service, not out
        if out:
            self.give(Cue.OUT_OF_SERVICE, set())
        else:
            self.give(Cue.IN_SERVICE, None if was else self.model.looked_at_again())

    @rule(cue=st.sampled_from([Cue.BOOT, Cue.MARK]))
    def the_service_restarts_or_something_is_noted(self, cue: Cue) -> None:
        self.give(cue, set())

    @rule()
    def the_rule_is_taken_out(self) -> None:
        expected = {"close"} if self.model.open else set()
        self.model = Alarm()
        self.give(Cue.RETIRE, expected)

    @invariant()
    def they_agree(self) -> None:
        facts, model = self.facts, self.model
        assert (facts.active, facts.acked, facts.latched) == (model.active, model.seen, model.latched)
        assert (facts.quiet, facts.cond_unknown) == (model.quiet, model.unknown)
        assert (facts.label is not Label.NORM) is model.open


TableAgainstModel.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestTableAgainstModel = TableAgainstModel.TestCase


def test_every_label_answers_every_cue_or_refuses_it_and_no_other_exists() -> None:
    assert set(LABELS.values()) == set(Label)
    assert {label for label, _ in TRANSITIONS} == set(Label)
    assert {cue for _, cue in TRANSITIONS} == set(Cue)
    assert {move.to for move in TRANSITIONS.values()} == set(Label)
    assert set().union(*(move.effects for move in TRANSITIONS.values())) == set(Effect)
