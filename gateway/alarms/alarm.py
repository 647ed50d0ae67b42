"""An alarm as everybody outside the engine sees it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict

from msgspec import Struct
from msgspec.structs import replace

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


class Category(StrEnum):
    """What an alarm is about: the two are kept apart, because different people see to them."""

    PROCESS = "process"
    """The world: a river, a door, the mains."""
    COMM = "comm"
    """The way to it: a sensor or a device that is silent."""


class FirstOut(StrEnum):
    """Where an alarm stands in its group."""

    NONE = ""
    FIRST = "first"
    UNCERTAIN = "uncertain"
    """Others came within the tolerance of the clocks: nobody can say which was first."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Who has put an alarm aside, since when, why and until when (UTC ns)."""

    by: str
    at: int
    why: str
    until: int
    severity: int = 0
    """Of a shelf: it holds no alarm that is worse than this."""
    overdue: bool = False
    """Of an outage: `until` has passed, and somebody was told."""


class Alarm(Struct, frozen=True, gc=False):
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
    station: str = ""
    """From where it was acknowledged."""
    note: str = ""
    disposition: Disposition = Disposition.NONE
    chatter: int = 0
    """How often it came back within this occurrence."""
    category: Category = Category.PROCESS
    group: str = ""
    """The group in which the first one matters."""
    first_out: FirstOut = FirstOut.NONE
    onset: int | None = None
    """When its source saw it begin; the earliest of a group was first."""
    annunciated_at: int | None = None
    """When it was last sounded as new; None: never within this occurrence."""
    acked_at: int | None = None
    shelf: Aside | None = None
    outage: Aside | None = None
    """Who has taken it out of service; `until` is when it is due back."""
    chattering: bool = False
    steadier: float = 0.0
    """Of a chattering alarm: the `off_delay` in seconds that would have held it."""

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
    def time_to_ack(self) -> float | None:
        """Seconds from its sound to the acknowledgement; None: there was none of the two."""
        if self.annunciated_at is None or self.acked_at is None:
            return None
        return max(0.0, (self.acked_at - self.annunciated_at) / 1e9)

    @property
    def standing(self) -> bool:
        """Whether it belongs in the alarm list."""
        return self.facts.label is not Label.NORM


class AlarmChange(Struct, frozen=True, gc=False):
    """What `cue` has made of an alarm; `annunciate` among the effects: sound it and show it as new."""

    alarm: Alarm
    was: Alarm
    cue: Cue
    effects: frozenset[Effect]
    at: int = 0
    """When (UTC ns); whom it is due to, and why."""
    actor: str = ""
    why: str = ""


def resting(rule: AlarmRule, point: Point, *, since: int) -> Alarm:
    """Return the alarm of a rule whose condition does not stand."""
    unit = point.unit if rule.unit is None else rule.unit
    return Alarm(
        rule.id, rule.point, rule.name, rule.scale, rule.scale_name, unit, point.place, Facts(), since,
        category=Category.COMM if rule.kind == "stale" else Category.PROCESS, group=rule.group,
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
        changes |= {"acked_by": "", "station": "", "acked_at": None, "annunciated_at": at}
    if Effect.SILENCE in step.effects:
        changes["acked_at"] = at
    if not step.facts.shelved:
        changes["shelf"] = None
    if not step.facts.out_of_service:
        changes["outage"] = None
    if Effect.CHATTER in step.effects:
        changes |= {"chatter": was.chatter + 1, "cleared_at": None}
    return replace(was, facts=step.facts, value=value, **(changes | told))


def _opened(rule: AlarmRule, value: Value | None, at: int) -> dict[str, Any]:
    return {
        "occurrence": f"{rule.id}@{at}",
        "raised_at": at,
        "cleared_at": None,
        "peak": float(value) if rule.graded and isinstance(value, int | float) else None,
        "acked_by": "",
        "station": "",
        "acked_at": None,
        "annunciated_at": None,
        "note": "",
        "disposition": Disposition.NONE,
        "chatter": 0,
        "first_out": FirstOut.NONE,
        "onset": at,
    }
