"""What persons do with alarms: shelve, take out of service, reset, acknowledge; and what time does to it."""

from __future__ import annotations

import pytest

from gateway.alarms.alarm import NoSuchAlarm
from gateway.alarms.lifecycle import NotAllowed
from tests.gateway.alarm_world import BAD
from tests.gateway.handling_world import HOUR, SARI, TONO, Hall, high

LADDER = {"L1": 10.0, "L2": 20.0, "L4": 40.0}


def ladder(**more: object) -> Hall:
    return Hall(high("hall", levels=LADDER), **more)


# ── the shelf ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_shelved_alarm_is_judged_and_silent_and_told_as_new_when_its_time_is_over() -> None:
    hall = Hall(high("hall"))
    shelved = hall.handling.shelve("hall", SARI, why="technician on the ladder", seconds=600)
    assert shelved.shelf is not None
    assert (shelved.shelf.by, shelved.shelf.why, shelved.shelf.severity) == ("sari", "technician on the ladder", 2)
    hall.rise("hall")
    assert (hall.state("hall"), hall.sounded) == ("UNACK", [])
    hall.wait(599.9)
    assert hall.sounded == []
    hall.wait(0.1)
    alarm = hall.engine.alarm("hall")
    assert (hall.state("hall"), hall.sounded, alarm.shelf, alarm.facts.shelved) == ("UNACK", ["hall"], None, False)
    assert hall.audit.actions == ["alarm.shelve", "alarm.raise", "alarm.unshelve"]
    assert hall.why("alarm.unshelve") == ["its time is over"]


def test_a_shelf_that_ends_over_a_normal_alarm_says_nothing() -> None:
    hall = Hall(high("hall"))
    hall.handling.shelve("hall", SARI, why="test", seconds=60)
    hall.rise("hall")
    hall.fall("hall")
    hall.wait(60)
    assert (hall.state("hall"), hall.sounded) == ("NORM", [])


def test_whoever_takes_it_from_the_shelf_hears_it_anew_although_it_was_acknowledged() -> None:
    hall = Hall(high("hall"))
    hall.rise("hall")
    hall.engine.acknowledge("hall", SARI)
    hall.handling.shelve("hall", SARI, why="test")
    hall.handling.unshelve("hall", TONO, why="done")
    assert (hall.state("hall"), hall.sounded) == ("UNACK", ["hall", "hall"])
    assert hall.audit.entries[-1].actor == "tono"


def test_a_one_shot_shelf_ends_when_the_alarm_has_gone() -> None:
    hall = Hall(high("hall"))
    hall.handling.shelve("hall", SARI, why="welding", once=True)
    hall.rise("hall")
    hall.fall("hall")
    assert (hall.engine.alarm("hall").facts.quiet, hall.sounded) == (False, [])
    hall.rise("hall")
    assert hall.sounded == ["hall"]


def test_a_one_shot_shelf_does_not_last_longer_than_any_other() -> None:
    hall = Hall(high("hall"))
    hall.handling.shelve("hall", SARI, why="welding", once=True)
    hall.rise("hall")
    hall.wait(8 * HOUR)
    assert hall.sounded == ["hall"]


@pytest.mark.parametrize(("value", "most"), [(None, 8 * HOUR), (15.0, 8 * HOUR), (25.0, 2 * HOUR), (50.0, HOUR)])
def test_a_shelf_is_bounded_by_the_severity(value: float | None, most: float) -> None:
    hall = ladder(shelving={"2": "2h"})
    if value is not None:
        hall.rise("hall", value)
    assert hall.handling.longest_shelf("hall") == most
    with pytest.raises(NotAllowed, match=f"at most {most:g} s"):
        hall.handling.shelve("hall", SARI, why="test", seconds=most + 1)
    until = hall.handling.shelve("hall", SARI, why="test").facts.shelved_until
    assert until == hall.clock.now() + most * 1e9


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_shelf_of_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(NotAllowed):
        Hall(high("hall")).handling.shelve("hall", SARI, why="test", seconds=seconds)


@pytest.mark.parametrize("why", ["", "  \n"])
def test_a_shelf_without_a_reason_is_refused(why: str) -> None:
    hall = Hall(high("hall"))
    with pytest.raises(NotAllowed, match="reason"):
        hall.handling.shelve("hall", SARI, why=why)
    assert hall.audit.actions == []


def test_what_gets_worse_than_what_was_shelved_is_heard() -> None:
    hall = ladder()
    hall.rise("hall", 25.0)
    hall.handling.shelve("hall", SARI, why="known")
    hall.rise("hall", 45.0)
    alarm = hall.engine.alarm("hall")
    assert (alarm.severity, alarm.shelf, hall.sounded) == (4, None, ["hall", "hall"])
    assert hall.why("alarm.unshelve") == ["it is worse than what was shelved"]


