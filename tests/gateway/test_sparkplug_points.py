"""Points of edge nodes behind the real store and alarms: what dies is BAD, what is born is good, history is quiet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from drivers.codecs.sparkplug_b import Metric, Payload, encode
from drivers.codecs.sparkplug_topic import Said, topic
from drivers.codecs.sparkplug_values import DataType
from drivers.model import Device, Name, Quality, Reading, Reason
from drivers.sensors.mqtt_wire import Message
from drivers.sensors.pace import unhurried
from drivers.sensors.sparkplug import SparkplugSource
from gateway.bus import Bus
from gateway.store.store import Store
from tests.drivers.telemetry_world import Silence
from tests.gateway.alarm_world import DRY, TANK, World

MINUTE_MS = 60_000
DEVICE = Device("plc", Name("PLC", "PLC"), "sparkplug", "mqtt://192.0.2.5")
ADDRESS = {"group": "G", "node": "N", "metric": "Tank"}


class Plant:
    """A tank behind an edge node, with the store and the alarms that hear of it."""

    def __init__(self, world: World, store: Store) -> None:
        self.world, self.store, bus = world, store, Bus()
        bus.subscribe(Reading, store.on_readings)
        bus.subscribe(Reading, world.engine.on_readings)
        (tank,) = world.points
        self.source = SparkplugSource(
            DEVICE, [tank], clock=world.clock, publish=bus.publish, durable=store, tap=Silence()
        )

    def hear(self, kind: str, seq: int | None, *metrics: Metric) -> None:
        payload = encode(Payload(self.world.clock.now() // 1_000_000, metrics, seq))
        message: Message = (topic(Said(kind, "G", "N")).encode(), payload, 0, 0, False, False)
        self.source._take(self.source._host.new_link(lambda _: None, unhurried()), [message])

    def tank(self, value: float, *, ago: float = 0.0, historical: bool = False) -> Metric:
        at = self.world.clock.now() // 1_000_000 - round(ago * MINUTE_MS)
        return Metric("Tank", 1, at, DataType.DOUBLE, historical, raw=value)

    def now(self) -> tuple[object, Quality, Reason, bool]:
        last = self.store.last("tank")
        assert last is not None
        return last.value, last.quality, last.reason, last.retained


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    world = World(DRY, points=(replace(TANK, address=ADDRESS),))
    return Plant(world, Store.open(tmp_path / "s.db", clock=world.clock))


async def test_a_death_takes_back_what_is_stored_and_a_birth_gives_it_back(plant: Plant) -> None:
    good = (50.0, Quality.GOOD, Reason.NONE, False)
    measured = plant.tank(50.0)
    plant.hear("NBIRTH", 0, measured)
    assert plant.now() == good
    plant.world.clock.advance(60)
    plant.hear("NDEATH", None)
    assert plant.now() == (50.0, Quality.BAD, Reason.COMM, False)
    plant.hear("NBIRTH", 0, measured)
    assert plant.now() == good
    plant.hear("NDATA", 3, plant.tank(51.0))
    assert plant.now() == (51.0, Quality.UNCERTAIN, Reason.COMM, False)
    await plant.store.close()


async def test_history_is_stored_and_is_neither_the_latest_nor_an_alarm(plant: Plant) -> None:
    plant.hear("NBIRTH", 0, plant.tank(50.0))
    plant.hear("NDATA", 1, *(plant.tank(5.0, ago=ago, historical=True) for ago in (3, 2, 1)))
    assert plant.now() == (50.0, Quality.GOOD, Reason.NONE, False)
    plant.world.wait(600)
    assert (plant.world.rings, plant.source.counters["history"]) == (0, 3)
    plant.hear("NDATA", 2, plant.tank(5.0))
    assert plant.world.rings == 1  # the same value, measured now, rings
    await plant.store.close()


async def test_an_alarm_neither_rises_nor_clears_while_a_birth_is_awaited(plant: Plant) -> None:
    plant.hear("NBIRTH", 0, plant.tank(50.0))
    plant.hear("NDATA", 9, plant.tank(5.0))
    plant.world.wait(600)
    assert plant.world.rings == 0
    plant.hear("NBIRTH", 0, plant.tank(5.0))
    assert plant.world.rings == 1
    await plant.store.close()
