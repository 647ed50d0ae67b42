"""What the API answers about walls, their changes and the scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.api.shapes import Name


@dataclass(frozen=True, slots=True)
class PanelValues:
    """What a panel is to show or says that it shows; null: not known."""

    source: str | None
    power: str | None
    tile: str | None


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of a wall; millimetres."""

    id: str
    device: str
    x: float
    y: float
    width: float
    height: float
    row: int
    column: int
    dead: bool
    state: str
    desired: PanelValues
    reported: PanelValues
    detail: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody wants a region to show; `until` null: until it is released."""

    id: str
    scene: str
    region: str
    by: str
    kind: str
    priority: int
    since: str | None
    until: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a wall with the claim in force; `undo` is how many changes of people can be taken back."""

    id: str
    name: Name
    panels: Sequence[str]
    alarm_may_enter: bool
    claim: Claim | None
    waiting: int
    until: str | None
    undo: int


@dataclass(frozen=True, slots=True)
class Window:
    """A window on a wall; millimetres."""

    id: str
    source: str
    label: str
    region: str
    x: float
    y: float
    width: float
    height: float
    panels: Sequence[str]


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a window can show."""

    id: str
    name: Name


@dataclass(frozen=True, slots=True)
class OperationStep:
    """What became of one command of an operation."""

    device: str
    verb: str
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of a wall under way or just ended; in a dry run `id` is empty and the steps are those it would take."""

    id: str
    scene: str
    state: str
    steps: Sequence[OperationStep]
    estimated_s: float
    started_at: str | None
    ended_at: str | None


@dataclass(frozen=True, slots=True)
class Touched:
    """A device that somebody else changed; a person answers whether it is put back or kept so."""

    device: str
    detail: str


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall as it is wanted, reported and verified."""

    id: str
    name: Name
    width: float
    height: float
    revision: int
    panels: Sequence[Panel]
    regions: Sequence[Region]
    windows: Sequence[Window]
    sources: Sequence[Source]
    claims: Sequence[Claim]
    asks: Sequence[Touched]
    operation: Operation | None


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene that can be recalled; `active` while a claim of it is in force."""

    id: str
    name: Name
    wall: str
    regions: Sequence[str]
    permission: str
    confirm: bool
    active: bool
