"""R4, R7, R9: sensors, units and brokers fall silent; what is silent shows, and the others lose nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drivers.emulators.modbus import ModbusDevice
from drivers.model import Device, DeviceState, Name, Quality
from drivers.sensors.modbus import ModbusSource
from gateway.supervisor import Supervisor
from tests.drivers.modbus_world import point, polling
from tests.drivers.telemetry_world import Heard, Journal, Silence, publisher, serving, source
from tests.drivers.telemetry_world import gauge as on_the_broker
from tests.journeys.test_kill_nine import stored
from tests.journeys.world import Person
from tests.reliability.world import CLOCK, SmallHall, broker, gauge, said, topic, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

EVERY_S = 0.5
UNITS, DEAD, BAUD = 16, 7, 9600
ROUNDS = 12
RESTARTS = 50


async def test_r04_an_unplugged_sensor_is_stale_in_three_intervals_and_nothing_makes_it_look_alive(
    tmp_path: Path,
) -> None:
    async with serving("mosquitto", tmp_path) as (port, _):
        with SmallHall(tmp_path, devices=[broker(port)], points=[gauge("river", every=EVERY_S)]) as hall:
            sensor = await publisher(port)
            async with Person(hall, "admin") as person:
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                for value in (1.0, 2.0):
                    sensor.publish(topic("river"), said(value), retain=True)
                    await person.until(lambda v=value: thought_of(person) == (v, "good", ""))
                sensor.close()
                unplugged = CLOCK.mono()
                await person.until(lambda: thought_of(person) == (2.0, "uncertain", "stale"), what="staleness")
                assert CLOCK.mono() - unplugged < 3 * EVERY_S + 1.0, "the screens are told once a second"
            hall.kill()
            hall.start()
            async with Person(hall, "admin") as person:
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                await until(lambda: came(person, 1))
                assert thought_of(person) == (2.0, "uncertain", "stale"), "what the broker repeats is no sign of life"
                assert await stored(person, "river") == [1.0, 2.0]


async def came(person: Person, messages: int) -> bool:
    """Return whether so many messages have come from the broker."""
    counters = (await person.get("devices/broker")).body["counters"]
    return bool(counters.get("messages", 0) >= messages)


def thought_of(person: Person) -> tuple[float, str, str]:
    reading = person.screen.readings.get("river", {"value": 0.0, "quality": "", "reason": ""})
    return reading["value"], reading["quality"], reading["reason"]


async def test_r07_one_dead_modbus_unit_of_sixteen_costs_the_others_nothing() -> None:
    points = [point(f"u{unit}", table="hr", address=0, unit=unit, every=EVERY_S) for unit in range(1, UNITS + 1)]
    others, heard = {one.id for one in points} - {f"u{DEAD}"}, Heard()
    far = ModbusDevice("line", points, clock=CLOCK, framing="rtu", baud=BAUD)
    device = Device("line", Name("Line", "Line"), "modbus", f"serial://{await far.open_line()}?baud={BAUD}")
    part = ModbusSource(device, points, clock=CLOCK, publish=heard.publish, tap=Silence())
    async with polling(part):
        await heard.until(lambda: {one.point for one in heard.readings} == {one.id for one in points})
        far.inject("silent", unit=DEAD)
        await heard.until(lambda: heard.state is DeviceState.DEGRADED)
        began, first = CLOCK.mono(), len(heard.readings)
        await heard.until(lambda: min(read(heard, first, one) for one in others) >= ROUNDS)
        took = CLOCK.mono() - began
    await far.stop()
    assert ROUNDS * EVERY_S / took >= 0.95
    assert {one.point for one in heard.readings if one.quality is Quality.BAD} == {f"u{DEAD}"}


def read(heard: Heard, first: int, point: str) -> int:
    return sum(1 for one in heard.readings[first:] if one.point == point)


async def test_r09_after_each_of_fifty_restarts_of_the_broker_the_data_is_back_within_ten_seconds(
    tmp_path: Path,
) -> None:
    heard, supervisor = Heard(), Supervisor(clock=CLOCK, publish=lambda _: None, first_pause=0.01, most_pause=0.05)
    async with serving("mosquitto", tmp_path) as (port, server):
        part = source(port, [on_the_broker()], heard, Journal(at_once=True))
        supervisor.add("source/broker", part.run)
        for restart in range(RESTARTS):
            async with asyncio.timeout(10):
                await heard.until(lambda: part.counters["connections"] == restart + 1)  # noqa: B023 - waited for at once
                await heard.until(lambda: heard.state is DeviceState.UP)
                sensor = await publisher(port)
                sensor.publish("bkl/v1/bpbd/pos-1/telemetry", said(restart))
                await heard.until(lambda: restart in heard.values("pos-1"))  # noqa: B023 - waited for at once
            sensor.close()
            await server.stop()
            await server.start()
        await supervisor.stop()
    assert heard.values("pos-1") == list(range(RESTARTS))
