"""The demonstration: every device of a site as a stand-in in another process, and the real service before them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

import gateway
from drivers.model import Device
from drivers.registry import DRIVERS
from gateway.alarms.rule import by_point
from gateway.app.configuration import Source
from gateway.app.running_site import RunningSite, Setting
from gateway.auth.accounts import Accounts
from gateway.auth.roles import Role
from gateway.cli.running import address, run
from gateway.errors import GatewayError
from gateway.settings.site import Site, load_site

PASSWORD = "semarak-demo"  # noqa: S105 - printed on purpose; a demonstration listens on the loopback only
LOGINS: Mapping[str, Role] = {
    "operator": Role.OPERATOR,
    "supervisor": Role.SUPERVISOR,
    "teknisi": Role.TECHNICIAN,
    "pimpinan": Role.LEADER,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMINISTRATOR,
}
FIRST_PORT = 18_800
"""Where the stand-ins listen when nobody says otherwise: side door, broker, Modbus devices, then the room's devices."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
STAND_INS = "drivers.emulators.serve"
FELT = ("id", "device", "kind", "unit", "low", "high", "every", "stale_after", "owner")
"""What a stand-in is told of a point as it stands; the rest is ours to do with it."""


class Demonstration:
    """One run of the demonstration."""

    def __init__(
        self, data: Path, http: str, *, site: Path | None, ports_from: int, pace: float, browser: bool
    ) -> None:
        self._data = data
        self._http = http
        self._site = site
        self._ports_from = ports_from
        self._pace = pace
        self._browser = browser

    def run(self) -> int:
        """Run until it is told to stop; return 1 with a sentence when it cannot start."""
        try:
            host, port = _loopback(self._http)
            folder = self._site or demo_site()
            typer.echo(f"1/3  reading the site in {folder}")
            raw = load_site(folder, pace=1)
            typer.echo(
                "2/3  starting the stand-ins: broker, field sensors, Modbus devices, UPS, panels, matrix, projector"
            )
            with self._stand_ins(raw) as (control, links):
                typer.echo("3/3  starting the service")
                source = Source(folder, lambda texts: load_site(folder, pace=self._pace, links=links, texts=texts))
                setting = Setting(self._data, host, self._ports_from or port, source, simulator=control)
                return run(setting, prepare=_demo_accounts, ready=self._ready)
        except GatewayError as error:
            typer.echo(str(error), err=True)
            return 1

    @contextmanager
    def _stand_ins(self, site: Site) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Run the stand-ins until the block ends; give the address of their side door and the links of the devices."""
        self._data.mkdir(parents=True, exist_ok=True)
        path = self._data / "stand-ins.json"
        path.write_text(json.dumps(plan(site, pace=self._pace, first_port=self._first_port), indent=1))
        words = [sys.executable, "-m", STAND_INS, str(path)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
            try:
                assert process.stdout is not None  # noqa: S101 - a pipe was asked for
                line = process.stdout.readline()
                if not line:
                    raise GatewayError("the stand-ins did not start (see above); try --ports-from 28800")
                said = json.loads(line)
                yield said["control"], said["links"]
            finally:
                process.terminate()

    @property
    def _first_port(self) -> int:
        return self._ports_from + 1 if self._ports_from else FIRST_PORT

    def _ready(self, service: RunningSite) -> None:
        typer.echo(f"\n  Semarak is on {service.url}\n")
        for name, role in LOGINS.items():
            typer.echo(f"    {name:10} {PASSWORD}   {role}")
        typer.echo(
            f"\n  It runs {self._pace:g} times faster than life, and the screens say so. Play the flood with the\n"
            f"  button on the page, or: semarak-bench scenario banjir --gateway {service.url}\n"
            "  Stop with Ctrl-C.\n"
        )
        if self._browser:
            webbrowser.open(service.url)


def _loopback(http: str) -> tuple[str, int]:
    host, port = address(http)
    if host not in LOOPBACK:
        raise GatewayError("the demonstration has well-known passwords: it listens on 127.0.0.1 only")
    return host, port


async def _demo_accounts(service: RunningSite) -> None:
    known = {account.name for account in service.accounts.list()}
    async with asyncio.TaskGroup() as tasks:
        for name, role in LOGINS.items():
            if name not in known:
                tasks.create_task(_add(service.accounts, name, role), name=f"account {name}")


async def _add(accounts: Accounts, name: str, role: Role) -> None:
    await accounts.add(name, PASSWORD, [role])


def demo_site() -> Path:
    """Return the folder of the demo site: beside the sources, or where the wheel has put it."""
    beside = Path(gateway.__file__).parents[1] / "config" / "balai-raya"
    installed = Path(sys.prefix) / "share" / "semarak" / "config" / "balai-raya"
    for folder in (beside, installed):
        if (folder / "site.yaml").exists():
            return folder
    raise GatewayError(f"the demo site is neither in {beside} nor in {installed}; name one with --site")


def plan(site: Site, *, pace: float, first_port: int) -> dict[str, Any]:
    """Return what the stand-ins are to be, as `drivers.emulators` takes it; ports from `first_port` on."""
    ports = iter(range(first_port, first_port + 1_000))
    control = next(ports)
    by_driver: dict[str, list[Device]] = {}
    for device in site.devices.values():
        by_driver.setdefault(device.driver, []).append(device)
    broker = next(iter(by_driver.get("mqtt", [])), None)
    return {
        "host": "127.0.0.1",
        "control": control,
        "pace": pace,
        "broker": {"id": broker.id, "port": next(ports)} if broker else None,
        "field": {"points": _points(site, broker) if broker else []},
        "modbus": [
            {"id": each.id, "port": next(ports), "points": _points(site, each)} for each in by_driver.get("modbus", [])
        ],
        "devices": [
            {"id": each.id, "driver": each.driver, "options": dict(each.options), "port": next(ports)}
            for each in site.devices.values()
            if each.driver in DRIVERS
        ],
        "snmp": [
            {"id": each.id, "driver": each.driver, "options": dict(each.options), "port": next(ports)}
            for each in by_driver.get("snmp", [])
            if find_spec("pysnmp") is not None
        ],
    }


def _points(site: Site, device: Device) -> list[dict[str, Any]]:
    limits = {point: [level.limit for level in rule.levels] for point, rule in by_point(site.rules).items()}
    return [
        {
            **_fields(point),
            "levels": limits.get(point.id, []),
        }
        for point in site.points.values()
        if point.device == device.id
    ]


def _fields(point: Any) -> dict[str, Any]:
    fields = {name: getattr(point, name) for name in FELT}
    fields["name"] = asdict(point.name)
    fields["place"] = asdict(point.place) if point.place else None
    fields["address"], fields["tags"] = dict(point.address), list(point.tags)
    return fields
