"""The wall as a site describes it: what can be shown, where, and which windows make a layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from drivers.model import Name, Place
from wall_controller.geometry import Panel, Rect, around, is_rectangle


class Policy(StrEnum):
    """What happens when somebody else changes a device: put it back, take it over, or ask a person."""

    RESTORE = "restore"
    ADOPT = "adopt"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a camera stands, if that is known, and the words that people pick it by."""

    place: Place | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a window can show: what hangs on `input` (from 1) of the matrix."""

    id: str
    name: Name
    input: int
    camera: Camera | None = None
    """Where it looks, when it is one camera; None: it is none."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a wall, in whole panels, that is claimed as one."""

    id: str
    name: Name
    panels: tuple[str, ...]
    alarm_may_enter: bool = False


@dataclass(frozen=True, slots=True)
class Wall:
    """A canvas of panels fed by one matrix; an alarm of severity `urgent` or more goes before an operator's claim."""

    id: str
    name: Name
    panels: Mapping[str, Panel]
    regions: Mapping[str, Region]
    sources: Mapping[str, Source]
    matrix: str
    base: str
    """The scene that a region shows while nobody claims it."""
    urgent: int = 3
    policy: Policy = Policy.RESTORE
    dwell: float = 10.0
    """Least seconds that an alarm stays on the wall before another takes its place."""

    @property
    def canvas(self) -> Rect:
        """The rectangle that holds all panels."""
        return around(panel.rect for panel in self.panels.values())


@dataclass(frozen=True, slots=True)
class Window:
    """A source on whole panels, row by row; `rect` reaches across the bezels between them."""

    id: str
    source: str
    panels: tuple[str, ...]
    rect: Rect
    label: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What one region shows: its windows, and the panels that stay off."""

    region: str
    windows: tuple[Window, ...]
    off: tuple[str, ...] = ()


def whole_panels(wall: Wall, rect: Rect) -> tuple[str, ...]:
    """Return the panels whose picture lies in `rect`, row by row."""
    return tuple(panel.id for panel in wall.panels.values() if rect.covers(panel.rect))


def window_on(wall: Wall, window: str, *, source: str, panels: Sequence[str], label: str = "") -> Window:
    """Return the window that fills these panels, known to the wall; they are put in order, row by row."""
    chosen = sorted((wall.panels[name] for name in panels), key=lambda panel: (panel.row, panel.column))
    return Window(window, source, tuple(panel.id for panel in chosen), around(panel.rect for panel in chosen), label)


def window_faults(wall: Wall, window: Window) -> list[str]:
    """Return why this window cannot stand on this wall, each reason a sentence."""
    faults = []
    if window.source not in wall.sources:
        faults.append(f"there is no source {window.source!r}; the sources are {', '.join(sorted(wall.sources))}")
    if not is_rectangle([wall.panels[name] for name in window.panels]):
        faults.append(f"panels {', '.join(window.panels)} are not a rectangle; a picture cannot be cut to that shape")
    return faults


def filled(wall: Wall, layout: Layout, *, into: str, sources: Sequence[str]) -> Layout:
    """Return the layout with `sources` in the windows that show `into`, the first in the first; what is left stays.

    Where there are more sources than such windows, the windows fall into single panels.
    """
    mine = [window for window in layout.windows if window.source == into]
    split = len(sources) > len(mine)
    free = [
        window_on(wall, f"{window.id}-{panel}", source=into, panels=[panel]) if split else window
        for window in mine
        for panel in (window.panels if split else window.panels[:1])
    ]
    given = [replace(window, source=source, label="") for window, source in zip(free, sources, strict=False)]
    kept = tuple(window for window in layout.windows if window.source != into)
    return replace(layout, windows=(*kept, *given, *free[len(given) :]))


def layout_faults(wall: Wall, layout: Layout) -> list[str]:
    """Return why the layout does not fit its region: each panel must have one window or be off."""
    region = wall.regions[layout.region]
    spoken = Counter([name for window in layout.windows for name in window.panels] + list(layout.off))
    missing = [name for name in region.panels if name not in spoken]
    outside = sorted(spoken.keys() - set(region.panels))
    twice = [name for name, count in spoken.items() if count > 1]
    faults = []
    if twice:
        faults.append(f"panels {', '.join(twice)} are named twice: a panel has one window, or is off")
    if missing:
        faults.append(
            f"region {region.id}: panels {', '.join(missing)} have no window; list them under `off` to keep them dark"
        )
    if outside:
        faults.append(f"panels {', '.join(outside)} are outside region {region.id}")
    return faults
