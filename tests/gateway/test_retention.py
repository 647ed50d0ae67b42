"""What is too old or too much goes, tier by tier, and is counted; what stays is all there."""

from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

import pytest
from msgspec import structs

from drivers.model import Reading
from gateway.store import chunks
from gateway.store.buckets import Bucket
from gateway.store.columns import of_readings
from gateway.store.limits import Limits
from gateway.store.packing import crc, pack_chunk, pack_commit
from gateway.store.store import Store
from gateway.store.summary import HOUR_NS, MINUTE_NS
from tests.fakes import EPOCH_NS, FakeClock
from tests.gateway.stores import S, opened, reading, told

DAY = 86_400


async def put(store: Store, readings: list[Reading]) -> None:
    store.on_readings(readings)
    await store.flush()
    await store.compact()


async def counts(store: Store, width: int, since: int, until: int) -> list[tuple[int, int]]:
    """Return (seconds after the epoch, count) of each bucket `width` seconds wide."""
    span = {"since": EPOCH_NS + since * S, "until": EPOCH_NS + until * S}
    found = await store.buckets(["tma.1"], **span, count=(until - since) // width)
    return [((one.at - EPOCH_NS) // S, one.count) for one in found["tma.1"]]


async def aged(folder: Path, days: int, limits: Limits) -> Store:
    """Return a store with a reading a minute of an hour, and one from `days` later, as it is then."""
    clock = FakeClock()
    store = Store.open(folder / "semarak.db", clock=clock, limits=limits)
    await put(store, [reading(60 * n, float(n)) for n in range(60)])
    clock.advance(days * DAY)
    await put(store, [reading(days * DAY - 5)])
    return store


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "POINTS", 20)


async def test_minutes_stay_when_the_readings_have_gone(tmp_path: Path) -> None:
    store = await aged(tmp_path, 10, Limits(raw_days=5, minute_days=20, hour_days=30))
    assert await told(store) == [((10 * DAY - 5) * S, 1.0)]
    assert await counts(store, 300, 0, 3_600) == [(300 * n, 5) for n in range(12)]
    assert (store.counters["expired"], store.counters["rows"]) == (60, 1)
    reach = await store.extent()
    assert (reach.raw, reach.minutes, reach.hours) == (EPOCH_NS + (10 * DAY - 5) * S, EPOCH_NS, reach.hours)
    assert 0 < reach.hours <= EPOCH_NS
    await store.close()


async def test_hours_stay_when_the_minutes_have_gone(tmp_path: Path) -> None:
    store = await aged(tmp_path, 25, Limits(raw_days=5, minute_days=20, hour_days=300))
    assert await counts(store, 300, 0, 3_600) == []
    assert await counts(store, 7_200, 0, DAY) == [(0, 60)]
    await store.close()


async def test_hours_go_last(tmp_path: Path) -> None:
    store = await aged(tmp_path, 90, Limits(raw_days=5, minute_days=20, hour_days=40))
    assert await counts(store, 7_200, 0, DAY) == []
    await store.close()


async def test_a_redelivery_of_what_has_gone_is_not_counted_twice(tmp_path: Path) -> None:
    store = await aged(tmp_path, 10, Limits(raw_days=5, minute_days=20, hour_days=30))
    await put(store, [reading(60 * n, float(n)) for n in range(60)])
    await put(store, [reading(61, 9.0)])
    assert await counts(store, 300, 0, 3_600) == [(300 * n, 5) for n in range(12)]
    bucket = (await store.buckets(["tma.1"], since=EPOCH_NS, until=EPOCH_NS + 120 * S, count=1))["tma.1"][0]
    assert (bucket.low, bucket.high, bucket.last) == (0.0, 1.0, 1.0)
    assert (store.counters["expired"], store.counters["rows"]) == (121, 1)
    await store.close()


async def test_a_slow_series_is_in_the_roll_ups_before_its_readings_go(tmp_path: Path) -> None:
    clock = FakeClock()
    store = Store.open(tmp_path / "semarak.db", clock=clock, limits=Limits(raw_days=2, minute_days=20, hour_days=30))
    await put(store, [reading(0), reading(90)])
    clock.advance(4 * DAY)
    await put(store, [reading(4 * DAY, point="ups.load")])
    assert await told(store) == []
    assert await counts(store, 60, 0, 600) == [(0, 1), (60, 1)]
    await store.close()


async def test_a_chunk_that_the_cut_divides_is_closed_before_what_shares_its_minute_goes(tmp_path: Path) -> None:
    clock = FakeClock()
    store = Store.open(tmp_path / "semarak.db", clock=clock, limits=Limits(raw_days=1, minute_days=20, hour_days=30))
    await put(store, [reading(n) for n in range(15)])
    await put(store, [reading(20), reading(2 * 3_600)])
    clock.advance(DAY + 3_600)
    await put(store, [reading(DAY, point="ups.load")])
    assert [at for at, _ in await told(store)] == [20 * S, 7_200 * S]
    await put(store, [reading(3 * 3_600)])
    assert await counts(store, 60, 0, 600) == [(0, 16)]
    await store.close()


async def test_too_many_bytes_drop_the_oldest_readings_and_keep_their_minutes(tmp_path: Path) -> None:
    store = opened(tmp_path, Limits(raw_days=9_999, minute_days=9_999, hour_days=9_999))
    noisy = [f"{number:09d}" * 400 for number in range(60)]
    texts = [reading(3_600 * number - 30 * DAY, text, point="log") for number, text in enumerate(noisy)]
    await put(store, [reading(60 * n - 30 * DAY, float(n)) for n in range(60)])
    await put(store, texts)
    used = (await store.extent()).bytes
    store.adopt(Limits(raw_days=9_999, minute_days=9_999, hour_days=9_999, most_bytes=used - 20_000), points=[])
    await put(store, [reading(1)])
    reach = await store.extent()
    assert 0 < store.counters["dropped.bytes"] < 120
    assert reach.bytes <= used
    assert reach.raw > EPOCH_NS - 30 * DAY * S
    assert [count for _, count in await counts(store, 7_200, -30 * DAY, -29 * DAY)] == [60]
    await store.close()


async def test_what_is_younger_than_an_hour_is_never_dropped_for_its_bytes(tmp_path: Path) -> None:
    store = opened(tmp_path, Limits(most_bytes=1))
    await put(store, [reading(n - 100) for n in range(60)])
    await put(store, [reading(1)])
    assert len(await told(store)) == 61
    await store.close()


@pytest.mark.parametrize("step", [MINUTE_NS, HOUR_NS])
async def test_r12_a_garbled_roll_up_is_answered_from_what_it_was_made_of_and_made_anew(
    tmp_path: Path, step: int
) -> None:
    store = opened(tmp_path)
    await put(store, [reading(60 * n, float(n)) for n in range(60)])
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE rollup SET crc = crc + 1 WHERE step = ?", (step,))
    db.close()
    assert await counts(store, 7_200, 0, DAY) == [(0, 60)]
    assert await counts(store, 300, 0, 3_600) == [(300 * n, 5) for n in range(12)]
    await put(store, [reading(60 * n + 30 + DAY / 2, float(n)) for n in range(30)])
    assert await counts(store, 7_200, 0, DAY) == [(0, 60), (DAY // 2, 30)]
    await put(store, [reading(1_801.0)])
    assert await counts(store, 7_200, 0, 2 * 3_600) == [(0, 61)]
    sound = [crc(blob) == checksum for blob, checksum in store.query("SELECT blob, crc FROM rollup")]
    assert all(sound)
    await store.close()


async def test_a_file_from_before_there_were_roll_ups_is_brought_up_to_date(tmp_path: Path) -> None:
    first = (resources.files("gateway.store") / "schema" / "0001_first.sql").read_text("utf-8")
    path = tmp_path / "semarak.db"
    old = of_readings([reading(10 * n, float(n)) for n in range(60)], lambda _: 1)
    tail = of_readings([reading(600, 60.0), reading(610, 61.0)], lambda _: 1)
    with sqlite3.connect(path) as db:
        db.executescript(f"{first}; PRAGMA user_version = 1")
        db.execute("INSERT INTO series (id, point) VALUES (1, 'tma.1')")
        for part in (old.take(slice(0, 30)), old.take(slice(30, 60))):
            blob = pack_chunk(part)
            row = (int(part.at[0]), int(part.at[-1]), len(part), crc(blob), blob)
            db.execute("INSERT INTO chunk (series, t0, t1, n, crc, blob) VALUES (1, ?, ?, ?, ?, ?)", row)
        blob = pack_commit(tail)
        db.execute("INSERT INTO journal (seq, n, crc, blob) VALUES (9, 2, ?, ?)", (crc(blob), blob))
        db.execute("UPDATE compacted SET seq = 8, rows = 60")
    db.close()
    store = opened(tmp_path)
    assert [value for _, value in await told(store)] == [float(n) for n in range(62)]
    assert await counts(store, 60, 0, 660) == [(60 * n, 6) for n in range(10)] + [(600, 2)]
    assert (store.counters["rows"], store.newest_seq) == (62, 9)
    assert store.query("SELECT count(*) FROM chunk WHERE state = -1") == [(0,)]
    await put(store, [structs.replace(reading(620, 62.0))])
    assert await counts(store, 7_200, 0, DAY) == [(0, 63)]
    assert store.query("PRAGMA integrity_check") == [("ok",)]
    await store.close()


async def test_a_bucket_tells_count_last_and_worst_quality_from_every_tier(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await put(store, [reading(60 * n, float(n)) for n in range(60)])
    for width, at in ((7_200, 0), (3_600, 0)):
        span = {"since": EPOCH_NS, "until": EPOCH_NS + DAY * S, "count": DAY // width}
        (found,) = (await store.buckets(["tma.1"], **span))["tma.1"]
        assert found == Bucket(EPOCH_NS + at, 60, 0.0, 29.5, 59.0, 59.0, 0)
    await store.close()
