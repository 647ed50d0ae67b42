"""Hazard scales: an agency's own words for how bad it is, each with one of our severities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.model import Name


@dataclass(frozen=True, slots=True)
class ScaleLevel:
    """One step of a scale: `severity` 0 (normal) to 4 (worst); `colour` is what the agency paints it in."""

    code: str
    label: Name
    severity: int
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """A hazard scale; its name is always shown: *Siaga* is the middle tsunami level and the worst flood level."""

    id: str
    name: Name
    levels: Mapping[str, ScaleLevel]
