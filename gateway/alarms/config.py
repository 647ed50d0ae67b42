"""How alarm rules and hazard scales are written in a site's files (`alarms.yaml`, `scales.yaml`)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from drivers.device_config import BilingualName, Id, Strict
from gateway.alarms.policy_config import HandlingConfig
from gateway.alarms.scale import Scale, ScaleLevel
from gateway.derive.config import InputName, Span

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
AlarmId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,126}$")]
"""The id of a rule, or that of a rule over many points with the point's after it."""
Limit = bool | float | str | list[float | str | None]
"""A limit as it is written; see `limits`."""


class _Finite(Strict):
    model_config = ConfigDict(allow_inf_nan=False)


class ScaleLevelConfig(Strict):
    """One step of a scale."""

    code: Code
    """How rules call the level."""
    label: BilingualName
    """What people call it; plain text stands for both languages."""
    severity: Annotated[int, Field(ge=0, le=4)]
    """From 0 (information) to 4 (the worst)."""
    colour: str = ""
    """The colour that the scale itself gives it."""


class ScaleConfig(Strict):
    """One hazard scale."""

    id: Id
    """How rules call the scale."""
    name: BilingualName
    """What people call it; it always stands beside the level."""
    levels: Annotated[list[ScaleLevelConfig], Field(min_length=1)]
    """Its levels, the mildest first."""

    @model_validator(mode="after")
    def _codes_differ(self) -> ScaleConfig:
        codes = [level.code for level in self.levels]
        if len(set(codes)) < len(codes):
            raise ValueError("two levels of one scale have the same code")
        return self

    def scale(self) -> Scale:
        """Return the scale as a value."""
        levels = (ScaleLevel(each.code, each.label.name(), each.severity, each.colour) for each in self.levels)
        return Scale(self.id, self.name.name(), MappingProxyType({level.code: level for level in levels}))


class ScalesConfig(Strict):
    """`scales.yaml`."""

    scales: list[ScaleConfig]
    """Every hazard scale."""


class AlarmActionConfig(_Finite):
    """What an alarm sets in motion once it has stood at `level` or worse for `after` seconds."""

    scene: Id
    """The scene that is recalled."""
    level: Code
    """The mildest level that calls for it."""
    after: Seconds = 0.0
    """Seconds that the level must have stood."""
    region: str = ""
    """Only this region of the scene; empty: all that let an alarm in."""


class PointChoiceConfig(Strict):
    """Which points a rule stands for; a point must answer all that is said."""

    ids: Annotated[list[str], Field(min_length=1)] = Field(default_factory=lambda: ["*"])
    """Patterns of ids, as `river.*`; one of them must fit."""
    tags: list[str] = Field(default_factory=list)
    """Tags, all of which it must have."""
    kind: Literal["number", "flag", "text"] | None = None
    """Its kind."""
    device: Id | None = None
    """The device that brings it."""
    but: list[str] = Field(default_factory=list)
    """Patterns of ids that are left out."""


def _choice(value: Any) -> Any:
    return {"ids": value} if isinstance(value, list) else value


PointChoice = Annotated[
    PointChoiceConfig, BeforeValidator(_choice, json_schema_input_type=list[str] | PointChoiceConfig)
]


class ConditionConfig(_Finite):
    """What a name in a composite rule stands for: another alarm's condition, or a point."""

    alarm: AlarmId | None = None
    """The other rule; true while its level is entered, after its deadband and delays, whoever has acknowledged it."""
    level: Code | None = None
    """The mildest level that counts; the rule's mildest unless given."""
    point: Id | None = None
    """The point, instead of an alarm."""


class AlarmRuleConfig(_Finite):
    """One rule: `levels` gives codes of the scale their limits, `deadband` acts on the way back only, delays in s."""

    id: Id
    """How the API and the audit call the alarm; a rule over many points adds the point's id, as `flood.river-2`."""
    point: Id | None = None
    """The point that is judged."""
    points: PointChoice | None = None
    """The points that are judged by such a rule each: a list of patterns as `river.*`, or tags, kind and device."""
    kind: Literal[
        "high", "low", "outside", "flag", "discrete", "rate", "deviation", "discrepancy", "stale", "flat", "count",
        "composite",
    ]  # fmt: skip
    """What is judged, and which way is worse; see the page on alarms."""
    scale: Id
    """The scale whose levels are used."""
    levels: dict[Code, Limit] = Field(default_factory=dict)
    """A limit for each of the scale's codes; how it is written depends on the kind."""
    limits: dict[Id, dict[Code, Limit]] = Field(default_factory=dict)
    """Levels of single points, instead of `levels`, in a rule over many."""
    table: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.csv$")] | None = None
    """A file beside this one with the levels of single points: a column `point`, then one for each code."""
    name: BilingualName | None = None
    """What people call it, `{point}` stands for the point's name; the kind and the point's name unless given."""
    deadband: Annotated[float, Field(ge=0)] = 0.0
    """How far back beyond the limit the value must go before the alarm clears."""
    deadband_percent: Annotated[float, Field(ge=0, lt=100)] | None = None
    """The same in percent of the point's `range`, instead of `deadband`."""
    on_delay: Seconds = 0.0
    """Seconds beyond the limit before it rises."""
    off_delay: Seconds = 0.0
    """Seconds back within the limit before it clears."""
    latching: bool = False
    """True: it stays until somebody resets it."""
    group: Id | None = None
    """Rules with the same word: the first of them to ring is marked, for it may be the cause of the others."""
    window: Span | None = None
    """Of `rate`, `flat` and `count`: the stretch of time, in seconds or as `10m`."""
    samples: Annotated[int, Field(ge=2, le=10_000)] | None = None
    """Of `rate` and `flat`: so many good readings at least; 3 unless given."""
    counter: bool | None = None
    """Of `rate`: the point only counts up; a fall is a wrap or a restart, and begins anew."""
    setpoint: Id | float | None = None
    """Of `deviation`: what the point should be, a number or another point."""
    feedback: Id | None = None
    """Of `discrepancy`: the point that answers the command; they must differ for `on_delay`."""
    device: Id | None = None
    """Of `stale`: the device that is silent as a whole, instead of a point."""
    say: Annotated[str, Field(min_length=1)] | None = None
    """Of `composite`: as `hulu and (hilir or hujan > 20)` or `at_least(2, a, b, c)`."""
    of: Annotated[dict[InputName, ConditionConfig], Field(min_length=1, max_length=100)] | None = None
    """Of `composite`: what each name stands for."""
    actions: list[AlarmActionConfig] = Field(default_factory=list)
    """What it sets in motion."""


class AlarmsConfig(HandlingConfig):
    """`alarms.yaml`."""

    rules: list[AlarmRuleConfig]
    """Every alarm rule."""
