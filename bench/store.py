"""The journal and the history under it: bytes, and milliseconds, beside DuckDB doing the same in the same run."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import Row
from drivers.model import Reading
from gateway.clock import SystemClock
from gateway.store.buckets import Grid
from gateway.store.change import apply, change
from gateway.store.columns import Columns, empty
from gateway.store.database import open_reader, open_writer, transaction
from gateway.store.history import Series
from gateway.store.limits import Limits
from gateway.store.retention import used
from gateway.store.store import Store

S = 1_000_000_000
BEGIN = 1_767_225_600 * S
DAYS, BUCKETS = 7, 500
PORTION = 3_600
"""Readings of a series that come into chunks together: an hour at one a second."""
WRITERS = ((30, 0.03), (200, 0.2), (1_000, 1.0))
"""Readings and seconds of a commit at 1,000 readings/s."""


def one_hertz(series: int, seconds: int, *, away: tuple[int, int] = (2, 6)) -> Columns:
    """Return what a sensor says each second: two decimals, its clock jittering by 4 ms, so many ms `away` from us."""
    chance = np.random.default_rng(series)
    at = BEGIN // 1_000_000 + np.arange(seconds) * 1000 + chance.integers(-4, 5, seconds)
    value = 22 + np.cumsum(chance.normal(0, 0.02, seconds)) + chance.normal(0, 0.03, seconds)
    none = np.zeros(seconds, np.int64)
    return Columns(none + series, at * 1_000_000, at + chance.integers(*away, seconds), np.round(value, 2), none)


def measure_writes(folder: Path, *, runs: int) -> list[Row]:
    """Return rows/s and bytes written a reading, compaction included, for commits of three sizes."""
    rows = []
    for size, period in WRITERS:
        goal = "<= 100" if period == 0.2 else ""
        written = Row(f"written a reading, {size} a commit, compacted", "B", goal=goal)
        cost = Row(f"CPU a reading, {size} a commit, compacted", "us")
        for run in range(runs):
            print(f"store: {size} readings a commit, run {run + 1} of {runs} …", flush=True)
            data = folder / f"write-{size}-{run}"
            used_cpu, used_bytes, n = asyncio.run(_write(data, size))
            written.values.append(used_bytes / n)
            cost.values.append(used_cpu / n * 1e6)
        rows += [written, cost]
    return rows


async def _write(data: Path, size: int, *, sensors: int = 1_000, seconds: int = 600) -> tuple[float, int, int]:
    """Store ten minutes of 1,000 sensors, compacting every 200 s of them; return CPU s, bytes and readings."""
    store = Store.open(data / "semarak.db", clock=SystemClock(), limits=Limits(raw_days=36_500))
    names = [f"p{number}" for number in range(sensors)]
    values = [one_hertz(number, seconds).number.tolist() for number in range(sensors)]
    cpu, before, n = 0.0, _written(), 0
    for second in range(seconds):
        at = BEGIN + second * S
        batch = [Reading(name, its[second], at, at + 3_000_000, 0.0) for name, its in zip(names, values, strict=True)]
        began = time.process_time()
        for begin in range(0, sensors, size):
            store.on_readings(batch[begin : begin + size])
            await store.flush()
            n += len(batch[begin : begin + size])
        if second % 200 == 199:
            await store.compact()
        cpu += time.process_time() - began
    await store.close()
    return cpu, _written() - before, n


def _written() -> int:
    """Return the bytes that this process has handed to write(2) so far."""
    for line in Path("/proc/self/io").read_text("ascii").splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    raise SystemExit("/proc/self/io does not say what was written")


def measure_queries(folder: Path, *, runs: int, series: int) -> list[Row]:
    """Return what a week of `series` sensors at 1 Hz takes on disk and how long questions about it take."""
    path = folder / "history" / "semarak.db"
    path.parent.mkdir(parents=True)
    print(f"query: building {series} series of {DAYS} days …", flush=True)
    began = time.process_time()
    n = _build(path, series, (2, 6))
    build = Row("CPU of compaction a reading, 3,600 at a time", "us", values=[(time.process_time() - began) / n * 1e6])
    duck = Duck.with_the_same(folder / "history.duckdb", series)
    name = "on disk a reading with its roll-ups"
    size = Row(f"{name}, 4 ms of network jitter", "B", duck.name, "", [_size(path) / n], duck.size(n))
    polled = Row(f"{name}, stamped by us", "B", goal="<= 1.3")
    other = path.with_name("polled.db")
    n_polled = _build(other, min(series, 10), (0, 1))
    polled.values.append(_size(other) / n_polled)
    return [build, polled, size, *asyncio.run(_queries(path, duck, runs, series))]


def _build(path: Path, series: int, away: tuple[int, int]) -> int:
    db = open_writer(path)
    seconds = DAYS * 86_400
    for number in range(1, series + 1):
        whole = one_hertz(number, seconds, away=away)
        with transaction(db):
            db.execute("INSERT INTO series (id, point) VALUES (?, ?)", (number, f"p{number}"))
            for begin in range(0, seconds, PORTION):
                part = whole.take(slice(begin, begin + PORTION))
                apply(db, change(db, number, part, raw_from=0), now=BEGIN)
    db.close()
    return series * seconds


def _size(path: Path) -> int:
    db = sqlite3.connect(path)
    size = used(db)
    db.close()
    return size


async def _queries(path: Path, duck: Duck, runs: int, series: int) -> list[Row]:
    store = Store.open(path, clock=SystemClock())
    names = [f"p{number}" for number in range(1, series + 1)]
    store.latest.restore([Reading(f"q{n}", n, BEGIN, BEGIN, 0.0) for n in range(1_000)])
    end = BEGIN + DAYS * 86_400 * S
    day = BEGIN + 86_400 * S
    asked: list[tuple[str, str, list[str], int, int, int]] = [
        ("1 series, 7 d -> 500 buckets", "<= 2 ms", names[:1], BEGIN, end, BUCKETS),
        (f"{series} series, 7 d -> 500 buckets", "<= 40 ms for 50", names, BEGIN, end, BUCKETS),
        ("1 series, 1 d -> every 59 s, exact from readings", "", names[:1], BEGIN, day, 86_400 // 59),
        ("1 series, last hour -> 500 buckets", "", names[:1], end - 3600 * S, end, BUCKETS),
    ]
    rows = []
    for name, goal, points, since, until, count in asked:
        row = Row(name, "ms", duck.name, goal)
        for _ in range(runs + 1):
            ours = await _timed(store, points, since, until, count)
            row.add(ours, duck.timed(points, since, until, count))
        rows.append(_warm(row))
    exact = Row("1 series, 7 d -> 500 buckets, exact from readings", "ms", duck.name, "<= 10 ms, ratio <= 1")
    for _ in range(runs + 1):
        exact.add(_raw(path), duck.timed(names[:1], BEGIN, end, BUCKETS))
    last = Row("last of 1,000 series", "ms", duck.name, "<= 1 ms")
    for _ in range(runs + 1):
        last.add(_clocked(store.latest.all), duck.last())
    await store.close()
    return [*rows, _warm(exact), _warm(last)]


async def _timed(store: Store, points: list[str], since: int, until: int, count: int) -> float:
    began = time.perf_counter()
    await store.buckets(points, since=since, until=until, count=count)
    return (time.perf_counter() - began) * 1e3


def _raw(path: Path) -> float:
    """Return the ms of the week of the first series in 500 buckets when no roll-up helps."""
    reader = open_reader(path)
    end = BEGIN + DAYS * 86_400 * S
    grid = Grid(BEGIN, -(-(end - BEGIN) // BUCKETS))
    took = _clocked(lambda: Series(reader, 1, empty()).buckets(grid, BEGIN, end))
    reader.close()
    return took


def _clocked(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def _warm(row: Row) -> Row:
    """Leave out the first run, which fills caches."""
    return Row(row.name, row.unit, row.reference_name, row.goal, row.values[1:], row.reference[1:])


class Duck:
    """DuckDB with the same readings in the order of series and time: its best case."""

    def __init__(self, connection: Any, path: Path) -> None:
        self._db = connection
        self._path = path
        self.name = "DuckDB, sorted"

    @classmethod
    def with_the_same(cls, path: Path, series: int) -> Duck:
        """Build it; end with a sentence when DuckDB is not installed."""
        try:
            import duckdb
        except ImportError:
            raise SystemExit(
                "duckdb is not installed: .venv/bin/python -m pip install duckdb, which Semarak itself does not need"
            ) from None
        db = duckdb.connect(str(path))
        db.execute("CREATE TABLE r (series INTEGER, t BIGINT, value DOUBLE)")
        for number in range(1, series + 1):
            whole = one_hertz(number, DAYS * 86_400)
            part: Mapping[str, Any] = {"series": whole.series, "t": whole.at, "value": whole.number}
            db.execute("INSERT INTO r SELECT series, t, value FROM part")
            del part
        db.execute("CHECKPOINT")
        return cls(db, path)

    def size(self, n: int) -> list[float]:
        """Return its bytes a reading."""
        return [self._path.stat().st_size / n]

    def timed(self, points: list[str], since: int, until: int, count: int) -> float:
        """Return the ms that the same buckets take."""
        width = -(-(until - since) // count)
        numbers = ", ".join(point[1:] for point in points)
        sql = (
            f"SELECT series, (t - {since}) // {width} AS b, count(*), min(value), avg(value), max(value),"
            f" arg_max(value, t) FROM r WHERE series IN ({numbers}) AND t >= {since} AND t < {until}"
            " GROUP BY ALL ORDER BY ALL"
        )
        return _clocked(lambda: self._db.execute(sql).fetchall())

    def last(self) -> float:
        """Return the ms that the newest value of every series takes."""
        return _clocked(lambda: self._db.execute("SELECT series, arg_max(value, t) FROM r GROUP BY series").fetchall())
