"""The errors of the wall, named by what a person does about them.

WallError
├── BadWall     the site file describes a wall, a layout or a scene that cannot be
├── Unknown     there is no such scene, region, claim or operation
├── NotAllowed  the region does not let this claim in
└── Conflict    the wall moved since the screen was drawn
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class WallError(Exception):
    """Anything that goes wrong between a wish and the wall."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at `path` (keys and positions inside the file)."""

    path: tuple[str | int, ...]
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.text}" if self.path else self.text


class BadWall(WallError):
    """What the site file asks for cannot be shown; `problems` has every reason, each with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class Unknown(WallError):
    """Nothing has that name."""


class NotAllowed(WallError):
    """The region does not let this claim in."""


class Conflict(WallError):
    """`regions` were changed by somebody else since the base revision."""

    def __init__(self, regions: Sequence[str], revision: int) -> None:
        super().__init__(
            f"{', '.join(regions)} changed after revision {revision}; look at the wall again, then take it once more"
        )
        self.regions = tuple(regions)
        self.revision = revision
