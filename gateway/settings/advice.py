"""What is sound in a site's files and will not work well all the same: told before it is applied, never refused."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.registry import SOURCES
from gateway.settings.site import Site


def advice(site: Site) -> Sequence[str]:
    """Return a sentence for each device whose points are too much for it."""
    found: list[str] = []
    for device in site.devices.values():
        spec = SOURCES.get(device.driver)
        points = [point for point in site.points.values() if point.device == device.id]
        if spec is not None and (why := spec.doubt(device, points)):
            found.append(f"{device.id}: {why}")
    return found
