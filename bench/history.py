"""History over the API, end to end: questions over HTTP beside the same ones put to the journal itself; an export."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from bench.processes import free_port, gateway
from bench.report import Row
from bench.site import write_site
from bench.store import BEGIN, DAYS, PORTION, S, one_hertz
from gateway.archive.stamp import written
from gateway.auth.roles import Role
from gateway.auth.tokens import Tokens
from gateway.clock import SystemClock
from gateway.store.change import apply, change
from gateway.store.database import open_writer, transaction
from gateway.store.store import Store

BUCKETS = 500
END = BEGIN + DAYS * 86_400 * S
HOUR = END - 3_600 * S
OWN = "the journal, no HTTP"


def measure(folder: Path, *, runs: int, series: int) -> list[Row]:
    """Return the milliseconds of questions about one and about `series` weeks at 1 Hz, and readings/s of an export."""
    data = folder / "asked" / "data"
    data.mkdir(parents=True)
    print(f"history: building {series} series of {DAYS} days …", flush=True)
    _build(data / "semarak.db", series)
    points = [f"b{number:04d}" for number in range(series)]
    asked = [
        (f"API: {len(some)} series, {name} -> {BUCKETS} buckets", some, since)
        for name, since in (("7 d", BEGIN), ("last hour", HOUR))
        for some in (points[:1], points)
    ]
    own, token = asyncio.run(_own(data / "semarak.db", asked, runs))
    site = write_site(folder / "asked" / "site", broker=free_port(), sensors=series)
    with gateway(site, data) as (_, port):
        return asyncio.run(_over_http(f"http://127.0.0.1:{port}/api/v1/history", token, asked, own, runs))


def _build(path: Path, series: int) -> None:
    db = open_writer(path)
    for number in range(series):
        whole = one_hertz(number + 1, DAYS * 86_400)
        with transaction(db):
            db.execute("INSERT INTO series (id, point) VALUES (?, ?)", (number + 1, f"b{number:04d}"))
            for begin in range(0, len(whole), PORTION):
                part = whole.take(slice(begin, begin + PORTION))
                apply(db, change(db, number + 1, part, raw_from=0), now=BEGIN)
    db.close()


async def _own(path: Path, asked: Sequence[tuple[str, list[str], int]], runs: int) -> tuple[list[list[float]], str]:
    """Return the ms of each question put to the journal, run by run, and a token for its service."""
    clock = SystemClock()
    store = Store.open(path, clock=clock)
    token, _ = await Tokens(store, clock).make("bench", [Role.AUDITOR], made_by="bench", days=1)
    took = []
    for _, points, since in asked:
        times = []
        for _ in range(runs + 1):
            began = time.perf_counter()
            await store.buckets(points, since=since, until=END, count=BUCKETS)
            times.append((time.perf_counter() - began) * 1e3)
        took.append(times[1:])
    await store.close()
    return took, token


async def _over_http(
    url: str, token: str, asked: Sequence[tuple[str, list[str], int]], own: Sequence[list[float]], runs: int
) -> list[Row]:
    rows = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        for (name, points, since), times in zip(asked, own, strict=True):
            row = Row(name, "ms", OWN)
            query = {"points": ",".join(points), "since": written(since), "until": written(END), "buckets": BUCKETS}
            for run in range(runs + 1):
                took, _ = await _timed(http, url, query)
                if run:
                    row.add(took, times[run - 1])
            rows.append(row)
        export = Row("API: export of a day of 1 series as CSV", "rows/s")
        query = {"points": "b0000", "since": written(BEGIN), "until": written(BEGIN + 86_400 * S)}
        for _ in range(min(runs, 3)):
            took, size = await _timed(http, f"{url}/export", query)
            export.values.append((size - 1) / took * 1e3)
    return [*rows, export]


async def _timed(http: aiohttp.ClientSession, url: str, query: dict[str, str | int]) -> tuple[float, int]:
    """Return the ms until the last byte is there, and how many lines it has."""
    began = time.perf_counter()
    async with http.get(url, params=query) as answer:
        if answer.status != 200:
            raise SystemExit(f"the API answers {answer.status}: {await answer.text()}")
        body = await answer.read()
    return (time.perf_counter() - began) * 1e3, body.count(b"\n")
