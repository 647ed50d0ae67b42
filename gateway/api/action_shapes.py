"""What the API answers about what alarms set in motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drivers.model import Arg
from gateway.api.house_shapes import Event
from gateway.api.shapes import Name
from gateway.api.wall_shapes import OperationStep


@dataclass(frozen=True, slots=True)
class Ask:
    """What a device is asked for."""

    device: str
    verb: str
    args: Mapping[str, Arg]


@dataclass(frozen=True, slots=True)
class Deed:
    """A step as it is planned: `response` is empty for a rule's own action; times in seconds, 0: no such bound.

    It begins when the alarm has called for it for `after`, and is over `until` that, or after `at_most`.
    """

    id: str
    response: str
    kind: Literal["scene", "layout", "command", "notify"]
    after: float
    until: Literal["cleared", "acknowledged"]
    at_most: float
    escalates: bool
    wall: str
    scene: str
    region: str
    cameras: Sequence[str]
    command: Ask | None
    on_clear: Ask | None


@dataclass(frozen=True, slots=True)
class Step:
    """A step under way, or done while its alarm stands."""

    deed: Deed
    stage: Literal["waiting", "sent", "done", "refused", "over"]
    since: str
    done_at: str | None
    call_lists: Sequence[str]
    """Those that were told."""
    outcome: str


@dataclass(frozen=True, slots=True)
class Steps:
    """What an alarm has set in motion, and what the audit tells of it lately, newest first."""

    steps: Sequence[Step]
    history: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Pane:
    """What a window would show, and on which panels."""

    region: str
    source: str
    panels: Sequence[str]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A step as it would go: `refused` says why it would not."""

    deed: Deed
    priority: int | None
    windows: Sequence[Pane]
    commands: Sequence[OperationStep]
    """What the wall's devices would be sent as they stand now."""
    call_list: str
    decides: Name | None
    told: Sequence[str]
    refused: str


@dataclass(frozen=True, slots=True)
class Foresight:
    """What an alarm would set in motion if it rang at `level` at `at`, soonest first."""

    level: str
    at: str
    steps: Sequence[Foreseen]
