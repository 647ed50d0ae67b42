"""The alarm-performance figures against tables counted by hand, and against plain models of themselves."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import Name
from gateway.kpi.counting import DAY, HOUR, MINUTE, TEN, Known, S, chattering, days, floods, inside, per_stretch
from gateway.kpi.csv_page import lines
from gateway.kpi.errors import BadSpan, NoPdf
from gateway.kpi.figures import DEFINITIONS, Target, Verdict
from gateway.kpi.html_page import page
from gateway.kpi.month import month, month_of
from gateway.kpi.pdf_page import pdf
from gateway.kpi.performance import percentile, performance
from gateway.kpi.plain import moment, number, span, target
from gateway.kpi.sheets import document
from gateway.occurrences.book import Life, Material, Sound, Stretch
from gateway.occurrences.occurrence import Spell
from tests.fakes import EPOCH_NS

SITE = Name("Balai <Raya>", "Hall & Co")
MIDNIGHT = EPOCH_NS + 17 * HOUR
"""Of 18 January 2026, WIB."""


def life(alarm: str, at: int, **more: object) -> Life:
    return Life(alarm, f"Alarm {alarm}", f"Alarm {alarm}", 1, at, at)._replace(**more)  # type: ignore[arg-type] # fields


def material(
    lives: Sequence[Life] = (), sounds: Sequence[Sound] | None = None, *, spells: Sequence[Spell] = (),
    unknown: Sequence[Stretch] = (), days_: int = 30,
) -> Material:  # fmt: skip
    heard = [Sound(one.raised_at, one.severity, one.alarm) for one in lives] if sounds is None else list(sounds)
    heard.sort()
    return Material(MIDNIGHT, MIDNIGHT + days_ * DAY, lives, heard, spells, unknown)


def values(of: Material, *, positions: int = 1) -> dict[str, float | None]:
    return {each.definition.id: each.value for each in performance(of, positions=positions).figures}


def test_a_quiet_month_is_good_and_an_empty_one_divides_by_nothing() -> None:
    report = performance(material())
    assert {each.definition.id for each in report.figures if each.verdict is Verdict.BAD} == set()
    told = values(material())
    assert (told["rate_10min"], told["peak_10min"], told["share_high"], told["top_10"]) == (0.0, 0.0, None, None)
    unseen = material(unknown=[(MIDNIGHT, MIDNIGHT + 30 * DAY)])
    assert (values(unseen)["rate_hour"], values(unseen)["busy_10min"], values(unseen)["flood_time"]) == (None,) * 3
    assert (performance(unseen).provisional, performance(unseen).observed_s) == (True, 0.0)


def test_rates_are_counted_over_what_was_recorded_and_shared_by_positions() -> None:
    lives = [life("a", MIDNIGHT + n * HOUR) for n in range(144)]
    told = values(material(lives, days_=6))
    assert (told["rate_hour"], told["rate_day"]) == (1.0, 24.0)
    assert told["rate_10min"] == pytest.approx(1 / 6)
    half = values(material(lives, days_=6, unknown=[(MIDNIGHT, MIDNIGHT + 3 * DAY)]), positions=2)
    assert (half["rate_hour"], half["rate_day"]) == (1.0, 24.0)


def test_the_worst_and_the_busy_periods_are_those_of_the_table() -> None:
    burst = [life(f"r{n}", MIDNIGHT + HOUR + n * 40 * S) for n in range(12)]
    calm = [life("calm", MIDNIGHT + 5 * HOUR)]
    told = values(material(burst + calm, days_=1))
    assert (told["peak_10min"], told["peak_hour"], told["peak_minute"]) == (12.0, 12.0, 2.0)
    assert told["busy_10min"] == pytest.approx(100 / 144)
    assert told["upset_10min"] == 12.0
    flood = 6 * 40 * S + 10 * MINUTE + 40 * S
    assert told["flood_time"] == pytest.approx(100 * flood / DAY)
    lost = [(MIDNIGHT + HOUR + MINUTE, MIDNIGHT + HOUR + 2 * MINUTE)]
    assert values(material(burst + calm, days_=1, unknown=lost))["peak_10min"] == 1.0


def test_shifts_begin_at_seven_three_and_eleven_in_the_hall() -> None:
    begin = MIDNIGHT + 7 * HOUR
    lives = [life("a", begin + n * S) for n in (-1, 0, 1, 8 * 3_600 - 1)] + [life("b", MIDNIGHT)] * 9
    assert values(material(lives, days_=1))["per_shift"] == 3.0


def test_bad_actors_share_and_chatter_are_told_by_name() -> None:
    lives = [life("pump", MIDNIGHT + HOUR + n * 10 * S) for n in range(6)]
    lives += [life(f"x{n:02}", MIDNIGHT + n * HOUR) for n in range(14)]
    report = performance(material(lives))
    told = values(material(lives))
    assert told["chattering"] == 1.0
    assert told["top_10"] == pytest.approx(100 * 15 / 20)
    first = report.contributors[0]
    assert (first.alarm, first.name.id, first.count, first.share, first.chattered) == (
        "pump", "Alarm pump", 6, 30.0, 2,
    )  # fmt: skip


def test_stale_alarms_are_counted_on_every_day_that_they_stand() -> None:
    begin = MIDNIGHT + HOUR
    old = [
        life("long", begin, cleared_at=begin + 3 * DAY, closed_at=begin + 3 * DAY),
        life("short", begin, cleared_at=begin + DAY, closed_at=begin + 9 * DAY),
        life("open", begin + 2 * DAY, active_since=begin + 2 * DAY),
        life("before", MIDNIGHT - 5 * DAY, active_since=MIDNIGHT - 5 * DAY, closed_at=MIDNIGHT + DAY, cleared_at=None),
    ]
    report = performance(material(old, days_=5))
    assert [day.stale for day in report.days] == [1, 1, 1, 2, 1]
    assert values(material(old, days_=5))["stale"] == 2.0


def test_who_acknowledged_when_and_what_nobody_saw() -> None:
    lives = [
        life("a", MIDNIGHT, acked_at=MIDNIGHT + S, severity=3, closed_at=MIDNIGHT + MINUTE, active_ns=MINUTE),
        life("b", MIDNIGHT, acked_at=MIDNIGHT + 30 * S, severity=3, closed_at=MIDNIGHT + MINUTE, active_ns=MINUTE),
        life("c", MIDNIGHT, acked_at=MIDNIGHT + 90 * S, severity=3, active_since=MIDNIGHT),
        life("d", MIDNIGHT, closed_at=MIDNIGHT + MINUTE, cleared_at=MIDNIGHT + 9 * S, active_ns=9 * S),
        life("e", MIDNIGHT, annunciated_at=None, active_ns=11 * S),
    ]
    report = performance(material(lives, [Sound(MIDNIGHT, 3, "a")] * 3 + [Sound(MIDNIGHT, 1, "d")]))
    told = {each.definition.id: each.value for each in report.figures}
    assert (told["blind"], told["unacknowledged"], told["fleeting"]) == (1.0, 1.0, 1.0)
    high = next(each for each in report.answered if each.severity == 3)
    assert (high.sounded, high.count, high.p50, high.p95) == (3, 3, 30.0, 90.0)
    assert (told["share_high"], told["share_medium"], told["share_low"]) == (75.0, 0.0, 25.0)


def test_what_was_put_aside_without_a_name_or_beyond_its_day_is_unauthorised() -> None:
    begin = MIDNIGHT + HOUR
    spells = [
        Spell("1", "a", "shelved", "sari", "uji", 2, begin, begin + HOUR, begin + HOUR),
        Spell("2", "a", "shelved", "sari", "  ", 2, begin, begin + HOUR, begin + HOUR),
        Spell("3", "b", "out_of_service", "tono", "diperbaiki", 2, begin, begin + DAY, begin + 2 * DAY),
        Spell("4", "b", "out_of_service", "tono", "diperbaiki", 2, begin + 3 * DAY, begin + 99 * DAY),
        Spell("5", "c", "suppressed", "pump-off", "", 2, begin, None, begin + HOUR),
        Spell("6", "d", "out_of_service", "tono", "lama", 2, MIDNIGHT - DAY, MIDNIGHT + DAY, MIDNIGHT),
        Spell("7", "c", "unknown", "", "", 2, begin),
    ]
    told = values(material(spells=spells))
    assert (told["unauthorised"], told["shelved"], told["suppressed"], told["out_of_service"]) == (2.0, 2.0, 1.0, 2.0)
    report = performance(material(spells=spells))
    assert ([spell.id for spell in report.hushed], report.hushed_in_all) == (["4", "1", "2", "3", "6"], 5)


def test_verdicts_follow_the_targets() -> None:
    rate, low, told = Target(1.0, 2.0), Target(80.0, 65.0, at_least=True), Target()
    assert [rate.judge(value) for value in (1.0, 1.01, 2.0, 2.01, None)] == [
        Verdict.GOOD, Verdict.BEARABLE, Verdict.BEARABLE, Verdict.BAD, Verdict.UNJUDGED,
    ]  # fmt: skip
    assert [low.judge(value) for value in (80.0, 70.0, 60.0)] == [Verdict.GOOD, Verdict.BEARABLE, Verdict.BAD]
    assert (told.judge(5.0), Target(0.0).judge(1.0)) == (Verdict.UNJUDGED, Verdict.BAD)


def test_months_begin_at_midnight_in_the_hall() -> None:
    begin, end = month("2026-12")
    assert (moment(begin, "id"), moment(end, "en")) == ("1 Des 2026 00.00 WIB", "1 Jan 2027 00:00 WIB")
    assert (month_of(begin), month_of(begin - 1), month_of(end)) == ("2026-12", "2026-11", "2027-01")
    for wrong in ("2026-13", "2026-00", "26-01", "2026-1", "", "2026-01-01"):
        with pytest.raises(BadSpan):
            month(wrong)


def test_days_are_those_of_the_hall_cut_to_the_span() -> None:
    cut = days(Known(MIDNIGHT - HOUR, MIDNIGHT + DAY + HOUR, ()), 7 * HOUR)
    assert cut == [(MIDNIGHT - HOUR, MIDNIGHT), (MIDNIGHT, MIDNIGHT + DAY), (MIDNIGHT + DAY, MIDNIGHT + DAY + HOUR)]


def test_numbers_are_written_as_people_read_them() -> None:
    assert [number(value, "id") for value in (None, 0.0, 1.5, 0.126, 1234.5)] == ["–", "0", "1,5", "0,13", "1.234"]
    assert [span(seconds, "en") for seconds in (None, 0.4, 59.0, 5_400.0, 259_200.0)] == [
        "–", "0.4 s", "59 s", "1.5 h", "3 d",
    ]  # fmt: skip
    assert (target(Target(1.0, 2.0), "/h", "en"), target(Target(), "%", "en")) == ("≤ 1 (≤ 2) /h", "–")


# ── the forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────

WORST = material(
    [life("a<b>", MIDNIGHT + n * S, severity=4, acked_at=MIDNIGHT + n * S + S) for n in range(40)],
    spells=[Spell("1", "a<b>", "shelved", "sari", "<script>", 2, MIDNIGHT)],
    unknown=[(MIDNIGHT + DAY, MIDNIGHT + 2 * DAY)],
)  # fmt: skip


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_is_whole_in_both_languages_and_escapes_what_people_wrote(language: str) -> None:
    words = document(performance(WORST), site=SITE, made_at=MIDNIGHT, language=language)  # type: ignore[arg-type] # two
    told = page(words)
    assert told.count("<tr class=") == sum(len(table.rows) for table in words.tables)
    assert ("<script" in told, "a&lt;b&gt;" in told, "http" in told) == (False, True, False)
    assert ("Balai &lt;Raya&gt;" in told) is (language == "id")
    for each in DEFINITIONS.values():
        assert (each.name.id if language == "id" else each.name.en) in told
    assert ("19 Jan 2026 00.00 WIB" in told) is (language == "id")


def test_the_pdf_is_one_and_without_its_library_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("reportlab")
    words = document(performance(WORST), site=SITE, made_at=MIDNIGHT)
    made = pdf(words)
    assert (made[:5], made.rstrip()[-5:]) == (b"%PDF-", b"%%EOF")
    monkeypatch.setitem(sys.modules, "reportlab.platypus", None)
    with pytest.raises(NoPdf, match=r"semarak\[reports\]"):
        pdf(words)


def test_the_csv_has_a_line_a_figure() -> None:
    rows = list(csv.DictReader(io.StringIO(lines(performance(WORST)))))
    assert [row["figure"] for row in rows] == list(DEFINITIONS)
    worst = {row["figure"]: (row["value"], row["verdict"]) for row in rows}
    assert (worst["share_high"], worst["per_shift"][1]) == (("100.0", "bad"), "unjudged")


# ── models ────────────────────────────────────────────────────────────────────────────────────────────────────────────

TIMES = st.lists(st.integers(0, 3 * 3_600), max_size=80).map(lambda found: [at * S for at in sorted(found)])
HOLES = st.lists(st.tuples(st.integers(0, 170), st.integers(1, 40)), max_size=5)


def apart(holes: Sequence[tuple[int, int]], until: int) -> list[Stretch]:
    found, reached = list[Stretch](), 0
    for begin, length in sorted(holes):
        low, high = max(begin * MINUTE, reached), min((begin + length) * MINUTE, until)
        if low < high:
            found.append((low, high))
            reached = high + 1
    return found


@given(TIMES, HOLES)
def test_stretches_are_counted_as_a_plain_model_counts_them(times: list[int], holes: list[tuple[int, int]]) -> None:
    until = 3 * HOUR
    unknown = apart(holes, until)
    known = Known(7 * S, until, unknown)
    whole = [
        at for at in range(0, until, TEN)
        if at >= 7 * S and at + TEN <= until and not any(a < at + TEN and b > at for a, b in unknown)
    ]  # fmt: skip
    assert known.whole(TEN) == whole
    assert per_stretch(times, whole, TEN) == [sum(at <= one < at + TEN for one in times) for at in whole]


@given(TIMES)
def test_floods_are_those_of_a_clock_that_looks_every_second(times: list[int]) -> None:
    found, on, rung = list[Stretch](), None, list[int]()
    for now in range(5 * 3_600):
        at = now * S
        if on is not None and len([one for one in rung if at - one < TEN]) < 5:
            found.append((on, at))
            on = None
        for one in times:
            if one == at:
                rung.append(one)
                if on is None and len(rung) >= 10 and at - rung[-10] <= TEN:
                    on = max(rung[-10], found[-1][1] if found else 0)
    assert floods(times) == found
    total = sum(end - begin for begin, end in found)
    assert inside(found, Known(0, 5 * HOUR, [])) == total


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60).map(sorted))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(ordered: list[float]) -> None:
    for percent in (50, 95, 100):
        value = percentile(ordered, percent)
        assert value in ordered
        assert sum(one <= value for one in ordered) >= len(ordered) * percent / 100  # type: ignore[operator] # not None


def test_three_within_a_minute_chatter_and_two_do_not() -> None:
    def rung(*seconds: int) -> list[Sound]:
        return [Sound(at * S, 2, "a") for at in seconds]

    assert chattering(rung(0, 30, 60)) == {"a": 1}
    assert chattering(rung(0, 30, 61, 120)) == {}
    assert chattering(rung(*range(0, 60, 10))) == {"a": 2}
