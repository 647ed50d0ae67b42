"""From what is wanted and what is reported to the smallest ordered set of commands: same input, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from drivers.capability import tile_text
from drivers.model import Arg, Value
from wall_controller.capacity import PANEL, Capacity
from wall_controller.geometry import Tile, tiles
from wall_controller.layout import Layout, Wall, Window

States = Mapping[str, Mapping[str, Value]]
"""Values by device and name, as `{"lfd-r1c1": {"power": "on"}}`: wanted or reported."""

WAKE, SWITCH, SHAPE = range(3)
"""The groups of a plan: wake what must be awake, then routes and inputs, then tiles and the rest."""

ROUTE = "route."
PATIENCE = 5.0
PROOF = 2.5
"""Seconds: a change that nothing proves must be on the screen within 3 s (reference T4)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command to one device; it has taken when the device's points read `effects`.

    It is not sent later than `patience` seconds after it was made; readings must prove it within `proof` seconds.
    """

    device: str
    verb: str
    args: Mapping[str, Arg]
    effects: Mapping[str, Value]
    patience: float = PATIENCE
    proof: float = PROOF


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in ordered groups; `estimate` in seconds; `unread` devices are read before anything is sent to them.

    A step waits for the earlier steps of its own device only: a panel that is slow to wake never delays the salvo.
    """

    groups: tuple[tuple[Step, ...], ...] = ()
    estimate: float = 0.0
    unread: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return tuple(step for group in self.groups for step in group)


def _tile_args(value: Value) -> dict[str, Arg]:
    if value == "off":
        return {"rows": 1, "columns": 1, "position": 1}
    shape, _, position = str(value).partition(":")
    rows, _, columns = shape.partition("x")
    return {"rows": int(rows), "columns": int(columns), "position": int(position)}


def _on(value: Value) -> dict[str, Arg]:
    return {"on": value == "on"}


def _level(value: Value) -> dict[str, Arg]:
    return {"level": value}


ARGS: Mapping[str, Callable[[Value], dict[str, Arg]]] = {
    "power": _on,
    "input": lambda value: {"source": value},
    "tile": _tile_args,
    "volume": _level,
    "brightness": _level,
    "mute": _on,
    "picture_mute": _on,
    "freeze": _on,
    "preset": lambda value: {"preset": value},
    "panel_lock": _on,
}
"""For each value that a device reports, the arguments of the verb of the same name that brings it about."""


_FIRST = {"preset": 0, "route": 1}
"""A preset brings routes of its own: what is routed beside it comes after."""


def reachable(effects: Iterable[str]) -> bool:
    """Return whether a plan knows how to bring about each of these values."""
    return all(name in ARGS or name.startswith(ROUTE) for name in effects)


def targets(wall: Wall, layout: Layout) -> dict[str, dict[str, Value]]:
    """Return what the devices of a layout must read; dead panels are left out, dark ones need only be off."""
    wanted: dict[str, dict[str, Value]] = {}
    routes: dict[str, Value] = {}
    for window in layout.windows:
        _window_targets(wall, window, wanted, routes)
    for name in layout.off:
        if not wall.panels[name].dead:
            wanted[wall.panels[name].device] = {"power": "off"}
    return {**wanted, wall.matrix: routes} if routes else wanted


def _window_targets(wall: Wall, window: Window, wanted: dict[str, dict[str, Value]], routes: dict[str, Value]) -> None:
    panels = [wall.panels[name] for name in window.panels]
    for name, tile in tiles(panels).items():
        panel = wall.panels[name]
        if not panel.dead:
            wanted[panel.device] = {"power": "on", "input": panel.input, "tile": _text(tile)}
            routes[f"{ROUTE}{panel.output}"] = wall.sources[window.source].input


def _text(tile: Tile) -> str:
    return tile_text(tile.rows, tile.columns, tile.position)


def merged(pieces: Iterable[States]) -> dict[str, dict[str, Value]]:
    """Return the values of all pieces together; a later piece wins."""
    whole: dict[str, dict[str, Value]] = {}
    for piece in pieces:
        for device, values in piece.items():
            whole[device] = {**whole[device], **values} if device in whole else dict(values)
    return whole


def plan(desired: States, reported: States, capabilities: Mapping[str, Capacity]) -> Plan:
    """Return the steps that turn `reported` into `desired`: only differences, the routes as one salvo if possible.

    A value that was never reported counts as different; a device of which nothing was reported is listed in `unread`.
    """
    groups: tuple[list[Step], list[Step], list[Step]] = ([], [], [])
    unread: list[str] = []
    slowest = 0.0
    for device in sorted(desired):
        known = reported.get(device)
        if not known:
            unread.append(device)
            continue
        differing = {name: value for name, value in desired[device].items() if known.get(name) != value}
        if differing:
            slowest = max(slowest, _add(groups, device, differing, capabilities.get(device, PANEL)))
    groups[SWITCH].sort(key=lambda step: _FIRST.get(step.verb, len(_FIRST)))
    return Plan(tuple(tuple(group) for group in groups if group), slowest, tuple(unread))


def _add(
    groups: tuple[list[Step], list[Step], list[Step]], device: str, values: Mapping[str, Value], capacity: Capacity
) -> float:
    """Put the steps of one device into their groups; return the seconds that they take."""
    waking = capacity.wake_ms / 1000 if "power" in values else 0.0
    count = 0
    for verb, args, effects in _commands(values, capacity):
        groups[_group(verb, effects)].append(
            Step(device, verb, args, effects, PATIENCE + 2 * waking, PROOF + 2 * waking)
        )
        count += 1
    return waking + capacity.switch_ms(count) / 1000


def _group(verb: str, effects: Mapping[str, Value]) -> int:
    if verb == "power":
        return WAKE if effects["power"] == "on" else SHAPE
    return SWITCH if verb in ("preset", "route", "input") else SHAPE


def _commands(
    values: Mapping[str, Value], capacity: Capacity
) -> Iterable[tuple[str, Mapping[str, Arg], Mapping[str, Value]]]:
    routes = {name.removeprefix(ROUTE): value for name, value in values.items() if name.startswith(ROUTE)}
    ordered = sorted(routes.items(), key=lambda route: int(route[0]))
    salvos = [dict(ordered)] if capacity.salvo_atomic else [{output: source} for output, source in ordered]
    for salvo in salvos:
        if salvo:
            yield "route", {"routes": salvo}, {f"{ROUTE}{output}": source for output, source in salvo.items()}
    for name, args in ARGS.items():
        if name in values:
            yield name, args(values[name]), {name: values[name]}
