"""The audit: what was done stays on record, and whoever touches the record is found."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.audit.audit import ALL, Audit
from gateway.audit.chain import Head, Verdict, verify
from gateway.audit.event import GENESIS, Event, Json, canonical, digest
from gateway.audit.verify import AuditUnreadable, verify_file
from gateway.store.store import Store
from tests.fakes import EPOCH_NS, FakeClock

Row = tuple[int | str, ...]


class Paper:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.executescript((Path("gateway/store/schema") / "0001_first.sql").read_text("utf-8"))

    def submit(self, sql: str, args: Row) -> None:
        self.db.execute(sql, args)

    def query(self, sql: str, args: Row = ()) -> list[Row]:
        return self.db.execute(sql, args).fetchall()

    def rows(self) -> list[Row]:
        return self.query(ALL)


def written(paper: Paper, count: int = 5) -> Audit:
    audit = Audit(paper, FakeClock())
    audit.load()
    for number in range(count):
        audit.record("ani", "command", f"panel{number}", after={"power": "on", "input": number}, outcome="verified")
    return audit


def test_an_event_says_everything_and_is_published(tmp_path: Path) -> None:
    heard: list[object] = []
    audit = Audit(Paper(), FakeClock(), publish=heard.extend, clock_quality=lambda: "synchronised")
    audit.record("ani", "alarm.ack", "tma.1", before={"acked": False}, after={"acked": True}, why="dicek", request="r1")
    audit.record("sistem", "command", "panel1", after=3.5, outcome="unsure")
    first, second = audit.recent()
    assert heard == [first, second] == audit.recent() == audit.events()
    assert replace(first, hash="") == Event(
        1,
        EPOCH_NS,
        "ani",
        "alarm.ack",
        "tma.1",
        {"acked": False},
        {"acked": True},
        "",
        "dicek",
        "r1",
        "synchronised",
        GENESIS,
        "",
    )
    assert (second.seq, second.prev, second.after) == (2, first.hash, 3.5)


def test_what_is_chained_later_keeps_its_time_and_its_order() -> None:
    clock, heard, later = FakeClock(), [], []
    audit = Audit(Paper(), clock, publish=heard.extend, later=later.append)
    audit.record("alarms", "alarm.raise", "tma.1")
    clock.advance(0.002)
    audit.record("wall/utama", "command", "matriks-1")
    clock.advance(1.0)
    assert (heard, len(later)) == ([], 1)
    later[0]()
    assert [(event.seq, event.at - EPOCH_NS, event.action) for event in heard] == [
        (1, 0, "alarm.raise"),
        (2, 2_000_000, "command"),
    ]
    assert audit.verify() == Verdict(ok=True, count=2)


def test_a_question_is_answered_with_what_was_just_noted() -> None:
    audit = Audit(Paper(), FakeClock(), later=lambda work: None)
    audit.record("budi", "login", "desk1")
    assert [event.action for event in audit.recent()] == ["login"]


def test_a_whole_chain_is_found_whole() -> None:
    assert written(Paper()).verify() == Verdict(ok=True, count=5)
    assert written(Paper(), 0).verify() == Verdict(ok=True, count=0)


def forged(row: Row) -> Row:
    return (*row[:-1], digest(row[:-1]))


def replaced(rows: list[Row]) -> list[Row]:
    return [*rows[:2], forged((*rows[2][:2], "budi", *rows[2][3:])), *rows[3:]]


def put_in(rows: list[Row]) -> list[Row]:
    extra = forged((3, *rows[2][1:11], rows[1][-1], ""))
    return [*rows[:2], extra, *[(int(row[0]) + 1, *row[1:]) for row in rows[2:]]]


TAMPERED: dict[str, tuple[Callable[[list[Row]], list[Row]], int, str]] = {
    "changed": (lambda rows: [*rows[:2], (*rows[2][:2], "budi", *rows[2][3:]), *rows[3:]], 3, "event 3 was changed"),
    "changed time": (lambda rows: [(1, 7, *rows[0][2:]), *rows[1:]], 1, "event 1 was changed"),
    "changed, hash made to fit": (replaced, 4, "event 4 does not follow event 3"),
    "last changed, hash made to fit": (
        lambda rows: [*rows[:4], forged((*rows[4][:2], "budi", *rows[4][3:]))],
        5,
        "event 5 is not the one that the head names",
    ),
    "first removed": (lambda rows: rows[1:], 2, "events 1 to 1 are missing before event 2"),
    "removed": (lambda rows: [*rows[:1], *rows[3:]], 4, "events 2 to 3 are missing before event 4"),
    "cut off": (lambda rows: rows[:3], 4, "events 4 to 5 are missing at the end"),
    "all removed": (lambda rows: [], 1, "events 1 to 5 are missing at the end"),
    "re-ordered": (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], 3, "or the order was changed"),
    "said twice": (lambda rows: [*rows[:2], rows[1], *rows[2:]], 2, "event 2 stands after event 2"),
    "numbers swapped": (
        lambda rows: [rows[0], (2, *rows[2][1:]), (3, *rows[1][1:]), *rows[3:]],
        2,
        "event 2 was changed",
    ),
    "put in": (put_in, 4, "event 4 was changed"),
    "added": (
        lambda rows: [*rows, forged((6, *rows[4][1:11], rows[4][-1], ""))],
        6,
        "event 6 is not the one that the head",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_is_found_and_the_first_bad_event_named(how: str) -> None:
    tamper, first_bad, why = TAMPERED[how]
    paper = Paper()
    written(paper)
    verdict = verify(tamper(paper.rows()), Head(5, str(paper.rows()[4][-1])))
    assert (verdict.ok, verdict.first_bad) == (False, first_bad)
    assert why in verdict.why


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 4), st.integers(0, 12), st.text(max_size=3))
def test_no_cell_can_be_changed_unseen(row: int, column: int, text: str) -> None:
    paper = Paper()
    written(paper)
    rows = paper.rows()
    rows[row] = tuple(
        (cell + 1 if isinstance(cell, int) else cell + "x" + text) if at == column else cell
        for at, cell in enumerate(rows[row])
    )
    assert not verify(rows, Head(5, str(paper.rows()[4][-1]))).ok


def test_the_chain_goes_on_after_a_restart() -> None:
    paper = Paper()
    before = written(paper)
    after = Audit(paper, FakeClock())
    after.load()
    after.record("budi", "login", "desk1")
    assert after.verify() == Verdict(ok=True, count=6)
    assert after.recent(6)[:5] == before.recent()


def test_a_cut_tail_stays_a_hole_after_a_restart() -> None:
    paper = Paper()
    written(paper)
    paper.db.execute("DELETE FROM audit WHERE seq > 3")
    audit = Audit(paper, FakeClock())
    audit.load()
    audit.record("budi", "login", "desk1")
    verdict = audit.verify()
    assert (verdict.ok, verdict.first_bad, verdict.count) == (False, 6, 3)


def test_a_lost_head_is_noticed_and_put_on_record_at_the_next_start() -> None:
    paper = Paper()
    audit = written(paper)
    paper.db.execute("DELETE FROM audit_head")
    assert audit.verify() == Verdict(False, 5, 5, "the head is missing, so events may be missing at the end")
    again = Audit(paper, FakeClock())
    again.load()
    assert again.recent()[-1].action == "audit.head_lost"


def test_events_are_paged_by_number_and_by_action() -> None:
    audit = written(Paper())
    audit.record("budi", "login", "desk1")
    assert [event.seq for event in audit.events(after=1, limit=2)] == [2, 3]
    assert [event.actor for event in audit.events(action="login")] == ["budi"]


json_values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(json_values, st.text(st.characters(), max_size=8))
def test_any_value_and_any_text_can_be_recorded_and_proved(value: Json, text: str) -> None:
    paper = Paper()
    audit = written(paper, 1)
    audit.record(text, text, text, before=value, after={"x": value}, why=text)
    assert audit.verify().ok
    assert canonical(audit.events()[1].before) == canonical(value)


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": [1.5, None]}) == canonical({"a": (1.5, None), "b": 1}) == '{"a":[1.5,null],"b":1}'


async def kept(folder: Path, count: int = 3) -> Store:
    store = Store.open(folder / "semarak.db", clock=FakeClock())
    audit = Audit(store, FakeClock())
    audit.load()
    for number in range(count):
        audit.record("ani", "command", f"panel{number}")
    await store.flush()
    return store


async def test_a_running_store_is_proved_read_only_and_a_tampered_row_found(tmp_path: Path) -> None:
    store = await kept(tmp_path)
    assert verify_file(store.path) == Verdict(ok=True, count=3)
    await store.write("UPDATE audit SET outcome = 'done' WHERE seq = ?", (2,))
    assert verify_file(store.path).first_bad == 2
    await store.close()


@pytest.mark.real
async def test_another_process_proves_the_audit_while_the_service_runs(tmp_path: Path) -> None:
    store = await kept(tmp_path)
    script = "import sys, pathlib, gateway.audit.verify as v; print(v.verify_file(pathlib.Path(sys.argv[1])))"
    answer = await asyncio.to_thread(
        subprocess.check_output, [sys.executable, "-c", script, str(store.path)], text=True
    )
    assert answer == "Verdict(ok=True, count=3, first_bad=None, why='')\n"
    await store.close()


async def test_a_stopped_store_is_proved_too(tmp_path: Path) -> None:
    await (await kept(tmp_path)).close()
    assert verify_file(tmp_path / "semarak.db") == Verdict(ok=True, count=3)


def test_where_there_is_no_audit_a_sentence_says_so(tmp_path: Path) -> None:
    with pytest.raises(AuditUnreadable, match="holds no audit"):
        verify_file(tmp_path / "semarak.db")
    (tmp_path / "notes.db").write_bytes(b"rubbish " * 500)
    with pytest.raises(AuditUnreadable, match="not a database"):
        verify_file(tmp_path / "notes.db")
