"""History that the journal keeps no longer, read back from a sink in InfluxQL, which InfluxDB 1, 2 and 3 all answer.

Source: docs.influxdata.com, "InfluxQL" and the `/query` API of InfluxDB 1.8, 2 (with a DBRP mapping) and 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from drivers.model import Quality
from gateway.forward.errors import Unreadable
from gateway.store.buckets import Bucket, Grid

Ask = Callable[[str], Awaitable[Mapping[str, Any]]]
MOST_POINTS = 50
"""Points in one query: its address has an end."""

NUMBERS = 'count("value") AS n, min("value") AS low, mean("value") AS mean, max("value") AS high, last("value") AS last'
WORST = 'max("quality") AS worst'
STATEMENT = 'SELECT {what} FROM {measurements} WHERE {where} GROUP BY time({width}ns, {offset}ns), "point" fill(none)'


class _Series(msgspec.Struct):
    """One series of an answer."""

    tags: dict[str, str]
    columns: list[str]
    values: list[list[Any]]


class _Result(msgspec.Struct):
    """The answer to one statement."""

    series: list[_Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    """The answer to a query."""

    results: list[_Result] = []
    error: str = ""


async def buckets(
    points: Sequence[str], *, since: int, until: int, count: int, ask: Ask, measurement: Callable[[str], str]
) -> Mapping[str, list[Bucket]]:
    """Return lowest, mean and highest of each point's numbers in [since, until) (UTC ns), in about `count` buckets.

    `ask` puts a query to the server, `measurement` says under which name a point is written there. A point of which
    the server knows nothing is left out. Raise Unreadable when it does not answer.
    """
    if until <= since:
        return {}
    grid = Grid.over(since, until, count)
    found: dict[str, list[Bucket]] = {}
    for start in range(0, len(points), MOST_POINTS):
        some = points[start : start + MOST_POINTS]
        told = await ask(query(some, since=since, until=until, grid=grid, measurement=measurement))
        found |= _read(told)
    return found


def query(points: Sequence[str], *, since: int, until: int, grid: Grid, measurement: Callable[[str], str]) -> str:
    """Return two statements: the numbers of readings that are not BAD, and the worst quality of all."""
    measurements = ", ".join(_quoted(name) for name in sorted({measurement(point) for point in points}))
    named = " OR ".join(f'"point" = {_text(point)}' for point in points)
    where = f"time >= {since} AND time < {until} AND ({named})"
    shape = {"measurements": measurements, "width": grid.width, "offset": grid.first % grid.width}
    good = STATEMENT.format(what=NUMBERS, where=f'{where} AND "quality" < {int(Quality.BAD)}', **shape)
    return f"{good}; {STATEMENT.format(what=WORST, where=where, **shape)}"


def _read(told: Mapping[str, Any]) -> dict[str, list[Bucket]]:
    try:
        answer = msgspec.convert(told, _Answer)
    except msgspec.ValidationError as error:
        raise Unreadable(f"the answer to a query is not as InfluxDB gives it: {error}") from None
    if fault := answer.error or next((one.error for one in answer.results if one.error), ""):
        raise Unreadable(f"the server does not answer a query: {fault}")
    numbers, qualities = (list(_rows(result)) for result in [*answer.results, _Result(), _Result()][:2])
    worst = {(point, row["time"]): row["worst"] for point, row in qualities}
    found: dict[str, list[Bucket]] = defaultdict(list)
    for point, row in numbers:
        quality = Quality(int(worst.get((point, row["time"])) or 0))
        found[point].append(
            Bucket(row["time"], int(row["n"]), row["low"], row["mean"], row["high"], row["last"], quality)
        )
    return {point: sorted(rows, key=lambda bucket: bucket.at) for point, rows in found.items()}


def _rows(result: _Result) -> Iterator[tuple[str, dict[str, Any]]]:
    for series in result.series:
        for values in series.values:
            yield series.tags["point"], dict(zip(series.columns, values, strict=True))


def _quoted(name: str) -> str:
    """Return an identifier of InfluxQL."""
    escaped = name.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _text(text: str) -> str:
    """Return a string of InfluxQL."""
    escaped = text.replace("\\", r"\\").replace("'", r"\'")
    return f"'{escaped}'"
