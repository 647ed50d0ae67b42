"""Rectangles and panels of a wall in millimetres, origin at the top left; bezels are real coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SLACK = 0.05
"""Millimetres by which two edges may differ and still be the same edge."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in millimetres."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height

    def overlaps(self, other: Rect) -> bool:
        """Return whether the two share an area; to touch is not to overlap."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        return across > SLACK and down > SLACK

    def covers(self, other: Rect) -> bool:
        """Return whether `other` lies wholly inside."""
        return (
            self.x <= other.x + SLACK
            and self.y <= other.y + SLACK
            and self.right >= other.right - SLACK
            and self.bottom >= other.bottom - SLACK
        )


@dataclass(frozen=True, slots=True)
class Panel:
    """One display: `rect` is its active picture, matrix output `output` feeds its `input`; a dead one is left alone."""

    id: str
    device: str
    rect: Rect
    row: int
    column: int
    output: int
    input: str = "hdmi1"
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """Which part of a larger picture a panel cuts out: `position` counts from 1, row by row."""

    rows: int
    columns: int
    position: int


def around(rects: Iterable[Rect]) -> Rect:
    """Return the smallest rectangle that holds them all, bezels between them included."""
    corners = list(rects)
    x, y = min(rect.x for rect in corners), min(rect.y for rect in corners)
    right, bottom = max(rect.right for rect in corners), max(rect.bottom for rect in corners)
    return Rect(x, y, round(right - x, 3), round(bottom - y, 3))


def cell(row: int, column: int, *, width: float, height: float, gap: float) -> Rect:
    """Return the active picture of the panel in `row` and `column` (from 1) of a regular wall."""
    return Rect(round((column - 1) * (width + gap), 3), round((row - 1) * (height + gap), 3), width, height)


def is_rectangle(panels: Sequence[Panel]) -> bool:
    """Return whether the panels fill a rectangle of rows and columns without a hole."""
    rows, columns = _spans(panels)
    cells = {(panel.row, panel.column) for panel in panels}
    return len(cells) == len(panels) == len(rows) * len(columns)


def tiles(panels: Sequence[Panel]) -> dict[str, Tile]:
    """Return each panel's tile of the one picture that fills them all; they must be a rectangle."""
    rows, columns = _spans(panels)
    return {
        panel.id: Tile(
            len(rows), len(columns), (panel.row - rows.start) * len(columns) + panel.column - columns.start + 1
        )
        for panel in panels
    }


def _spans(panels: Sequence[Panel]) -> tuple[range, range]:
    rows, columns = [panel.row for panel in panels], [panel.column for panel in panels]
    return range(min(rows), max(rows) + 1), range(min(columns), max(columns) + 1)
