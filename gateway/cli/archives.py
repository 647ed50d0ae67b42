"""Subcommands for files of readings, on the data folder: an export beside a running service, an import without it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gateway.app.running_site import STORE_FILE
from gateway.archive import export, table
from gateway.archive.choice import chosen
from gateway.archive.errors import BadFile
from gateway.archive.export import Format, Piece, Wanted
from gateway.archive.importing import LINES, Import, Tally
from gateway.archive.snapshot import Snapshot, opened
from gateway.archive.stamp import read
from gateway.audit.audit import Audit
from gateway.cli.people import ACTOR
from gateway.clock import SystemClock, clock_quality
from gateway.errors import GatewayError
from gateway.settings.site import Site, load_site
from gateway.store.errors import StoreLocked
from gateway.store.store import Store

FIRST = "2000-01-01"
"""From when on an export goes that names no beginning."""


def format_of(file: Path, named: str) -> Format:
    """Return the format that was named, or that the file's name says; raise BadFile."""
    word = named or file.suffix.removeprefix(".")
    try:
        return Format(word.lower())
    except ValueError:
        raise BadFile(f"{file}: the format is csv or parquet; name it with --format") from None


def moment(text: str) -> int:
    """Return UTC ns of a date (its midnight, UTC) or of an RFC 3339 time; raise BadFile for neither."""
    try:
        return read(f"{date.fromisoformat(text).isoformat()}T00:00:00Z" if len(text) == len(FIRST) else text)
    except ValueError as error:
        raise BadFile(f"{error}; or as 2026-01-17, its midnight in UTC") from None


@contextmanager
def whole(file: Path) -> Iterator[BinaryIO]:
    """Give a file to write; it takes its name once it is complete and safe, and is no more when it is broken off."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        raise BadFile(f"{file} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show a bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        yield bar


def export_file(
    file: Path, *, data: Path, site: Path | None, points: str, since: str, until: str, form: str
) -> int:  # fmt: skip
    """Write what a data folder holds into a file; return 1 with a sentence when that cannot be."""
    try:
        clock, format_ = SystemClock(), format_of(file, form)
        span = moment(since or FIRST), moment(until) if until else clock.now()
        with opened(data / STORE_FILE, clock=clock) as snapshot, whole(file) as out:
            wanted = Wanted(_units(snapshot, site, points), *span)
            sheet = export.SHEETS[format_](table.READINGS)
            rows = asyncio.run(_write(export.pieces(export.readings(snapshot, wanted), sheet), out, file.name))
            garbled = snapshot.garbled
    except GatewayError as error:
        typer.echo(str(error), err=True)
        return 1
    typer.echo(f"{file}: {rows:,} readings of {len(wanted.units)} points.")
    if garbled:
        typer.echo(f"{garbled} chunks cannot be read, and what they held is missing; see quarantine", err=True)
    return 1 if garbled else 0


def _units(snapshot: Snapshot, site: Path | None, points: str) -> Mapping[str, str]:
    """Return the points meant, with the units that the site gives them; without a site a unit is not known."""
    if site is None:
        return dict.fromkeys(chosen(points, snapshot.points), "")
    known = load_site(site).points
    return {name: known[name].unit for name in chosen(points, known)}


async def _write(pieces: AsyncGenerator[Piece, None], out: BinaryIO, name: str) -> int:
    rows = 0
    with progress() as bar:
        task = bar.add_task(name, total=1.0, told="")
        async for piece in pieces:
            out.write(piece.data)
            rows += piece.rows
            bar.update(task, completed=piece.done, told=f"{rows:,} readings")
    return rows


def import_files(files: Sequence[Path], *, data: Path, site: Path, form: str) -> int:
    """Take files into a stopped service's journal; return 1 when a file or one of its lines cannot be taken."""
    code = 0
    try:
        formats = [format_of(file, form) for file in files]
        tallies = asyncio.run(_import(list(zip(files, formats, strict=True)), data, load_site(site)))
        code = 1 if any(tally.refused for tally in tallies) else 0
    except* GatewayError as group:
        typer.echo("\n".join(_sentence(error) for error in group.exceptions), err=True)
        code = 1
    return code


def _sentence(error: Exception) -> str:
    return (
        f"{error}; or import through the running service, with --url" if isinstance(error, StoreLocked) else f"{error}"
    )


async def _import(files: Sequence[tuple[Path, Format]], data: Path, site: Site) -> list[Tally]:
    clock = SystemClock()
    store = Store.open(data / STORE_FILE, clock=clock, limits=site.store)
    audit = Audit(store, clock, clock_quality=clock_quality)
    audit.load()
    tallies = []
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(store.run(), name="store")
            for file, format_ in files:
                taking = Import(store, site.points, clock=clock, raw_days=site.store.raw_days)
                tallies.append(await _take(file, format_, taking, audit))
            running.cancel()
    finally:
        await store.close()
    return tallies


async def _take(file: Path, format_: Format, taking: Import, audit: Audit) -> Tally:
    outcome = "failed"
    try:
        with file.open("rb") as source, progress() as bar:
            size = os.fstat(source.fileno()).st_size
            task = bar.add_task(file.name, total=size, told="")
            async for tally in taking.run(LINES[format_](source)):
                bar.update(task, completed=source.tell(), told=f"{tally.lines:,} lines")
            bar.update(task, completed=size)
        outcome = "done"
    except OSError as error:
        raise BadFile(f"{file} cannot be read: {error.strerror or error}") from error
    except BadFile as error:
        raise BadFile(f"{file}: {error}") from None
    finally:
        numbers = asdict(taking.tally)
        numbers.pop("faults")
        audit.record(ACTOR, "history.import", file.name, after=numbers, outcome=outcome)
    tell(file, taking.tally)
    return taking.tally


def tell(file: Path, tally: Tally) -> None:
    """Say what became of a file's lines."""
    for number, reason in tally.faults:
        typer.echo(f"{file}:{number}: {reason}", err=True)
    if tally.refused > len(tally.faults):
        typer.echo(f"{file}: … and {tally.refused - len(tally.faults):,} more lines", err=True)
    typer.echo(
        f"{file}: {tally.accepted:,} readings taken, {tally.duplicates:,} were there already, "
        f"{tally.refused:,} lines refused."
    )
