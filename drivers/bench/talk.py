"""Talk to a device by hand: type, see both sides as text and in hexadecimal, and keep good exchanges as examples."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from drivers.bench.cli import options_of
from drivers.bench.golden import shown
from drivers.bench.rehearsal import Rehearsal
from drivers.codecs.inbox import drain
from drivers.driver import Driver
from drivers.errors import BadConfig, DriverError
from drivers.links import Link
from drivers.links.dial import dial
from drivers.profiles.library import load, shipped
from drivers.profiles.profile_driver import ProfileDriver
from drivers.profiles.schema import Profile
from drivers.registry import DRIVERS

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
    driver: Annotated[str, typer.Option(help="A driver's name: it explains both sides.")] = "",
    option: Annotated[list[str] | None, typer.Option(help="An option of the driver, as id=3; again for more.")] = None,
    end: Annotated[str, typer.Option(help="What ends a line when there is no profile: crlf, cr, lf or none.")] = "crlf",
    record: Annotated[Path | None, typer.Option(help="Keep the exchanges here, as a profile's `vectors`.")] = None,
) -> None:
    """Send what is typed and show what comes, as text and in hexadecimal."""
    try:
        known = (shipped().get(profile) or load(Path(profile))) if profile else None
        if end not in ENDS:
            raise BadConfig(f"--end is one of {', '.join(ENDS)}, not {end!r}")
        expert = Expert(driver, option or []) if driver else None
        asyncio.run(_talk(link, Desk(known, ENDS[end], say=typer.echo, record=record, expert=expert)))
    except DriverError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


ENDS = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n", "none": b""}


class Expert:
    """Explains the bytes of one protocol: the device's by its driver, ours by the ears of its emulator."""

    def __init__(self, name: str, options: Sequence[str] = ()) -> None:
        if name not in DRIVERS:
            raise BadConfig(f"no driver is called {name!r}; the drivers are {', '.join(DRIVERS)}")
        self._rehearsal = Rehearsal(DRIVERS[name], options_of(DRIVERS[name], options))
        self._rehearsal.greet()

    @property
    def driver(self) -> Driver:
        """Return what reads the device's bytes."""
        return self._rehearsal.driver

    def asked(self, data: bytes) -> Sequence[str]:
        """Return the requests that a device of this kind hears in what we send."""
        return [repr(request) for request in self._rehearsal.heard(data)] or ["nothing that it understands"]


class Desk:
    """Turns what is typed into bytes, and shows and keeps both sides of each exchange."""

    def __init__(
        self, profile: Profile | None, end: bytes, *, say: Say, record: Path | None, expert: Expert | None = None
    ) -> None:
        self._profile, self._end, self._say, self._record = profile, end, say, record
        self._expert = expert
        self._driver: Driver | None = ProfileDriver(profile, id=profile.id) if profile else None
        self._driver = expert.driver if expert else self._driver

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
        if arrow == ">" and self._expert is not None:
            for request in self._expert.asked(data):
                self._say(f"  asks {request}")
        if arrow == "<" and self._driver is not None:
            replies, errors = drain(self._driver.feed, data)
            for reply in replies:
                self._say(
                    f"  means {dict(reply.values) or (shown(reply) if reply.refused or reply.denied else 'accepted')}"
                )
            for error in errors:
                self._say(f"  the {'driver' if self._expert else 'profile'} does not know it: {error}")

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
