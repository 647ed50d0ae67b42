"""The subcommand for the master alarm database of a site's files."""

from __future__ import annotations

from pathlib import Path

import typer

from gateway.cli.archives import whole
from gateway.errors import GatewayError
from gateway.rationalisation import master
from gateway.rationalisation.records import pairs
from gateway.settings.site import load_site


def report_rationalisation(folder: Path, out: Path) -> int:
    """Write every level of every rule with its record into a CSV file; return 1 with a sentence when that cannot be."""
    try:
        site = load_site(folder)
        with whole(out) as file:
            file.write(("\ufeff" + master.write(site.rules, site.records)).encode())
    except GatewayError as error:
        typer.echo(str(error), err=True)
        return 1
    found = list(pairs(site.rules, site.records))
    bare = sum(record is None for _, _, record in found)
    typer.echo(f"{out}: {len(found)} levels of {len(site.rules)} rules, {bare} without a record.")
    return 0
