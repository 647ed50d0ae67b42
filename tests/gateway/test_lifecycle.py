"""The state table, cell by cell, and what holds for every set of facts."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.lifecycle import (
    LABELS,
    NEEDS_KNOWN,
    RETURNS,
    STAYS,
    TRANSITIONS,
    Cue,
    Effect,
    Facts,
    Label,
    NotAllowed,
    after,
)

COLUMNS = ("NORM", "UNACK", "ACKED", "RTNUN", "LATCH_UNACK", "LATCH_ACK")
# One letter an effect: o open, a annunciate, s silence, t chatter, c close; a dash is refused.
TABLE = {
    "on": "UNACK:oa UNACK ACKED UNACK:at UNACK:at UNACK:at",
    "off": "- RTNUN NORM:c - - -",
    "off_latching": "- LATCH_UNACK LATCH_ACK - - -",
    "rise": "- UNACK:a UNACK:a - - -",
    "fall": "- UNACK ACKED - - -",
    "realarm": "- - UNACK:a - - -",
    "ack": "- ACKED:s - NORM:sc LATCH_ACK:s -",
    "reset": "- - - - - NORM:c",
    "shelve": "NORM UNACK ACKED RTNUN LATCH_UNACK LATCH_ACK",
    "shelve_once": "NORM UNACK ACKED RTNUN LATCH_UNACK LATCH_ACK",
    "unshelve": "NORM UNACK:a UNACK:a NORM:c LATCH_UNACK:a LATCH_ACK",
    "suppress": "NORM UNACK ACKED RTNUN LATCH_UNACK LATCH_ACK",
    "unsuppress": "NORM UNACK:a UNACK:a NORM:c LATCH_UNACK:a LATCH_ACK",
    "out_of_service": "NORM UNACK ACKED RTNUN LATCH_UNACK LATCH_ACK",
    "in_service": "NORM UNACK:a UNACK:a NORM:c LATCH_UNACK:a LATCH_ACK",
    "unknown": "NORM UNACK ACKED RTNUN LATCH_UNACK LATCH_ACK",
    "known": "NORM UNACK ACKED RTNUN LATCH_UNACK LATCH_ACK",
    "mark": "NORM UNACK ACKED RTNUN LATCH_UNACK LATCH_ACK",
    "boot": "NORM UNACK ACKED RTNUN LATCH_UNACK LATCH_ACK",
    "retire": "NORM NORM:c NORM:c NORM:c NORM:c NORM:c",
}
LETTERS = {"open": "o", "annunciate": "a", "silence": "s", "chatter": "t", "close": "c"}
CELLS = [
    (label, cue, cell)
    for cue, row in TABLE.items()
    for label, cell in zip(COLUMNS, row.split(), strict=True)
]  # fmt: skip


def facts_of(label: str, **aside: object) -> Facts:
    (which,) = [facts for facts, its_label in LABELS.items() if its_label == label]
    return Facts(*which, **aside)  # type: ignore[arg-type]


def returnable(cue: str) -> dict[str, object]:
    """What must lie across the label for a cue that takes it away."""
    return {
        "unshelve": {"shelved_until": 5},
        "unsuppress": {"suppressed_by": ("pump",)},
        "in_service": {"out_of_service": True},
    }.get(cue, {})


def test_the_table_above_names_every_cue_and_label() -> None:
    assert set(TABLE) == {str(cue) for cue in Cue}
    assert set(COLUMNS) == {str(label) for label in Label}


@pytest.mark.parametrize(("label", "cue", "cell"), CELLS, ids=[f"{label}-{cue}" for label, cue, _ in CELLS])
def test_every_state_answers_every_cue_as_the_reference_says(label: str, cue: str, cell: str) -> None:
    facts = facts_of(label, **returnable(cue))
    if cell == "-":
        with pytest.raises(NotAllowed):
            after(facts, Cue(cue))
        return
    step = after(facts, Cue(cue), by="pump", until=7)
    to, _, letters = cell.partition(":")
    assert str(step.facts.label) == to
    assert {LETTERS[effect] for effect in step.effects} == set(letters)


@pytest.mark.parametrize(
    ("cue", "changed"),
    [
        ("shelve", {"shelved_until": 7}),
        ("shelve_once", {"oneshot": True, "shelved_until": 7}),
        ("suppress", {"suppressed_by": ("pump",)}),
        ("out_of_service", {"out_of_service": True}),
        ("unknown", {"cond_unknown": True}),
    ],
)
@pytest.mark.parametrize("label", COLUMNS)
def test_what_lies_across_the_label_is_set_and_leaves_the_label(
    label: str, cue: str, changed: dict[str, object]
) -> None:
    assert after(facts_of(label), Cue(cue), by="pump", until=7).facts == facts_of(label, **changed)


@pytest.mark.parametrize("cue", RETURNS)
def test_what_is_not_set_cannot_be_taken_away(cue: Cue) -> None:
    with pytest.raises(NotAllowed):
        after(Facts(), cue, by="pump")


def test_an_alarm_that_is_suppressed_twice_is_quiet_until_both_rules_let_go() -> None:
    facts = facts_of("UNACK", suppressed_by=("pump", "mains"))
    once = after(facts, Cue.UNSUPPRESS, by="pump")
    assert (once.facts.suppressed_by, once.effects) == (("mains",), frozenset())
    assert after(once.facts, Cue.UNSUPPRESS, by="mains").effects == {Effect.ANNUNCIATE}


def test_the_same_rule_suppresses_once() -> None:
    facts = after(Facts(suppressed_by=("pump",)), Cue.SUPPRESS, by="pump").facts
    assert facts.suppressed_by == ("pump",)


def test_an_alarm_that_comes_off_one_shelf_stays_quiet_on_the_other() -> None:
    step = after(facts_of("ACKED", shelved_until=5, out_of_service=True), Cue.UNSHELVE)
    assert (step.facts, step.effects) == (facts_of("ACKED", out_of_service=True), frozenset())


@pytest.mark.parametrize("label", ["UNACK", "ACKED"])
def test_a_oneshot_shelf_ends_when_the_alarm_goes(label: str) -> None:
    step = after(facts_of(label, oneshot=True), Cue.OFF)
    assert (step.facts, step.effects) == (Facts(), {Effect.CLOSE})


def test_a_oneshot_shelf_does_not_undo_a_latch() -> None:
    step = after(facts_of("UNACK", oneshot=True), Cue.OFF_LATCHING)
    assert step.facts == facts_of("LATCH_UNACK")


def test_a_oneshot_shelf_put_on_a_quiet_alarm_waits_for_the_next_activation() -> None:
    risen = after(Facts(oneshot=True), Cue.ON)
    assert (risen.facts, risen.effects) == (facts_of("UNACK", oneshot=True), {Effect.OPEN})


@pytest.mark.parametrize("cue", sorted(NEEDS_KNOWN))
@pytest.mark.parametrize("label", COLUMNS)
def test_nothing_comes_or_goes_while_the_condition_is_unknown(label: str, cue: Cue) -> None:
    with pytest.raises(NotAllowed):
        after(facts_of(label, cond_unknown=True), cue)


def test_an_alarm_can_be_acknowledged_while_its_input_is_silent() -> None:
    assert after(facts_of("UNACK", cond_unknown=True), Cue.ACK).facts == facts_of("ACKED", cond_unknown=True)


ALL_FACTS = [
    facts_of(label, shelved_until=until, oneshot=oneshot, suppressed_by=by, out_of_service=oos, cond_unknown=unknown)
    for label, until, oneshot, by, oos, unknown in product(
        COLUMNS, (None, 9), (False, True), ((), ("pump",)), (False, True), (False, True)
    )
]


@pytest.mark.parametrize("cue", Cue)
def test_for_every_set_of_facts_a_quiet_alarm_makes_no_sound_and_only_reset_and_retire_undo_a_latch(cue: Cue) -> None:
    for facts in ALL_FACTS:
        try:
            step = after(facts, cue, by="pump", until=7)
        except NotAllowed:
            continue
        assert not (step.facts.quiet and Effect.ANNUNCIATE in step.effects)
        assert step.facts.label in Label
        if facts.latched and not step.facts.latched:
            assert cue in (Cue.RESET, Cue.RETIRE) or step.facts.active
        if facts.active and not step.facts.active:
            assert cue in (Cue.OFF, Cue.OFF_LATCHING, Cue.RETIRE)
        if cue is Cue.FALL:
            assert Effect.ANNUNCIATE not in step.effects


@given(st.lists(st.sampled_from(sorted(Cue)), max_size=60))
def test_an_occurrence_opens_once_and_closes_once(cues: list[Cue]) -> None:
    facts, open_now = Facts(), False
    for cue in cues:
        try:
            step = after(facts, cue, by="pump", until=7)
        except NotAllowed:
            continue
        assert (Effect.OPEN in step.effects) is (not open_now and step.facts.label is not Label.NORM)
        assert (Effect.CLOSE in step.effects) is (open_now and step.facts.label is Label.NORM)
        facts, open_now = step.facts, step.facts.label is not Label.NORM


def test_every_refusal_is_a_sentence() -> None:
    for label, cue in product(Label, Cue):
        if (label, cue) not in TRANSITIONS:
            with pytest.raises(NotAllowed, match=r"\w+ \w+ \w+"):
                after(facts_of(label), cue)


def test_cues_that_stay_are_allowed_everywhere() -> None:
    assert all((label, cue) in TRANSITIONS for label in Label for cue in (*STAYS, *RETURNS, Cue.RETIRE))
