"""Sources put into the windows of a layout."""

from __future__ import annotations

from tests.wall_controller.wall_world import demo_scenes, demo_wall
from wall_controller.layout import Layout, filled, layout_faults, window_faults

INTO = "cctv-terdekat"
FLOOD = demo_scenes()["banjir"].layouts["tanggap"]
FOUR = ["peta", "cuaca", "harga", "alarm"]


def shown(layout: Layout) -> dict[str, tuple[str, ...]]:
    return {window.source: window.panels for window in layout.windows if window.source in {*FOUR, INTO}}


def test_one_source_takes_the_whole_window() -> None:
    assert shown(filled(demo_wall(), FLOOD, into=INTO, sources=FOUR[:1])) == {"peta": ("r1c3", "r1c4", "r2c3", "r2c4")}


def test_several_share_its_panels_in_order_and_what_they_leave_stays() -> None:
    assert shown(filled(demo_wall(), FLOOD, into=INTO, sources=FOUR)) == {
        "peta": ("r1c3",), "cuaca": ("r1c4",), "harga": ("r2c3",), "alarm": ("r2c4",),
    }  # fmt: skip
    three = shown(filled(demo_wall(), FLOOD, into=INTO, sources=FOUR[:3]))
    assert three == {"peta": ("r1c3",), "cuaca": ("r1c4",), "harga": ("r2c3",), INTO: ("r2c4",)}


def test_however_many_there_are_the_layout_still_fits_its_region() -> None:
    for n in range(7):
        layout = filled(demo_wall(), FLOOD, into=INTO, sources=(FOUR * 2)[:n])
        assert layout_faults(demo_wall(), layout) == []
        assert [fault for window in layout.windows for fault in window_faults(demo_wall(), window)] == []
        assert len({window.id for window in layout.windows}) == len(layout.windows)


def test_a_source_that_is_not_shown_gives_no_room() -> None:
    assert filled(demo_wall(), FLOOD, into="harga", sources=FOUR) == FLOOD
