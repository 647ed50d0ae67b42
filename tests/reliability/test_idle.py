"""R13: no part of an idle service turns round and round; what an idle hall costs is a benchmark (`idle`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.drivers.telemetry_world import serving
from tests.journeys.world import Person, free_port
from tests.reliability.world import CLOCK, SmallHall, broker, gauge, sink

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

WATCHED_S = 3.0
MOST_WAKES = 150.0
"""Wake-ups a second, of all threads; a loop without a pause makes many thousands."""
MOST_SHARE = 0.3
"""Of one core; a loop that never waits takes all of it."""


def wakes(pid: int) -> int:
    """Return how often the threads of a process have gone to sleep of themselves."""
    tasks = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status"))
    return sum(int(line.split()[1]) for text in tasks for line in text.splitlines() if line.startswith("voluntary_"))


def seconds(pid: int) -> float:
    """Return the processor's time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_r13_an_idle_service_sleeps_while_its_broker_a_meter_and_its_database_are_away(tmp_path: Path) -> None:
    meter = {"id": "meter", "name": "Meter", "driver": "modbus", "link": f"tcp://127.0.0.1:{free_port()}"}
    voltage = {"id": "voltage", "name": "V", "device": "meter", "every": 1, "address": {"table": "hr", "address": 0}}
    async with serving("mosquitto", tmp_path) as (port, _):
        devices = [broker(port), broker(free_port()) | {"id": "gone", "options": {"client_id": "gone"}}, meter]
        points = [gauge("river", every=60), gauge("rain") | {"device": "gone"}, voltage]
        with SmallHall(tmp_path, devices=devices, points=points, sinks=[sink(free_port())]) as hall:
            async with Person(hall, "admin") as person:
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                began, before, used = CLOCK.mono(), wakes(hall.pid), seconds(hall.pid)
                await person.listen(WATCHED_S)
                took = CLOCK.mono() - began
                assert (wakes(hall.pid) - before) / took < MOST_WAKES
                assert (seconds(hall.pid) - used) / took < MOST_SHARE
