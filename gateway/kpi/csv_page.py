"""The figures of a report as CSV, one a line, for a spreadsheet that collects months."""

from __future__ import annotations

import csv
import io

from gateway.archive.stamp import written
from gateway.kpi.figures import Performance

COLUMNS = (
    "since",
    "until",
    "positions",
    "observed_s",
    "figure",
    "value",
    "unit",
    "good",
    "bearable",
    "verdict",
    "source",
)


def lines(of: Performance) -> str:
    """Return the figures with their span, targets and verdicts; an empty cell where there is nothing to tell."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in of.figures:
        about = each.definition
        writer.writerow(
            [
                written(of.since), written(of.until), of.positions, round(of.observed_s), about.id,
                "" if each.value is None else repr(each.value), about.unit,
                *("" if bound is None else repr(bound) for bound in (about.target.good, about.target.bearable)),
                each.verdict, about.source,
            ]
        )  # fmt: skip
    return out.getvalue()
