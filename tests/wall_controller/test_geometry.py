"""Rectangles, panels and tiles of a wall."""

from __future__ import annotations

import pytest

from tests.wall_controller.wall_world import demo_wall
from wall_controller.geometry import Rect, Tile, around, is_rectangle, tiles
from wall_controller.layout import whole_panels, window_on


def test_bezels_are_real_coordinates() -> None:
    wall = demo_wall()
    assert wall.panels["r1c1"].rect == Rect(0, 0, 1209.6, 680.4)
    assert wall.panels["r2c3"].rect == Rect(2422.8, 682.2, 1209.6, 680.4)
    assert wall.canvas == Rect(0, 0, 4843.8, 2044.8)


def test_a_window_reaches_across_the_bezels_between_its_panels() -> None:
    window = window_on(demo_wall(), "w", source="peta", panels=["r2c2", "r1c1", "r2c1", "r1c2"])
    assert window.rect == Rect(0, 0, 2421, 1362.6)
    assert window.panels == ("r1c1", "r1c2", "r2c1", "r2c2")


def test_tiles_count_row_by_row_from_the_windows_own_corner() -> None:
    wall = demo_wall()
    chosen = [wall.panels[name] for name in ("r1c3", "r1c4", "r2c3", "r2c4")]
    assert tiles(chosen) == {
        "r1c3": Tile(2, 2, 1),
        "r1c4": Tile(2, 2, 2),
        "r2c3": Tile(2, 2, 3),
        "r2c4": Tile(2, 2, 4),
    }
    assert tiles([wall.panels["r3c4"]]) == {"r3c4": Tile(1, 1, 1)}
    assert tiles([wall.panels[f"r{row}c2"] for row in (1, 2, 3)])["r3c2"] == Tile(3, 1, 3)


@pytest.mark.parametrize(
    ("names", "rectangle"),
    [
        (["r1c1"], True),
        (["r1c1", "r1c2"], True),
        (["r1c1", "r2c2"], False),
        (["r1c1", "r1c2", "r2c1"], False),
        (["r1c1", "r1c3"], False),
        (["r1c1", "r1c1"], False),
    ],
)
def test_only_a_full_block_of_panels_is_a_rectangle(names: list[str], rectangle: bool) -> None:
    assert is_rectangle([demo_wall().panels[name] for name in names]) is rectangle


def test_to_touch_is_not_to_overlap() -> None:
    left = Rect(0, 0, 10, 10)
    assert not left.overlaps(Rect(10, 0, 10, 10))
    assert not left.overlaps(Rect(10 - 0.01, 0, 10, 10))
    assert left.overlaps(Rect(9, 9, 10, 10))
    assert not left.overlaps(Rect(9, 10, 10, 10))


def test_a_rectangle_covers_what_lies_inside() -> None:
    assert Rect(0, 0, 10, 10).covers(Rect(0, 0, 10.01, 10))
    for outside in (Rect(-1, 0, 5, 5), Rect(0, -1, 5, 5), Rect(6, 0, 5, 5), Rect(0, 6, 5, 5)):
        assert not Rect(0, 0, 10, 10).covers(outside)


def test_the_panels_in_a_rectangle_are_those_that_lie_wholly_inside() -> None:
    assert whole_panels(demo_wall(), Rect(0, 0, 2421, 700)) == ("r1c1", "r1c2")
    assert around([Rect(0, 0, 1, 1), Rect(4, 5, 1, 1)]) == Rect(0, 0, 5, 6)
