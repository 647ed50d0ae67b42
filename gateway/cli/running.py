"""Run the service in this process: signals, log, and errors as sentences."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import structlog
import typer

from drivers.errors import DriverError
from gateway.app.configuration import Source
from gateway.app.running_site import RunningSite, Setting
from gateway.errors import GatewayError
from gateway.settings.site import load_site

SWITCH_S = 0.0005
"""How long the thread that writes the journal may keep the interpreter while the loop waits (Python: 5 ms)."""
YOUNG = (10_000, 20, 20)
"""How many new objects the garbage collector waits for (Python: 700), and how many short walks for a longer one."""


def serve_site(folder: Path, data: Path, http: str) -> int:
    """Serve a site until it is told to stop; return 1 with a sentence when it cannot start."""
    try:
        host, port = address(http)
        return run(Setting(data, host, port, Source(folder, lambda texts: load_site(folder, texts=texts))))
    except GatewayError as error:
        typer.echo(str(error), err=True)
        return 1


def address(http: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`; raise GatewayError."""
    host, _, port = http.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise GatewayError(f"{http!r} is no address; write it as HOST:PORT, as 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def run(
    setting: Setting,
    *,
    ready: Callable[[RunningSite], None] | None = None,
    prepare: Callable[[RunningSite], Awaitable[None]] | None = None,
) -> int:
    """Run the service until SIGTERM or SIGINT; return its exit code."""
    keep_log()
    sys.setswitchinterval(SWITCH_S)
    code = 0
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_until_told(setting, ready or _nothing, prepare))
    except* (GatewayError, DriverError) as group:
        typer.echo(str(group.exceptions[0]), err=True)
        code = 1
    return code


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop, whose wake-ups cost half, or None for asyncio's own where it is not installed."""
    with suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None


def _nothing(_site: RunningSite) -> None:
    """Do nothing when the site is ready."""


def _set_aside() -> None:
    """Keep what is here to stay out of the collector's walks: one over it all takes 70 ms, and an alarm waits."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*YOUNG)


async def _until_told(
    setting: Setting, ready: Callable[[RunningSite], None], prepare: Callable[[RunningSite], Awaitable[None]] | None
) -> None:
    loop, site = asyncio.get_running_loop(), RunningSite(setting)
    if prepare is not None:
        await prepare(site)

    def begun() -> None:
        _set_aside()
        ready(site)

    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(site.run(begun), name="site")
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, serving.cancel)
        loop.add_signal_handler(signal.SIGHUP, lambda: tasks.create_task(site.reload(), name="reload"))


def keep_log() -> None:
    """Write our log and that of the libraries to standard error, one line an event."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
