"""Computes how well a hall's alarms serve its operators (ISA-18.2, EEMUA 191) from what was written down of a span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil
from statistics import fmean

from drivers.model import Name
from gateway.kpi.counting import (
    DAY,
    HOUR,
    MINUTE,
    TEN,
    Known,
    S,
    chattering,
    days,
    floods,
    inside,
    per_stretch,
)
from gateway.kpi.figures import DEFINITIONS, Answered, Contributor, Day, Figure, Performance
from gateway.occurrences.book import Life, Material, Sound
from gateway.occurrences.occurrence import Kind, Spell

WIB_NS = 7 * HOUR
"""The hall's days begin at midnight WIB, UTC+7; Western Indonesia sets no clock forward."""
SHIFT, SHIFT_BEGINS = 8 * HOUR, 7 * HOUR
FLEETING_NS, BLIND_S = 10 * S, 2.0
MONTH_S = 28 * 86_400.0
"""The least that was recorded of a span by which people may be judged."""
TOP, SHOWN, BUSY = 10, 50, 10


def performance(material: Material, *, positions: int = 1) -> Performance:
    """Return the report about a span, for `positions` operators who share its alarms."""
    known = Known(material.since, material.until, material.unknown)
    sounds = material.sounds
    in_floods = floods(sound.at for sound in sounds)
    chatter = chattering(sounds)
    told = _days(material, known)
    values = (
        _rates(len(sounds), known, positions)
        | _peaks(sounds, known, positions)
        | _lives(material)
        | _mix(sounds)
        | _hushed(material.spells, material)
    )
    values["flood_time"] = _percent(inside(in_floods, known), known.observed_ns)
    values["upset_10min"] = _mean([day.peak / positions for day in told if day.peak is not None])
    values["stale"] = float(max((day.stale for day in told), default=0))
    values["chattering"] = float(len(chatter))
    contributors = _contributors(material, chatter)
    values["top_10"] = sum(each.share for each in contributors[:TOP]) if contributors else None
    hushed = _in_order([spell for spell in material.spells if spell.kind in (Kind.SHELVED, Kind.OUT_OF_SERVICE)])
    return Performance(
        known.since, known.until, positions, known.observed_ns / S, known.unknown, known.observed_ns / S < MONTH_S,
        len(material.occurrences), len(sounds), sum(sound.listed for sound in sounds), len(in_floods),
        [Figure(definition, values[name]) for name, definition in DEFINITIONS.items()], contributors,
        _answered(material), told, hushed[:SHOWN], len(hushed),
    )  # fmt: skip


def _percent(part: float, whole: float) -> float | None:
    return 100.0 * part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _rates(count: int, known: Known, positions: int) -> dict[str, float | None]:
    each = {"rate_10min": TEN, "rate_hour": HOUR, "rate_day": DAY}
    observed = known.observed_ns
    return {name: count / positions * width / observed if observed else None for name, width in each.items()}