def test_what_was_shelved_at_rest_holds_the_mildest_level_only() -> None:
    hall = ladder()
    hall.handling.shelve("hall", SARI, why="known")
    hall.rise("hall", 15.0)
    assert hall.sounded == []
    hall.fall("hall")
    hall.rise("hall", 25.0)
    assert hall.sounded == ["hall"]


def test_a_shelf_holds_over_a_restart_and_one_that_ended_meanwhile_ends_at_the_start() -> None:
    hall = Hall(high("hall"), high("tank"))
    hall.rise("hall")
    hall.rise("tank")
    hall.handling.shelve("hall", SARI, why="test", seconds=600)
    hall.handling.shelve("tank", SARI, why="test", seconds=60)
    rung = list(hall.sounded)
    hall.restart(after=300)
    hall.wait(0)
    assert hall.sounded == [*rung, "tank"]
    shelf = hall.engine.alarm("hall").shelf
    assert shelf is not None
    assert shelf.why == "test"
    hall.wait(299)
    assert hall.sounded == [*rung, "tank"]
    hall.wait(1)
    assert hall.sounded == [*rung, "tank", "hall"]


def test_a_shelf_does_not_end_sooner_because_the_clock_was_set() -> None:
    hall = Hall(high("hall"), high("tank"))
    hall.handling.shelve("hall", SARI, why="test", seconds=600)
    hall.rise("hall")
    hall.clock._start_ns += 7_200 * 10**9
    hall.handling.shelve("tank", SARI, why="test", seconds=60)
    hall.engine.acknowledge("hall", SARI)
    hall.wait(599)
    assert hall.sounded == []
    hall.wait(1)
    assert hall.sounded == ["hall"]


def test_a_shelf_may_be_made_anew_from_now() -> None:
    hall = Hall(high("hall"))
    hall.handling.shelve("hall", SARI, why="test", seconds=60)
    hall.wait(30)
    hall.handling.shelve("hall", TONO, why="still", seconds=60)
    hall.rise("hall")
    hall.wait(59)
    assert hall.sounded == []
    hall.wait(1)
    assert hall.sounded == ["hall"]


def test_what_is_not_there_cannot_be_handled() -> None:
    hall = Hall(high("hall"))
    with pytest.raises(NoSuchAlarm):
        hall.handling.shelve("hal", SARI, why="test")
    with pytest.raises(NotAllowed, match="not shelved"):
        hall.handling.unshelve("hall", SARI)
    with pytest.raises(NotAllowed, match="not out of service"):
        hall.handling.put_back("hall", SARI)


# ── out of service ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_out_of_service_lasts_until_somebody_ends_it_and_somebody_is_reminded_once() -> None:
    hall = Hall(high("hall"))
    due = hall.clock.now() + round(24 * HOUR * 1e9)
    outage = hall.handling.take_out("hall", SARI, why="gauge in repair", due=due).outage
    assert outage is not None
    assert (outage.by, outage.why, outage.until, outage.overdue) == ("sari", "gauge in repair", due, False)
    hall.rise("hall")
    hall.wait(24 * HOUR - 1)
    assert hall.aside == ["hall"]
    hall.wait(1)
    hall.restart(after=24 * HOUR)
    hall.wait(0)
    alarm = hall.engine.alarm("hall")
    assert alarm.outage is not None
    assert (alarm.outage.overdue, alarm.facts.out_of_service, hall.sounded) == (True, True, [])
    assert hall.why("alarm.mark") == ["sari took it out of service, and it was due back"]
    hall.handling.put_back("hall", TONO)
    assert (hall.engine.alarm("hall").outage, hall.sounded) == (None, ["hall"])


@pytest.mark.parametrize(("ahead", "why"), [(0, "repair"), (-1, "repair"), (367 * 24 * HOUR, "repair"), (60, " ")])
def test_out_of_service_needs_a_reason_and_a_date_ahead(ahead: float, why: str) -> None:
    hall = Hall(high("hall"))
    with pytest.raises(NotAllowed):
        hall.handling.take_out("hall", SARI, why=why, due=hall.clock.now() + round(ahead * 1e9))


def test_what_is_put_aside_twice_stays_quiet_until_both_are_over() -> None:
    hall = Hall(high("hall"))
    hall.handling.take_out("hall", SARI, why="repair", due=hall.clock.now() + 10**12)
    hall.handling.shelve("hall", SARI, why="test", seconds=60)
    hall.rise("hall")
    hall.wait(60)
    assert hall.sounded == []
    hall.handling.put_back("hall", SARI)
    assert hall.sounded == ["hall"]


