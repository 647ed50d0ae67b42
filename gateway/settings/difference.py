"""What differs between two readings of a site's files: only that is started, stopped or replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from gateway.derive.derivation import DEVICE
from gateway.settings.site import Site


@dataclass(frozen=True, slots=True)
class Difference:
    """The ids of what is to be stopped and started anew; `rules` and `interlocks` say whether these lists differ."""

    devices: tuple[str, ...] = ()
    walls: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    interlocks: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    handling: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    """The rules whose alarms set something else in motion."""
    rationalisation: tuple[str, ...] = ()
    """The records that differ, and `priorities` for the matrix."""

    def sentences(self) -> tuple[str, ...]:
        """Return what differs, a line each kind."""
        kinds = ("devices", "points", "rules", "scenes", "walls", "interlocks", "sinks", "derived", "handling",
                 "notify", "actions", "rationalisation")  # fmt: skip
        return tuple(f"{kind}: {', '.join(names)}" for kind in kinds if (names := getattr(self, kind)))


def difference(old: Site, new: Site) -> Difference:
    """Return what a change from `old` to `new` touches; a source is touched by its points, a wall by its scenes."""
    points = tuple(_differing(old.points, new.points))
    scenes = tuple(_differing(old.scenes, new.scenes))
    of_points = {side.points[name].device for side in (old, new) for name in points if name in side.points}
    of_scenes = {side.scenes[name].wall for side in (old, new) for name in scenes if name in side.scenes}
    return Difference(
        devices=tuple(sorted({*_differing(old.devices, new.devices), *of_points} - {DEVICE})),
        walls=tuple(sorted({*_differing(old.walls, new.walls), *of_scenes})),
        points=points,
        rules=tuple(_differing(_by_id(old.rules), _by_id(new.rules))),
        scenes=scenes,
        interlocks=tuple(_differing(_by_id(old.interlocks), _by_id(new.interlocks))),
        sinks=tuple(_differing(old.sinks, new.sinks) if old.id == new.id else sorted({*old.sinks, *new.sinks})),
        derived=tuple(_differing(old.derived, new.derived)),
        actions=tuple(_differing(old.responses.plans, new.responses.plans)),
        handling=tuple(
            each.name
            for each in fields(old.handling)
            if getattr(old.handling, each.name) != getattr(new.handling, each.name)
        ),
        notify=tuple(
            each.name for each in fields(old.notify) if getattr(old.notify, each.name) != getattr(new.notify, each.name)
        ),
        rationalisation=tuple(_differing(_thoughts(old), _thoughts(new))),
    )


def _thoughts(site: Site) -> Mapping[str, Any]:
    return {each.label: each for each in site.records.every} | {"priorities": site.records.matrix}


def _by_id(things: Any) -> Mapping[str, Any]:
    return {thing.id: thing for thing in things}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    return (name for name in sorted({*old, *new}) if old.get(name) != new.get(name))