def _peaks(sounds: Sequence[Sound], known: Known, positions: int) -> dict[str, float | None]:
    times = [sound.at for sound in sounds]
    tens = per_stretch(times, known.whole(TEN), TEN)
    busy = sum(count > BUSY * positions for count in tens)
    found: dict[str, float | None] = {"busy_10min": _percent(busy, len(tens))}
    for name, counts in (
        ("peak_10min", tens),
        ("peak_hour", per_stretch(times, known.whole(HOUR), HOUR)),
        ("peak_minute", list(Counter(at // MINUTE for at in times).values()) or [0]),
        ("per_shift", _per_shift(times, known)),
    ):
        found[name] = max(counts) / positions if counts else None
    return found


def _per_shift(times: Sequence[int], known: Known) -> list[int]:
    """Count by whole shifts; they begin where whole multiples of eight hours do once time is moved there."""
    moved = (SHIFT_BEGINS - WIB_NS) % SHIFT
    back = Known(known.since - moved, known.until - moved, [(a - moved, b - moved) for a, b in known.unknown])
    return per_stretch(times, [at + moved for at in back.whole(SHIFT)], SHIFT)


def _lives(material: Material) -> dict[str, float | None]:
    raised = [life for life in material.occurrences if life.raised_at >= material.since]
    sounded = [life for life in raised if life.annunciated_at is not None]
    waits = [_wait(life) for life in sounded]
    return {
        "fleeting": float(sum(map(_fleeting, raised))),
        "blind": float(sum(wait is not None and wait < BLIND_S for wait in waits)),
        "unacknowledged": float(sum(life.acked_at is None and life.closed_at is not None for life in sounded)),
    }


def _wait(life: Life) -> float | None:
    """Return the seconds from the first sound to the first acknowledgement."""
    if life.annunciated_at is None or life.acked_at is None:
        return None
    return max(0, life.acked_at - life.annunciated_at) / S


def _fleeting(life: Life) -> bool:
    gone = life.active_since is None and 0 <= life.active_ns < FLEETING_NS
    return gone and (life.acked_at is None or life.cleared_at is None or life.acked_at >= life.cleared_at)


def _mix(sounds: Sequence[Sound]) -> dict[str, float | None]:
    counts, whole = Counter(sound.severity for sound in sounds), len(sounds)
    return {
        "share_high": _percent(counts[3] + counts[4], whole),
        "share_medium": _percent(counts[2], whole),
        "share_low": _percent(counts[1], whole),
    }


def _hushed(spells: Sequence[Spell], material: Material) -> dict[str, float | None]:
    begun = Counter(spell.kind for spell in spells if spell.since >= material.since)
    out = {spell.alarm for spell in spells if spell.kind == Kind.OUT_OF_SERVICE}
    return {
        "shelved": float(begun[Kind.SHELVED]),
        "suppressed": float(begun[Kind.SUPPRESSED]),
        "out_of_service": float(len(out)),
        "unauthorised": float(sum(_unauthorised(spell, material.until) for spell in spells)),
    }


def _unauthorised(spell: Spell, until: int) -> bool:
    if spell.kind not in (Kind.SHELVED, Kind.OUT_OF_SERVICE):
        return False
    overdue = spell.due is not None and min(spell.until or until, until) > spell.due
    return not spell.whose or not spell.why.strip() or (spell.kind == Kind.OUT_OF_SERVICE and overdue)


def _in_order(spells: Sequence[Spell]) -> list[Spell]:
    return sorted(spells, key=lambda spell: (spell.until is not None, -spell.since, spell.id))


def _contributors(material: Material, chatter: Counter[str]) -> list[Contributor]:
    counts = Counter(sound.alarm for sound in material.sounds)
    names = {life.alarm: Name(life.name_id, life.name_en) for life in material.occurrences}
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    also = [(alarm, counts[alarm]) for alarm, _ in chatter.most_common(TOP) if alarm not in dict(most)]
    return [
        Contributor(
            alarm, names.get(alarm, Name(alarm, alarm)), count, 100.0 * count / len(material.sounds), chatter[alarm]
        )
        for alarm, count in (*most, *also)
    ]


def _answered(material: Material) -> list[Answered]:
    found = []
    for severity in (4, 3, 2, 1):
        its = [
            life for life in material.occurrences
            if life.severity == severity and life.annunciated_at is not None and life.raised_at >= material.since
        ]  # fmt: skip
        waits = sorted(wait for life in its if (wait := _wait(life)) is not None)
        found.append(Answered(severity, len(its), len(waits), percentile(waits, 50), percentile(waits, 95)))
    return found


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """Return the smallest of the values, in order, that so many percent of them do not exceed; None of no values."""
    if not ordered:
        return None
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def _days(material: Material, known: Known) -> list[Day]:
    times = [sound.at for sound in material.sounds]
    counts = dict(zip(tens := known.whole(TEN), per_stretch(times, tens, TEN), strict=True))
    stale = [stretch for life in material.occurrences if (stretch := _stale(life, known.until)) is not None]
    found = []
    for begin, end in days(known, WIB_NS):
        peaks = [counts[at] for at in range(-(-begin // TEN) * TEN, end, TEN) if at in counts]
        count = per_stretch(times, [begin], end - begin)[0]
        old = sum(since < end and until > begin for since, until in stale)
        found.append(Day(begin, end, count, max(peaks, default=None), old))
    return found


def _stale(life: Life, until: int) -> tuple[int, int] | None:
    """Return from when until when an alarm was active for more than a day."""
    end = life.cleared_at or life.closed_at or until
    since = life.raised_at + DAY
    return (since, end) if end > since else None
