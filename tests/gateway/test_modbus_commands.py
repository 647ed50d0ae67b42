"""From the site's files to a coil on a line: the one door reaches a Modbus source as it reaches any session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from drivers.model import Command, Outcome, PointKind, Priority, Reading, Result
from gateway.app.field import Field
from gateway.bus import Bus
from gateway.clock import SystemClock
from gateway.commands import Commands
from gateway.settings.fault import SiteError
from gateway.settings.site import Site, load_site
from gateway.supervisor import Supervisor
from tests.drivers.modbus_world import device, point
from tests.gateway.alarm_world import Person

DEVICES = """
devices:
  - {id: bus, name: Bus, driver: modbus, link: "LINK"}
"""
POINTS = """
points:
  - {id: lampu, name: Lampu, device: bus, kind: flag, every: 1, address: {modicon: 00004, type: bool, writable: true}}
  - {id: suhu, name: Suhu, device: bus, every: 1, address: {table: hr, address: 0, type: s16, scale: 0.1}}
"""


class Book:
    """An audit that keeps what was done and how it ended."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []

    def record(self, actor: str, action: str, subject: str, *, outcome: str = "", **_: object) -> None:
        self.entries.append((action, outcome))


def site(folder: Path, link: str, points: str = POINTS) -> Site:
    (folder / "site.yaml").write_text("id: s\nname: S\n")
    (folder / "devices.yaml").write_text(DEVICES.replace("LINK", link))
    (folder / "points.yaml").write_text(points)
    return load_site(folder)


@pytest.mark.real
async def test_a_command_passes_the_door_is_written_read_back_and_audited(tmp_path: Path) -> None:
    far_points = [
        point("lampu", PointKind.FLAG, table="co", address=3, type="bool"),
        point("suhu", table="hr", address=0, type="s16", scale=0.1),
    ]
    clock, bus, audit = SystemClock(), Bus(), Book()
    supervisor = Supervisor(clock=clock, publish=bus.publish)
    heard, news = {}, asyncio.Event()

    def hear(batch: list[Reading]) -> None:
        heard.update({reading.point: reading.value for reading in batch})
        news.set()

    bus.subscribe(Reading, hear)  # type: ignore[arg-type]
    async with device(far_points) as far:
        far.emulated.load({"lampu": False, "suhu": 21.5})
        loaded = site(tmp_path, far.link)
        field = Field(clock=clock, bus=bus, store=SimpleNamespace(), supervisor=supervisor)  # type: ignore[arg-type]
        commands = Commands(
            field.sessions, devices=field.devices, audit=audit, interlocks=SimpleNamespace(forbids=lambda *_: ""),
            clock=clock, publish=lambda _: None,
        )  # fmt: skip
        field.start(loaded, ["bus"])
        try:
            async with asyncio.timeout(10):
                while len(heard) < 2:
                    news.clear()
                    await news.wait()

            def wish(name: str, value: float) -> Command:
                args = {"point": name, "value": value}
                return Command(name, "bus", "write", args, "sari", "", clock.now(), clock.mono() + 5, Priority.SCENE)

            outcomes: list[Outcome] = [
                await commands.issue(wish("lampu", True), Person()),
                await commands.issue(wish("suhu", 5.0), Person()),
            ]
            assert far.emulated.reading("lampu") is True
            assert field.verbs(loaded.devices["bus"]) == ("write",)
        finally:
            await supervisor.stop()
    assert [outcome.result for outcome in outcomes] == [Result.VERIFIED, Result.REFUSED]
    assert "may not be written" in outcomes[1].detail
    assert heard["lampu"] is True
    assert audit.entries == [
        ("command", ""), ("command.outcome", "verified"), ("command", ""), ("command.outcome", "refused"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("link", "address", "told"),
    [
        ("serial:///dev/ttyUSB0", "{unit: 0, table: hr, address: 0}", "0 is none on a serial line"),
        ("tcp://192.0.2.1", "{table: hr, address: 0, writable: true, order: HGFEDCBA}", "order is not one"),
        ("tcp://192.0.2.1", "{modicon: 20001}", "modicon 20001 is none"),
    ],
)
def test_a_line_that_cannot_be_is_a_fault_of_the_site(tmp_path: Path, link: str, address: str, told: str) -> None:
    points = f"points:\n  - {{id: p, name: P, device: bus, every: 1, address: {address}}}\n"
    with pytest.raises(SiteError, match=told):
        site(tmp_path, link, points)
