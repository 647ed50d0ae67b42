"""An alarm-performance report as tables of plain text: what every form of it, HTML, PDF or CSV, has to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.model import Name
from gateway.kpi.figures import Figure, Performance, Verdict
from gateway.kpi.plain import MARKS, SEVERITIES, VERDICTS, Language, day, moment, number, said, span, target, unit
from gateway.occurrences.occurrence import Kind

MOST_STRETCHES = 20


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title; `verdicts` belong to its rows, where there are any; `wide` are columns of long text."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    verdicts: Sequence[Verdict] = ()
    wide: frozenset[int] = frozenset()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A report in words: title, whose, sentences about the span, tables."""

    title: str
    site: str
    sentences: Sequence[str]
    warnings: Sequence[str]
    tables: Sequence[Table]
    made: str
    language: Language


def document(of: Performance, *, site: Name, made_at: int, language: Language = "id") -> Document:
    """Return the report of a site, made at `made_at` (UTC ns)."""

    def t(own: str, other: str) -> str:
        return own if language == "id" else other

    return Document(
        t("Laporan kinerja alarm", "Alarm performance report"), said(site, language), _sentences(of, language),
        _warnings(of, language),
        (
            _figures(of, language), _contributors(of, language), _answered(of, language), _days(of, language),
            _hushed(of, language),
        ),
        t("Dibuat", "Made") + f" {moment(made_at, language)}", language,
    )  # fmt: skip


def _sentences(of: Performance, language: Language) -> list[str]:
    since, until = moment(of.since, language), moment(of.until, language)
    total = (of.until - of.since) / 1e9
    share = number(100 * of.observed_s / total if total else None, language)
    counts = [number(float(n), language) for n in (of.occurrences, of.annunciated, of.listed, of.floods, of.positions)]
    if language == "id":
        return [
            (
                f"Rentang: {since} sampai {until}. Tercatat {span(of.observed_s, language)} dari "
                f"{span(total, language)} ({share} %)."
            ),
            (
                f"{counts[0]} kejadian alarm, {counts[1]} bunyi ({counts[2]} hanya didaftar dalam lonjakan), "
                f"{counts[3]} lonjakan alarm, {counts[4]} posisi operator."
            ),
        ]
    return [
        f"Span: {since} to {until}. Recorded: {span(of.observed_s, language)} of {span(total, language)} ({share} %).",
        (
            f"{counts[0]} alarm occurrences, {counts[1]} annunciations ({counts[2]} of them only listed, in a flood), "
            f"{counts[3]} alarm floods, {counts[4]} operator position(s)."
        ),
    ]


def _warnings(of: Performance, language: Language) -> list[str]:
    found = []
    if of.provisional:
        found.append(
            "Sementara: yang tercatat kurang dari sebulan (28 hari), jadi jangan dipakai menilai."
            if language == "id" else
            "Provisional: less than a month (28 days) was recorded, so nobody should judge by it yet."
        )  # fmt: skip
    if of.unknown:
        stretches = "; ".join(
            f"{moment(begin, language)} – {moment(end, language)}" for begin, end in of.unknown[:MOST_STRETCHES]
        )
        more = len(of.unknown) - MOST_STRETCHES
        found.append(
            ("Tidak tercatat, dan tidak dihitung dalam laju: " if language == "id" else
             "Not recorded, and left out of rates: ") + stretches + (f"; … +{more}" if more > 0 else "") + "."
        )  # fmt: skip
    return found


def _figures(of: Performance, language: Language) -> Table:
    heads = (
        ("Ukuran", "Nilai", "Target", "Putusan", "Cara menghitung", "Sumber") if language == "id" else
        ("Figure", "Value", "Target", "Verdict", "How it is counted", "Source")
    )  # fmt: skip
    rows = [
        (
            said(each.definition.name, language),
            _value(each, language),
            target(each.definition.target, each.definition.unit, language),
            f"{MARKS[each.verdict]} {said(VERDICTS[each.verdict], language)}",
            said(each.definition.counted, language), each.definition.source,
        )
        for each in of.figures
    ]  # fmt: skip
    title = "Ukuran kinerja, per posisi operator" if language == "id" else "Performance, per operator position"
    return Table(title, heads, rows, [each.verdict for each in of.figures], frozenset({4, 5}))


def _value(of: Figure, language: Language) -> str:
    told = number(of.value, language)
    return told if of.value is None else f"{told} {unit(of.definition.unit, language)}".strip()


def _contributors(of: Performance, language: Language) -> Table:
    rows = [
        (
            said(each.name, language), each.alarm, number(float(each.count), language),
            f"{number(each.share, language)} %", number(float(each.chattered), language),
        )
        for each in of.contributors
    ]  # fmt: skip
    if language == "id":
        heads = ("Alarm", "Aturan", "Bunyi", "Bagian", "Kali berulang-ulang")
        return Table("Alarm tersering", heads, rows, empty="Tidak ada alarm.")
    heads = ("Alarm", "Rule", "Annunciations", "Share", "Times chattering")
    return Table("Most frequent alarms", heads, rows, empty="There was no alarm.")


def _answered(of: Performance, language: Language) -> Table:
    rows = [
        (
            said(SEVERITIES[each.severity], language), number(float(each.sounded), language),
            number(float(each.count), language), span(each.p50, language), span(each.p95, language),
        )
        for each in of.answered
    ]  # fmt: skip
    if language == "id":
        heads = ("Prioritas", "Kejadian berbunyi", "Diakui", "Waktu sampai diakui, median", "95 % dalam")
        return Table("Waktu sampai diakui", heads, rows)
    heads = ("Priority", "Occurrences sounded", "Acknowledged", "Time to acknowledge, median", "95 % within")
    return Table("Time to acknowledge", heads, rows)


def _days(of: Performance, language: Language) -> Table:
    rows = [
        (
            day(each.since, language), number(float(each.count), language),
            number(None if each.peak is None else float(each.peak), language), number(float(each.stale), language),
        )
        for each in of.days
    ]  # fmt: skip
    if language == "id":
        return Table("Hari demi hari", ("Hari", "Bunyi", "Terbanyak dalam 10 menit", "Alarm berlarut"), rows)
    return Table("Day by day", ("Day", "Annunciations", "Most in 10 min", "Stale alarms"), rows)


def _hushed(of: Performance, language: Language) -> Table:
    kinds = {
        Kind.SHELVED: Name("ditunda", "shelved"), Kind.OUT_OF_SERVICE: Name("tidak layak operasi", "out of service"),
    }  # fmt: skip
    rows = [
        (
            each.alarm, said(kinds[Kind(each.kind)], language), each.whose or "–", each.why or "–",
            moment(each.since, language), "–" if each.until is None else moment(each.until, language),
        )
        for each in of.hushed
    ]  # fmt: skip
    more = of.hushed_in_all - len(of.hushed)
    tail = f" (+{number(float(more), language)})" if more > 0 else ""
    if language == "id":
        heads = ("Aturan", "Cara", "Oleh", "Alasan", "Sejak", "Sampai")
        title = f"Ditunda dan tidak layak operasi{tail}"
        return Table(title, heads, rows, wide=frozenset({3}), empty="Tidak ada yang ditunda atau tidak layak operasi.")
    heads = ("Rule", "How", "By", "Reason", "Since", "Until")
    title = f"Shelved and out of service{tail}"
    return Table(title, heads, rows, wide=frozenset({3}), empty="Nothing was shelved or out of service.")
