"""Writes figures, spans and times of a report as people read them, in Bahasa Indonesia or English, in WIB."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from drivers.model import Name
from gateway.kpi.figures import Target, Verdict

Language = Literal["id", "en"]
WIB = timedelta(hours=7)
MONTHS: Mapping[Language, str] = {
    "id": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}
VERDICTS: Mapping[Verdict, Name] = {
    Verdict.GOOD: Name("baik", "good"),
    Verdict.BEARABLE: Name("masih terkelola", "manageable"),
    Verdict.BAD: Name("di luar target", "beyond the target"),
    Verdict.UNJUDGED: Name("tidak dinilai", "not judged"),
}
MARKS: Mapping[Verdict, str] = {Verdict.GOOD: "✓", Verdict.BEARABLE: "~", Verdict.BAD: "✕", Verdict.UNJUDGED: "–"}
SEVERITIES: Mapping[int, Name] = {
    4: Name("kritis", "critical"),
    3: Name("tinggi", "high"),
    2: Name("menengah", "medium"),
    1: Name("rendah", "low"),
}


UNITS: Mapping[str, Name] = {
    "/10 min": Name("/10 mnt", "/10 min"),
    "/h": Name("/jam", "/h"),
    "/d": Name("/hari", "/d"),
}


def unit(of: str, language: Language) -> str:
    """Return a unit as it is printed."""
    return said(UNITS.get(of, Name(of, of)), language)


def said(name: Name, language: Language) -> str:
    """Return a name in a language."""
    return name.id if language == "id" else name.en


def number(value: float | None, language: Language) -> str:
    """Return a number with at most two decimals, a comma in Indonesian; a dash for none."""
    if value is None:
        return "–"
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) < 1_000 else f"{value:,.0f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "id" else text


def moment(at: int, language: Language) -> str:
    """Return UTC ns as `24 Nov 2026 15.04 WIB`."""
    there = datetime.fromtimestamp(at // 1_000_000_000, UTC) + WIB
    separator = "." if language == "id" else ":"
    return f"{day(at, language)} {there:%H}{separator}{there:%M} WIB"


def day(at: int, language: Language) -> str:
    """Return UTC ns as `24 Nov 2026`, its day in WIB."""
    there = datetime.fromtimestamp(at // 1_000_000_000, UTC) + WIB
    return f"{there.day} {MONTHS[language].split()[there.month - 1]} {there.year}"


def span(seconds: float | None, language: Language) -> str:
    """Return seconds in the unit that people count them in."""
    if seconds is None:
        return "–"
    units = (("hari", "d", 86_400), ("jam", "h", 3_600), ("mnt", "min", 60), ("dtk", "s", 1))
    own, other, size = next((unit for unit in units if seconds >= unit[2]), units[-1])
    return f"{number(round(seconds / size, 1), language)} {own if language == 'id' else other}"


def target(of: Target, of_unit: str, language: Language) -> str:
    """Return a target as `≤ 1 (≤ 2)`; a dash where there is none."""
    if of.good is None:
        return "–"
    sign = "≥" if of.at_least else "≤"
    told = f"{sign} {number(of.good, language)}"
    if of.bearable is not None:
        told += f" ({sign} {number(of.bearable, language)})"
    return f"{told} {unit(of_unit, language)}".strip()
