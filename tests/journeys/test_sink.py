"""The database is away, the service is killed, and both come back: nothing else noticed, and no row is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.store.store import Store
from tests.gateway.influx_servers import influxdb
from tests.gateway.test_sink_servers import influxql
from tests.journeys.world import Hall, Person, free_port, verified

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

SINKS = "sinks: [{{id: influx, api: v1, url: 'http://127.0.0.1:{port}', bucket: hall, backlog_rate: 1000000}}]\n"
S = 1_000_000_000
CLOCK = SystemClock()


async def until(true: Callable[[], Awaitable[bool]], *, within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while not await true():
            await CLOCK.sleep(0.1)


async def journal(hall: Hall) -> dict[str, list[int]]:
    """Return when every reading of every point came (UTC ns), by its own time."""
    store = Store.open(hall.data / "semarak.db", clock=CLOCK)
    names = [name for (name,) in store.query("SELECT point FROM series")]
    found = {name: await store.readings(name, since=0, until=2**62, limit=100_000) for name in names}
    await store.close()
    return {f"{name} {one.source_at}": [one.received_at] for name, rows in found.items() for one in rows}


async def test_a_dead_database_is_nobodys_trouble_and_gets_every_row_after_a_kill(tmp_path: Path) -> None:
    hall, port = Hall(tmp_path), free_port()
    (hall.site / "sinks.yaml").write_text(SINKS.format(port=port))
    with hall:
        async with Person(hall, "admin") as person:
            await person.until(lambda: len(person.screen.counts) > 20, what="readings of the field")
            (sink,) = (await person.get("sinks")).body["items"]
            assert (sink["state"], sink["quarantined"]) == ("away", 0)
            assert set(person.screen.restarts().values()) == {0}
            await person.until(verified(person), what="a verified wall")
            told = await person.get("points/awlr-air-bengkulu-rawamakmur/readings?limit=5")
            assert told.body["items"], "the local history answers"
        hall.kill()
        hall.start()
        async with influxdb(tmp_path / "influx", port=port) as url, Person(hall, "admin") as person:

            async def missing() -> bool:
                return (await person.get("sinks")).body["items"][0]["state"] == "missing"

            async def caught_up() -> bool:
                sink = (await person.get("sinks")).body["items"][0]
                return sink["state"] == "writing" and bool(sink["backlog"]["age"] < 2.0)

            await until(missing)
            assert [one["kind"] for one in (await person.get("repairs")).body["items"]] == ["sink.missing"]
            assert (await person.post("sinks/influx/bucket")).status == 204
            await until(caught_up, within=60.0)
            upto = CLOCK.now() - 3 * S
            assert (await person.get("repairs")).body["items"] == []
            assert (await person.get("sinks/influx/quarantine")).body["items"] == []
            (hall.site / "sinks.yaml").write_text("sinks: []\n")
            assert (await person.post("config/apply", {"why": "uji"})).body["changes"] == ["sinks: influx"]
            assert (await person.get("sinks")).body["items"] == []
            hall.stop()
            rows = await influxql(url, "SELECT quality, point FROM reading")
        written = {f"{point} {at}" for at, _, point in rows}
        due = {row for row, (received,) in (await journal(hall)).items() if received < upto}
        assert len(due) > 100
        assert due - written == set()
