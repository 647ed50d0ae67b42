"""A sensor that is offline when the gateway starts again: what it said before is BAD at once, out of the store."""

from __future__ import annotations

from pathlib import Path

from drivers.model import Device, Name, Quality, Reading, Reason
from drivers.sensors.mqtt import MqttSource
from gateway.bus import Bus
from gateway.store.store import Store
from tests.drivers.telemetry_world import Silence, gauge
from tests.fakes import FakeClock


async def test_what_was_stored_is_taken_back_when_its_sensor_is_offline_after_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    before = Store.open(tmp_path / "s.db", clock=clock)
    was = Reading("pos-1", 412.0, clock.now(), clock.now(), clock.mono())
    before.on_readings([was])
    await before.close()
    store, bus = Store.open(tmp_path / "s.db", clock=clock), Bus()
    bus.subscribe(Reading, store.on_readings)
    device = Device("broker", Name("b", "b"), "mqtt", "mqtt://192.0.2.5")
    part = MqttSource(device, [gauge()], clock=clock, publish=bus.publish, durable=store, tap=Silence())
    (lane,) = part._lanes
    said = (b"bkl/v1/bpbd/pos-1/status", b'{"v":1,"state":"offline"}', 0, 0, True, False)
    part._take(part._new_link(lane), lane, [said])
    now = store.last("pos-1")
    assert now is not None
    assert (now.value, now.quality, now.reason) == (412.0, Quality.BAD, Reason.COMM)
    await store.close()
