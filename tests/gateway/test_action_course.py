"""The course of one step: every state that an alarm can be in, and every stage that a step can have."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from msgspec import structs

from drivers.model import Name
from gateway.actions.course import Move, Stage, Step, due, holds, move, why_over
from gateway.actions.response import Order, Planned, Show, Tell, Until
from gateway.alarms.alarm import Alarm
from gateway.alarms.lifecycle import Facts

CODES = {1: "L1", 2: "L2", 3: "L3", 4: "L4"}
SHOW = Planned("a", "", ("L3", "L4"), show=Show("main", "flood", ""))
ORDER = Planned("b", "", ("L3", "L4"), order=Order("horn", "power", {"on": True}))
TELL = Planned("c", "", ("L2", "L3", "L4"), tell=Tell({"L2": "agency", "L3": "secretary", "L4": "governor"}, 900.0))
EVERY = [replace(planned, until=until) for planned in (SHOW, ORDER, TELL) for until in Until]
QUIET: list[dict[str, Any]] = [
    {}, {"shelved_until": 1}, {"oneshot": True}, {"suppressed_by": ("x",)}, {"out_of_service": True},
]  # fmt: skip


def alarm(severity: int = 3, **facts: Any) -> Alarm:
    name = Name("River", "River")
    known = Facts(**{"active": True, "acked": False, **facts})
    return Alarm("river", "river", name, "s", name, "", None, known, 0, code=CODES[severity], severity=severity)


def step(planned: Planned, stage: Stage = Stage.DONE, severity: int = 3, told: tuple[str, ...] = ()) -> Step:
    return Step(planned, "river", 0, stage, None, severity, told)


ALARMS = [
    alarm(severity, active=active, acked=acked, **quiet)
    for severity, active, acked, quiet in product((1, 2, 3, 4), (True, False), (True, False), QUIET)
]


@pytest.mark.parametrize("planned", EVERY)
def test_no_step_begins_or_goes_on_for_an_alarm_that_is_over_quiet_or_acknowledged(planned: Planned) -> None:
    for each in ALARMS:
        stands = each.active and not each.facts.quiet and (planned.until is Until.CLEARED or not each.acked)
        assert holds(planned, each) is stands
        if not stands:
            assert move(planned, None, each) is Move.REST
            assert {move(planned, step(planned, stage), each) for stage in Stage} == {Move.END}
            assert why_over(planned, each)


@pytest.mark.parametrize("planned", EVERY)
def test_a_step_begins_at_its_levels_only_and_one_that_waits_ends_below_them(planned: Planned) -> None:
    for severity, code in CODES.items():
        called = code in planned.codes
        assert move(planned, None, alarm(severity)) is (Move.BEGIN if called else Move.REST)
        waiting = move(planned, step(planned, Stage.WAITING), alarm(severity))
        assert waiting is (Move.REST if called else Move.END)


@pytest.mark.parametrize("planned", EVERY)
def test_the_same_alarm_again_asks_nothing_of_a_step_that_was_done(planned: Planned) -> None:
    lists = planned.tell.lists if planned.tell is not None else {}
    for severity, stage in product((3, 4), Stage):
        done = step(planned, stage, severity, told=(lists.get(CODES[severity], ""),))
        assert move(planned, done, alarm(severity)) is Move.REST


def test_a_command_is_never_given_again_whatever_the_level() -> None:
    for severity, stage in product((1, 2, 3, 4), (Stage.SENT, Stage.DONE, Stage.REFUSED, Stage.OVER)):
        assert move(ORDER, step(ORDER, stage), alarm(severity)) is Move.REST


@pytest.mark.parametrize("stage", [Stage.DONE, Stage.REFUSED])
def test_a_claim_follows_the_severity_both_ways_unless_it_has_a_priority_of_its_own(stage: Stage) -> None:
    own = replace(SHOW, show=Show("main", "flood", "", priority=4))
    for severity in (1, 2, 4):
        assert move(SHOW, step(SHOW, stage), alarm(severity)) is Move.AGAIN
        assert move(own, step(own, stage), alarm(severity)) is Move.REST


def test_what_is_over_stays_over_while_the_alarm_stands() -> None:
    for planned, severity in product(EVERY, (1, 2, 3, 4)):
        assert move(planned, step(planned, Stage.OVER), alarm(severity)) is Move.REST


def test_news_goes_to_others_only_when_it_gets_worse_and_to_nobody_twice() -> None:
    told = step(TELL, severity=3, told=("secretary",))
    assert move(TELL, told, alarm(4)) is Move.AGAIN
    assert move(TELL, told, alarm(2)) is Move.REST
    assert move(TELL, step(TELL, severity=3, told=("secretary", "governor")), alarm(4)) is Move.REST


def test_time_moves_what_waits_and_what_lasts_at_the_pace_of_the_site() -> None:
    planned = replace(SHOW, after=600.0, lasts=60.0)
    assert due(step(planned, Stage.WAITING), 60.0) == 10.0
    assert due(step(planned, Stage.DONE), 60.0) == 1.0
    assert [due(step(planned, stage), 1.0) for stage in (Stage.SENT, Stage.REFUSED, Stage.OVER)] == [None] * 3
    assert due(step(SHOW, Stage.DONE), 1.0) is None


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (alarm(3, acked=True), "it is acknowledged"),
        (structs.replace(alarm(3, acked=True), acked_by="sari"), "by sari"),
        (alarm(3, active=False), "RTNUN"), (alarm(3, out_of_service=True), "put aside"), (alarm(2), "fell to L2"),
    ],
)  # fmt: skip
def test_the_end_of_a_step_says_why(of: Alarm, told: str) -> None:
    assert told in why_over(replace(SHOW, until=Until.ACKNOWLEDGED), of)
