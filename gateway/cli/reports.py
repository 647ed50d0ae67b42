"""The subcommand for the alarm-performance report, on the data folder, also beside a running service."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from drivers.model import Name
from gateway.api.as_json import dumps
from gateway.api.reports import told
from gateway.app.running_site import STORE_FILE
from gateway.archive.errors import NoStore
from gateway.cli.archives import moment, whole
from gateway.clock import SystemClock
from gateway.errors import GatewayError
from gateway.kpi.csv_page import lines
from gateway.kpi.errors import BadSpan
from gateway.kpi.figures import Performance
from gateway.kpi.html_page import page
from gateway.kpi.month import month, month_of
from gateway.kpi.pdf_page import pdf
from gateway.kpi.performance import performance
from gateway.kpi.plain import Language
from gateway.kpi.sheets import Document, document
from gateway.occurrences.book import Material, material, settled
from gateway.settings.site import load_site

FORMS: Mapping[str, Callable[[Performance, Document], bytes]] = {
    ".html": lambda _found, words: page(words).encode(),
    ".pdf": lambda _found, words: pdf(words),
    ".csv": lambda found, _words: lines(found).encode(),
    ".json": lambda found, _words: dumps(told(found)),
}


@dataclass(frozen=True, slots=True)
class Span:
    """What was asked for: a month, or from when until when; empty where nothing was said."""

    month: str = ""
    since: str = ""
    until: str = ""

    def times(self, now: int) -> tuple[int, int]:
        """Return from when until when (UTC ns), not beyond `now`; raise BadSpan, or BadFile for what is no time."""
        if self.month and (self.since or self.until):
            raise BadSpan("give --month, or --since and --until, not both")
        begin, end = month(self.month or month_of(now))
        if self.since:
            begin, end = moment(self.since), now
        if self.until:
            end = moment(self.until)
        end = min(end, now)
        if begin >= end:
            raise BadSpan("the span is empty, or lies ahead")
        return begin, end


def report_alarms(
    out: Path, span: Span, *, data: Path, site: Path | None, positions: int, language: Language
) -> int:  # fmt: skip
    """Write the report into a file, whose name says its form; return 1 with a sentence when that cannot be."""
    now = SystemClock().now()
    try:
        write = FORMS.get(out.suffix.lower())
        if write is None:
            raise BadSpan(f"{out}: the name must end in {', '.join(FORMS)}")
        read = _read(data / STORE_FILE, span.times(now))
        known = replace(read, unknown=settled(read.unknown, now))
        found = performance(known, positions=positions)
        name = Name("", "") if site is None else load_site(site).name
        body = write(found, document(found, site=name, made_at=now, language=language))
        with whole(out) as file:
            file.write(body)
    except GatewayError as error:
        typer.echo(str(error), err=True)
        return 1
    typer.echo(f"{out}: {found.occurrences:,} occurrences, {found.annunciated:,} annunciations.")
    return 0


def _read(path: Path, span: tuple[int, int]) -> Material:
    if not path.exists():
        raise NoStore(f"there is no journal {path}; name the data folder with --data")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as db:
            return material(db, *span)
    except sqlite3.Error as error:
        raise NoStore(
            f"{path} cannot be read: {error}; if it was written by an older version, start the service once"
        ) from error
