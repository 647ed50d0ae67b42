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
    en: Annotated[str, Field(min_length=1, max_length=120)]

    def name(self) -> Name:
        """Return the name as a value."""
        return Name(self.id, self.en)


class GridConfig(Strict):
    """A regular wall: the active picture of one panel and the gap to the next, in millimetres."""

    rows: Ordinal
    columns: Ordinal
    width: Length
    height: Length
    gap: Annotated[float, Field(ge=0, le=1000)] = 0.0


class PanelConfig(Strict):
    """One panel: where it hangs (from 1), and which matrix output feeds which of its inputs."""

    id: Id
    device: Id
    row: Ordinal
    column: Ordinal
    output: Ordinal
    input: str = "hdmi1"
    dead: bool = False


class SourceConfig(Strict):
    """What hangs on one input of the matrix (from 1)."""

    id: Id
    name: NameConfig
    input: Ordinal


class RegionConfig(Strict):
    """A part of the wall that is claimed as one."""

    id: Id
    name: NameConfig
    panels: Annotated[list[str], Field(min_length=1)]
    alarm_may_enter: bool = False


class MatrixConfig(Strict):
    """The matrix that feeds the panels."""

    device: Id
    inputs: Ordinal
    outputs: Ordinal


class WallConfig(Strict):
    """One entry of `walls.yaml`."""

    id: Id
    name: NameConfig
    grid: GridConfig
    matrix: MatrixConfig
    panels: Annotated[list[PanelConfig], Field(min_length=1)]
    sources: Annotated[list[SourceConfig], Field(min_length=1)]
    regions: Annotated[list[RegionConfig], Field(min_length=1)]
    base: Id
    urgent: Annotated[int, Field(ge=0, le=5)] = 3
    dwell: Annotated[float, Field(ge=0, le=3600)] = 10.0
    policy: Literal["restore", "adopt", "ask"] = "restore"


class WindowConfig(Strict):
    """A source on panels, or on a rectangle `[x, y, width, height]` in millimetres."""

    source: str
    panels: list[str] = []
    rect: Annotated[list[float], Field(min_length=4, max_length=4)] | None = None
    id: str = ""
    label: str = ""

    @model_validator(mode="after")
    def _placed_once(self) -> WindowConfig:
        if bool(self.panels) == (self.rect is not None):
            raise ValueError("a window stands on `panels` or on a `rect` in millimetres: give one of the two")
        return self


class StepConfig(Strict):
    """What a device of a room is asked to do when the scene is recalled."""

    device: Id
    verb: str
    args: dict[str, bool | int | float | str]


class OutputConfig(Strict):
    """A source on a matrix output that feeds no panel of the wall."""

    output: Ordinal
    source: str


class LayoutConfig(Strict):
    """Windows, and the panels that stay off."""

    windows: list[WindowConfig] = []
    off: list[str] = []


class SceneConfig(LayoutConfig):
    """One entry of `scenes.yaml`."""

    id: Id
    name: NameConfig
    wall: Id
    regions: Annotated[list[str], Field(min_length=1)]
    outputs: list[OutputConfig] = []
    steps: list[StepConfig] = []
    permission: Literal["scene.recall", "scene.emergency"] = "scene.recall"
    confirm: bool = False


class WallsFile(Strict):
    """`walls.yaml`."""

    walls: list[WallConfig]


class ScenesFile(Strict):
    """`scenes.yaml`."""

    scenes: list[SceneConfig]
