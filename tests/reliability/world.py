"""A small hall for the reliability bar: the real service before real third parties, which a test takes away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.clock import SystemClock
from tests.journeys.world import Hall, Person

CLOCK = SystemClock()
S = 1_000_000_000
Entry = Mapping[str, Any]
LISTS = {"alarms": "rules"}
"""What the list of a file is called, where that is not the file's own name."""


class SmallHall(Hall):
    """The service of a site that names its third parties itself; nothing stands in for a device."""

    def __init__(self, folder: Path, **files: Sequence[Entry]) -> None:
        """`files` are the lists of the site's files by their name: devices, points, sinks, alarms …"""
        super().__init__(folder / "hall", site=write_site(folder / "site-files", **files), pace=1)

    def _start_stand_ins(self) -> None:
        """Start nothing: the site's links lead to what the test has started."""

    def write(self, **files: Sequence[Entry]) -> None:
        """Change files of the running site."""
        write_site(self.site, **files)

    @property
    def pid(self) -> int:
        """Return the process of the service."""
        assert self._process is not None
        return self._process.pid


def write_site(folder: Path, **files: Sequence[Entry]) -> Path:
    """Write a site's files; what is JSON is YAML too."""
    folder.mkdir(exist_ok=True)
    head = folder / "site.yaml"
    if not head.exists():
        head.write_text("id: uji\nname: {id: Uji, en: Test}\n")
    for name, entries in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps({LISTS.get(name, name): list(entries)}, indent=1))
    return folder


def broker(port: int, **more: object) -> Entry:
    """Return an MQTT broker as a device of the site."""
    link, options = f"mqtt://127.0.0.1:{port}", {"client_id": "uji"}
    return {"id": "broker", "name": "Broker", "driver": "mqtt", "link": link, "options": options, **more}


def gauge(name: str, **more: object) -> Entry:
    """Return a point that comes over MQTT."""
    return {"id": name, "name": name, "device": "broker", "address": {"topic": topic(name)}, **more}


def topic(name: str) -> str:
    """Return where a sensor speaks."""
    return f"bkl/v1/uji/{name}/telemetry"


def sink(port: int) -> Entry:
    """Return an InfluxDB 1 as a sink of the site."""
    url = f"http://127.0.0.1:{port}"
    return {"id": "influx", "api": "v1", "url": url, "bucket": "hall", "backlog_rate": 1_000_000}


def said(value: object, **more: object) -> bytes:
    """Return what a sensor says."""
    return json.dumps({"v": 1, "value": value, **more}).encode()


def since(person: Person) -> dict[str, str]:
    """Return since when each part of the service runs."""
    return {each["name"]: each["since"] for each in person.screen.health["parts"]}


async def until(true: Callable[[], Awaitable[object]], *, within: float = 45.0) -> None:
    """Ask again and again until it is true."""
    async with asyncio.timeout(within):
        while not await true():
            await CLOCK.sleep(0.05)
