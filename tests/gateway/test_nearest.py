"""Which cameras are nearest to an alarm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import Name, Place
from gateway.actions.nearest import distance, nearest
from wall_controller.layout import Camera, Source

NAME = Name("c", "c")
RAWA = Place(-3.771, 102.272)
TANJUNG = Place(-3.783, 102.291)
PLACES = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))


def source(id_: str, place: Place | None = None, *tags: str) -> Source:
    return Source(id_, NAME, 1, Camera(place, tags))


BRIDGE, VILLAGE, TAGGED = source("bridge", RAWA), source("village", TANJUNG), source("tagged", None, "river")
EVERY = [TAGGED, VILLAGE, BRIDGE, Source("map", NAME, 2)]


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        (Place(0, 0), Place(0, 1), 111.195),  # a degree of the equator: 2 pi 6371 / 360
        (Place(0, 0), Place(90, 0), 10_007.543),
        (Place(0, 179.5), Place(0, -179.5), 111.195),  # across the date line
        (Place(-90, 0), Place(90, 0), 20_015.087),
        (RAWA, RAWA, 0.0),
    ],
)
def test_distances_on_the_sphere(one: Place, other: Place, km: float) -> None:
    assert distance(one, other) == pytest.approx(km, abs=0.001)


@given(PLACES, PLACES)
def test_a_distance_is_the_same_both_ways_and_no_more_than_half_around(one: Place, other: Place) -> None:
    assert 0 <= distance(one, other) <= 20_015.1
    assert distance(one, other) == pytest.approx(distance(other, one), abs=1e-6)


def test_the_nearest_stand_first_and_what_is_no_camera_never() -> None:
    assert nearest(RAWA, (), EVERY, n=9) == ("bridge", "village")
    assert nearest(TANJUNG, (), EVERY, n=1) == ("village",)


def test_a_camera_that_is_too_far_away_is_not_near() -> None:
    assert nearest(RAWA, ("river",), EVERY, n=9, within=2.0) == ("bridge", "tagged")
    assert nearest(Place(-2.5, 101.0), (), EVERY, n=9, within=100.0) == ()


def test_a_camera_without_coordinates_counts_by_a_shared_tag_after_the_others() -> None:
    assert nearest(RAWA, ("river", "awlr"), EVERY, n=9) == ("bridge", "village", "tagged")
    assert nearest(None, ("river",), EVERY, n=9) == ("tagged",)
    assert nearest(None, (), EVERY, n=9) == ()


@given(st.permutations(EVERY))
def test_the_order_of_the_file_does_not_matter(sources: list[Source]) -> None:
    assert nearest(RAWA, ("river",), sources, n=2) == ("bridge", "village")
