"""What a wall's backend can do, so that what it cannot is refused when a scene is written and not when it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wall_controller.geometry import Panel, Rect


@dataclass(frozen=True, slots=True)
class Capacity:
    """The flags of one backend; `command_ms` is what a command takes, `wake_ms` what a change of power takes."""

    salvo_atomic: bool = False
    """Several routes in one command switch together."""
    overlap: bool = False
    parts: bool = False
    """A window may end inside a panel."""
    command_ms: float = 100.0
    wake_ms: float = 5000.0

    def switch_ms(self, commands: int) -> float:
        """Return how long `commands` on one link take, one after the other."""
        return commands * self.command_ms


MATRIX = Capacity(salvo_atomic=True, command_ms=100.0)
"""A matrix that takes all routes in one message (reference: a Videohub salvo is acknowledged in less than 100 ms)."""

PANEL = Capacity(command_ms=100.0, wake_ms=5000.0)
"""A display with built-in tiling (reference: Samsung MDC, 50 ms between commands, 5 s after power)."""

PANEL_WALL = Capacity()
"""Panels that a matrix feeds: each shows one input, whole or as a tile; no window overlaps another or cuts a panel."""


def refusals(places: Mapping[str, Rect], panels: Sequence[Panel], capacity: Capacity) -> dict[str, str]:
    """Return for each window that this backend cannot show the reason why."""
    found: dict[str, str] = {}
    for name, rect in places.items():
        cut = [panel.id for panel in panels if rect.overlaps(panel.rect) and not rect.covers(panel.rect)]
        if cut and not capacity.parts:
            found[name] = f"it ends inside panel {', '.join(cut)}; this wall shows a window on whole panels only"
    if not capacity.overlap:
        found.update({name: text for name, text in _overlaps(places).items() if name not in found})
    return found


def _overlaps(places: Mapping[str, Rect]) -> dict[str, str]:
    names = list(places)
    return {
        later: f"it overlaps window {earlier}; this wall cannot put one window over another"
        for index, later in enumerate(names)
        for earlier in names[:index]
        if places[earlier].overlaps(places[later])
    }
