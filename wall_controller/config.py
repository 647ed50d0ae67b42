"""From the entries of a site's files to walls and scenes, or to every reason why they cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from drivers.errors import BadCommand
from drivers.model import Place
from wall_controller.capacity import PANEL_WALL, refusals
from wall_controller.entries import (
    CameraConfig,
    LayoutConfig,
    SceneConfig,
    ScenesFile,
    WallConfig,
    WallsFile,
    WindowConfig,
)
from wall_controller.errors import BadWall, Problem
from wall_controller.geometry import Panel, Rect, cell
from wall_controller.layout import (
    Camera,
    Layout,
    Policy,
    Region,
    Source,
    Wall,
    Window,
    layout_faults,
    whole_panels,
    window_faults,
    window_on,
)
from wall_controller.plan import ROUTE, reachable
from wall_controller.room import RoomStep, room_step
from wall_controller.scene import Scene

__all__ = ["LayoutConfig", "ScenesFile", "WallsFile", "read_layout", "read_scenes", "read_walls"]

Path = tuple[str | int, ...]


def read_walls(file: WallsFile) -> dict[str, Wall]:
    """Return the walls by id; raise BadWall with every reason and its place in `walls.yaml`."""
    problems = _repeated(("walls",), [wall.id for wall in file.walls], "wall")
    for index, config in enumerate(file.walls):
        problems += _wall_problems(("walls", index), config)
    if problems:
        raise BadWall(problems)
    return {config.id: _wall(config) for config in file.walls}


def read_scenes(file: ScenesFile, walls: Mapping[str, Wall]) -> dict[str, Scene]:
    """Return the scenes by id; raise BadWall with every reason and its place in `scenes.yaml`."""
    problems = _repeated(("scenes",), [scene.id for scene in file.scenes], "scene")
    scenes: dict[str, Scene] = {}
    for index, config in enumerate(file.scenes):
        if config.wall not in walls:
            problems.append(Problem(("scenes", index, "wall"), _nothing("wall", config.wall, walls)))
            continue
        scene, found = _scene(("scenes", index), config, walls[config.wall])
        scenes[config.id] = scene
        problems += found
    problems += [problem for wall in walls.values() for problem in _base_problems(wall, file)]
    if problems:
        raise BadWall(problems)
    return scenes


def read_layout(config: LayoutConfig, wall: Wall, regions: Sequence[str] = ()) -> dict[str, Layout]:
    """Return a drawn layout by region (those named, else those it touches); raise BadWall with every reason."""
    touched = {name for window in config.windows for name in _panels(wall, window)} | set(config.off)
    chosen = list(regions) or [name for name, region in wall.regions.items() if touched & set(region.panels)]
    layouts, problems = _layouts((), config, wall, chosen)
    if not chosen and not problems:
        problems.append(Problem((), "the layout touches no region of the wall; give it a window"))
    if problems:
        raise BadWall(problems)
    return layouts


def _wall(config: WallConfig) -> Wall:
    grid = config.grid
    panels = {
        panel.id: Panel(
            panel.id, panel.device, cell(panel.row, panel.column, width=grid.width, height=grid.height, gap=grid.gap),
            panel.row, panel.column, panel.output, panel.input, panel.dead,
        )
        for panel in sorted(config.panels, key=lambda panel: (panel.row, panel.column))
    }  # fmt: skip
    regions = {
        region.id: Region(region.id, region.name.name(), tuple(region.panels), region.alarm_may_enter)
        for region in config.regions
    }
    sources = {
        source.id: Source(source.id, source.name.name(), source.input, _camera(source.camera))
        for source in config.sources
    }
    return Wall(
        config.id, config.name.name(), MappingProxyType(panels), MappingProxyType(regions), MappingProxyType(sources),
        config.matrix.device, config.base, config.urgent, Policy(config.policy), config.dwell,
    )  # fmt: skip


def _camera(config: CameraConfig | None) -> Camera | None:
    if config is None:
        return None
    return Camera(Place(*config.place) if config.place else None, tuple(config.tags))


def _wall_problems(path: Path, config: WallConfig) -> list[Problem]:
    problems = []
    for part, what, names in (
        ("panels", "panel", [panel.id for panel in config.panels]),
        ("panels", "device", [panel.device for panel in config.panels]),
        ("panels", "place", [f"row {panel.row} column {panel.column}" for panel in config.panels]),
        ("panels", "matrix output", [str(panel.output) for panel in config.panels]),
        ("sources", "source", [source.id for source in config.sources]),
        ("sources", "matrix input", [str(source.input) for source in config.sources]),
        ("regions", "region", [region.id for region in config.regions]),
    ):
        problems += _repeated((*path, part), names, what)
    problems += _panel_problems(path, config)
    for index, source in enumerate(config.sources):
        if source.input > config.matrix.inputs:
            text = f"the matrix has inputs 1 to {config.matrix.inputs}, not {source.input}"
            problems.append(Problem((*path, "sources", index, "input"), text))
    return problems + _region_problems(path, config)


def _panel_problems(path: Path, config: WallConfig) -> list[Problem]:
    problems = []
    for index, panel in enumerate(config.panels):
        if panel.row > config.grid.rows or panel.column > config.grid.columns:
            text = f"the grid has {config.grid.rows} rows and {config.grid.columns} columns; {panel.id} hangs outside"
            problems.append(Problem((*path, "panels", index), text))
        if panel.output > config.matrix.outputs:
            text = f"the matrix has outputs 1 to {config.matrix.outputs}, not {panel.output}"
            problems.append(Problem((*path, "panels", index, "output"), text))
    return problems


def _region_problems(path: Path, config: WallConfig) -> list[Problem]:
    known = [panel.id for panel in config.panels]
    problems = [
        Problem((*path, "regions", index, "panels", at), _nothing("panel", name, known))
        for index, region in enumerate(config.regions)
        for at, name in enumerate(region.panels)
        if name not in known
    ]
    named = Counter(name for region in config.regions for name in region.panels)
    if twice := [name for name, count in named.items() if count > 1]:
        text = f"panels {', '.join(twice)} are named more than once; a panel belongs to one region"
        problems.append(Problem((*path, "regions"), text))
    if lost := [name for name in known if name not in named]:
        text = f"panels {', '.join(lost)} belong to no region, so nothing could ever be shown there"
        problems.append(Problem((*path, "regions"), text))
    return problems


def _base_problems(wall: Wall, file: ScenesFile) -> list[Problem]:
    for index, config in enumerate(file.scenes):
        if config.id == wall.base and config.wall == wall.id:
            missing = [name for name in wall.regions if name not in config.regions]
            text = f"it is the base of wall {wall.id} and must fill region {', '.join(missing)} too"
            return [Problem(("scenes", index, "regions"), text)] if missing else []
    return [Problem(("scenes",), f"wall {wall.id} names scene {wall.base!r} as its base, and there is no such scene")]


def _scene(path: Path, config: SceneConfig, wall: Wall) -> tuple[Scene, list[Problem]]:
    layouts, problems = _layouts(path, config, wall, config.regions)
    steps, found = _steps(path, config, wall)
    scene = Scene(
        config.id,
        config.name.name(),
        wall.id,
        MappingProxyType(layouts),
        tuple(steps),
        config.permission,
        config.confirm,
    )
    return scene, problems + found


def _steps(path: Path, config: SceneConfig, wall: Wall) -> tuple[list[RoomStep], list[Problem]]:
    steps: list[RoomStep] = []
    problems: list[Problem] = []
    fed = {panel.output: panel.id for panel in wall.panels.values()}
    for index, output in enumerate(config.outputs):
        here = (*path, "outputs", index)
        if output.output in fed:
            text = f"output {output.output} feeds panel {fed[output.output]}; give that panel a window"
            problems.append(Problem((*here, "output"), text))
        elif output.source not in wall.sources:
            problems.append(Problem((*here, "source"), _nothing("source", output.source, wall.sources)))
        else:
            effects = {f"{ROUTE}{output.output}": wall.sources[output.source].input}
            steps.append(RoomStep(wall.matrix, effects))
    for index, step in enumerate(config.steps):
        try:
            made = room_step(step.device, step.verb, step.args)
        except BadCommand as error:
            problems.append(Problem((*path, "steps", index), str(error)))
            continue
        steps.append(made)
        if not reachable(made.effects):
            problems.append(Problem((*path, "steps", index, "verb"), f"a scene cannot use {step.verb}"))
    return steps, problems


def _layouts(
    path: Path, config: LayoutConfig, wall: Wall, regions: Sequence[str]
) -> tuple[dict[str, Layout], list[Problem]]:
    problems = _name_problems(path, config, wall, regions)
    if problems:
        return {}, problems
    windows = _windows(config, wall)
    for index, window in enumerate(windows):
        problems += _window_problems((*path, "windows", index), window, wall, regions)
    places = {str(index): _rect(config.windows[index], window) for index, window in enumerate(windows)}
    for name, text in refusals(places, list(wall.panels.values()), PANEL_WALL).items():
        problems.append(Problem((*path, "windows", int(name)), text))
    if problems:
        return {}, problems
    layouts = {name: _layout(wall.regions[name], windows, config.off) for name in regions}
    faults = [fault for layout in layouts.values() for fault in layout_faults(wall, layout)]
    return layouts, [Problem(path, fault) for fault in faults]


def _layout(region: Region, windows: Sequence[Window], off: Sequence[str]) -> Layout:
    mine = set(region.panels)
    inside = tuple(window for window in windows if mine >= set(window.panels))
    return Layout(region.id, inside, tuple(name for name in off if name in mine))


def _windows(config: LayoutConfig, wall: Wall) -> list[Window]:
    seen: Counter[str] = Counter()
    windows = []
    for window in config.windows:
        name = window.id or window.source
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name}-{seen[name]}"
        panels = _panels(wall, window)
        windows.append(window_on(wall, unique, source=window.source, panels=panels, label=window.label))
    return windows


def _panels(wall: Wall, window: WindowConfig) -> Sequence[str]:
    return whole_panels(wall, Rect(*window.rect)) if window.rect is not None else window.panels


def _rect(config: WindowConfig, window: Window) -> Rect:
    return Rect(*config.rect) if config.rect is not None else window.rect


def _name_problems(path: Path, config: LayoutConfig, wall: Wall, regions: Sequence[str]) -> list[Problem]:
    """Return what has no such name, or no panel: without those nothing further can be said."""
    problems = [
        Problem((*path, "regions", index), _nothing("region", name, wall.regions))
        for index, name in enumerate(regions)
        if name not in wall.regions
    ]
    allowed = {name for region in regions if region in wall.regions for name in wall.regions[region].panels}
    for index, name in enumerate(config.off):
        if name not in wall.panels:
            problems.append(Problem((*path, "off", index), _nothing("panel", name, wall.panels)))
        elif name not in allowed:
            problems.append(Problem((*path, "off", index), f"panel {name} is outside {_regions(regions)}"))
    for index, window in enumerate(config.windows):
        here = (*path, "windows", index)
        if not _panels(wall, window):
            problems.append(Problem((*here, "rect"), "no panel lies wholly inside this rectangle"))
        for at, name in enumerate(window.panels):
            if name not in wall.panels:
                problems.append(Problem((*here, "panels", at), _nothing("panel", name, wall.panels)))
    return problems


def _window_problems(path: Path, window: Window, wall: Wall, regions: Sequence[str]) -> list[Problem]:
    problems = [Problem(path, fault) for fault in window_faults(wall, window)]
    if not any(set(wall.regions[name].panels) >= set(window.panels) for name in regions):
        text = f"panels {', '.join(window.panels)} do not lie in one region of {_regions(regions)}"
        problems.append(Problem((*path, "panels"), text))
    return problems


def _regions(regions: Sequence[str]) -> str:
    return f"region {', '.join(regions)}"


def _repeated(path: Path, names: Sequence[str], what: str) -> list[Problem]:
    return [
        Problem((*path, index), f"{what} {name} is already used above")
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def _nothing(what: str, name: str, known: Iterable[str]) -> str:
    return f"there is no {what} {name!r}; there is {', '.join(sorted(known))}"
