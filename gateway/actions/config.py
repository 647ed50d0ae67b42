"""How what alarms set in motion is written in a site's files (`actions.yaml`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from drivers.device_config import BilingualName, Id, Scalar, Strict
from gateway.actions.response import Authorities
from gateway.alarms.config import Code, Seconds
from wall_controller.entries import LayoutConfig

Severity = Annotated[int, Field(ge=1, le=4)]


class _Finite(Strict):
    model_config = ConfigDict(allow_inf_nan=False)


class NearConfig(_Finite):
    """An area: around a place."""

    place: Annotated[list[float], Field(min_length=2, max_length=2)]
    """Its middle: latitude and longitude, WGS 84 degrees."""
    within: Annotated[float, Field(gt=0, le=20_000)]
    """Kilometres around it."""


class AlarmMatchConfig(Strict):
    """Which alarms it answers; an alarm must meet all that is said."""

    alarms: Annotated[list[str], Field(min_length=1)] = Field(default_factory=lambda: ["*"])
    """Patterns of ids of rules, as `awlr-*`; one of them must fit."""
    severity: Severity = 1
    """The mildest severity."""
    up_to: Severity = 4
    """The worst severity."""
    scale: Id | None = None
    """Only rules of this scale."""
    level: Code | None = None
    """The mildest level of the scale, instead of a severity."""
    tags: list[str] = Field(default_factory=list)
    """Tags, all of which the rule's point must have."""
    near: NearConfig | None = None
    """Only where the rule's point stands in this area."""

    @model_validator(mode="after")
    def _sound(self) -> AlarmMatchConfig:
        if self.level is not None and self.scale is None:
            raise ValueError("a level is one of a scale: say which, in `scale`")
        if self.severity > self.up_to:
            raise ValueError("`severity` is worse than `up_to`; no alarm is both")
        return self


class CamerasConfig(Strict):
    """The cameras nearest to the alarm take windows of the scene."""

    nearest: Annotated[int, Field(ge=1, le=64)]
    """How many."""
    within: Annotated[float, Field(gt=0, le=20_000)] | None = None
    """Kilometres from the alarm beyond which none counts; any distance unless given."""
    into: str
    """They take the windows of the scene that show this source; what they leave keeps showing it."""


class DrawnConfig(LayoutConfig):
    """A layout that is no scene: windows on the panels of one region."""

    wall: Id
    """The wall that it is for."""


class AskConfig(Strict):
    """What a device is asked for."""

    verb: str
    """The verb."""
    args: dict[str, Scalar] = Field(default_factory=dict)
    """Its arguments."""


class CommandConfig(AskConfig):
    """A command to a device, through interlocks and audit like any other."""

    device: Id
    """The device."""
    on_clear: AskConfig | None = None
    """What it is asked for when the step is over."""


class ResponseStepConfig(_Finite):
    """One step: exactly one of `scene`, `layout`, `command`, `notify` and `authority`."""

    scene: Id | None = None
    """A scene is claimed."""
    layout: DrawnConfig | None = None
    """A layout is claimed; say `region` too."""
    command: CommandConfig | None = None
    """A device is commanded."""
    notify: Id | None = None
    """Whoever of this call list is on call is told."""
    authority: Literal[True] | None = None
    """Whoever decides at the alarm's level is told, by `authorities`; and the next one when it gets worse."""
    region: str = ""
    """Of `scene` and `layout`: the region; of a scene, empty is all that let an alarm in."""
    cameras: CamerasConfig | None = None
    """Of `scene`: the nearest cameras, in windows of `region`."""
    priority: Annotated[int, Field(ge=0, le=4)] | None = None
    """Of `scene` and `layout`: it claims as an alarm of this severity would; the alarm's own unless given."""
    dwell: Seconds = 0.0
    """Of `scene` and `layout`: seconds that it stays at least once it is shown, even if the alarm clears."""
    valid: Annotated[float, Field(gt=0, le=86_400)] = 900.0
    """Of `notify` and `authority`: seconds for which the news is worth sending."""
    after: Seconds = 0.0
    """Seconds for which the alarm must have called for it."""
    until: Literal["acknowledged", "cleared"] | None = None
    """When it is over: once the alarm has cleared, or already with its acknowledgement.

    Unless given, a step is over with the alarm, and one of `escalate` with the acknowledgement.
    """
    at_most: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """Seconds after which it is over at the latest."""

    @model_validator(mode="after")
    def _one_deed(self) -> ResponseStepConfig:
        deeds = [key for key in DEEDS if getattr(self, key) is not None]
        if len(deeds) != 1:
            raise ValueError(f"say exactly one of {', '.join(DEEDS)}")
        for key, needs in NEEDS.items():
            if key in self.model_fields_set and deeds[0] not in needs:
                raise ValueError(f"`{key}` does not go with `{deeds[0]}`; take it out")
        if self.layout is not None and not self.region:
            raise ValueError("a layout is for one region: name it in `region`")
        if self.cameras is not None and not self.region:
            raise ValueError("cameras take windows of one region: name it in `region`")
        return self


DEEDS = ("scene", "layout", "command", "notify", "authority")
SHOWS, TELLS = ("scene", "layout"), ("notify", "authority")
NEEDS = {"region": SHOWS, "cameras": ("scene",), "priority": SHOWS, "dwell": SHOWS, "valid": TELLS}
"""What each key of a step goes with."""


class ResponseConfig(Strict):
    """What alarms set in motion."""

    id: Id
    """How the audit and the screens call it."""
    when: AlarmMatchConfig = AlarmMatchConfig()
    """Which alarms."""
    steps: list[ResponseStepConfig] = Field(default_factory=list)
    """What is done; each after its own time."""
    escalate: list[ResponseStepConfig] = Field(default_factory=list)
    """What is done besides, one after the other, while nobody acknowledges."""

    @model_validator(mode="after")
    def _in_order(self) -> ResponseConfig:
        if not self.steps and not self.escalate:
            raise ValueError("it does nothing; write `steps` or `escalate`")
        times = [step.after for step in self.escalate]
        if 0.0 in times:
            raise ValueError("an escalation without `after` is none; write it under `steps`")
        if times != sorted(times):
            raise ValueError("the steps of an escalation come one after the other; put them in the order of `after`")
        return self


class AuthorityConfig(Strict):
    """Who decides at a level."""

    who: BilingualName
    """What people call them."""
    call_list: Id
    """The call list that reaches them."""


class AuthoritiesConfig(Strict):
    """Who decides at which level of a scale."""

    scale: Id
    """The scale."""
    levels: Annotated[dict[Code, AuthorityConfig], Field(min_length=1)]
    """Who decides, by the code of the level."""


class ActionsConfig(Strict):
    """`actions.yaml`."""

    responses: list[ResponseConfig] = Field(default_factory=list)
    """What alarms set in motion, besides what their rules say."""
    authorities: list[AuthoritiesConfig] = Field(default_factory=list)
    """Who decides at which level."""

    def deciding(self) -> Authorities:
        """Return who decides, by scale and code."""
        return {each.scale: {code: it.who.name() for code, it in each.levels.items()} for each in self.authorities}
