"""What stands before the values of each series: the measurement and the tags, from what the site says of a point."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from drivers.model import Device, Point
from gateway.forward.line_protocol import head, measurement_name
from gateway.store.columns import Ints


class Heads:
    """The heads of a site's series; `points` and `devices` are live, so that a changed owner or room is seen."""

    def __init__(
        self, measurement: str, *, site: str, points: Mapping[str, Point], devices: Mapping[str, Device]
    ) -> None:
        self._measurement = measurement
        self._site = site
        self._points = points
        self._devices = devices
        self._made: dict[str, tuple[Point | None, Device | None, bytes]] = {}

    def of(self, series: Ints, name_of: Callable[[int], str]) -> dict[int, bytes]:
        """Return the heads of all series among these numbers, as the site describes them now."""
        return {number: self.head(name_of(number)) for number in np.unique(series).tolist()}

    def head(self, name: str) -> bytes:
        """Return the head of a series by its point's name."""
        point, device = self._point_and_device(name)
        known = self._made.get(name)
        if known is not None and known[0] is point and known[1] is device:
            return known[2]
        tags = {
            "device": device.id if device else "",
            "owner": point.owner if point else "",
            "point": name,
            "room": device.room if device else "",
            "site": self._site,
        }
        made = head(self.measurement(name), tags)
        self._made[name] = point, device, made
        return made

    def measurement(self, name: str) -> str:
        """Return the measurement of a series as it is stored."""
        point, device = self._point_and_device(name)
        return measurement_name(
            self._measurement.format(
                unit=(point and point.unit) or "none",
                kind=point.kind.value if point else "state",
                device=device.id if device else "none",
                site=self._site,
            )
        )

    def _point_and_device(self, name: str) -> tuple[Point | None, Device | None]:
        point = self._points.get(name)
        if point is not None:
            return point, self._devices.get(point.device)
        return None, next((self._devices[part] for part in _owners(name) if part in self._devices), None)


def _owners(name: str) -> list[str]:
    """Return what may be the device of a value that a device tells of itself (`<device>.<value>`)."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
