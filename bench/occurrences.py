"""A history of a million occurrences: pages of it and the report of a month, beside DuckDB and a scan without index."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import Row
from gateway.kpi.month import month
from gateway.kpi.performance import performance
from gateway.occurrences.book import Book
from gateway.occurrences.occurrence import WRITE, Occurrence
from gateway.occurrences.recorder import BEAT, SOUNDED
from gateway.occurrences.wanted import State, Wanted
from gateway.store.database import open_reader, open_writer, transaction

S = 1_000_000_000
RULES, PORTION = 1_000, 20_000
BEGIN, END = month("2022-01")[0], month("2026-12")[1]
MONTH = month("2026-11")
QUESTIONS = {
    "newest 100": Wanted(),
    "100 of a rule, severity 3 and worse": Wanted(alarm="r0007", severity=3),
    "100 of a month by pattern, closed": Wanted(*MONTH, alarm="r00*", state=State.CLOSED),
    "100 by two words of a note": Wanted(text="pompa 77777"),
}
"""What a page shows; the last finds one in a million, so it reads them all."""


def measure(folder: Path, *, runs: int, count: int = 1_000_000) -> list[Row]:
    """Return the milliseconds of pages and of the report of a month, over `count` occurrences of five years."""
    path = folder / "occurrences.db"
    print(f"occurrences: writing {count:,} of five years …", flush=True)
    began = time.perf_counter()
    _build(path, count)
    built = Row("written, statement by statement", "rows/s", values=[count / (time.perf_counter() - began)])
    size = Row("on disk an occurrence, with its sounds and indexes", "B", values=[path.stat().st_size / count])
    return [built, size, *asyncio.run(_asked(path, runs, f"{count / 1e6:g} M occurrences"))]


def _build(path: Path, count: int) -> None:
    with closing(open_writer(path)) as db:
        db.execute("PRAGMA synchronous=OFF")
        with transaction(db):
            db.execute(BEAT, (BEGIN, END))
        rows = _rows(count)
        while portion := [one for _, one in zip(range(PORTION), rows, strict=False)]:
            with transaction(db):
                db.executemany(WRITE, [one.row() for one in portion])
                db.executemany(SOUNDED, [(one.raised_at, one.alarm, one.id, one.severity, 0) for one in portion])
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rows(count: int) -> Iterator[Occurrence]:
    chance = np.random.default_rng(7)
    raised = np.sort(chance.integers(BEGIN, END, count)).tolist()
    rules = (chance.pareto(1.0, count) * 20).astype(np.int64) % RULES
    severities = chance.choice([1, 2, 3, 4], count, p=[0.8, 0.15, 0.04, 0.01])
    lasted, waited = chance.exponential(900, count), chance.exponential(60, count)
    for n in range(count):
        at, rule, severity = raised[n], f"r{rules[n]:04d}", int(severities[n])
        acked, cleared = at + int(waited[n] * S), at + int(lasted[n] * S)
        yield Occurrence(
            f"{rule}@{at}", rule, f"p{rules[n] % 700:04d}", f"Alarm {rule}", f"Alarm {rule}", "process", "internal",
            "tingkat", "level", "cm", "ruang server, BPBD", -3.8, 102.3, f"L{severity}", "Penting", "Important",
            severity, severity, at, at, at, 1, acked, "sari", "10.0.0.7", 1, cleared, max(acked, cleared), "closed",
            412.5, at, None, cleared - at, f"pompa {n}", "some_impact", 0, 0, "", "",
        )  # fmt: skip


async def _asked(path: Path, runs: int, over: str) -> list[Row]:
    book, rows = Book(partial(open_reader, path)), []
    for name, wanted in QUESTIONS.items():
        row = Row(f"{over}: {name}", "ms", "sqlite3, no index")
        for run in range(runs + 1):
            ours = await _timed(partial(book.page, wanted, limit=100))
            theirs = await _timed(partial(asyncio.to_thread, _scan, path, wanted))
            if run:
                row.add(ours, theirs)
        rows.append(row)
    rows.append(await _reported(path, book, runs, over))
    return rows


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1e3


def _scan(path: Path, wanted: Wanted) -> None:
    """Put the same question to the table as if it had no index, in plain SQL."""
    words = [f"%{word}%" for word in wanted.text.split()]
    where = "raised_at >= ? AND raised_at < ? AND alarm GLOB ? AND severity >= ?" + " AND words LIKE ?" * len(words)
    args = (wanted.since, wanted.until, wanted.alarm or "*", wanted.severity, *words)
    asked = f"SELECT * FROM occurrence NOT INDEXED WHERE {where} ORDER BY raised_at DESC LIMIT 100"
    with closing(sqlite3.connect(path)) as db:
        db.execute(asked, args).fetchall()


async def _reported(path: Path, book: Book, runs: int, over: str) -> Row:
    try:
        import duckdb
    except ImportError:
        raise SystemExit(
            "duckdb is not installed: .venv/bin/python -m pip install duckdb, which Semarak itself does not need"
        ) from None
    row = Row(f"{over}: report of a month, every figure", "ms", "DuckDB, four of them")
    with duckdb.connect() as db:
        with closing(sqlite3.connect(path)) as source:
            told = source.execute(
                "SELECT raised_at, alarm, severity, annunciated_at, acked_at FROM occurrence"
            ).fetchall()
        columns = [np.array(column) for column in zip(*told, strict=True)]
        names = ("raised_at", "alarm", "severity", "annunciated_at", "acked_at")
        frame = dict(zip(names, columns, strict=True))
        db.register("frame", frame)
        db.execute("CREATE TABLE occurrence AS SELECT * FROM frame")
        for run in range(runs + 1):
            ours = await _timed(partial(_report, book))
            theirs = await _timed(partial(asyncio.to_thread, _duck, db))
            if run:
                row.add(ours, theirs)
    return row


async def _report(book: Book) -> None:
    performance(await book.material(*MONTH))


SPAN = "FROM occurrence WHERE raised_at >= ? AND raised_at < ?"
DUCK = (
    f"SELECT max(n), avg(n) FROM (SELECT raised_at // 600000000000 AS ten, count(*) AS n {SPAN} GROUP BY ten)",
    f"SELECT alarm, count(*) AS n {SPAN} GROUP BY alarm ORDER BY n DESC LIMIT 10",
    f"SELECT severity, count(*), quantile_disc(acked_at - annunciated_at, [0.5, 0.95]) {SPAN} GROUP BY severity",
    f"SELECT raised_at // 86400000000000 AS day, count(*) {SPAN} GROUP BY day",
)


def _duck(db: Any) -> None:
    for asked in DUCK:
        db.execute(asked, MONTH).fetchall()
