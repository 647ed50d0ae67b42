"""R3, R5, R14: the configuration is pushed and edited while readings pour in; only what differs is touched."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest

from drivers.emulators.modbus import ModbusDevice
from gateway.store.store import Store
from tests.drivers.modbus_world import point
from tests.drivers.telemetry_world import serving
from tests.journeys.test_kill_nine import POINTS, Sender, stored
from tests.journeys.world import Person, free_port
from tests.reliability.world import CLOCK, Entry, S, SmallHall, broker, gauge, since, sink, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

PUSHES = 100
DEVICES = 200
EVERY_S = 0.5


async def test_r03_a_hundred_identical_configurations_restart_nothing_and_lose_nothing(tmp_path: Path) -> None:
    async with serving("mosquitto", tmp_path) as (port, _):
        points = [gauge(name) for name in POINTS]
        with SmallHall(tmp_path, devices=[broker(port)], points=points, sinks=[sink(free_port())]) as hall:
            async with Person(hall, "admin") as person, Person(hall, "teknisi") as other:
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                before = since(person)
                with Sender(port) as sender:
                    for asker in itertools.islice(itertools.cycle([person, other]), PUSHES):
                        answer = await asker.post("config/apply", {"why": "the same again"})
                        assert (answer.status, answer.body["changes"]) == (200, []), answer
                    await person.until(lambda: person.screen.counts.get(POINTS[0], 0) > 3, what="readings meanwhile")
                for number, name in enumerate(POINTS):
                    last = sender.sent - len(POINTS) + number
                    await person.until(lambda: person.screen.readings[name]["value"] == last, what=f"{last} of {name}")  # noqa: B023
                    assert await stored(person, name) == list(range(number, sender.sent, len(POINTS)))

                async def waits() -> bool:
                    (one,) = (await person.get("sinks")).body["items"]
                    return bool(one["backlog"]["rows"] == sender.sent)

                await until(waits)  # what waits for the database waits on
                await person.look()
                assert since(person) == before
                assert (await person.get("devices/broker")).body["counters"]["connections"] == 1


def meter(unit: int, port: int, **options: object) -> Entry:
    options = {"unit": unit, "every": EVERY_S, **options}
    link = f"tcp://127.0.0.1:{port}"
    return {"id": f"meter-{unit}", "name": f"Meter {unit}", "driver": "modbus", "link": link, "options": options}


def load_of(unit: int) -> Entry:
    address = {"table": "hr", "address": 0}
    return {"id": f"load-{unit}", "name": "Beban", "device": f"meter-{unit}", "every": EVERY_S, "address": address}


async def heard(person: Person, times: int) -> None:
    """Wait until every meter was read so often."""
    loads = {f"load-{unit}" for unit in range(1, DEVICES + 1)}

    def come() -> bool:
        return all(person.screen.counts.get(load, 0) >= times for load in loads)

    await person.until(come, within=60, what=f"{times} readings of every meter")


async def longest_gaps(hall: SmallHall) -> Mapping[str, float]:
    """Return the longest time (s) between two readings of each series."""
    store = Store.open(hall.data / "semarak.db", clock=CLOCK)
    found: dict[str, float] = {}
    for (name,) in store.query("SELECT point FROM series"):
        readings = await store.readings(name, since=0, until=2**62, limit=10_000)
        found[name] = max(b.source_at - a.source_at for a, b in itertools.pairwise(readings)) / S
    await store.close()
    return found


async def test_r05_one_of_two_hundred_devices_changes_and_the_others_have_no_gap(tmp_path: Path) -> None:
    units = range(1, DEVICES + 1)
    far = ModbusDevice("bus", [point(f"u{unit}", table="hr", address=0, unit=unit) for unit in units], clock=CLOCK)
    port = await far.start()
    hall = SmallHall(tmp_path, devices=[meter(unit, port) for unit in units], points=[load_of(unit) for unit in units])
    await asyncio.to_thread(hall.__enter__)
    try:
        async with Person(hall, "admin") as person:
            await heard(person, 2)
            await person.look()
            before = since(person)
            hall.write(devices=[meter(unit, port, **({"timeout": 0.9} if unit == 77 else {})) for unit in units])
            answer = await person.post("config/apply", {"why": "uji"})
            assert answer.body["changes"] == ["devices: meter-77"]
            person.screen.counts.clear()
            await heard(person, 4)
            await person.look()
            assert {name for name, at in since(person).items() if before[name] != at} == {"source/meter-77"}
    finally:
        await asyncio.to_thread(hall.__exit__, None, None, None)
        await far.stop()
    gaps = await longest_gaps(hall)
    assert len(gaps) == DEVICES
    assert {name: gap for name, gap in gaps.items() if gap > 4 * EVERY_S and name != "load-77"} == {}
