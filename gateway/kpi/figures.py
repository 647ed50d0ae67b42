"""What an alarm-performance report consists of: every figure with its target, its verdict, and where both come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.model import Name
from gateway.occurrences.book import Stretch
from gateway.occurrences.occurrence import Spell


class Verdict(StrEnum):
    """How a figure stands to its target."""

    GOOD = "good"
    BEARABLE = "bearable"
    """Beyond the target, within the most that people can manage."""
    BAD = "bad"
    UNJUDGED = "unjudged"
    """There is no target, or nothing to judge."""


@dataclass(frozen=True, slots=True)
class Target:
    """Good up to `good`, bearable up to `bearable`; with `at_least` from there on. None: it is told, not judged."""

    good: float | None = None
    bearable: float | None = None
    at_least: bool = False

    def judge(self, value: float | None) -> Verdict:
        """Return how a value stands to it."""
        if value is None or self.good is None:
            return Verdict.UNJUDGED
        sign = -1 if self.at_least else 1
        if sign * value <= sign * self.good:
            return Verdict.GOOD
        edge = self.good if self.bearable is None else self.bearable
        return Verdict.BEARABLE if sign * value <= sign * edge else Verdict.BAD


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure is: its name, how it is counted, in which unit, against what, and after which source."""

    id: str
    name: Name
    counted: Name
    unit: str
    target: Target
    source: str


ISA = "ISA-18.2-2016, clause 16"
EEMUA = "EEMUA 191"
HOUSE = "Semarak"

