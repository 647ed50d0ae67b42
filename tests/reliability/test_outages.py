"""R1, R2, R6, R12, R26: power, disk and database fail; nothing that was acknowledged is missing, and nobody waits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.settings.site import load_site
from gateway.store.inspect import count_readings
from gateway.store.limits import Limits
from tests.drivers.telemetry_world import publisher, serving
from tests.gateway.influx_servers import influxdb
from tests.gateway.sink_desk import desk, hurry
from tests.gateway.test_sink_servers import influxql
from tests.journeys.test_kill_nine import stored
from tests.journeys.world import SITE, Person, free_port
from tests.reliability.wire import Mood, Wire
from tests.reliability.world import CLOCK, S, SmallHall, broker, gauge, said, sink, topic, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

LOGGER = {"id": "logger", "name": "Logger", "driver": "http", "link": "http://192.0.2.77"}
POINTS = 60
A_DAY = round(sum(86_400 / point.every for point in load_site(SITE).points.values() if point.every))
"""So many readings the points of the demo site bring in a day."""
MOST = 1_000
"""Readings of one push."""


def days_readings() -> Iterator[Sequence[dict[str, Any]]]:
    """Yield a day of readings, in pushes; each point's values count from 0."""
    began = CLOCK.now() // S - 86_400
    each = A_DAY // POINTS
    rows = [
        {"point": f"p{point}", "value": n, "source_at": at}
        for n in range(each)
        for at in [datetime.fromtimestamp(began + n * 86_400 // each, UTC).isoformat()]
        for point in range(POINTS)
    ]
    for first in range(0, len(rows), MOST):
        yield rows[first : first + MOST]


async def push(person: Person, batch: Sequence[dict[str, Any]]) -> None:
    answer = await person.post("readings", {"items": batch})
    assert (answer.status, answer.body["accepted"]) == (200, len(batch)), answer


async def killed_while_it_takes(hall: SmallHall, person: Person, batch: Sequence[dict[str, Any]]) -> None:
    """Cut the power as soon as a push is in the journal, whether it was answered or not."""
    before = count_readings(hall.data)

    async def unanswered() -> None:
        with suppress(aiohttp.ClientError):
            await push(person, batch)

    async def come() -> bool:
        return count_readings(hall.data) > before

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(unanswered())
        await until(come)
        hall.kill()
    hall.start()


async def test_r01_a_day_without_uplink_and_two_power_cuts_lose_no_row(tmp_path: Path) -> None:
    port = free_port()
    points = [{"id": f"p{n}", "name": f"P{n}", "device": "logger", "every": 60} for n in range(POINTS)]
    hall, batches = SmallHall(tmp_path, devices=[LOGGER], points=points, sinks=[sink(port)]), list(days_readings())
    with hall:
        for third in range(3):
            async with Person(hall, "admin") as person:
                for batch in batches[third::3]:
                    await push(person, batch)
                if third == 0:
                    await killed_while_it_takes(hall, person, batches[1])
                if third == 1:
                    hall.kill()  # at the moment of the answer
                    hall.start()
        async with influxdb(tmp_path / "influx", port=port) as url:
            await influxql(url, "CREATE DATABASE hall")
            hall.kill()
            hall.start()
            async with Person(hall, "admin") as person:
                await until(lambda: _all_written(person), within=60)
            rows = await influxql(url, "SELECT point, value FROM reading")
    found = Counter((point, value) for _, point, value in rows)
    assert set(found) == {(f"p{point}", n) for point in range(POINTS) for n in range(A_DAY // POINTS)}
    assert len(rows) == len(found)


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.mark.usefixtures("_quick")
async def test_r02_a_spool_that_overflowed_drains_by_itself_and_what_is_new_flows_again(tmp_path: Path) -> None:
    port = free_port()
    async with desk(tmp_path) as at:
        at.store.adopt(Limits(spool_bytes=0), points=())
        async with at.running(at.sink(f"http://127.0.0.1:{port}", api="v1")) as one:
            for burst in range(20):
                await at.read(*(float(n) for n in range(burst * 1_000, burst * 1_000 + 1_000)), step=1_000)
            await at.store.compact()
            assert at.store.counters["spool.owed"] == 20_000, "the journal has let go of all of it"
            async with influxdb(tmp_path / "influx", port=port) as url:
                await influxql(url, "CREATE DATABASE hall")
                await at.until(at.caught_up)
                for burst in range(20, 25):
                    await at.read(*(float(n) for n in range(burst * 1_000, burst * 1_000 + 1_000)), step=1_000)
                    await at.until(at.caught_up)
                values = [value for _, value in await influxql(url, "SELECT value FROM reading")]
            assert sorted(values) == [float(n) for n in range(25_000)]
            assert one.status().quarantined == 0


@pytest.mark.usefixtures("_quick")
async def test_r26_a_row_is_delivered_when_the_database_says_so_and_not_when_it_was_sent(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, desk(tmp_path) as at:
        await influxql(url, "CREATE DATABASE hall")
        wire = Wire(int(url.rpartition(":")[2]), Mood.ANSWERLESS)
        async with at.running(at.sink(f"http://127.0.0.1:{await wire.start()}", api="v1")) as one:
            await at.read(1.0, 2.0)
            await at.until(lambda: wire.swallowed >= 2)
            assert [value for _, value in await influxql(url, "SELECT value FROM reading")] == [1.0, 2.0]
            assert (one.counters["written"], at.caught_up()) == (0, False)
            await wire.mend()
            await at.until(at.caught_up)
            assert one.counters["written"] == 2
        assert [value for _, value in await influxql(url, "SELECT value FROM reading")] == [1.0, 2.0]
        await wire.stop()


SCALE = {"id": "banjir", "name": "banjir", "levels": [{"code": "S1", "label": "Siaga I", "severity": 4}]}
RULE = {"id": "river", "point": "river", "kind": "high", "scale": "banjir", "levels": {"S1": 250}, "deadband": 5}


async def test_r06_a_database_that_takes_and_never_answers_is_nobodys_trouble(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, serving("mosquitto", tmp_path) as (port, _):
        await influxql(url, "CREATE DATABASE hall")
        wire = Wire(int(url.rpartition(":")[2]), Mood.HOLE)
        files = {"points": [gauge("river"), gauge("rain")], "scales": [SCALE], "alarms": [RULE | {"on_delay": 0}]}
        with SmallHall(tmp_path, devices=[broker(port)], sinks=[sink(await wire.start())], **files) as hall:
            async with Person(hall, "admin") as person:
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                sensor = await publisher(port)
                for n in range(3_000):
                    sensor.publish(topic("rain"), said(n))
                await until(lambda: _done(wire.taken > 0), within=60)
                sensor.publish(topic("river"), said(300))
                await person.until(lambda: person.screen.alarms.get("river", {}).get("active"), what="the alarm")
                await person.until(lambda: person.screen.readings.get("rain", {}).get("value") == 2_999)
                assert await stored(person, "rain") == list(range(3_000))
                assert set(person.screen.restarts().values()) == {0}
                await wire.mend()
                await until(lambda: _all_written(person))
                sensor.close()
        assert (await influxql(url, "SELECT count(value) FROM reading"))[0][1] == 3_001
        await wire.stop()


async def _done(true: bool) -> bool:
    return true


async def _all_written(person: Person) -> bool:
    (one,) = (await person.get("sinks")).body["items"]
    return bool(one["state"] == "writing" and one["backlog"]["rows"] == 0)


async def test_r12_a_torn_and_garbled_end_of_the_journal_costs_its_own_rows_and_no_other(tmp_path: Path) -> None:
    async with influxdb(tmp_path / "influx") as url, serving("mosquitto", tmp_path) as (port, _):
        await influxql(url, "CREATE DATABASE hall")
        hall = SmallHall(
            tmp_path, devices=[broker(port)], points=[gauge("river")], sinks=[sink(int(url.rpartition(":")[2]))]
        )
        with hall:
            sensor = await publisher(port)
            async with Person(hall, "admin") as person:
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                for n in range(200):
                    sensor.publish(topic("river"), said(n))
                    if n % 25 == 24:
                        await person.until(lambda n=n: person.screen.readings.get("river", {}).get("value") == n)
            hall.kill()
            log = hall.data / "semarak.db-wal"
            whole = log.read_bytes()
            log.write_bytes(whole[: len(whole) * 4 // 5] + b"\xff\x00garbled" * 400)
            hall.start()
            async with Person(hall, "admin") as person:
                kept = await stored(person, "river")
                assert kept == list(range(len(kept)))
                assert 0 < len(kept) < 200
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                sensor.publish(topic("river"), said(200))
                await person.until(lambda: person.screen.readings.get("river", {}).get("value") == 200)
                await until(lambda: _all_written(person))
                assert await stored(person, "river") == [*kept, 200]
                assert set(person.screen.restarts().values()) == {0}
            sensor.close()
        written = {value for _, value in await influxql(url, "SELECT value FROM reading")}
        assert {*kept, 200} <= written
