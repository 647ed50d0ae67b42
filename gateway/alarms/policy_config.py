"""How the handling of alarms is written in a site's `alarms.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from drivers.device_config import Id, Scalar, Strict
from gateway.alarms.policy import LONGEST_SHELF_S
from gateway.derive.config import Span

Severity = Literal["1", "2", "3", "4"]
ShelfSpan = Annotated[Span, Field(le=LONGEST_SHELF_S)]
Pattern = Annotated[str, Field(min_length=1, max_length=200)]


class WhenConfig(Strict):
    """What suppresses: alarms that are active, or what a point reads."""

    alarm: Pattern | None = None
    """A rule's id, or a pattern of ids; active, whoever has acknowledged it."""
    level: str | None = None
    """The mildest level that counts; the mildest of the rule unless given."""
    point: Id | None = None
    """A point, instead of alarms; what is not known for certain suppresses nothing."""
    above: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """True while the point reads more than this."""
    below: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """True while the point reads less than this."""
    equals: Scalar | None = None
    """True while the point reads exactly this."""

    @model_validator(mode="after")
    def _one_thing(self) -> WhenConfig:
        tests = sum(test is not None for test in (self.above, self.below, self.equals))
        if (self.alarm is None) == (self.point is None):
            raise ValueError("say either `alarm` or `point`")
        if tests != (self.point is not None):
            raise ValueError("a point takes exactly one of `above`, `below` and `equals`, an alarm none of them")
        if self.point is not None and self.level is not None:
            raise ValueError("`level` belongs to an alarm")
        return self


class SuppressConfig(Strict):
    """Alarms that say nothing new while something else is so: the pump's flow while the pump is off."""

    id: Id
    """How the lists and the audit call it."""
    when: WhenConfig
    """What must be so."""
    rules: Annotated[list[Pattern], Field(min_length=1)]
    """The rules that are suppressed: ids, or patterns as `pump.*`."""
    same: Literal["device", "place", "owner"] | None = None
    """Only those whose point has the same device, place or owner as that of the alarm."""


class ChatterConfig(Strict):
    """What is done with an alarm that comes and goes all the time; marked it is always."""

    shelve: bool = False
    """True: it is shelved once, for at most ten minutes, with a notice; never one of the highest severity."""


class GroupingConfig(Strict):
    """When those who are notified hear of alarms that belong together."""

    wait: Span = 30.0
    """From the first alarm of a group to its notice; a high one does not wait."""
    interval: Span = 300.0
    """From one notice of a group to the next, when alarms have joined it."""
    repeat: Span = 4 * 3_600.0
    """From one notice to the next while nothing changes and somebody has not acknowledged."""


class HandlingConfig(Strict):
    """The part of `alarms.yaml` that is about persons and rules."""

    shelving: dict[Severity, ShelfSpan] = Field(default_factory=dict)
    """The longest shelf by severity, as `{3: 2h}`; 8 hours for 1 and 2, 4 for 3, 1 for 4 unless given."""
    realarm: dict[Severity, Span] = Field(default_factory=dict)
    """How long an acknowledged alarm may stand before it asks again, by severity; never unless given."""
    suppress: list[SuppressConfig] = Field(default_factory=list)
    """What silences what."""
    chatter: ChatterConfig = ChatterConfig()
    """What is done with alarms that come and go all the time."""
    grouping: GroupingConfig = GroupingConfig()
    """How notices are gathered."""
