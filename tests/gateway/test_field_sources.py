"""Devices that push and folders of files as parts under the supervisor: only what differs is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.model import DeviceState, DeviceStatus
from gateway.app.field import Field
from gateway.bus import Bus
from gateway.clock import SystemClock
from gateway.settings.difference import difference
from gateway.settings.site import Site, load_site
from gateway.store.store import Store
from gateway.supervisor import PartState, Supervisor
from tests.drivers.telemetry_world import Heard

DEVICES = """
devices:
  - {id: logger, name: Logger, driver: http, link: "http://192.0.2.77"}
  - {id: titipan, name: Titipan, driver: csv, link: "file://FOLDER", options: {every: 0.01, zone: +07:00}}
  - {id: ups-1, name: UPS, driver: snmp, link: "udp://127.0.0.1:9", options: {timeout: 0.2, retries: 0}}
"""
POINTS = """
points:
  - {id: hujan, name: Hujan, device: logger, every: 60}
  - {id: tma, name: TMA, device: titipan, every: 60}
  - {id: beban, name: Beban, device: ups-1, every: 60, address: {oid: upsOutputPercentLoad.1}}
"""


def site(folder: Path, devices: str = DEVICES) -> Site:
    (folder / "site").mkdir(exist_ok=True)
    (folder / "drop").mkdir(exist_ok=True)
    (folder / "site" / "site.yaml").write_text("id: x\nname: X\n")
    (folder / "site" / "devices.yaml").write_text(devices.replace("FOLDER", str(folder / "drop")))
    (folder / "site" / "points.yaml").write_text(POINTS)
    return load_site(folder / "site")


@pytest.mark.real
async def test_only_the_source_that_differs_is_replaced(tmp_path: Path) -> None:
    clock, bus, heard = SystemClock(), Bus(), Heard()
    bus.subscribe(DeviceStatus, heard.publish)
    supervisor = Supervisor(clock=clock, publish=lambda _: None)
    store = Store.open(tmp_path / "semarak.db", clock=clock)
    field = Field(clock=clock, bus=bus, store=store, supervisor=supervisor)
    before = site(tmp_path)
    try:
        field.start(before, list(before.devices))
        logger = field.pushed["logger"]
        await heard.until(lambda: field.statuses["titipan"].state is DeviceState.UP)
        await heard.until(lambda: field.statuses["ups-1"].state is DeviceState.SILENT)
        assert {part.name: part.state for part in supervisor.health()} == {
            f"source/{name}": PartState.RUNNING for name in ("logger", "titipan", "ups-1")
        }
        after = site(tmp_path, DEVICES.replace("every: 0.01", "every: 0.02"))
        changed = difference(before, after)
        assert changed.sentences() == ("devices: titipan",)
        await field.stop(changed.devices)
        field.start(after, changed.devices)
        assert field.pushed == {"logger": logger}
        assert difference(after, site(tmp_path, DEVICES.replace("every: 0.01", "every: 0.02"))).sentences() == ()
        await field.stop(["logger"])
        assert field.pushed == {}
    finally:
        await field.stop(list(field.devices))
        await store.close()
