"""Old data, dropped as a file or pushed, over the real store and the real alarms: kept once, and it rings nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.emulators.pusher import FAULTS, Pusher
from drivers.model import Device, Point, Reading, Value
from drivers.sensors import csv_drop
from gateway.alarms.alarm import AlarmChange
from gateway.api.server import Api
from gateway.store.store import Store
from tests.drivers.drop_world import Notes, dropped, until_files
from tests.drivers.telemetry_world import Heard
from tests.gateway.api_fakes import LOGGER, RAIN, RIVER, Hall, name, serving
from tests.gateway.stores import EVER

pytestmark = pytest.mark.real


class Site:
    """A hall whose readings go to a real store, and a folder into which its river's logger drops files."""

    def __init__(self, folder: Path) -> None:
        self.hall = Hall()
        self.store = Store.open(folder / "semarak.db", clock=self.hall.clock)
        self.hall.bus.subscribe(Reading, self.store.on_readings)
        self.hall.points[RAIN.id] = RAIN
        self.hall.gateway = replace(self.hall.gateway, store=self.store)
        self.hall.api = Api(self.hall.gateway, "127.0.0.1", 0)
        self.drop = folder / "drop"
        self.drop.mkdir()
        self.heard = Heard()
        device = Device("drop", name("Drop"), "csv", f"file://{self.drop}", {"every": 0.01})
        self.source = csv_drop.make(
            device, [RIVER], clock=self.hall.clock, publish=self.publish, durable=self.store, tap=Notes(self.heard)
        )  # fmt: skip

    def publish(self, batch: list[object]) -> None:
        self.hall.bus.publish(batch)
        self.heard.publish(batch)

    def ago(self, minutes: float) -> str:
        return (datetime.fromtimestamp(self.hall.clock.now() / 1e9, UTC) - timedelta(minutes=minutes)).isoformat()

    def write(self, file: str, *rows: tuple[str, float]) -> None:
        """Drop a file of the river's levels."""
        text = "time,river\n" + "".join(f"{at},{value}\n" for at, value in rows)
        dropped(self.drop, file, text)

    async def moved(self, count: int) -> None:
        """Wait until so many files are done: what a file brings is published before it is moved."""
        await until_files(self.heard, count)

    async def kept(self, point: Point = RIVER) -> list[Value]:
        return [one.value for one in await self.store.readings(point.id, **EVER, limit=10_000)]


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    one = Site(folder)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(one.store.run()), tasks.create_task(one.source.run())]
            yield one
            for task in running:
                task.cancel()
    finally:
        await one.store.close()


async def test_a_dropped_file_with_old_data_rings_nothing_and_is_not_the_latest(tmp_path: Path) -> None:
    async with site(tmp_path) as one:
        flood = [(one.ago(minutes), 600.0) for minutes in range(300, 200, -10)]
        one.write("flood.csv", *flood)
        await one.moved(1)
        assert (one.hall.changes, await one.kept()) == ([], [600.0] * 10)
        one.hall.read("river", 40.0)
        one.write("again.csv", *flood, (one.ago(190), 650.0))
        await one.moved(2)
        newest = one.store.latest.get("river")
        assert newest is not None
        assert newest.value == 40.0
        assert [change for change in one.hall.changes if change.alarm.active] == []
        one.write("now.csv", (one.ago(1), 300.0))
        await one.moved(3)
        assert [change for change in one.hall.changes if change.alarm.active] == []  # older than what is known
        one.write("news.csv", (one.ago(0), 300.0))
        await one.moved(4)
    rung = [change.alarm for change in one.hall.changes if isinstance(change, AlarmChange) and change.alarm.active]
    assert [(alarm.id, alarm.value) for alarm in rung] == [("flood", 300.0)]


async def test_the_same_file_dropped_again_stores_nothing_twice(tmp_path: Path) -> None:
    async with site(tmp_path) as one:
        rows = [(one.ago(minutes), float(minutes)) for minutes in range(50, 0, -1)]
        for count in range(1, 4):
            one.write("a.csv", *rows)
            await one.moved(count)
        one.write("b.csv", *reversed(rows))
        await one.moved(4)
        await one.store.compact()
        assert await one.kept() == [value for _, value in rows]


async def test_the_same_push_sent_again_is_kept_once_whatever_came_between(tmp_path: Path) -> None:
    async with site(tmp_path) as one, serving(one.hall) as nobody:
        program = nobody.as_program("program")
        items = [{"point": "river", "value": value, "source_at": one.ago(10 - value)} for value in range(10)]
        for push in ({"items": items}, items[3], {"items": items[5:]}, {"items": list(reversed(items))}):
            assert (await program.ask("POST", "readings", push)).status == 200
        await one.store.compact()
        assert (await program.ask("POST", "readings", {"items": items})).body["accepted"] == 10
        await one.store.compact()
        assert await one.kept() == [float(value) for value in range(10)]


@pytest.mark.parametrize("fault", [None, *FAULTS])
async def test_a_program_that_pushes_is_taken_whatever_it_does_wrong(tmp_path: Path, fault: str | None) -> None:
    async with site(tmp_path) as one, serving(one.hall) as nobody:
        secret, _ = await one.hall.tokens.make("logger", [], made_by="test", device=LOGGER.id)
        pusher = Pusher("logger", [RAIN], nobody.url, secret, clock=one.hall.clock)
        if fault is not None:
            pusher.inject(fault)
        for _ in range(3):
            pusher.measure()
            await pusher.push()
        stored, counters = len(await one.kept(RAIN)), one.hall.logger.counters
        refused = fault in ("garbage", "not_a_number", "skew", "wrong_token")
        assert stored == (0 if refused else 3)
        assert pusher.state()["waiting"] == (3 if fault == "wrong_token" else 0)
        assert counters.get("history", 0) == (3 if fault == "late" else 0)
        pusher.clear()
        pusher.measure()
        assert await pusher.push() == 200
        assert len(await one.kept(RAIN)) == stored + (4 if fault == "wrong_token" else 1)
