"""How an occurrence grows with what becomes of its alarm: values in, values out."""

from __future__ import annotations

from dataclasses import replace

from gateway.alarms.alarm import Alarm, AlarmChange
from gateway.alarms.lifecycle import Cue, Effect
from gateway.occurrences.occurrence import Ended, Kind, Occurrence, Spell

SpellKey = tuple[Kind, str]
"""What sort of spell, and for a suppression the rule that suppresses: an alarm has at most one of each at a time."""


def grown(was: Occurrence, change: AlarmChange) -> Occurrence:
    """Return the occurrence after a change of its alarm."""
    alarm, at = change.alarm, change.at
    now = seen(was, alarm, at=at)
    if Effect.ANNUNCIATE in change.effects:
        now = replace(now, annunciations=was.annunciations + 1, annunciated_at=was.annunciated_at or at)
    if change.cue is Cue.ACK:
        now = _acknowledged(now, alarm, at)
    if alarm.standing and alarm.occurrence == was.id:
        return now
    return over(now, at=at, ended=Ended.RETIRED if change.cue is Cue.RETIRE else Ended.CLOSED)


def seen(was: Occurrence, alarm: Alarm, *, at: int | None) -> Occurrence:
    """Return the occurrence with what its alarm says of itself at `at` (UTC ns; None: nobody saw when it changed)."""
    now = _worse(was, alarm)
    if alarm.peak is not None and alarm.peak != was.peak:
        now = replace(now, peak=alarm.peak, peak_at=at)
    return replace(
        _stood(now, alarm, at), cleared_at=alarm.cleared_at, chatter=alarm.chatter,
        first_out=str(alarm.first_out) or was.first_out,
    )  # fmt: skip


def caught_up(was: Occurrence, alarm: Alarm) -> Occurrence:
    """Return the occurrence after a restart: what its alarm knows, and was not written down."""
    now = seen(was, alarm, at=None)
    annunciated = was.annunciated_at or alarm.annunciated_at
    now = replace(now, annunciated_at=annunciated, annunciations=max(was.annunciations, int(annunciated is not None)))
    if alarm.acked_at is not None and was.acked_at is None:
        now = _acknowledged(now, alarm, alarm.acked_at)
    return now


def over(was: Occurrence, *, at: int, ended: Ended) -> Occurrence:
    """Return an occurrence that ended at `at` (UTC ns)."""
    at = max(at, was.raised_at)
    active = was.active_ns + (0 if was.active_since is None else max(0, at - was.active_since))
    return replace(was, closed_at=at, ended=ended, active_since=None, active_ns=active)


def _worse(was: Occurrence, alarm: Alarm) -> Occurrence:
    if alarm.severity <= was.severity:
        return was
    return replace(
        was, code=alarm.code, label_id=alarm.label.id, label_en=alarm.label.en, severity=alarm.severity
    )  # fmt: skip


def _stood(was: Occurrence, alarm: Alarm, at: int | None) -> Occurrence:
    """Count how long the condition has stood."""
    if alarm.active == (was.active_since is not None):
        return was
    if alarm.active:
        return replace(was, active_since=at or alarm.since)
    ended = alarm.cleared_at or at or alarm.since
    since = was.active_since or ended
    return replace(was, active_since=None, active_ns=was.active_ns + max(0, ended - since))


def _acknowledged(was: Occurrence, alarm: Alarm, at: int) -> Occurrence:
    """The first who saw it is kept, and what was said last."""
    first = was if was.acked_at is not None else replace(was, acked_at=at, acked_by=alarm.acked_by)
    station = first.station if was.acked_at is not None else alarm.station
    return replace(
        first, station=station, acks=was.acks + 1, note=alarm.note or was.note,
        disposition=str(alarm.disposition) or was.disposition,
    )  # fmt: skip


def spells_of(alarm: Alarm, *, at: int, actor: str = "", why: str = "") -> dict[SpellKey, Spell]:
    """Return the spells that an alarm is in; those that begin now do so at `at` (UTC ns), by `actor`, for `why`.

    An alarm that does not stand is only told of when a person put it aside: rules suppress thousands at once.
    """
    facts, found = alarm.facts, dict[SpellKey, Spell]()
    for kind, on, aside in (
        (Kind.SHELVED, facts.shelved, alarm.shelf), (Kind.OUT_OF_SERVICE, facts.out_of_service, alarm.outage),
    ):  # fmt: skip
        if on:
            whose, reason, since = (aside.by, aside.why, aside.at) if aside else (actor, why, at)
            found[kind, ""] = _spell(alarm, kind, whose, why=reason, since=since, due=aside.until if aside else None)
    if alarm.standing:
        for rule in facts.suppressed_by:
            found[Kind.SUPPRESSED, rule] = _spell(alarm, Kind.SUPPRESSED, rule, why=why, since=at)
        if facts.cond_unknown:
            found[Kind.UNKNOWN, ""] = _spell(alarm, Kind.UNKNOWN, "", why="", since=at)
    return found


def _spell(alarm: Alarm, kind: Kind, whose: str, *, why: str, since: int, due: int | None = None) -> Spell:
    name = f"{alarm.id}|{kind}|{whose if kind is Kind.SUPPRESSED else ''}|{since}"
    return Spell(name, alarm.id, kind, whose, why, alarm.severity, since, due)
