"""How derived points are written in a site's files (`derived.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from drivers.device_config import BilingualName, Id, Strict

Inputs = Mapping[tuple[str | int, ...], str]
"""The points that an entry needs, by where it names them."""

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST_S = 366 * 86_400
Share = Annotated[float, Field(gt=0, le=1)]
InputName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,30}$")]


def _seconds(value: Any) -> Any:
    """Turn `24h` into seconds."""
    if not isinstance(value, str):
        return value
    written = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([smhd])", value)
    if written is None:
        raise ValueError("write a span as 90s, 10m, 24h or 7d")
    return float(written[1]) * UNITS[written[2]]


Span = Annotated[float, Field(gt=0, le=LONGEST_S), BeforeValidator(_seconds, json_schema_input_type=float | str)]


class MovingWindowConfig(Strict):
    """A figure over the last stretch of one point's time."""

    take: Literal["sum", "mean", "min", "max", "count", "difference", "rate", "integral"]
    """`difference` is the newest less the oldest, `rate` that per minute, `integral` value times hours (mm/h to mm)."""
    of: Id
    """The point."""
    last: Span
    """How much of its time: seconds, or text as `24h`."""
    cover: Share = 0.75
    """The share of the stretch that must be covered by trusted readings; below it the result is UNCERTAIN."""

    def inputs(self) -> Inputs:
        """Return the point."""
        return {("of",): self.of}


class FormulaConfig(Strict):
    """A formula over points."""

    say: Annotated[str, Field(min_length=1)]
    """As `hulu - 2 * hilir`; it has + - * / % **, comparisons, and, or, not, if else, and a few functions."""
    of: Annotated[dict[InputName, Id], Field(min_length=1, max_length=100)]
    """The point that each name stands for."""

    def inputs(self) -> Inputs:
        """Return the points."""
        return {("of", name): point for name, point in self.of.items()}


class AcrossConfig(Strict):
    """One figure of several points."""

    take: Literal["sum", "mean", "min", "max"]
    """Which figure."""
    of: Annotated[list[Id], Field(min_length=2, max_length=100)]
    """The points."""
    cover: Share = 1.0
    """The share of them that must be trusted; below it all that is known counts and the result is UNCERTAIN."""

    def inputs(self) -> Inputs:
        """Return the points."""
        return {("of", number): point for number, point in enumerate(self.of)}


class IspuConfig(Strict):
    """The air quality index of one station (PermenLHK P.14/2020)."""

    give: Literal["index", "category", "parameter"]
    """The number, the category in words, or the parameter that is worst."""
    of: Annotated[dict[Literal["pm10", "pm25", "so2", "co", "o3", "no2", "hc"], Id], Field(min_length=1)]
    """The 24-hour mean of each parameter, in µg/m³."""

    def inputs(self) -> Inputs:
        """Return the points."""
        return {("of", name): point for name, point in self.of.items()}


How = MovingWindowConfig | FormulaConfig | AcrossConfig | IspuConfig


class DerivedConfig(Strict):
    """One entry of `derived.yaml`: a point like any other, that is calculated; exactly one of the ways is given."""

    id: Id
    """How other files and the API call it; it never changes."""
    name: BilingualName
    """What people call it; plain text stands for both languages."""
    kind: Literal["number", "flag", "text"] = "number"
    """A number, a flag (true or false) or a text."""
    unit: str = ""
    """The unit of the result, as it is shown."""
    range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """The least and the greatest believable value; beyond them a reading is UNCERTAIN."""
    place: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """Where it stands: latitude and longitude, WGS 84 degrees."""
    stale_after: Annotated[float, Field(ge=0)] | None = None
    """Seconds of silence after which it is stale; the longest of its inputs unless given, 0: never."""
    owner: str = ""
    """The agency that answers for it."""
    tags: list[str] = Field(default_factory=list)
    """Words that people pick points by."""
    window: MovingWindowConfig | None = None
    """A figure over the last stretch of one point's time."""
    formula: FormulaConfig | None = None
    """A formula over points."""
    across: AcrossConfig | None = None
    """One figure of several points."""
    ispu: IspuConfig | None = None
    """The air quality index of one station."""

    @model_validator(mode="after")
    def _one_way(self) -> DerivedConfig:
        given = list(self._ways())
        if len(given) != 1:
            raise ValueError(f"give one of window, formula, across and ispu; here is {' and '.join(given) or 'none'}")
        if self.range and self.range[0] >= self.range[1]:
            raise ValueError("the first number of `range` must be smaller than the second")
        return self

    @property
    def how(self) -> How:
        """Return the way that is given."""
        return next(iter(self._ways().values()))

    def inputs(self) -> Inputs:
        """Return the points that it needs, by where it names them."""
        return {(key, *path): point for key, way in self._ways().items() for path, point in way.inputs().items()}

    def _ways(self) -> dict[str, How]:
        ways = {"window": self.window, "formula": self.formula, "across": self.across, "ispu": self.ispu}
        return {key: way for key, way in ways.items() if way is not None}


class DerivedFile(Strict):
    """`derived.yaml`."""

    derived: list[DerivedConfig]
    """Every point that is calculated from others."""
