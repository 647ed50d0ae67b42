"""`python -m bench.crash 1000`: a process that stores and forwards is killed as often; nothing is lost or double."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from drivers.model import Reading
from gateway.clock import SystemClock
from gateway.store import chunks
from gateway.store.limits import Limits
from gateway.store.store import Store

EPOCH_NS = 1_768_608_000_000_000_000
POINTS = 7
BATCH = 20
REDELIVERED = 60
SINK = "archive"
LIMITS = Limits(commit_every=0.002, commit_rows=50, compact_rows=600, raw_days=36_500, spool_bytes=4_000)
CHUNK = 40
"""Readings of a full chunk, so that chunks are merged, closed and rolled up all the time."""


def numbered(number: int) -> Reading:
    """Return the reading of that number: one a second, in turn of `POINTS` points."""
    at = EPOCH_NS + number * 1_000_000_000
    return Reading(f"p{number % POINTS}", number, at, at, 0.0)


async def live(folder: Path, number: int) -> None:
    """Store readings from `number` on and print how many are durable; forward what is, and note what was sent."""
    chunks.POINTS = CHUNK
    store = Store.open(folder / "semarak.db", clock=SystemClock(), limits=LIMITS)
    store.hold(SINK, store.cursor(SINK))
    window = asyncio.Semaphore(5)

    def acknowledge(upto: int) -> None:
        sys.stdout.write(f"{upto}\n")
        sys.stdout.flush()
        window.release()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(store.run(), name="store")
        tasks.create_task(_forward(store, folder), name="forward")
        while True:
            await window.acquire()
            store.on_readings([numbered(n) for n in range(number, number + BATCH)])
            number += BATCH
            store.when_durable(lambda upto=number: acknowledge(upto))  # type: ignore[misc] # mypy cannot infer a default


async def _forward(store: Store, folder: Path) -> None:
    """Send now and then, so that the journal must let go of what was not sent yet."""
    with (folder / "sent").open("a", encoding="ascii", buffering=1) as sent:
        while True:
            await asyncio.sleep(0.05)
            batch = await store.committed(store.cursor(SINK), most=200)
            for value in batch.columns.number.tolist():
                sent.write(f"{int(value)}\n")
            store.hold(SINK, batch.upto)


def killed_after(folder: Path, begin: int, acknowledgements: int) -> int:
    """Let a process store readings, kill it after so many acknowledgements, and return what the last one said."""
    command = [sys.executable, "-m", "bench.crash", "--live", str(folder), str(begin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(acknowledgements)]
        child.kill()
        lines += child.stdout.readlines()
    return max(int(line) for line in lines if line.endswith(b"\n"))


async def wrong(folder: Path, acknowledged: int) -> list[str]:
    """Return what is wrong with the store after a kill: readings, roll-ups, spool and the file itself."""
    faults: list[str] = []
    store = Store.open(folder / "semarak.db", clock=SystemClock(), limits=LIMITS)
    names = [f"p{number}" for number in range(POINTS)]
    found: list[int] = []
    for name in names:
        series = await store.readings(name, since=0, until=2**62, limit=10**6)
        if any(numbered(int(one.value)).source_at != one.source_at for one in series):
            faults.append(f"{name} has readings at a time that is not theirs")
        found += [int(one.value) for one in series]
    if sorted(found) != list(range(len(found))) or len(found) < acknowledged:
        faults.append(f"{acknowledged} were acknowledged, {len(found)} are there, {len(set(found))} of them distinct")
    span = {"since": EPOCH_NS, "until": EPOCH_NS + 30 * 86_400_000_000_000}
    for count in (720, 40_000):
        buckets = await store.buckets(names, **span, count=count)
        total = sum(bucket.count for its in buckets.values() for bucket in its)
        if total != len(found):
            faults.append(f"{count} buckets have {total} readings, the series have {len(found)}")
    if missing := set(found) - await _sent(store, folder):
        faults.append(f"{len(missing)} readings were neither sent nor are they to be")
    if (check := store.query("PRAGMA quick_check")) != [("ok",)]:
        faults.append(f"the file is damaged: {check[0][0]}")
    await store.close()
    return faults


async def _sent(store: Store, folder: Path) -> set[int]:
    """Return what was sent, or is still in the spool."""
    path, cursor = folder / "sent", store.cursor(SINK)
    told = {int(line) for line in path.read_text("ascii").splitlines()} if path.exists() else set[int]()
    while (batch := await store.committed(cursor, most=1_000)).upto > cursor:
        told |= {int(value) for value in batch.columns.number.tolist()}
        cursor = batch.upto
    return told


def main() -> None:
    """Kill as often as asked; say how long opening took afterwards, and end with an error at the first fault."""
    kills, moments, opening = int(sys.argv[1]), random.Random(9), list[float]()
    acknowledged = 0
    with tempfile.TemporaryDirectory(prefix="semarak-crash-") as name:
        folder = Path(name)
        for kill in range(kills):
            begin = max(0, acknowledged - REDELIVERED)
            acknowledged = max(acknowledged, killed_after(folder, begin, moments.randint(1, 120)))
            began = time.perf_counter()
            asyncio.run(Store.open(folder / "semarak.db", clock=SystemClock(), limits=LIMITS).close())
            opening.append((time.perf_counter() - began) * 1e3)
            if faults := asyncio.run(wrong(folder, acknowledged)):
                raise SystemExit(f"after kill {kill + 1}: " + "; ".join(faults))
    opening.sort()
    print(
        f"{kills} kills, {acknowledged:,} readings acknowledged: none lost, none double, in no tier;"
        f" open and close again: median {opening[kills // 2]:.0f} ms, worst {opening[-1]:.0f} ms"
    )


if __name__ == "__main__":
    if sys.argv[1] == "--live":
        asyncio.run(live(Path(sys.argv[2]), int(sys.argv[3])))
    else:
        main()
