"""Talk to a device by hand: type, see both sides as text and in hexadecimal, and keep good exchanges as examples."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

import typer

from drivers.errors import BadConfig, DriverError, ProtocolError
from drivers.links import Link
from drivers.links.dial import dial
from drivers.profiles.library import load, shipped
from drivers.profiles.profile_driver import ProfileDriver
from drivers.profiles.schema import Profile

app = typer.Typer(help="Talk to a device by hand.")
QUIET_S = 0.3
"""Seconds without a byte after which an answer is over."""
PATIENCE_S = 2.0
HELP = "type text (the line end is added), or hex: 0a 1b …; an empty line only listens; Ctrl-D ends"
Say = Callable[[str], None]


@app.command()
def talk(
    link: Annotated[str, typer.Argument(help="Where it is, as tcp://192.0.2.9:23 or serial:///dev/ttyUSB0?baud=9600.")],
    profile: Annotated[str, typer.Option(help="A profile's file or name: it frames and explains.")] = "",
    end: Annotated[str, typer.Option(help="What ends a line when there is no profile: crlf, cr, lf or none.")] = "crlf",
    record: Annotated[Path | None, typer.Option(help="Keep the exchanges here, as a profile's `vectors`.")] = None,
) -> None:
    """Send what is typed and show what comes, as text and in hexadecimal."""
    try:
        known = (shipped().get(profile) or load(Path(profile))) if profile else None
        if end not in ENDS:
            raise BadConfig(f"--end is one of {', '.join(ENDS)}, not {end!r}")
        asyncio.run(_talk(link, Desk(known, ENDS[end], say=typer.echo, record=record)))
    except DriverError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


ENDS = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n", "none": b""}


class Desk:
    """Turns what is typed into bytes, and shows and keeps both sides of each exchange."""

    def __init__(self, profile: Profile | None, end: bytes, *, say: Say, record: Path | None) -> None:
        self._profile, self._end, self._say, self._record = profile, end, say, record
        self._driver = ProfileDriver(profile, id=profile.id) if profile else None

    def bytes_of(self, typed: str) -> bytes:
        """Return what a typed line sends; raise BadConfig for hex that is none."""
        if not typed:
            return b""
        if not typed.startswith("hex:"):
            return self._profile.framing.framing().wrap(typed.encode()) if self._profile else typed.encode() + self._end
        try:
            return bytes.fromhex(typed.removeprefix("hex:"))
        except ValueError:
            raise BadConfig(f"{typed!r}: after hex: come pairs of hexadecimal digits") from None

    def show(self, arrow: str, data: bytes) -> None:
        """Show one side, and what it means."""
        self._say(f"{arrow} {data!r}  {data.hex(' ')}")
        if arrow == "<" and self._driver is not None:
            try:
                meant = self._driver.feed(data)
            except ProtocolError as error:
                self._say(f"  the profile does not know it: {error}")
                return
            for reply in meant:
                self._say(f"  means {dict(reply.values) or (reply.refused.text if reply.refused else 'accepted')}")

    def keep(self, sent: bytes, heard: bytes) -> None:
        """Add an exchange to the record: an example to be completed with verb, args and values."""
        if self._record is None or not (sent or heard):
            return
        send, reply = self._written(sent), self._written(heard)
        line = f'  - {{name: "…", source: "the device itself, model and firmware", send: {send}, reply: {reply}}}\n'
        fresh = not self._record.exists()
        with self._record.open("a", encoding="utf-8") as file:
            file.write(("vectors:\n" if fresh else "") + line)

    def _written(self, data: bytes) -> str:
        text = data.decode("latin-1").rstrip("\r\n")
        plain = text.isprintable() and not (self._profile and self._profile.framing.binary)
        quoted = (text if plain else data.hex(" ")).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"'


async def _talk(url: str, desk: Desk) -> None:
    link = await dial(url)
    typer.echo(f"connected to {url}; {HELP}")
    try:
        async for typed in _typed():
            await exchange(link, desk, typed)
    finally:
        await link.close()


async def exchange(link: Link, desk: Desk, typed: str) -> None:
    """Send one typed line and show what comes, until the device is quiet."""
    try:
        sent = desk.bytes_of(typed)
    except BadConfig as error:
        typer.echo(str(error))
        return
    if sent:
        await link.send(sent)
        desk.show(">", sent)
    heard = b""
    patience = PATIENCE_S
    while piece := await _heard(link, patience):
        desk.show("<", piece)
        heard, patience = heard + piece, QUIET_S
    desk.keep(sent, heard)


async def _heard(link: Link, patience: float) -> bytes:
    try:
        async with asyncio.timeout(patience):
            return await link.receive()
    except TimeoutError:
        return b""


async def _typed() -> AsyncIterator[str]:
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line.rstrip("\n")
