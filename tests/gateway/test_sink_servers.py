"""Sinks before real servers: InfluxDB 1.6 and VictoriaMetrics, both from Debian."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers.model import Quality, Reading, Reason
from gateway.forward.errors import Unreadable
from gateway.forward.status import SinkState
from tests.gateway.influx_servers import influxdb, victoria_metrics
from tests.gateway.sink_desk import S, desk, hurry

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


async def influxql(url: str, query: str, *, login: str = "", database: str = "hall") -> list[list[Any]]:
    """Return the rows of the first series that a query finds."""
    given = {"q": query, "db": database, "epoch": "ns"}
    headers = {"Authorization": aiohttp.encode_basic_auth(*login.split(":"))} if login else {}
    async with aiohttp.ClientSession(headers=headers) as http, http.post(f"{url}/query", data=given) as response:
        told = await response.json()
    assert "error" not in told and "error" not in told["results"][0], told
    series = told["results"][0].get("series", [{"values": []}])
    return list(series[0]["values"])


# ── InfluxDB 1.6 ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_influxdb_gets_every_reading_once_its_database_is_created(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, desk(tmp_path) as at:
        first = await at.read(1.5, 2.5, float("nan"), quality=Quality.UNCERTAIN, reason=Reason.RANGE)
        async with at.running(at.sink(url, api="v1")) as sink:
            await at.until(lambda: sink.status().state is SinkState.MISSING)
            assert [repair.kind for repair in at.repairs.open()] == ["sink.missing"]
            assert sink.status().reason == 'database not found: "hall"'
            await sink.create()
            await at.until(at.caught_up)
            assert at.repairs.open() == []
        rows = await influxql(url, "SELECT time, value, quality, reason, point, owner FROM reading")
        assert rows == [
            [first, 1.5, 1, "range", "tma", "BPBD Provinsi"],
            [first + S, 2.5, 1, "range", "tma", "BPBD Provinsi"],
            [first + 2 * S, None, 1, "range", "tma", "BPBD Provinsi"],
        ]


async def test_influxdb_keeps_what_is_written_twice_once_and_every_value_of_a_tick(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, desk(tmp_path) as at:
        await influxql(url, "CREATE DATABASE hall")
        first = await at.read(1.0, 2.0, True, 'api 🔥 "x"\\', step=0, since=at.clock.now() - S)
        for name in ("influx", "again"):
            async with at.running(at.sink(url, api="v1", id=name)):
                await at.until(lambda name=name: at.store.cursor(name) == at.store.newest_seq)
        rows = await influxql(url, 'SELECT time, value, flag, "text" FROM reading')
        assert rows == [
            [first, 1.0, None, None],
            [first + 1, 2.0, None, None],
            [first + 2, 1.0, True, None],
            [first + 3, None, None, 'api 🔥 "x"\\'],
        ]


async def test_influxdb_is_killed_and_comes_back_and_nothing_is_missing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        async with influxdb(tmp_path / "influx") as url:
            await influxql(url, "CREATE DATABASE hall")
            task = asyncio.get_running_loop().create_task(at.sink(url, api="v1").run(), name="sink")
            await at.read(*map(float, range(50)))
            await at.until(at.caught_up)
        await at.read(*map(float, range(50, 100)), since=at.clock.now())
        await at.read(*map(float, range(100, 150)), since=at.clock.now() + S)
        async with influxdb(tmp_path / "influx", port=int(url.rpartition(":")[2])):
            await at.until(at.caught_up)
            rows = await influxql(url, "SELECT value FROM reading")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert sorted(value for _, value in rows) == [float(n) for n in range(150)]


async def test_influxdb_refuses_rows_of_another_type_and_they_wait_in_quarantine(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, desk(tmp_path) as at:
        await influxql(url, "CREATE DATABASE hall")
        async with aiohttp.ClientSession() as http:
            await http.post(f"{url}/write?db=hall", data=f"reading,point=x flag=7i {at.clock.now()}".encode())
        await at.read(1.0, True, 2.0, False)
        async with at.running(at.sink(url, api="v1")) as sink:
            await at.until(at.caught_up)
            assert sink.status().quarantined == 2
            assert "field type conflict" in sink.quarantine.entries()[0].why
            assert [value for _, value in await influxql(url, "SELECT value FROM reading")] == [1.0, 2.0]
            assert (await sink.replay()).left == 2
            await influxql(url, "DROP MEASUREMENT reading")
            assert (await sink.replay()).written == 2
        assert [value for _, value in await influxql(url, "SELECT flag FROM reading")] == [True, False]


async def test_influxdb_has_a_limit_of_series_and_the_points_within_it_are_not_held_up(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx", values=100) as url, desk(tmp_path) as at:
        await influxql(url, "CREATE DATABASE hall")
        async with at.running(at.sink(url, api="v1")) as sink:
            for count in (100, 105):
                now = at.clock.now()
                at.store.on_readings([Reading(f"p{n}", float(n), now, now, 0.0) for n in range(count)])
                await at.store.flush()
                await at.until(at.caught_up)
            assert sink.status().quarantined == 5
            assert "max-values-per-tag" in sink.quarantine.entries()[0].why
        assert (await influxql(url, "SELECT count(value) FROM reading"))[0][1] == 200


async def test_influxdb_drops_what_is_older_than_its_retention_and_takes_the_rest(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, desk(tmp_path) as at:
        await influxql(url, "CREATE DATABASE hall WITH DURATION 2h")
        await at.read(1.0, 2.0, since=at.clock.now() - 86_400 * S)
        await at.read(3.0)
        async with at.running(at.sink(url, api="v1")) as sink:
            await at.until(at.caught_up)
            assert (sink.counters["old"], sink.counters["written"], sink.status().quarantined) == (2, 1, 0)
            assert [repair.kind for repair in at.repairs.open()] == ["sink.old"]
        assert [value for _, value in await influxql(url, "SELECT value FROM reading")] == [3.0]


async def test_influxdb_takes_no_body_over_its_limit_and_the_size_is_learnt(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx", most=6_000) as url, desk(tmp_path) as at:
        await influxql(url, "CREATE DATABASE hall")
        await at.read(*(n / 7 for n in range(3_000)), step=1_234_567)
        async with at.running(at.sink(url, api="v1")) as sink:
            await at.until(at.caught_up)
            assert sink.status().batch < 3_000
        assert (await influxql(url, "SELECT count(value) FROM reading"))[0][1] == 3_000


async def test_influxdb_asks_for_a_password_and_the_right_one_is_used_at_once(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx", auth=True) as url, desk(tmp_path) as at:
        await influxql(url, "CREATE USER sari WITH PASSWORD 'rahasia' WITH ALL PRIVILEGES")
        await influxql(url, "CREATE DATABASE hall", login="sari:rahasia")
        await at.read(1.0)
        async with at.running(at.sink(url, api="v1", token="sari:salah")) as sink:
            await at.until(lambda: [repair.kind for repair in at.repairs.open()] == ["sink.credentials"])
            assert sink.status().reason == "authorization failed"
        async with at.running(at.sink(url, api="v1", token="sari:rahasia")):
            await at.until(at.caught_up)
        assert at.repairs.open() == []
        rows = await influxql(url, "SELECT value FROM reading", login="sari:rahasia")
        assert [value for _, value in rows] == [1.0]


async def test_old_history_is_read_back_as_the_journal_would_tell_it(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, desk(tmp_path) as at:
        await influxql(url, "CREATE DATABASE hall")
        since = (at.clock.now() // (3600 * S) - 48) * 3600 * S
        await at.read(*(float(n % 11) for n in range(600)), since=since, step=60 * S)
        await at.read(999.0, since=since + 30 * S, quality=Quality.BAD, reason=Reason.RANGE)
        await at.read(True, "kata", since=since + 700 * 60 * S)
        async with at.running(at.sink(url, api="v1")) as sink:
            await at.until(at.caught_up)
            span = {"since": since, "until": since + 12 * 3600 * S, "count": 12}
            told = await sink.buckets(["tma", "unheard.of"], **span)
        own = await at.store.buckets(["tma"], **span)
        assert list(told) == ["tma"]
        assert [(b.at, b.count, b.low, b.high, b.last, b.quality) for b in told["tma"]] == [
            (b.at, b.count, b.low, b.high, b.last, b.quality) for b in own["tma"]
        ]
        assert [b.mean for b in told["tma"]] == pytest.approx([b.mean for b in own["tma"]])
        assert told["tma"][0].quality is Quality.BAD


async def test_history_is_asked_in_the_grid_that_the_journal_uses(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, desk(tmp_path) as at:
        await influxql(url, "CREATE DATABASE hall")
        first = await at.read(*(float(n) for n in range(100)), step=S // 10)
        async with at.running(at.sink(url, api="v1")) as sink:
            await at.until(at.caught_up)
            for until, count in ((first + 10 * S, 7), (first + 9 * S + 1, 100), (first + S, 3)):
                told = await sink.buckets(["tma"], since=first, until=until, count=count)
                own = await at.store.buckets(["tma"], since=first, until=until, count=count)
                assert [(b.at, b.count) for b in told["tma"]] == [(b.at, b.count) for b in own["tma"]]


# ── VictoriaMetrics ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_victoria_metrics_takes_the_second_api(tmp_path: Path) -> None:
    async with victoria_metrics(tmp_path) as url, desk(tmp_path) as at:
        await at.read(1.5, 2.5, "kata")
        async with at.running(at.sink(url)) as sink:
            await at.until(at.caught_up)
            assert sink.status().quarantined == 0
            with pytest.raises(Unreadable):
                await sink.buckets(["tma"], since=0, until=S, count=1)
        async with aiohttp.ClientSession() as http:
            found: list[Any] = []
            await http.get(f"{url}/internal/force_flush")
            while not found:
                query = {"match[]": 'reading_value{point="tma",owner="BPBD Provinsi"}'}
                async with http.get(f"{url}/api/v1/export", params=query) as response:
                    found = [json.loads(line) for line in (await response.text()).splitlines()]
        assert found[0]["values"] == [1.5, 2.5]
