"""Forward: a backlog in the journal, written to a real server by a sink, beside influxdb-client's batching WriteApi."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from bench.processes import find, free_port, running, wait_for_port
from bench.report import Row
from drivers.model import Device, Name, Point, Reading
from gateway.clock import SystemClock
from gateway.forward.client import opened
from gateway.forward.config import SinkConfig
from gateway.forward.heads import Heads
from gateway.forward.sink import Sink
from gateway.repairs import Repairs
from gateway.store.store import Store

OURS, THEIRS = 2, 0.25
"""How many of the asked points are written: both take about half a second then."""
PATIENCE_S = 10.0
"""The server tells what it has taken only once a second."""
COMMIT = 1_000
BATCH = 5_000
DEVICE = Device("broker", Name("Broker", "Broker"), "mqtt", "mqtt://192.0.2.5", room="server")


def measure(folder: Path, *, runs: int, count: int, sensors: int) -> list[Row]:
    """Return the rates and the CPU a point of draining a backlog."""
    reference = "influxdb-client batching, Points"
    rate = Row("forward, journal -> VictoriaMetrics, gzip", "points/s", reference, "first >= 15")
    cost = Row("CPU a point forwarded, all in", "us", reference, "first <= 1/15")
    for run in range(runs):
        print(f"forward: run {run + 1} of {runs} …", flush=True)
        with victoria_metrics(folder / f"vm-{run}") as url:
            for row, theirs, ours in zip(
                (rate, cost),
                counted(url, round(count * THEIRS), partial(batching, url, sensors)),
                counted(url, count * OURS, partial(draining, folder / f"data-{run}", url, sensors)),
                strict=True,
            ):
                row.add(ours, theirs)
    return [rate, cost]


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[str]:
    """Run a VictoriaMetrics; give its address."""
    port = free_port()
    words = [find("victoria-metrics"), f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}"]
    with running(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        wait_for_port(port)
        inserted(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


def counted(url: str, count: int, write: Callable[[int], tuple[float, float]]) -> tuple[float, float]:
    """Return points a second and CPU microseconds a point; end with a sentence when the server has not got them all."""
    before = inserted(url)
    seconds, cpu = write(count)
    until = time.monotonic() + PATIENCE_S
    while (got := inserted(url) - before) < 2 * count:
        if time.monotonic() > until:
            raise SystemExit(f"the server has {got:,} of {2 * count:,} values; the run does not count")
        time.sleep(0.1)
    return count / seconds, cpu / count * 1e6


def inserted(url: str) -> int:
    """Return how many values (two fields a point) the server has taken."""
    told = urllib.request.urlopen(f"{url}/metrics").read().decode()
    return sum(int(n) for n in re.findall(r'^vm_rows_inserted_total\{type="influx"\} (\d+)$', told, re.MULTILINE))


def value(number: int) -> float:
    """Return a plausible measurement."""
    return 200 + (number * 37 % 1_000) / 100


def batching(url: str, sensors: int, count: int) -> tuple[float, float]:
    """Write Points as influxdb-client's documentation does; return seconds and CPU seconds."""
    from influxdb_client import InfluxDBClient, WriteOptions
    from influxdb_client import Point as Row_
    from reactivex.scheduler import ThreadPoolScheduler

    # The library's default scheduler is one for all clients, and dies with the first that is closed.
    options = WriteOptions(batch_size=BATCH, write_scheduler=ThreadPoolScheduler(max_workers=1))
    start = time.time_ns() - count * 1_000_000
    began, spent = time.perf_counter(), time.process_time()
    with InfluxDBClient(url, token="", org="hall", enable_gzip=True) as client, client.write_api(options) as api:
        for n in range(count):
            row = Row_("theirs").tag("device", "broker").tag("owner", "bpbd").tag("point", f"b{n % sensors:04d}")
            row = row.tag("room", "server").tag("site", "hall").field("quality", 0).field("value", value(n))
            api.write("hall", record=row.time(start + n * 1_000_000))
    return time.perf_counter() - began, time.process_time() - spent


def draining(folder: Path, url: str, sensors: int, count: int) -> tuple[float, float]:
    """Drain a backlog of our own; return seconds and CPU seconds."""
    folder.mkdir()
    return asyncio.run(drained(folder, url, sensors, count))


async def drained(folder: Path, url: str, sensors: int, count: int) -> tuple[float, float]:
    """Fill a journal, then let a sink drain it; return the drain's seconds and CPU seconds."""
    clock = SystemClock()
    store = Store.open(folder / "semarak.db", clock=clock)
    points = {f"b{n:04d}": Point(f"b{n:04d}", "broker", Name("B", "B"), owner="bpbd") for n in range(sensors)}
    await _fill(store, clock, count, list(points))
    config = SinkConfig.model_validate({"id": "influx", "url": url, "bucket": "hall", "backlog_rate": 1_000_000})
    heads = Heads("ours", site="hall", points=points, devices={"broker": DEVICE})
    sink = Sink(
        config, open_client=partial(opened, config, clock=clock), spool=store, heads=heads,
        repairs=Repairs(clock=clock, publish=lambda _: None), clock=clock, room=10**9,
    )  # fmt: skip
    began, spent = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(sink.run(), name="sink")
        while store.cursor("influx") < store.newest_seq:
            await clock.sleep(0.002)
        ended = time.perf_counter() - began, time.process_time() - spent
        task.cancel()
    with suppress(OSError):
        await store.close()
    return ended


async def _fill(store: Store, clock: SystemClock, count: int, names: list[str]) -> None:
    now = clock.now()
    for start in range(0, count, COMMIT):
        store.on_readings(
            [
                Reading(names[n % len(names)], value(n), now - (count - n) * 1_000_000, now, 0.0)
                for n in range(start, start + COMMIT)
            ]
        )
        await store.flush()
