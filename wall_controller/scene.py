"""A scene: what each of its regions shows, what the rooms do, and who may call it, under one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.model import Name
from wall_controller.layout import Layout
from wall_controller.room import RoomStep


@dataclass(frozen=True, slots=True)
class Scene:
    """One wish with a name: layouts by region of one wall, and steps for the rooms."""

    id: str
    name: Name
    wall: str
    layouts: Mapping[str, Layout]
    steps: tuple[RoomStep, ...] = ()
    permission: str = "scene.recall"
    confirm: bool = False

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that it fills."""
        return tuple(self.layouts)
