"""Print what was measured: median and spread, the reference's figure in the same run, the ratio, the goal."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Row:
    """One figure over the runs, beside a named reference's; a ratio is ours over theirs."""

    name: str
    unit: str
    reference_name: str = "-"
    goal: str = ""
    values: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)

    def add(self, ours: float, theirs: float) -> None:
        """Add a run."""
        self.values.append(ours)
        self.reference.append(theirs)

    def ratios(self) -> list[float]:
        """Return ours over the reference's, run by run."""
        return [ours / theirs for ours, theirs in zip(self.values, self.reference, strict=False) if theirs]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the sorted values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def machine() -> str:
    """Name the machine in one line."""
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}, Python {python}; nothing pinned"


def show(rows: Sequence[Row]) -> None:
    """Print the rows as a table."""
    print(f"\n{machine()}")
    ours, theirs = f"{'median':>11} {'min-max':>23} {'unit':8}", f"{'reference (same run)':28} {'median':>11}"
    print(f"{'what':52} {ours} {theirs} {'ratio':>6}  goal")
    for row in rows:
        if row.values:
            print(_line(row))


def _line(row: Row) -> str:
    spread = f"{_figure(min(row.values))} - {_figure(max(row.values))}"
    reference = _figure(statistics.median(row.reference)) if row.reference else ""
    ratio = f"{statistics.median(row.ratios()):.2f}" if row.ratios() else ""
    return (
        f"{row.name:52} {_figure(statistics.median(row.values)):>11} {spread:>23} {row.unit:8} "
        f"{row.reference_name:28} {reference:>11} {ratio:>6}  {row.goal}"
    )


def _figure(value: float) -> str:
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"
