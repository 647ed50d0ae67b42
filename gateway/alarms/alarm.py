"""An alarm as everybody outside the engine sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypedDict

from drivers.model import Name, Place, Point, Value
from gateway.alarms.lifecycle import Cue, Effect, Facts, Label, Step
from gateway.alarms.rule import AlarmRule
from gateway.errors import GatewayError

NORMAL = Name("Normal", "Normal")


class NoSuchAlarm(GatewayError):
    """No rule has that id."""


class Disposition(StrEnum):
    """What the person who acknowledges makes of it: a closed list."""

    NONE = ""
    NO_IMPACT = "no_impact"
    SOME_IMPACT = "some_impact"
    SIGNIFICANT_IMPACT = "significant_impact"
    DUPLICATE = "duplicate"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One rule's alarm: `code`, `label` and `severity` are the level it has, or had last; times are UTC ns."""

    id: str
    point: str
    name: Name
    scale: str
    scale_name: Name
    unit: str
    place: Place | None
    facts: Facts
    since: int
    occurrence: str = ""
    code: str = ""
    label: Name = NORMAL
    severity: int = 0
    value: Value | None = None
    peak: float | None = None
    raised_at: int | None = None
    cleared_at: int | None = None
    acked_by: str = ""
    note: str = ""
    disposition: Disposition = Disposition.NONE
    chatter: int = 0
    """How often it came back within this occurrence."""

    @property
    def state(self) -> Label:
        """The state that people see."""
        return self.facts.label

    @property
    def active(self) -> bool:
        """Whether the condition stands, after delays and deadband."""
        return self.facts.active

    @property
    def acked(self) -> bool:
        """Whether somebody has seen it, or nobody needs to."""
        return self.facts.acked

    @property
    def cond_unknown(self) -> bool:
        """Whether its input is silent or bad, so that it can neither come nor go."""
        return self.facts.cond_unknown

    @property
    def standing(self) -> bool:
        """Whether it belongs in the alarm list."""
        return self.facts.label is not Label.NORM


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """What `cue` has made of an alarm; `annunciate` among the effects: sound it and show it as new."""

    alarm: Alarm
    was: Alarm
    cue: Cue
    effects: frozenset[Effect]


def resting(rule: AlarmRule, point: Point, *, since: int) -> Alarm:
    """Return the alarm of a rule whose condition does not stand."""
    return Alarm(
        rule.id, rule.point, rule.name, rule.scale, rule.scale_name, point.unit, point.place, Facts(), since
    )  # fmt: skip


class LevelFields(TypedDict):
    """The part of an alarm that names its level."""

    code: str
    label: Name
    severity: int


def level_fields(rule: AlarmRule, rank: int) -> LevelFields:
    """Return what an alarm says of itself with `rank` levels of its rule entered (1 or more)."""
    level = rule.levels[rank - 1]
    return {"code": level.code, "label": level.label, "severity": level.severity}


def stepped(was: Alarm, step: Step, *, rule: AlarmRule, value: Value | None, at: int, **told: Any) -> Alarm:
    """Return the alarm after a step of its life at `at` (UTC ns), with `value` read last and what `told` it besides."""
    changes: dict[str, Any] = {"since": at} if step.facts.label is not was.state else {}
    if Effect.OPEN in step.effects:
        changes |= _opened(rule, value, at)
    if Effect.ANNUNCIATE in step.effects:
        changes["acked_by"] = ""
    if Effect.CHATTER in step.effects:
        changes |= {"chatter": was.chatter + 1, "cleared_at": None}
    return replace(was, facts=step.facts, value=value, **(changes | told))


def _opened(rule: AlarmRule, value: Value | None, at: int) -> dict[str, Any]:
    return {
        "occurrence": f"{rule.id}@{at}",
        "raised_at": at,
        "cleared_at": None,
        "peak": None if rule.kind == "flag" or not isinstance(value, int | float) else float(value),
        "acked_by": "",
        "note": "",
        "disposition": Disposition.NONE,
        "chatter": 0,
    }
