"""What of an alarm survives a restart, as a document for the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec
from msgspec import structs

from drivers.model import Clock, Name, Value
from gateway.alarms.alarm import NORMAL, Alarm, Aside, Disposition, FirstOut, level_fields
from gateway.alarms.condition import Condition, Ladder
from gateway.alarms.lifecycle import Facts
from gateway.alarms.rule import AlarmRule

KIND = "alarm"

Doc = Mapping[str, object]


class KeptPort(Protocol):
    """Where state is kept: written with the readings, read at the start."""

    def keep(self, kind: str, id: str, doc: Doc | None) -> None:  # noqa: A002 - the store's own word
        """Keep `doc` under `kind` and `id`; None forgets it."""

    def kept(self, kind: str) -> Mapping[str, Doc]:
        """Return every document of a kind."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One alarm as it is kept: times in UTC ns, so that they mean the same after a restart."""

    facts: Facts
    since: int
    codes: tuple[str, ...]
    began: tuple[int | None, ...]
    paused_at: int | None = None
    sign: int = 0
    """The side of the level that stands; 0: none, or it was not said."""
    occurrence: str = ""
    code: str = ""
    label: Name = NORMAL
    severity: int = 0
    value: Value | None = None
    peak: float | None = None
    raised_at: int | None = None
    cleared_at: int | None = None
    acked_by: str = ""
    station: str = ""
    note: str = ""
    disposition: Disposition = Disposition.NONE
    chatter: int = 0
    first_out: FirstOut = FirstOut.NONE
    onset: int | None = None
    annunciated_at: int | None = None
    acked_at: int | None = None
    shelf: Aside | None = None
    outage: Aside | None = None
    chattering: bool = False
    steadier: float = 0.0


_ALARM_FIELDS = (
    "facts", "since", "occurrence", "code", "label", "severity", "value", "peak", "raised_at", "cleared_at",
    "acked_by", "station", "note", "disposition", "chatter", "first_out", "onset", "annunciated_at", "acked_at",
    "shelf", "outage", "chattering", "steadier",
)  # fmt: skip


class Times:
    """Monotonic seconds to UTC and back, as the two clocks stood when this was made."""

    def __init__(self, clock: Clock) -> None:
        self._now, self._mono = clock.now(), clock.mono()

    def utc(self, mono: float) -> int:
        """Return UTC ns for monotonic seconds."""
        return self._now + round((mono - self._mono) * 1e9)

    def mono(self, utc: int) -> float:
        """Return monotonic seconds for UTC ns; a time still to come (the clock was set back) is now."""
        return self._mono - max(self._now - utc, 0) / 1e9


def kept(alarm: Alarm, condition: Condition, rule: AlarmRule, *, times: Times) -> Doc | None:
    """Return the document that keeps an alarm, or None when there is nothing to remember."""
    if not (alarm.standing or alarm.facts.quiet or alarm.chattering or condition.waits):
        return None
    fields = {name: getattr(alarm, name) for name in _ALARM_FIELDS}
    began = tuple(None if at is None else times.utc(at) for at in condition.began)
    paused_at = None if condition.paused_at is None else times.utc(condition.paused_at)
    codes = tuple(level.code for level in rule.levels)
    sign = rule.levels[condition.rank - 1].sign if condition.rank else 0
    doc: Doc = msgspec.to_builtins(Kept(codes=codes, began=began, paused_at=paused_at, sign=sign, **fields))
    return doc


def read(doc: Doc) -> Kept:
    """Return what a document keeps; raise msgspec.ValidationError when it is not one of ours."""
    return msgspec.convert(doc, Kept)


def revived(was: Kept, alarm: Alarm, rule: AlarmRule, ladder: Ladder, *, times: Times) -> tuple[Alarm, Condition]:
    """Return the alarm and condition that were kept, seen through a rule that may have other levels now."""
    again = structs.replace(alarm, **{name: getattr(was, name) for name in _ALARM_FIELDS})
    codes = tuple(level.code for level in rule.levels)
    rank = _rank(was, rule) if was.facts.active else 0
    if rank:
        again = structs.replace(again, **level_fields(rule, rank))
    if was.codes != codes or len(was.began) != len(codes):
        return again, ladder.at_rest(rank)
    began = tuple(None if at is None else times.mono(at) for at in was.began)
    return again, Condition(rank, began, None if was.paused_at is None else times.mono(was.paused_at))


def _rank(was: Kept, rule: AlarmRule) -> int:
    """Return the level that stood, or the worst of its side that is no worse."""
    side = [(rank, level) for rank, level in enumerate(rule.levels, start=1) if was.sign in (0, level.sign)]
    same = [rank for rank, level in side if level.code == was.code]
    milder = [rank for rank, level in side if level.severity <= was.severity]
    return (same or milder[::-1] or [1])[0]
