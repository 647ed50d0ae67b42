"""Which cameras stand nearest to an alarm: by coordinates, and where there are none by a tag that both have."""

from __future__ import annotations

from collections.abc import Iterable
from math import asin, cos, inf, radians, sin, sqrt

from drivers.model import Place
from wall_controller.layout import Source

EARTH_KM = 6_371.0
"""The mean radius; a sphere is off by half a per cent at most, far less than what decides between two cameras."""


def distance(one: Place, other: Place) -> float:
    """Return the kilometres between two places on the sphere (the haversine formula)."""
    north, east = radians(other.lat - one.lat), radians(other.lon - one.lon)
    half = sin(north / 2) ** 2 + cos(radians(one.lat)) * cos(radians(other.lat)) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def nearest(
    place: Place | None, tags: Iterable[str], sources: Iterable[Source], *, n: int, within: float = inf
) -> tuple[str, ...]:
    """Return the ids of the `n` cameras nearest to a place and `within` so many km, nearest first, else by id.

    Cameras without coordinates, and all of them for a place that is not known, count only when they share a tag; they
    come after those whose distance is known.
    """
    wanted = set(tags)
    found: list[tuple[float, str]] = []
    for source in sources:
        camera = source.camera
        if camera is None:
            continue
        if place is None or camera.place is None:
            found += [(inf, source.id)] if wanted & set(camera.tags) else []
        elif (far := distance(place, camera.place)) <= within:
            found.append((far, source.id))
    return tuple(id_ for _, id_ in sorted(found)[:n])