DEFINITIONS: Mapping[str, Definition] = {
    one.id: one
    for one in (
        Definition(
            "rate_10min", Name("Rata-rata alarm per 10 menit", "Average alarms per 10 min"),
            Name("Alarm yang dibunyikan, dibagi waktu yang tercatat dan jumlah posisi operator.",
                 "Alarms annunciated, over the time that was recorded and the operator positions."),
            "/10 min", Target(1.0, 2.0), ISA,
        ),
        Definition(
            "rate_hour", Name("Rata-rata alarm per jam", "Average alarms per hour"),
            Name("Sama, per jam.", "The same, an hour."), "/h", Target(6.0, 12.0), ISA,
        ),
        Definition(
            "rate_day", Name("Rata-rata alarm per hari", "Average alarms per day"),
            Name("Sama, per 24 jam; IEC 62682:2014 menyebut 144.", "The same, 24 hours; IEC 62682:2014 says 144."),
            "/d", Target(150.0, 300.0), "ISA-18.2-2009, clause 16",
        ),
        Definition(
            "busy_10min",
            Name("Periode 10 menit dengan lebih dari 10 alarm", "10-min periods with more than 10 alarms"),
            Name("Bagian dari periode 10 menit yang seluruhnya tercatat.",
                 "Their share of the 10-min periods that were recorded in full."),
            "%", Target(1.0), ISA,
        ),
        Definition(
            "peak_10min", Name("Terbanyak dalam 10 menit", "Most in any 10 min"),
            Name("Alarm terbanyak dalam satu periode 10 menit, per posisi.",
                 "The most alarms in one 10-min period, per position."),
            "", Target(10.0), ISA,
        ),
        Definition(
            "flood_time", Name("Waktu dalam lonjakan alarm", "Time in alarm flood"),
            Name("Lonjakan alarm mulai dengan 10 alarm dalam 10 menit dan usai di bawah 5.",
                 "A flood begins with 10 alarms within 10 min and ends below 5."),
            "%", Target(1.0), ISA,
        ),
        Definition(
            "top_10", Name("Bagian 10 alarm tersering", "Share of the 10 most frequent alarms"),
            Name("Bunyi dari sepuluh aturan tersering, dibagi semua bunyi.",
                 "Annunciations of the ten most frequent rules, over all."),
            "%", Target(1.0, 5.0), ISA,
        ),
        Definition(
            "chattering", Name("Alarm yang berulang-ulang", "Chattering alarms"),
            Name("Aturan yang berbunyi sedikitnya 3 kali dalam 60 detik.",
                 "Rules that were annunciated at least 3 times within 60 s."),
            "", Target(0.0), ISA,
        ),
        Definition(
            "fleeting", Name("Alarm sekejap", "Fleeting alarms"),
            Name("Kejadian yang kondisinya hilang sebelum 10 detik dan sebelum diakui.",
                 "Occurrences whose condition went within 10 s, before anybody acknowledged."),
            "", Target(0.0), ISA,
        ),
        Definition(
            "stale", Name("Alarm berlarut pada hari terburuk", "Stale alarms on the worst day"),
            Name("Alarm yang aktif lebih dari 24 jam, dihitung per hari.",
                 "Alarms active for more than 24 h, counted day by day."),
            "", Target(4.0), ISA,
        ),
        Definition(
            "share_high", Name("Bagian prioritas tinggi dan kritis", "Share of high and critical priority"),
            Name("Dari alarm yang dibunyikan; sekitar 5 %.", "Of the alarms annunciated; about 5 %."),
            "%", Target(5.0, 10.0), ISA,
        ),
        Definition(
            "share_medium", Name("Bagian prioritas menengah", "Share of medium priority"),
            Name("Sama; sekitar 15 %.", "The same; about 15 %."), "%", Target(15.0, 25.0), ISA,
        ),
        Definition(
            "share_low", Name("Bagian prioritas rendah", "Share of low priority"),
            Name("Sama; sekitar 80 %.", "The same; about 80 %."), "%", Target(80.0, 65.0, at_least=True), ISA,
        ),
        Definition(
            "unauthorised", Name("Peredaman tanpa wewenang", "Unauthorised suppression"),
            Name("Penundaan tanpa nama atau alasan, dan alarm tidak layak operasi yang melewati tenggatnya.",
                 "Shelves without a name or a reason, and outages beyond the day on which they were due back."),
            "", Target(0.0), ISA,
        ),
        Definition(
            "peak_hour", Name("Terbanyak dalam satu jam", "Most in any hour"),
            Name("Per posisi, jam yang seluruhnya tercatat.", "Per position, of the hours recorded in full."),
            "", Target(15.0), EEMUA,
        ),
        Definition(
            "peak_minute", Name("Terbanyak dalam satu menit", "Most in any minute"),
            Name("Per posisi.", "Per position."), "", Target(2.0), EEMUA,
        ),
        Definition(
            "upset_10min", Name("Puncak 10 menit harian, rata-rata", "Daily 10-min peak, averaged"),
            Name("Periode 10 menit terburuk tiap hari, dirata-ratakan.",
                 "The worst 10-min period of each day, averaged over the days."),
            "", Target(10.0), f"{EEMUA}, 3rd edition",
        ),
        Definition(
            "per_shift", Name("Terbanyak dalam satu giliran piket", "Most in any shift"),
            Name("Delapan jam sejak 07.00, 15.00 dan 23.00 WIB.", "Eight hours from 07:00, 15:00 and 23:00 WIB."),
            "", Target(), HOUSE,
        ),
        Definition(
            "blind", Name("Diakui dalam kurang dari 2 detik", "Acknowledged in less than 2 s"),
            Name("Yang mengakui secepat itu tidak mungkin membacanya.",
                 "Who acknowledges as soon as that cannot have read it."),
            "", Target(0.0), HOUSE,
        ),
        Definition(
            "unacknowledged", Name("Tidak pernah diakui", "Never acknowledged"),
            Name("Kejadian yang dibunyikan dan berakhir tanpa diakui siapa pun.",
                 "Occurrences that were annunciated and ended without anybody acknowledging."),
            "", Target(), HOUSE,
        ),
        Definition(
            "shelved", Name("Penundaan", "Shelves"),
            Name("Penundaan yang dimulai dalam rentang ini.", "Shelves that began in the span."), "", Target(), HOUSE,
        ),
        Definition(
            "suppressed", Name("Kejadian yang diredam aturan", "Occurrences suppressed by rules"),
            Name("Alarm yang berdiri dan diredam, dimulai dalam rentang ini.",
                 "Standing alarms that were suppressed, begun in the span."),
            "", Target(), HOUSE,
        ),
        Definition(
            "out_of_service", Name("Tidak layak operasi", "Out of service"),
            Name("Alarm yang tidak layak operasi pada suatu saat dalam rentang ini.",
                 "Alarms that were out of service at some time in the span."),
            "", Target(), HOUSE,
        ),
    )
}  # fmt: skip
"""Targets hold for one operator position; the standards are told after public digests of them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report; None: there was nothing to count."""

    definition: Definition
    value: float | None

    @property
    def verdict(self) -> Verdict:
        """Return how it stands to its target."""
        return self.definition.target.judge(self.value)


@dataclass(frozen=True, slots=True)
class Contributor:
    """An alarm, how often it was annunciated, its share of all in percent, and how often it chattered."""

    alarm: str
    name: Name
    count: int
    share: float
    chattered: int


@dataclass(frozen=True, slots=True)
class Answered:
    """How soon alarms of a severity were acknowledged, in seconds; `count` of them were."""

    severity: int
    sounded: int
    count: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the site (UTC ns, cut to the span): alarms annunciated, the worst ten minutes, stale ones."""

    since: int
    until: int
    count: int
    peak: int | None
    stale: int


@dataclass(frozen=True, slots=True)
class Performance:
    """The report; `provisional`: less was recorded than a month, so nobody should judge by it yet."""

    since: int
    until: int
    positions: int
    observed_s: float
    unknown: Sequence[Stretch]
    provisional: bool
    occurrences: int
    annunciated: int
    listed: int
    floods: int
    figures: Sequence[Figure]
    contributors: Sequence[Contributor]
    answered: Sequence[Answered]
    days: Sequence[Day]
    hushed: Sequence[Spell]
    """Shelves and outages of the span, those without an end first, then the newest."""
    hushed_in_all: int
