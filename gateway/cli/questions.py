"""Subcommands that only ask: is the site sound, is the audit whole."""

from __future__ import annotations

from pathlib import Path

import typer

from gateway.app.running_site import STORE_FILE
from gateway.archive.stamp import day_of
from gateway.audit.verify import AuditUnreadable, verify_file
from gateway.clock import SystemClock
from gateway.settings.advice import advice
from gateway.settings.fault import SiteError
from gateway.settings.site import load_site


def check_site(folder: Path) -> int:
    """Tell every fault of a site's files; return 1 when there is one."""
    try:
        site = load_site(folder)
    except SiteError as error:
        typer.echo(str(error), err=True)
        typer.echo(f"{len(error.faults)} fault(s); a running site would stay as it is", err=True)
        return 1
    for sentence in advice(site, today=day_of(SystemClock().now())):
        typer.echo(f"warning: {sentence}", err=True)
    typer.echo(
        f"{site.name.id}: sound. {len(site.points)} points ({len(site.derived)} derived), {len(site.devices)} devices, "
        f"{len(site.rules)} alarm rules, {len(site.walls)} wall(s), {len(site.scenes)} scenes."
    )
    return 0


def verify_audit(data: Path) -> int:
    """Tell the verdict on the audit in a data folder; return 1 when it does not hold."""
    try:
        verdict = verify_file(data / STORE_FILE)
    except AuditUnreadable as error:
        typer.echo(str(error), err=True)
        return 2
    if verdict.ok:
        typer.echo(f"The audit is whole: {verdict.count} events, every one chained to the one before.")
        return 0
    typer.echo(f"The audit was tampered with at event {verdict.first_bad}: {verdict.why}", err=True)
    return 1
