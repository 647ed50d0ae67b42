"""List the serial ports of this machine, by names that outlive a re-plug: `semarak-bench ports`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import typer
from serial.tools.list_ports import comports  # type: ignore[import-untyped]  # pyserial ships no types

from drivers.links.serial_port import Adapter, names_of

app = typer.Typer(help="List the serial ports of this machine, by names that outlive a re-plug.")


@app.command()
def ports() -> None:
    """List every serial port with the links that a site file may have; the first outlives a re-plug best."""
    for line in listed(comports()):
        typer.echo(line)


def listed(found: Sequence[Adapter]) -> Iterator[str]:
    """Return the lines that a technician reads."""
    if not found:
        yield "no serial port is plugged in; is the adapter in, and does `dmesg` show it?"
    for each in found:
        yield each.device
        for name in names_of(each):
            yield f"  serial://{name}?baud=9600"
