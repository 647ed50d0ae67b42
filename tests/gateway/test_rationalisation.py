"""Records of alarms: read and written as CSV, matched to levels, doubted, and merged into a site's file."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import Name
from gateway.rationalisation import master
from gateway.rationalisation.config import MatrixConfig, UrgencyRow
from gateway.rationalisation.errors import BadRecords
from gateway.rationalisation.record import MATRIX, Consequence, Record, Urgency, derived
from gateway.rationalisation.records import Records, doubts, merged
from gateway.rationalisation.sheet import COLUMNS, FILE, FORMULA, read, write
from gateway.settings.advice import advice
from gateway.settings.difference import difference
from gateway.settings.fault import SiteError
from gateway.settings.record_file import RecordFile
from gateway.settings.site import load_site

HALL = Path(__file__).parent.parent.parent / "config" / "balai-raya"
plain = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), max_size=30)
texts = st.one_of(plain, st.sampled_from(["=1+1", "'=1", "-2", "@x", "+", "''@a", "'quoted'", 'say "no", now; then']))
texts = texts.map(lambda text: text.strip(" \n"))
names = st.tuples(texts, texts).map(lambda both: Name(both[0], both[1] or both[0]))
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
records = st.builds(
    Record, texts.filter(bool), texts, names, names, names,
    st.none() | st.floats(0.001, 525_600), st.none() | st.sampled_from(Consequence),
    st.none() | st.sampled_from(Urgency),
    st.none() | st.integers(1, 4), texts, texts, texts, texts, st.none() | days.filter(lambda day: day.year < 2050),
    st.none() | days.filter(lambda day: day.year >= 2050), texts,
)  # fmt: skip


@given(st.lists(records, unique_by=lambda record: record.key))
def test_what_is_written_is_read_again(every: list[Record]) -> None:
    text = write(every)
    assert read(text) == tuple(every)
    assert not any(FORMULA.match(cell) for row in csv.reader(io.StringIO(text)) for cell in row if cell[:1] != "'")


@given(st.lists(records, min_size=1, unique_by=lambda record: record.key))
def test_a_spreadsheet_may_save_it_with_semicolons_and_a_sign_in_front(every: list[Record]) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(csv.reader(io.StringIO(write(every), newline="")))
    assert read("\ufeff" + out.getvalue()) == tuple(every)


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("rule,colour\na,red\n", 1, "colour", "there is no column 'colour' here"),
        ("level\nL1\n", 1, "rule", "there is no column 'rule'"),
        ("rule,rule\na,b\n", 1, "rule", "stands here twice"),
        ('rule,note\na,"two\nlines"\nb,x,y\n', 4, "", "3 cells under 2 columns"),
        ("rule,level\na,L1\na,L1\n", 3, "rule", "a L1 has a record already"),
        ("rule,urgency\na,soon\n", 2, "urgency", "'soon' is none of the words"),
        ("rule,priority\na,5\n", 2, "priority", "'5' is no priority"),
        ("rule,respond_minutes\na,nan\n", 2, "respond_minutes", "'nan' is no number of minutes"),
        ("rule,next_review\na,24/11/2026\n", 2, "next_review", "'24/11/2026' is no day"),
        ("rule,reviewed_on,next_review\na,2026-02-01,2026-01-01\n", 2, "next_review", "is not after"),
        ("rule,note\n,x\n", 2, "rule", "names no rule"),
        ('rule,note\na,"x\n', 2, "", "this is no CSV"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, column: str, told: str) -> None:
    with pytest.raises(BadRecords) as refused:
        read(text)
    assert [(one.line, one.column) for one in refused.value.faults] == [(line, column)]
    assert told in refused.value.faults[0].message


@given(st.text(max_size=200))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    try:
        read("rule,note\n" + text)
    except BadRecords as error:
        assert error.faults


def test_the_nearest_record_speaks_for_a_level() -> None:
    own, level, long, short = Record("awlr-a"), Record("awlr-a", "S1"), Record("awlr-*"), Record("*")
    found = Records((short, long, level, own))
    assert [found.of("awlr-a", "S1"), found.of("awlr-a", "S2"), found.of("awlr-b", "S1")] == [level, own, long]
    assert found.of("ups", "L1") == short
    assert Records((own,)).of("ups", "L1") is None


def test_the_matrix_rises_both_ways_and_a_site_may_write_its_own() -> None:
    rows = [[MATRIX[consequence, urgency] for urgency in Urgency] for consequence in Consequence]
    assert all(row == sorted(row) for row in (*rows, *map(list, zip(*rows, strict=True))))
    assert (rows[0][0], rows[-1][-1]) == (1, 4)
    row = UrgencyRow(slow=4, prompt=4, rapid=4, immediate=4)
    mine = MatrixConfig(minor=row).matrix()
    record = Record("a", consequence_class=Consequence.MINOR, urgency=Urgency.SLOW)
    assert (derived(record, MATRIX), derived(record, mine), derived(Record("a"), mine)) == (1, 4, None)
    assert Records((), mine).priority(record) == 4


def test_everything_that_is_to_be_mended_is_told() -> None:
    rules = [rule for rule in load_site(HALL).rules if rule.id in ("rsrv-asap", "rsrv-bocor")]
    assert doubts(rules, Records(), today=date.max) == []
    odd = Record(
        "rsrv-asap", "L3", consequence_class=Consequence.MINOR, urgency=Urgency.SLOW, priority=2,
        next_review=date(2026, 1, 1),
    )  # fmt: skip
    told = doubts(rules, Records((odd, Record("gone", action=Name("x", "x")))), today=date(2026, 1, 2))
    assert told == [
        "rationalisation.csv: no record: rsrv-bocor L3",
        "rationalisation.csv: for no rule or level that there is: gone",
        "rationalisation.csv: the matrix says another priority: rsrv-asap L3 (2, the matrix 1)",
        "rationalisation.csv: it rings with another severity: rsrv-asap L3 (3, its record 2)",
        "rationalisation.csv: the operator is told no action: rsrv-asap L3",
        "rationalisation.csv: the review is overdue: rsrv-asap L3 (2026-01-01)",
    ]
    assert not any("overdue" in line for line in doubts(rules, Records((odd,)), today=date(2026, 1, 1)))


def test_the_hall_has_a_record_for_every_level_and_nothing_to_mend() -> None:
    hall = load_site(HALL)
    told = [line for line in advice(hall) if line.startswith(FILE)]
    assert told == []
    table = list(csv.DictReader(io.StringIO(master.write(hall.rules, hall.records))))
    assert len(table) == sum(len(rule.levels) for rule in hall.rules)
    row = next(row for row in table if (row["rule"], row["level"]) == ("tma-danau-dendam", "SIAGA2"))
    assert (row["limit"], row["deadband"], row["severity"], row["respond_minutes"]) == ("160", "5", "3", "15")


def test_an_import_is_merged_by_rule_and_level_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "hall"
    shutil.copytree(HALL, folder)
    before, path = load_site(folder), folder / FILE
    file = RecordFile(folder, lambda given: load_site(folder, texts=given))
    first = before.records.every[0]
    table = write(
        [first, Record("diam.*", action=Name("Periksa broker", "Check the broker")), Record("rsrv-asap", "L3")]
    )
    was = path.read_bytes()
    dry = file.take(table, keep=False)
    assert (dry.added, dry.changed, dry.same, path.read_bytes() == was) == (["diam.*"], ["rsrv-asap L3"], 1, True)
    with pytest.raises(SiteError, match=r"rationalisation.csv:1:1: colour: there is no column 'colour' here"):
        file.take("rule,colour\na,b\n", keep=True)
    assert path.read_bytes() == was
    assert file.take(table, keep=True) == dry
    after = load_site(folder)
    assert after.records.every == merged(before.records.every, read(table))
    assert difference(before, after).sentences() == ("rationalisation: diam.*, rsrv-asap L3",)
    assert list(folder.glob(".*")) == []
    assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)
