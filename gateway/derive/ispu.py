"""ISPU, Indonesia's air quality index, from 24-hour means in µg/m³ (PermenLHK P.14/2020).

The tables are data: `data/ispu_breakpoints.csv` has, for each parameter, the concentrations at index 0, 50, 100, 200,
300 and 500, between which the index is linear; `data/ispu_categories.csv` has the names. The index of a station is
that of its worst parameter.
"""

from __future__ import annotations

import csv
import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from drivers.model import Value
from gateway.derive.term import Term, known_enough

DATA = files("gateway.derive") / "data"
UNITS = ("ug/m3", "µg/m3", "µg/m³")
"""How the unit of the tables may be written."""
Steps = tuple[tuple[float, float], ...]
"""Index and concentration, ascending."""


@cache
def breakpoints() -> Mapping[str, Steps]:
    """Return the steps of every parameter, by its name in a site's files (`pm25`)."""
    return {
        key_of(row["parameter"]): tuple(
            (float(name[1:]), float(text)) for name, text in row.items() if name[0] == "c" and name[1:].isdigit()
        )
        for row in _rows("ispu_breakpoints.csv")
    }


@cache
def categories() -> tuple[tuple[int, str], ...]:
    """Return the highest index of every category with its Indonesian name, the best first."""
    return tuple((int(row["max"]), row["id"]) for row in _rows("ispu_categories.csv"))


@cache
def names() -> Mapping[str, str]:
    """Return how people write each parameter."""
    return {key_of(row["parameter"]): row["parameter"] for row in _rows("ispu_breakpoints.csv")}


def key_of(parameter: str) -> str:
    """Return the name of a parameter in a site's files: PM2.5 is `pm25`."""
    return parameter.lower().replace(".", "")


def index_of(parameter: str, concentration: float) -> float:
    """Return a parameter's index, 0 to 500, not yet rounded."""
    steps = breakpoints()[parameter]
    amount = min(max(concentration, steps[0][1]), steps[-1][1])
    above = max(1, bisect_left(steps, amount, key=lambda step: step[1]))
    (low_index, low), (high_index, high) = steps[above - 1 : above + 1]
    return (high_index - low_index) / (high - low) * (amount - low) + low_index


def rounded(index: float) -> int:
    """Return the index as it is told; a half goes up."""
    return math.floor(index + 0.5)


def category_of(index: float) -> str:
    """Return the category of an index."""
    told = rounded(index)
    return next(name for highest, name in categories() if told <= highest)


@dataclass(frozen=True, slots=True)
class Ispu:
    """The index of one station, its category or its critical parameter; `of` gives parameters their points."""

    give: str
    of: tuple[tuple[str, str], ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the points."""
        return tuple(point for _, point in self.of)

    def term(self, terms: Mapping[str, Term]) -> Term:
        """Return the result; UNCERTAIN as soon as one parameter is not known for certain: it may be the worst."""
        found = [(name, terms[point]) for name, point in self.of]
        known, doubt = known_enough([term for _, term in found], cover=1.0)
        if not known:
            return Term(None, *doubt)
        indices = [(index_of(name, float(term.value)), name) for name, term in found if term.value is not None]
        return Term(GIVES[self.give](*max(indices)), *doubt)


GIVES: Mapping[str, Callable[[float, str], Value]] = {
    "index": lambda index, _: rounded(index),
    "category": lambda index, _: category_of(index),
    "parameter": lambda _, name: names()[name],
}


def _rows(name: str) -> list[dict[str, str]]:
    text = (DATA / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
