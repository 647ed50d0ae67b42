"""What an alarm sets in motion, as values: each step with what it does, when, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from drivers.model import Arg, Name
from wall_controller.layout import Layout


class Until(StrEnum):
    """When a step is over: what waits is cancelled then, what was done is given back."""

    CLEARED = "cleared"
    """The alarm is no longer active."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody has acknowledged it, or it is no longer active."""


@dataclass(frozen=True, slots=True)
class Show:
    """Claim `region` (empty: where the scene belongs) of `wall` for `scene`; with `layout` that is what it shows.

    `dwell` is the least seconds it stays shown, `priority` what it claims with; None: the alarm's severity.
    """

    wall: str
    scene: str
    region: str
    layout: Layout | None = None
    priority: int | None = None
    dwell: float = 0.0
    cameras: tuple[str, ...] = ()
    """The sources that were chosen for being nearest, nearest first; they stand in `layout`."""

    def at(self, severity: int) -> int:
        """Return the priority that an alarm of that severity claims with."""
        return severity if self.priority is None else self.priority


@dataclass(frozen=True, slots=True)
class Order:
    """Ask a device for `verb`; `back` is asked when the step is over, by the verb and its arguments."""

    device: str
    verb: str
    args: Mapping[str, Arg]
    back_verb: str = ""
    back_args: Mapping[str, Arg] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell whoever of a call list is on call, worth sending for `valid` seconds.

    `lists` gives the call list by the code of the level; a level that is not in it tells nobody.
    """

    lists: Mapping[str, str]
    valid: float
    decides: bool = False
    """They are told because they decide at that level."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One step that a rule's alarm may set in motion: exactly one of `show`, `order` and `tell`.

    It begins once the alarm has had one of `codes` for `after` seconds, and is over after `lasts` (0: no such bound).
    """

    id: str
    origin: str
    """The response that asks for it; empty: the rule's own action."""
    codes: tuple[str, ...]
    after: float = 0.0
    until: Until = Until.CLEARED
    lasts: float = 0.0
    escalates: bool = False
    show: Show | None = None
    order: Order | None = None
    tell: Tell | None = None

    @property
    def kind(self) -> Literal["scene", "layout", "command", "notify"]:
        """What sort of step it is."""
        if self.show is not None:
            return "scene" if self.show.scene else "layout"
        return "command" if self.order is not None else "notify"


Authorities = Mapping[str, Mapping[str, Name]]
"""What people call those who decide, by scale and by the code of the level."""

Plans = Mapping[str, tuple[Planned, ...]]
"""What each rule's alarm may set in motion, by the rule; what moves the wall stands first."""


@dataclass(frozen=True, slots=True)
class Responses:
    """All that alarms set in motion, and who decides at which level."""

    plans: Plans = field(default_factory=dict)
    authorities: Authorities = field(default_factory=dict)


NO_RESPONSES = Responses()
