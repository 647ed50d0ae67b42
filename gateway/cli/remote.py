"""Subcommands for files of readings, through a running service: its API sends exports and takes imports."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
import typer
from rich.progress import Progress, TaskID

from gateway.archive.export import MEDIA, Format
from gateway.archive.importing import Tally
from gateway.archive.stamp import written
from gateway.cli.archives import FIRST, format_of, moment, progress, tell, whole
from gateway.errors import GatewayError

AT_ONCE = 64 * 1024
PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=600)


class Refused(GatewayError):
    """The service does not do it, or cannot be reached."""


def export_file(url: str, token: str, file: Path, *, points: str, since: str, until: str, form: str) -> int:
    """Write what a service sends into a file; return 1 with a sentence when that cannot be."""
    try:
        format_ = format_of(file, form)
        asked = {"points": points, "format": str(format_), "since": written(moment(since or FIRST))}
        if until:
            asked["until"] = written(moment(until))
        with whole(file) as out:
            size = asyncio.run(_fetched(f"{_api(url)}/export", token, asked, out, file.name))
    except GatewayError as error:
        typer.echo(str(error), err=True)
        return 1
    typer.echo(f"{file}: {size:,} bytes.")
    return 0


def import_files(url: str, token: str, files: Sequence[Path], *, form: str) -> int:
    """Let a service take files; return 1 when a file or one of its lines cannot be taken."""
    refused = 0
    try:
        for file in files:
            tally = asyncio.run(_sent(f"{_api(url)}/import", token, file, format_of(file, form)))
            tell(file, tally)
            refused += tally.refused
    except GatewayError as error:
        typer.echo(str(error), err=True)
        return 1
    return 1 if refused else 0


def _api(url: str) -> str:
    return f"{url.rstrip('/')}/api/v1/history"


async def _fetched(url: str, token: str, asked: dict[str, str], out: BinaryIO, name: str) -> int:
    size = 0
    try:
        async with _session(token) as http, http.get(url, params=asked) as answer:
            await _check(answer)
            with progress() as bar:
                task = bar.add_task(name, total=None, told="")
                async for data in answer.content.iter_chunked(AT_ONCE):
                    out.write(data)
                    size += len(data)
                    bar.update(task, told=f"{size / 1e6:,.1f} MB")
    except aiohttp.ClientError as error:
        raise Refused(f"{url} broke off: {error}; nothing was written") from error
    return size


async def _sent(url: str, token: str, file: Path, format_: Format) -> Tally:
    try:
        with file.open("rb") as source, progress() as bar:
            task = bar.add_task(file.name, total=os.fstat(source.fileno()).st_size, told="")
            kind = {"Content-Type": MEDIA[format_]}
            async with (
                _session(token) as http,
                http.post(url, data=_read(source, bar, task), headers=kind) as answer,
            ):
                await _check(answer)
                told = await answer.json()
    except OSError as error:
        raise Refused(f"{file}: {error}") from error
    faults = [(line["line"], line["reason"]) for line in told["lines"]]
    return Tally(told["accepted"], told["duplicates"], told["refused"], faults)


async def _read(source: BinaryIO, bar: Progress, task: TaskID) -> AsyncGenerator[bytes, None]:
    while data := source.read(AT_ONCE):
        yield data
        bar.advance(task, len(data))
    bar.update(task, told="sent; the service takes it …")


async def _check(answer: aiohttp.ClientResponse) -> None:
    if answer.status != 200:
        told: dict[str, Any] = await answer.json(content_type=None)
        raise Refused(f"the service answers {answer.status}: {told.get('detail', '')}")


def _session(token: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)
