"""Buckets: whatever tier answers, the numbers are those of the readings, each once, and gaps stay gaps."""

from __future__ import annotations

import asyncio
import math
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from drivers.model import Quality, Reading
from gateway.store import chunks, history
from gateway.store.buckets import Bucket, Grid
from gateway.store.limits import Limits
from tests.fakes import EPOCH_NS, VirtualLoop
from tests.gateway.stores import EVER, S, opened, reading

EVER_DAYS = Limits(raw_days=10_000, minute_days=10_000)
DAY_S = 86_400


def told_simply(readings: list[Reading], since: int, until: int, count: int) -> list[Bucket]:
    """Say what the buckets are, from the readings, one by one."""
    grid = Grid.over(since, until, count)
    inside: dict[int, list[Reading]] = {}
    for one in readings:
        if since <= one.source_at < until:
            at = grid.first + (one.source_at - grid.first) // grid.width * grid.width
            inside.setdefault(at, []).append(one)
    found = []
    for at, mine in sorted(inside.items()):
        values = [float(one.value) for one in mine if one.quality < Quality.BAD and not isinstance(one.value, str)]
        if values:
            worst = max(one.quality for one in mine)
            mean = math.fsum(values) / len(values)
            found.append(Bucket(at, len(values), min(values), mean, max(values), values[-1], worst))
    return found


def alike(some: list[Bucket], others: list[Bucket]) -> bool:
    """Return whether they are the same; means are sums, and these may have been added up in another order."""
    return len(some) == len(others) and all(
        structs.replace(one, mean=0.0) == structs.replace(other, mean=0.0)
        and math.isclose(one.mean, other.mean, abs_tol=1e-9)
        for one, other in zip(some, others, strict=True)
    )


WINDOWS = [
    (0, 30 * DAY_S, 30),
    (90, 2 * DAY_S + 17, 300),
    (3_600, 7_200, 60),
    (0, 600, 300),
    (31, 4_000, 9),
    (50_000, 9 * DAY_S, 47),
]
some_times = st.one_of(st.integers(0, 400), st.integers(86_300, 86_500), st.integers(0, 30 * DAY_S))
any_value = st.one_of(st.integers(-5, 5), st.floats(-3, 3).map(lambda number: round(number, 2)), st.just("rusak"))
bursts = st.tuples(some_times, st.sampled_from([1, 7, 60, 700]), st.lists(any_value, max_size=30), st.booleans())
deeds = st.lists(
    st.tuples(st.lists(bursts, max_size=3), st.sampled_from(["wait", "commit", "compact", "reopen", "redeliver"])),
    max_size=8,
)


def burst(begin: int, step: int, values: list[float | str], doubtful: bool) -> list[Reading]:
    """Return readings a step apart; of doubtful ones every second is UNCERTAIN and every third BAD."""
    readings = [reading(begin + step * number, value) for number, value in enumerate(values)]
    if not doubtful:
        return readings
    return [
        structs.replace(one, quality=Quality.BAD if at % 3 == 0 else Quality(at % 2)) for at, one in enumerate(readings)
    ]


Deed = tuple[list[tuple[int, int, list[float | str], bool]], str]


def lived(deeds: list[Deed]) -> None:
    """Do all of it, and after each deed compare every window with what the readings say."""

    async def live(folder: Path) -> None:
        store, published = opened(folder, EVER_DAYS), list[Reading]()
        for some, deed in deeds:
            batch = [one for each in some for one in burst(*each)]
            published += batch
            store.on_readings(batch)
            if deed == "redeliver":
                await store.compact()
                store.on_readings(published)
            if deed != "wait":
                await store.flush()
            if deed == "compact":
                await store.compact()
            if deed == "reopen":
                await store.close()
                store = opened(folder, EVER_DAYS)
            readings = await store.readings("tma.1", **EVER, limit=10_000)
            for begin, end, count in WINDOWS:
                window = {"since": EPOCH_NS + begin * S, "until": EPOCH_NS + end * S, "count": count}
                found = (await store.buckets(["tma.1"], **window))["tma.1"]
                simply = told_simply(readings, **window)
                assert alike(found, simply), (found, simply)
        await store.close()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "POINTS", 40)
        patch.setattr(history, "NEAR_NS", 600 * S)
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(live(Path(folder)))


@settings(deadline=None, max_examples=60)
@given(deeds)
def test_buckets_are_those_of_the_distinct_readings_whatever_was_compacted_late_or_twice(some: list[Deed]) -> None:
    lived(some)


@pytest.mark.parametrize("seed", range(8))
def test_buckets_of_a_busy_series_too(seed: int) -> None:
    chance = random.Random(seed)
    busy: list[Deed] = []
    now = 0
    for _ in range(14):
        begin = now if chance.random() < 0.7 else chance.randint(0, max(now, 1))
        count, step = chance.randint(1, 40), chance.choice([1, 1, 5, 11, 97])
        now = max(now, begin + count * step)
        values: list[float | str] = [round(chance.uniform(-3, 3), 2) for _ in range(count)]
        deed = chance.choice(["wait", "commit", "compact", "compact", "reopen", "redeliver"])
        busy.append(([(begin, step, values, chance.random() < 0.3)], deed))
    lived(busy)
