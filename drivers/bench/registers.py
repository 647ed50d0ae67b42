"""Show a Modbus device's registers through every type and order: `semarak-bench registers tcp://192.0.2.31:502`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

import typer

from drivers.bench.register_scan import connected, read, sweep
from drivers.bench.register_table import lines
from drivers.emulators.clock import RealClock
from drivers.errors import DriverError
from drivers.links import Unreachable
from drivers.model import Device, Name
from drivers.sensors.modbus_options import BUS_UNITS, ModbusOptions, Way, way_of
from drivers.sensors.register_map import Table

Framed = Literal["tcp", "rtu"]
app = typer.Typer(help="Show a Modbus device's registers through every type and order.")


@app.command()
def registers(
    url: Annotated[str, typer.Argument(help="tcp://192.0.2.31:502, or serial:///dev/ttyUSB0?baud=9600&parity=N.")],
    unit: Annotated[int, typer.Option(help="The unit.")] = 1,
    table: Annotated[Table, typer.Option(help="Holding or input registers, discrete inputs, coils.")] = "hr",
    address: Annotated[int, typer.Option(help="The first address, from 0.")] = 0,
    count: Annotated[int, typer.Option(help="How many.")] = 10,
    low: Annotated[float, typer.Option(help="Mark values from here …")] = -math.inf,
    high: Annotated[float, typer.Option(help="… to here.")] = math.inf,
    framing: Annotated[Framed | None, typer.Option(help="rtu: serial frames over TCP.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 1.0,
    sweep_units: Annotated[str, typer.Option("--sweep", help="Look which units answer, as 1-32.")] = "",
    pause: Annotated[float, typer.Option(help="Seconds between the questions of a sweep.")] = 0.2,
    yes: Annotated[bool, typer.Option("--yes", help="Sweep without asking back.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """Read registers and print what they could mean; or find the units of a line. Nothing is ever written."""
    wanted = _addresses(address, count)
    units = _units(sweep_units) if sweep_units else ()
    try:
        way = _way(url, framing, timeout)
        longest = len(units) * (timeout + pause)
        told = f"This asks {len(units)} units in turn on {way.where}, for up to {longest:.0f} s. Go on?"
        if not units:
            _print(lines(asyncio.run(_read(way, unit, table, wanted)), table, wanted, low=low, high=high))
        elif yes or typer.confirm(told):
            asyncio.run(_sweep(way, units, table, address=address, pause=pause))
    except DriverError as error:
        typer.echo(f"{error}" + (f"\nlook at: {error.hint}" if isinstance(error, Unreachable) else ""), err=True)
        raise typer.Exit(1) from None


async def _read(way: Way, unit: int, table: Table, wanted: range) -> Mapping[int, int]:
    async with connected(way, RealClock()) as ask:
        return await read(ask, unit, table, wanted=wanted)


async def _sweep(way: Way, units: Sequence[int], table: Table, *, address: int, pause: float) -> None:
    clock, count = RealClock(), 0
    async with connected(way, clock) as ask:
        async for found in sweep(ask, units, table, address=address, pause=pause, clock=clock):
            typer.echo(f"unit {found.unit} answers: {found.answer}")
            count += 1
    typer.echo(f"{count} of {len(units)} units answer")


def _print(told: Iterable[str]) -> None:
    for line in told:
        typer.echo(line)


def _way(url: str, framing: Framed | None, timeout: float) -> Way:
    return way_of(Device("line", Name("", ""), "modbus", url), ModbusOptions(framing=framing, timeout=timeout))


def _addresses(address: int, count: int) -> range:
    if not 0 <= address <= address + count - 1 <= 65_535:
        raise typer.BadParameter("--address and --count must stay between 0 and 65535")
    return range(address, address + count)


def _units(text: str) -> Sequence[int]:
    first, _, last = text.partition("-")
    try:
        units = range(int(first), int(last or first) + 1)
    except ValueError:
        units = range(0)
    if not units or units[0] not in BUS_UNITS or units[-1] not in BUS_UNITS:
        raise typer.BadParameter(f"--sweep is a range of units from 1 to 247, as 1-32, not {text!r}")
    return units
