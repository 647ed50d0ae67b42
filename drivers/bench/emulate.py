"""Run one emulated device on a port, until Ctrl-C: `semarak-bench emulate samsung_mdc --port 1515`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Annotated

import typer

from drivers.emulators.clock import RealClock
from drivers.emulators.emulator import Emulator
from drivers.emulators.families import FAMILIES, emulate
from drivers.emulators.pty_port import plugged_in
from drivers.emulators.serial_lines import FAULTS
from drivers.emulators.tcp_device import TcpDevice
from drivers.emulators.udp_device import FAULTS as UDP_FAULTS
from drivers.emulators.udp_device import UdpDevice
from drivers.errors import BadConfig
from drivers.model import Value
from drivers.registry import DRIVERS

app = typer.Typer(help="Run one emulated device on a port, until Ctrl-C.")


@app.command()
def device(
    driver: Annotated[str, typer.Argument(help=f"One of {', '.join(FAMILIES)}.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="The port; the protocol's own, 0: any free one.")] = None,
    option: Annotated[list[str] | None, typer.Option("--option", help="State to begin with, as id=3.")] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="A fault from the beginning, as late.")] = None,
    serial: Annotated[Path | None, typer.Option(help="A serial port that leads to it, made at this path.")] = None,
) -> None:
    """Run one emulated device and say where it listens."""
    try:
        options = dict(map(parsed, option or []))
        emulator = emulate(driver, name=driver, options=options, clock=RealClock())
        for name in fault or []:
            emulator.inject(name)
    except (KeyError, TypeError, ValueError, BadConfig) as error:
        typer.echo(str(error.args[0]), err=True)
        raise typer.Exit(2) from None
    chosen = (DRIVERS[driver].port if driver in DRIVERS else 0) if port is None else port
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(emulator, host, chosen, driver=driver, serial=serial.absolute() if serial else None))
    except OSError as error:
        typer.echo(f"{host}:{chosen} cannot be listened on: {error.strerror}; choose another with --port", err=True)
        raise typer.Exit(1) from None


def parsed(option: str) -> tuple[str, Value]:
    """Return name and value of `name=value`; a value that is JSON is read as such. Raises BadConfig."""
    name, equals, text = option.partition("=")
    if not equals or not name:
        raise BadConfig(f"{option!r} is no option; write it as id=3")
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError:
        value = text
    return name, value if isinstance(value, bool | int | float | str) else text


def _scheme(emulator: Emulator) -> str:
    return "udp" if isinstance(emulator, UdpDevice) else "tcp"


def _faults(emulator: Emulator) -> Sequence[str]:
    if isinstance(emulator, UdpDevice):
        return UDP_FAULTS
    return emulator.faults.known if isinstance(emulator, TcpDevice) else FAULTS


async def _run(emulator: Emulator, host: str, port: int, *, driver: str, serial: Path | None) -> None:
    port = await emulator.start(host, port)
    try:
        async with plugged_in(serial, host, port, clock=RealClock()) if serial else nullcontext():
            where = f"{_scheme(emulator)}://{host}:{port}" + (f" and serial://{serial}" if serial else "")
            typer.echo(f"{driver} listens on {where}; it knows the faults {', '.join(_faults(emulator))}")
            await asyncio.Event().wait()
    finally:
        await emulator.stop()
