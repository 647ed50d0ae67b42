"""How walls and scenes are written in a site's files: the keys that exist, and the types that they take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers.model import Name

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Length = Annotated[float, Field(gt=0, le=100_000)]
Ordinal = Annotated[int, Field(ge=1, le=1024)]


class Strict(BaseModel):
    """A part of a site file: unknown keys are refused, types are not guessed, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NameConfig(Strict):
    """A name in both languages."""

    id: Annotated[str, Field(min_length=1, max_length=120)]
    """In Bahasa Indonesia."""
    en: Annotated[str, Field(min_length=1, max_length=120)]
    """In English."""

    def name(self) -> Name:
        """Return the name as a value."""
        return Name(self.id, self.en)


class GridConfig(Strict):
    """A regular wall: the active picture of one panel and the gap to the next, in millimetres."""

    rows: Ordinal
    """How many panels stand above one another."""
    columns: Ordinal
    """How many panels stand side by side."""
    width: Length
    """The active picture of one panel, in mm."""
    height: Length
    """The active picture of one panel, in mm."""
    gap: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """From the active picture of one panel to the next, in mm."""


class PanelConfig(Strict):
    """One panel: where it hangs (from 1), and which matrix output feeds which of its inputs."""

    id: Id
    """How scenes call it."""
    device: Id
    """The device that it is."""
    row: Ordinal
    """From 1, at the top."""
    column: Ordinal
    """From 1, on the left."""
    output: Ordinal
    """The output of the matrix that feeds it, from 1."""
    input: str = "hdmi1"
    """Which of its inputs that cable is in."""
    dead: bool = False
    """True: it is broken; nothing is asked of it."""


class CameraConfig(Strict):
    """Where a camera stands, for the choice of the nearest: by its place, or by a tag that it shares with a point."""

    place: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """Latitude and longitude, WGS 84 degrees."""
    tags: list[str] = []
    """Words that people pick it by."""


class SourceConfig(Strict):
    """What hangs on one input of the matrix (from 1)."""

    id: Id
    """How windows call it."""
    name: NameConfig
    """What people call it."""
    input: Ordinal
    """The input of the matrix it hangs on, from 1."""
    camera: CameraConfig | None = None
    """Where it looks, when it is one camera."""


class RegionConfig(Strict):
    """A part of the wall that is claimed as one."""

    id: Id
    """How scenes and claims call it."""
    name: NameConfig
    """What people call it."""
    panels: Annotated[list[str], Field(min_length=1)]
    """Its panels; a panel belongs to one region."""
    alarm_may_enter: bool = False
    """Whether an alarm may claim it."""


class MatrixConfig(Strict):
    """The matrix that feeds the panels."""

    device: Id
    """The device that it is."""
    inputs: Ordinal
    """How many inputs it has."""
    outputs: Ordinal
    """How many outputs it has."""


class WallConfig(Strict):
    """One entry of `walls.yaml`."""

    id: Id
    """How scenes and the API call it."""
    name: NameConfig
    """What people call it."""
    grid: GridConfig
    """How the panels hang."""
    matrix: MatrixConfig
    """What feeds them."""
    panels: Annotated[list[PanelConfig], Field(min_length=1)]
    """Every panel."""
    sources: Annotated[list[SourceConfig], Field(min_length=1)]
    """Everything that can be shown."""
    regions: Annotated[list[RegionConfig], Field(min_length=1)]
    """The parts that are claimed as one; every panel is in one."""
    base: Id
    """The scene that shows when nobody claims anything; it fills every region."""
    urgent: Annotated[int, Field(ge=0, le=5)] = 3
    """An alarm of this severity or worse goes before an operator."""
    dwell: Annotated[float, Field(ge=0, le=3600)] = 10.0
    """Seconds that a claim stays at least, so that nothing flickers."""
    policy: Literal["restore", "adopt", "ask"] = "restore"
    """When a panel differs without our doing: put it back, take it as wanted, or ask."""


class WindowConfig(Strict):
    """A source on panels, or on a rectangle `[x, y, width, height]` in millimetres."""

    source: str
    """What it shows."""
    panels: list[str] = []
    """The panels it covers, a full rectangle of them."""
    rect: Annotated[list[float], Field(min_length=4, max_length=4)] | None = None
    """Or a rectangle in mm: x, y, width, height; it takes the panels that lie wholly inside."""
    id: str = ""
    """How it is called; the source's name unless given."""
    label: str = ""
    """What is written beside it on the screens."""

    @model_validator(mode="after")
    def _placed_once(self) -> WindowConfig:
        if bool(self.panels) == (self.rect is not None):
            raise ValueError("a window stands on `panels` or on a `rect` in millimetres: give one of the two")
        return self


class StepConfig(Strict):
    """What a device of a room is asked to do when the scene is recalled."""

    device: Id
    """The device."""
    verb: str
    """What it is asked; see verbs.md."""
    args: dict[str, bool | int | float | str]
    """The arguments of the verb."""


class OutputConfig(Strict):
    """A source on a matrix output that feeds no panel of the wall."""

    output: Ordinal
    """The output of the matrix, from 1."""
    source: str
    """What it is fed."""


class LayoutConfig(Strict):
    """Windows, and the panels that stay off."""

    windows: list[WindowConfig] = []
    """What is shown where."""
    off: list[str] = []
    """The panels that are switched off."""


class SceneConfig(LayoutConfig):
    """One entry of `scenes.yaml`."""

    id: Id
    """How alarms and the API call it."""
    name: NameConfig
    """What people call it."""
    wall: Id
    """The wall it is for."""
    regions: Annotated[list[str], Field(min_length=1)]
    """The regions that it claims and fills."""
    outputs: list[OutputConfig] = []
    """What outputs beside the wall are fed."""
    steps: list[StepConfig] = []
    """What devices of the room are asked, once, when it is recalled."""
    permission: Literal["scene.recall", "scene.emergency"] = "scene.recall"
    """Who may recall it; an emergency scene asks for more."""
    confirm: bool = False
    """True: the screens ask once more."""


class WallsFile(Strict):
    """`walls.yaml`."""

    walls: list[WallConfig]
    """Every wall."""


class ScenesFile(Strict):
    """`scenes.yaml`."""

    scenes: list[SceneConfig]
    """Every scene."""
