"""The `semarak` command; each subcommand imports what it needs when it runs, so that --help is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Semarak, the middleware of a command centre: sensors and cameras in, a wall and a room that answer.",
)
audit = typer.Typer(no_args_is_help=True, help="Prove the record of everything that was done.")
user = typer.Typer(no_args_is_help=True, help="Who may log in; stop the service first, or use its API.")
token = typer.Typer(no_args_is_help=True, help="Access for programs; stop the service first, or use its API.")
report = typer.Typer(no_args_is_help=True, help="Reports for the office.")
app.add_typer(audit, name="audit")
app.add_typer(report, name="report")
app.add_typer(user, name="user")
app.add_typer(token, name="token")

SitePath = Annotated[Path, typer.Argument(help="The folder of the site's YAML files.")]
DataPath = Annotated[Path, typer.Option("--data", help="The folder that holds all state of a run.")]
Http = Annotated[str, typer.Option("--http", metavar="HOST:PORT", help="Where the screens and the API listen.")]

Url = Annotated[str, typer.Option("--url", help="Ask the running service, as http://127.0.0.1:8080, instead.")]
Token = Annotated[str, typer.Option("--token", envvar="SEMARAK_TOKEN", help="The token for --url.")]
Form = Annotated[str, typer.Option("--format", help="csv or parquet; without it the file's name says.")]

DATA = Path("var/semarak")
HTTP = "127.0.0.1:8080"


@app.command()
def serve(site: SitePath, data: DataPath = DATA, http: Http = HTTP) -> None:
    """Run the service of a site until SIGTERM; SIGHUP reads the site's files again."""
    from gateway.cli.running import serve_site

    _exit(serve_site(site, data, http))


@app.command()
def demo(
    data: DataPath = Path("var/demo"),
    http: Http = HTTP,
    site: Annotated[Path | None, typer.Option(help="The folder of another site.")] = None,
    ports_from: Annotated[int, typer.Option(help="Move every port: the screens to N, the stand-ins behind it.")] = 0,
    pace: Annotated[float, typer.Option(min=1, max=10_000, help="How many times faster than life.")] = 60.0,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,  # noqa: FBT002 - an option of a command
) -> None:
    """Show the hall of Balai Raya Semarak working: broker, sensors, panels, matrix and projector are stand-ins."""
    from gateway.cli.demonstration import Demonstration

    _exit(Demonstration(data, http, site=site, ports_from=ports_from, pace=pace, browser=browser).run())


@app.command()
def check(site: SitePath) -> None:
    """Say everything that is wrong in a site's files, or that nothing is."""
    from gateway.cli.questions import check_site

    _exit(check_site(site))


@app.command("export")
def export_readings(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    points: Annotated[str, typer.Option(help="Ids and patterns, separated by commas.")] = "*",
    since: Annotated[str, typer.Option(help="A date, or a time as 2026-01-17T08:30:00Z.")] = "",
    until: Annotated[str, typer.Option(help="The same; without it, now.")] = "",
    form: Form = "",
    data: DataPath = DATA,
    site: Annotated[Path | None, typer.Option(help="The site's folder: it knows the units.")] = None,
    url: Url = "",
    token: Token = "",
) -> None:
    """Write readings into a file, also while the service runs."""
    if url:
        from gateway.cli import remote

        _exit(remote.export_file(url, token, file, points=points, since=since, until=until, form=form))
        return
    from gateway.cli import archives

    _exit(archives.export_file(file, data=data, site=site, points=points, since=since, until=until, form=form))


@app.command("import")
def import_readings(
    files: Annotated[list[Path], typer.Argument(help="Files that an export has written.")],
    form: Form = "",
    data: DataPath = DATA,
    site: Annotated[Path | None, typer.Option(help="The site's folder: it knows the points.")] = None,
    url: Url = "",
    token: Token = "",
) -> None:
    """Take readings from files, each once, as history that rings nothing; stop the service first, or give --url."""
    if url:
        from gateway.cli import remote

        _exit(remote.import_files(url, token, files, form=form))
        return
    if site is None:
        raise typer.BadParameter("name the site's folder, or ask the running service with --url", param_hint="--site")
    from gateway.cli import archives

    _exit(archives.import_files(files, data=data, site=site, form=form))


@report.command("alarms")
def report_alarms(
    out: Annotated[Path, typer.Option(help="The file to write: .html, .pdf, .csv or .json.")],
    month: Annotated[str, typer.Option(help="As 2026-11, in WIB; without it the present one so far.")] = "",
    since: Annotated[str, typer.Option(help="A date, or a time as 2026-01-17T08:30:00Z.")] = "",
    until: Annotated[str, typer.Option(help="The same; without it, now.")] = "",
    positions: Annotated[int, typer.Option(min=1, max=100, help="Operators who share the alarms.")] = 1,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,  # noqa: FBT002 - an option of a command
    data: DataPath = DATA,
    site: Annotated[Path | None, typer.Option(help="The site's folder: it knows the name.")] = None,
) -> None:
    """Tell how well the alarms served the operators, also while the service runs."""
    from gateway.cli import reports

    span = reports.Span(month, since, until)
    _exit(
        reports.report_alarms(out, span, data=data, site=site, positions=positions, language="en" if english else "id")
    )


@report.command("rationalisation")
def report_rationalisation(
    site: SitePath,
    out: Annotated[Path, typer.Option(help="The CSV file to write.")],
) -> None:
    """Write every alarm with its limits and its record: the master alarm database."""
    from gateway.cli import rationale

    _exit(rationale.report_rationalisation(site, out))


@app.command()
def version() -> None:
    """Tell the version."""
    from importlib.metadata import version as installed

    typer.echo(f"semarak {installed('semarak')}")


@audit.command("verify")
def audit_verify(data: DataPath = DATA) -> None:
    """Walk the whole chain, also while the service runs; exit 1 and name the row when it was tampered with."""
    from gateway.cli.questions import verify_audit

    _exit(verify_audit(data))


@user.command("add")
def user_add(
    name: str,
    role: Annotated[list[str], typer.Option(help="operator, technician, leader, auditor or administrator.")],
    data: DataPath = DATA,
    password: Annotated[str, typer.Option(help="Asked for when it is not given; `-` reads it from stdin.")] = "",
) -> None:
    """Add a person; the password is asked for."""
    from gateway.cli.people import add_user

    secret = sys.stdin.readline().strip() if password == "-" else password  # noqa: S105 - a sign, not a secret
    secret = secret or typer.prompt("password", hide_input=True, confirmation_prompt=True)
    _exit(add_user(data, name, secret, role))


@user.command("list")
def user_list(data: DataPath = DATA) -> None:
    """List who may log in."""
    from gateway.cli.people import list_users

    _exit(list_users(data))


@token.command("add")
def token_add(
    name: str,
    role: Annotated[list[str] | None, typer.Option(help="What it may do: the roles of a person.")] = None,
    data: DataPath = DATA,
    days: Annotated[int, typer.Option(min=1, help="How long it lives.")] = 365,
    only: Annotated[list[str] | None, typer.Option(help="Narrow it to these permissions.")] = None,
    device: Annotated[str, typer.Option(help="The device that pushes with it; it may do nothing else.")] = "",
) -> None:
    """Make a token for a program and show it, this once."""
    from gateway.cli.people import add_token

    _exit(add_token(data, name, role or [], days=days, only=only or [], device=device))


def _exit(code: int) -> None:
    if code:
        raise typer.Exit(code)


def main() -> None:
    """Run the command."""
    app()
