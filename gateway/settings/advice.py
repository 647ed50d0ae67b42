"""What is sound in a site's files and will not work well all the same: told before it is applied, never refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from drivers.registry import SOURCES
from gateway.actions.overlaps import overlaps
from gateway.rationalisation.records import doubts
from gateway.settings.site import Site

MOST_GAPS = 4


def advice(site: Site, *, today: date = date.min) -> Sequence[str]:
    """Return a sentence for each overburdened device, each call list with a gap, each two claims that meet.

    And for each kind of doubt about the records of its alarms; without `today` no review is overdue.
    """
    found: list[str] = []
    for device in site.devices.values():
        spec = SOURCES.get(device.driver)
        points = [point for point in site.points.values() if point.device == device.id]
        if spec is not None and (why := spec.doubt(device, points)):
            found.append(f"{device.id}: {why}")
    bare = {name: gaps for name in site.notify.lists if (gaps := site.notify.gaps(name))}
    found += [f"call list {name}: an alarm reaches nobody on {', '.join(bare[name][:MOST_GAPS])}" for name in bare]
    found += overlaps(site.rules, site.responses.plans, walls=site.walls, scenes=site.scenes)
    found += doubts(site.rules, site.records, today=today)
    return found
