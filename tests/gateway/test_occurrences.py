"""What is written down of alarms: one row a time that one rang, whatever is done with it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.alarms.alarm import Disposition
from gateway.alarms.lifecycle import NotAllowed
from gateway.occurrences.book import NoSuchOccurrence
from gateway.occurrences.occurrence import Ended, Kind
from gateway.occurrences.recorder import Recorder
from gateway.occurrences.wanted import State, Wanted
from tests.fakes import EPOCH_NS
from tests.gateway.alarm_world import BAD
from tests.gateway.handling_world import SARI, TONO, high
from tests.gateway.occurrence_world import NEWS, Written

S = 1_000_000_000
LADDER = {"L1": 10.0, "L2": 20.0, "L4": 40.0}


def at(second: float) -> int:
    return EPOCH_NS + round(second * S)


def test_one_occurrence_is_one_row_with_its_peak_its_times_and_who_saw_it(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank", levels=LADDER))
    hall.rise("tank", 12.0)
    hall.wait(10)
    hall.rise("tank", 45.0)
    hall.wait(20)
    hall.rise("tank", 22.0)
    hall.wait(30)
    hall.engine.acknowledge("tank", SARI, "pompa dinyalakan", Disposition.SOME_IMPACT, station="10.0.0.7")
    hall.wait(40)
    hall.fall("tank")
    (row,) = hall.rows
    assert (row.id, row.alarm, row.point, row.place) == (f"tank@{EPOCH_NS}", "tank", "tank", "ruang tank")
    assert (row.severity_first, row.severity, row.code, row.label_id) == (1, 4, "L4", "Tingkat 4")
    assert (row.peak, row.peak_at, row.unit) == (45.0, at(10), "%")
    assert (row.raised_at, row.annunciated_at, row.annunciations) == (at(0), at(0), 2)
    assert (row.acked_at, row.acked_by, row.station, row.acks) == (at(60), "sari", "10.0.0.7", 1)
    assert (row.note, row.disposition, row.time_to_ack) == ("pompa dinyalakan", "some_impact", 60.0)
    assert (row.cleared_at, row.closed_at, row.ended) == (at(100), at(100), Ended.CLOSED)
    assert (row.active_s(at(500)), row.standing_s(at(500)), row.asides) == (100.0, 100.0, "")


def test_what_has_gone_unseen_stays_open_until_somebody_has_seen_it(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"))
    hall.rise("tank")
    hall.wait(5)
    hall.fall("tank")
    hall.wait(10)
    assert [(row.open, row.cleared_at, row.active_s(at(99))) for row in hall.rows] == [(True, at(5), 5.0)]
    hall.rise("tank")
    hall.wait(2)
    hall.fall("tank")
    hall.wait(3)
    hall.engine.acknowledge("tank", TONO)
    (row,) = hall.rows
    assert (row.chatter, row.annunciations, row.active_s(at(99)), row.standing_s(at(99))) == (1, 2, 7.0, 20.0)
    assert (row.cleared_at, row.closed_at) == (at(17), at(20))


def test_a_kill_in_the_middle_goes_on_with_the_same_row(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank", levels=LADDER))
    hall.rise("tank", 12.0)
    hall.settle()
    hall.wait(30)
    hall.rise("tank", 25.0)
    hall.engine.acknowledge("tank", SARI)
    hall.kill(after=60)
    (row,) = hall.rows
    assert (row.open, row.severity, row.code, row.acked_by, row.acked_at) == (True, 2, "L2", "sari", at(30))
    assert (row.peak, row.peak_at) == (25.0, None)
    hall.fall("tank")
    (row,) = hall.rows
    assert (row.ended, row.closed_at, row.active_s(0)) == (Ended.CLOSED, at(90), 90.0)


def test_a_kill_before_anything_was_written_loses_nothing(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"))
    hall.rise("tank")
    hall.kill(after=5)
    assert [(row.id, row.raised_at, row.annunciations) for row in hall.rows] == [(f"tank@{EPOCH_NS}", at(0), 1)]
    hall.kill(after=5)
    assert len(hall.rows) == 1


def test_what_ended_while_nobody_wrote_is_said_to_have_an_unknown_end(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"))
    hall.rise("tank")
    hall.engine.acknowledge("tank", SARI)
    assert [row.open for row in hall.rows] == [True]
    hall.wait(20)
    hall.fall("tank")
    hall.kill(after=60)
    (row,) = hall.rows
    assert (row.ended, row.closed_at) == (Ended.UNKNOWN, at(0))


def test_a_rule_that_is_no_more_ends_its_occurrence(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"))
    hall.rise("tank")
    hall.wait(9)
    hall.adopt(high("hall"))
    assert [(row.ended, row.closed_at) for row in hall.rows] == [(Ended.RETIRED, at(9))]


def test_spells_say_who_put_it_aside_why_and_until_when(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"))
    hall.handling.shelve("tank", SARI, why="uji pompa", seconds=60)
    hall.wait(10)
    hall.rise("tank")
    hall.wait(50)
    hall.handling.take_out("tank", TONO, why="diperbaiki", due=at(3_600))
    hall.wait(5)
    hall.handling.put_back("tank", SARI)
    told = [(spell.kind, spell.whose, spell.why, spell.since, spell.due, spell.until) for spell in hall.spells]
    assert told == [
        (Kind.SHELVED, "sari", "uji pompa", at(0), at(60), at(60)),
        (Kind.OUT_OF_SERVICE, "tono", "diperbaiki", at(60), at(3_600), at(65)),
    ]
    (row,) = hall.rows
    assert (row.asides, row.annunciated_at) == ("out_of_service shelved", at(60))


def test_an_input_that_is_lost_and_a_rule_that_suppresses_are_spells_of_what_stands(tmp_path: Path) -> None:
    by_pump = {"id": "pump-runs", "when": {"point": "pump", "equals": True}, "rules": ["tank"]}
    hall = Written(tmp_path, high("tank"), suppress=[by_pump])
    hall.rise("tank")
    hall.wait(5)
    hall.read("tank", 50.0, **BAD)
    hall.wait(5)
    hall.rise("tank", 51.0)
    hall.read("pump", True)
    hall.wait(5)
    hall.read("pump", False)
    told = [(spell.kind, spell.whose, spell.since, spell.until) for spell in hall.spells]
    assert told == [(Kind.UNKNOWN, "", at(5), at(10)), (Kind.SUPPRESSED, "pump-runs", at(10), at(15))]


def test_a_kill_leaves_a_spell_that_still_holds_as_it_is(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"))
    hall.handling.take_out("tank", TONO, why="diperbaiki", due=at(3_600))
    hall.settle()
    hall.kill(after=30)
    assert [(spell.since, spell.until) for spell in hall.spells] == [(at(0), None)]
    hall.handling.put_back("tank", SARI)
    hall.kill(after=30)
    (spell,) = hall.spells
    assert (spell.until, spell.ended_by) == (at(30), "")


def test_a_flood_marks_what_was_sounded_in_it_that_is_over_as_well(tmp_path: Path) -> None:
    rules = [high("tank", id=f"t{n:02}", levels={"L1": 10.0 + n}) for n in range(12)]
    hall = Written(tmp_path, *rules)
    hall.rise("tank", 18.5)
    hall.wait(1)
    for n in range(9):
        hall.engine.acknowledge(f"t{n:02}", SARI)
    hall.fall("tank")
    assert sum(row.in_flood for row in hall.rows) == 0
    hall.wait(1)
    hall.rise("tank", 50.0)
    assert [row.in_flood for row in hall.rows] == [1] * 21
    listed = hall.ledger.query("SELECT count(*), sum(listed) FROM annunciation")
    assert listed == [(21, 12)]


def test_a_flood_of_changes_is_written_portion_by_portion_and_whole(tmp_path: Path) -> None:
    turns: list[Callable[[], None]] = []
    hall = Written(tmp_path, *[high("tank", id=f"t{n:03}", levels={"L1": 1.0 + n / 10}) for n in range(120)])
    recorder = Recorder(
        hall.ledger, clock=hall.clock, where=str, later=lambda _s, work: turns.append(work), keep_days=31
    )
    recorder.restore(hall.engine.every(), hall.handling.flood)
    heard = list(hall.changes)
    hall.rise("tank")
    recorder.on_news([news for news in hall.changes[len(heard) :] if isinstance(news, NEWS)])
    sizes = []
    while turns:
        turns.pop(0)()
        sizes.append(hall.ledger.query("SELECT count(*) FROM occurrence")[0][0])
    assert (len(sizes) > 3, sizes == sorted(sizes), sizes[0] <= 50, sizes[-1]) == (True, True, True, 120)


async def test_where_nobody_wrote_down_is_said(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"))
    recorder = hall.recorder
    assert recorder is not None
    hall.wait(25)
    recorder.close()
    hall.kill(after=100)
    assert hall.recorder is not None
    hall.wait(10)
    hall.recorder.close()
    bars = await hall.book.bars("tank", since=at(-5), until=at(150), limit=9)
    assert bars.unknown == [(at(-5), at(0)), (at(25), at(125)), (at(135), at(150))]


async def test_pages_go_back_in_time_and_every_filter_narrows(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"), high("hall", id="hall-hot"))
    for n in range(7):
        for point in ("tank", "hall"):
            hall.rise(point)
            hall.engine.acknowledge("tank" if point == "tank" else "hall-hot", SARI if n % 2 else TONO, f"catatan {n}")
            hall.fall(point)
            hall.wait(60)
    hall.rise("tank")
    book, all_ = hall.book, Wanted()
    found, after = list[str](), None
    while True:
        page = await book.page(all_, limit=4, after=after)
        found += [item.id for item in page.items]
        if (after := page.following) is None:
            break
    assert (len(found), len(set(found))) == (15, 15)
    oldest, after = list[str](), None
    while after is not None or not oldest:
        portion = await book.portion(all_, limit=4, after=after)
        oldest += [item.id for item in portion.items]
        if (after := portion.following) is None:
            break
    assert oldest == found[::-1]

    async def count(**wanted: object) -> int:
        return len((await book.page(Wanted(**wanted), limit=99)).items)  # type: ignore[arg-type] # names of fields

    assert [
        await count(alarm="tank"), await count(alarm="hall*"), await count(point="hall"),
        await count(place="RUANG hall"),
        await count(severity=3), await count(state=State.OPEN), await count(state=State.UNACKNOWLEDGED),
        await count(text="sari"), await count(text="Catatan tono hall"), await count(since=at(600)),
        await count(until=at(60)), await count(alarm="tank", text="'; DROP"),
    ] == [8, 7, 7, 7, 0, 1, 1, 6, 4, 5, 1, 0]  # fmt: skip


async def test_one_is_told_with_its_spells_and_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"))
    hall.rise("tank")
    hall.handling.shelve("tank", SARI, why="uji", seconds=60)
    row, spells = await hall.book.one(f"tank@{EPOCH_NS}")
    assert (row.alarm, [spell.kind for spell in spells]) == ("tank", [Kind.SHELVED])
    with pytest.raises(NoSuchOccurrence):
        await hall.book.one("tank@1")


def test_what_was_over_long_ago_is_let_go_and_counted_and_what_is_open_stays(tmp_path: Path) -> None:
    hall = Written(tmp_path, high("tank"), high("wanted"), keep_days=31)
    hall.rise("tank")
    hall.rise("wanted")
    hall.engine.acknowledge("wanted", SARI)
    hall.fall("wanted")
    assert hall.recorder is not None
    hall.settle()
    hall.recorder.retention.look()
    hall.wait(32 * 86_400)
    hall.recorder.retention.look()
    assert [row.alarm for row in hall.rows] == ["tank"]
    assert (hall.recorder.counters["expired"], hall.ledger.query("SELECT count(*) FROM annunciation")) == (1, [(0,)])


DEEDS = st.lists(st.sampled_from(["rise", "fall", "bad", "ack", "shelve", "wait", "kill"]), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DEEDS)
def test_whatever_happens_rows_are_what_the_engine_says(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[str]
) -> None:
    hall = Written(tmp_path_factory.mktemp("history"), high("tank"))
    opened = set[str]()
    for deed in deeds:
        if deed != "kill":  # which loses what the last deed made of the alarm, as a kill within milliseconds does
            hall.settle()
        _do(hall, deed)
        hall.wait(7)
        alarm = hall.engine.alarm("tank")
        if alarm.standing:
            opened.add(alarm.occurrence)
    rows = hall.rows
    alarm = hall.engine.alarm("tank")
    assert {row.id for row in rows} == opened
    assert len(rows) == len(opened)
    assert [row.id for row in rows if row.open] == ([alarm.occurrence] if alarm.standing else [])
    for row in rows:
        assert 0 <= row.active_s(hall.clock.now()) <= row.standing_s(hall.clock.now())
    assert [spell.until is None for spell in hall.spells].count(True) == alarm.facts.shelved + (
        alarm.standing and alarm.cond_unknown
    )


def _do(hall: Written, deed: str) -> None:
    deeds: dict[str, Callable[[], object]] = {
        "rise": lambda: hall.rise("tank"),
        "fall": lambda: hall.fall("tank"),
        "bad": lambda: hall.read("tank", 50.0, **BAD),
        "ack": lambda: hall.engine.acknowledge("tank", SARI),
        "shelve": lambda: hall.handling.shelve("tank", SARI, why="uji", seconds=20),
        "kill": lambda: hall.kill(after=11),
        "wait": lambda: None,
    }
    with suppress(NotAllowed):
        deeds[deed]()
