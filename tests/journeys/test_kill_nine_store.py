"""A process that stores readings is killed again and again: nothing acknowledged is missing, nothing is double."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.model import Reading
from gateway.clock import SystemClock
from gateway.store.limits import Limits
from gateway.store.store import Store
from tests.fakes import EPOCH_NS

KILLS = int(os.environ.get("SEMARAK_KILLS", "10"))
POINTS = 7
BATCH = 20
REDELIVERED = 60
LIMITS = Limits(commit_every=0.002, commit_rows=50, compact_rows=600)


def numbered(number: int) -> Reading:
    at = EPOCH_NS + number * 1_000_000
    return Reading(f"p{number % POINTS}", number, at, at, 0.0)


async def append_for_ever(folder: Path, number: int) -> None:
    """Store readings from `number` on, and print how many are durable as soon as they are."""
    store = Store.open(folder / "semarak.db", clock=SystemClock(), limits=LIMITS)
    window = asyncio.Semaphore(5)

    def acknowledge(upto: int) -> None:
        sys.stdout.write(f"{upto}\n")
        sys.stdout.flush()
        window.release()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(store.run(), name="store")
        while True:
            await window.acquire()
            store.on_readings([numbered(n) for n in range(number, number + BATCH)])
            number += BATCH
            store.when_durable(lambda upto=number: acknowledge(upto))  # type: ignore[misc] # mypy cannot infer a default


def killed_after(folder: Path, begin: int, acknowledgements: int) -> int:
    """Let a process store readings, kill it after so many acknowledgements, and return what the last one said."""
    command = [sys.executable, "-m", "tests.journeys.test_kill_nine_store", str(folder), str(begin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(acknowledgements)]
        child.kill()
        lines += child.stdout.readlines()
    return max(int(line) for line in lines if line.endswith(b"\n"))


async def stored(folder: Path) -> list[int]:
    store = Store.open(folder / "semarak.db", clock=SystemClock())
    found: list[int] = []
    for point in range(POINTS):
        series = await store.readings(f"p{point}", since=0, until=2**62, limit=10**6)
        assert series == sorted(series, key=lambda one: one.source_at)
        assert all(one.source_at == numbered(int(one.value)).source_at for one in series)
        found += [int(one.value) for one in series]
    await store.close()
    return sorted(found)


@pytest.mark.real
@pytest.mark.timeout(30 + 5 * KILLS)
async def test_after_every_kill_each_acknowledged_reading_is_there_exactly_once(tmp_path: Path) -> None:
    moments, acknowledged = random.Random(9), 0
    for _ in range(KILLS):
        begin = max(0, acknowledged - REDELIVERED)
        acknowledged = max(acknowledged, killed_after(tmp_path, begin, moments.randint(1, 120)))
        found = await stored(tmp_path)
        assert found == list(range(len(found)))
        assert len(found) >= acknowledged


if __name__ == "__main__":
    asyncio.run(append_for_ever(Path(sys.argv[1]), int(sys.argv[2])))
