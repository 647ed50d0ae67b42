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
    label: BilingualName
    severity: Annotated[int, Field(ge=0, le=4)]
    colour: str = ""


class ScaleConfig(Strict):
    """One hazard scale."""

    id: Id
    name: BilingualName
    levels: Annotated[list[ScaleLevelConfig], Field(min_length=1)]

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


class AlarmActionConfig(_Finite):
    """What an alarm sets in motion once it has stood at `level` or worse for `after` seconds."""

    scene: Id
    level: Code
    after: Seconds = 0.0
    region: str = ""


class AlarmRuleConfig(_Finite):
    """One rule: `levels` gives codes of the scale their limits, `deadband` acts on the way back only, delays in s."""

    id: Id
    point: Id
    kind: Literal["high", "low", "flag"]
    scale: Id
    levels: Annotated[dict[str, bool | float], Field(min_length=1)]
    name: BilingualName | None = None
    deadband: Annotated[float, Field(ge=0)] = 0.0
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0
    latching: bool = False
    actions: list[AlarmActionConfig] = Field(default_factory=list)


class AlarmsConfig(Strict):
    """`alarms.yaml`."""

    rules: list[AlarmRuleConfig]