# ── acknowledging, reminding, resetting ───────────────────────────────────────────────────────────────────────────────


def test_the_time_to_acknowledge_is_kept_and_too_quick_a_one_is_called_blind() -> None:
    hall = Hall(high("hall"), high("tank"))
    hall.rise("hall")
    hall.rise("tank")
    hall.wait(1.5)
    assert hall.engine.acknowledge("hall", SARI, station="10.0.0.7").time_to_ack == 1.5
    hall.wait(40)
    hall.engine.acknowledge("tank", SARI)
    acks = [entry.after for entry in hall.audit.entries if entry.action == "alarm.ack"]
    assert (acks[0]["time_to_ack"], acks[0]["blind"], acks[0]["station"]) == (1.5, True, "10.0.0.7")
    assert (acks[1]["time_to_ack"], "blind" in acks[1]) == (41.5, False)


def test_an_acknowledged_alarm_that_stands_too_long_asks_again_also_after_a_restart() -> None:
    hall = ladder(realarm={"4": "15m", "1": "1h"})
    hall.rise("hall", 50.0)
    hall.engine.acknowledge("hall", SARI)
    hall.wait(899)
    assert hall.state("hall") == "ACKED"
    hall.restart(after=1)
    hall.wait(0)
    assert (hall.state("hall"), hall.sounded) == ("UNACK", ["hall", "hall"])
    assert hall.engine.alarm("hall").acked_by == ""
    assert hall.audit.actions[-1] == "alarm.realarm"


def test_the_time_to_ask_again_is_that_of_the_severity_and_of_nothing_that_is_shelved_or_gone() -> None:
    hall = ladder(realarm={"4": "15m", "1": "1h"})
    hall.rise("hall", 50.0)
    hall.engine.acknowledge("hall", SARI)
    hall.rise("hall", 25.0)
    hall.wait(2 * HOUR)
    assert hall.state("hall") == "ACKED"
    hall.rise("hall", 15.0)
    hall.wait(0)
    assert hall.state("hall") == "UNACK"
    hall.engine.acknowledge("hall", SARI)
    hall.handling.shelve("hall", SARI, why="known", seconds=7 * HOUR)
    hall.wait(2 * HOUR)
    assert (hall.state("hall"), hall.sounded) == ("ACKED", ["hall", "hall"])


def test_a_latch_is_reset_by_a_person_only_once_it_is_seen_and_over() -> None:
    hall = Hall(high("hall", latching=True))
    hall.rise("hall")
    with pytest.raises(NotAllowed, match="still active"):
        hall.engine.reset("hall", SARI)
    hall.fall("hall")
    with pytest.raises(NotAllowed, match="not acknowledged"):
        hall.engine.reset("hall", SARI)
    hall.engine.acknowledge("hall", SARI)
    hall.read("hall", 0.0, **BAD)
    with pytest.raises(NotAllowed, match="not known"):
        hall.engine.reset("hall", SARI)
    hall.fall("hall")
    assert str(hall.engine.reset("hall", SARI, why="seen").state) == "NORM"
    assert hall.why("alarm.reset") == ["seen"]


# ── a change of the site's files ──────────────────────────────────────────────────────────────────────────────────────


def test_what_is_put_aside_stays_aside_when_the_files_change_and_a_rule_that_goes_takes_it_along() -> None:
    hall = Hall(high("hall"), high("tank"))
    hall.handling.shelve("hall", SARI, why="test", seconds=60)
    hall.handling.shelve("tank", SARI, why="test", seconds=60)
    hall.adopt(high("hall", levels={"L2": 12.0}))
    assert hall.aside == ["hall"]
    hall.rise("hall")
    hall.wait(60)
    assert hall.sounded == ["hall"]


def test_what_rings_in_the_moment_of_a_change_is_annunciated_and_what_was_shelved_is_not() -> None:
    rules = [high(point, on_delay=60.0) for point in ("hall", "tank")]
    hall = Hall(*rules)
    hall.handling.shelve("tank", SARI, why="test")
    hall.rise("hall")
    hall.rise("tank")
    hall.clock.advance(60)
    hall.adopt(*rules)
    assert (hall.state("hall"), hall.state("tank"), hall.sounded) == ("UNACK", "UNACK", ["hall"])


def test_an_alarm_that_rises_by_new_limits_is_annunciated_and_can_be_handled() -> None:
    hall = Hall(high("hall", levels={"L2": 60.0}))
    hall.rise("hall")
    hall.adopt(high("hall"), chatter={"shelve": True})
    hall.rise("hall")
    assert hall.sounded == ["hall"]
