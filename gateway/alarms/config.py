"""How alarm rules and hazard scales are written in a site's files (`alarms.yaml`, `scales.yaml`)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from drivers.device_config import BilingualName, Id, Strict
from gateway.alarms.scale import Scale, ScaleLevel

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Code = Annotated[str, Field(min_length=1, max_length=40)]


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


class AlarmRuleConfig(_Finite):
    """One rule: `levels` gives codes of the scale their limits, `deadband` acts on the way back only, delays in s."""

    id: Id
    """How the API and the audit call the alarm."""
    point: Id
    """The point that is judged."""
    kind: Literal["high", "low", "flag"]
    """`high` and `low` compare a number, `flag` a flag."""
    scale: Id
    """The scale whose levels are used."""
    levels: Annotated[dict[str, bool | float], Field(min_length=1)]
    """A limit for each of the scale's codes."""
    name: BilingualName | None = None
    """What people call it; the point's name unless given."""
    deadband: Annotated[float, Field(ge=0)] = 0.0
    """How far back beyond the limit the value must go before the alarm clears."""
    on_delay: Seconds = 0.0
    """Seconds beyond the limit before it rises."""
    off_delay: Seconds = 0.0
    """Seconds back within the limit before it clears."""
    latching: bool = False
    """True: it stays until somebody resets it."""
    actions: list[AlarmActionConfig] = Field(default_factory=list)
    """What it sets in motion."""


class AlarmsConfig(Strict):
    """`alarms.yaml`."""

    rules: list[AlarmRuleConfig]
    """Every alarm rule."""
