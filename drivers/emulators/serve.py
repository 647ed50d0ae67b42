"""Emulators as a process of their own: `python -m drivers.emulators.serve PLAN.json`."""

from __future__ import annotations

import asyncio
import json
import signal
import stat
import sys
from collections.abc import Callable, Mapping
from os import fstat, read
from pathlib import Path

from aiohttp import web
from pydantic import ValidationError

from drivers.emulators.clock import RealClock
from drivers.emulators.control import Control
from drivers.emulators.hall import Hall
from drivers.errors import DriverError
from drivers.model import Clock

_STDIN = 0
_SHUTDOWN_PATIENCE = 1.0


async def serve(plan: Mapping[str, object], *, clock: Clock, over: asyncio.Event, say: Callable[[str], None]) -> None:
    """Run a hall until `over`; `say` gets one line of JSON when everything listens. Raises OSError, ValidationError."""
    hall = Hall(plan, clock=clock)
    await hall.start()
    try:
        async with asyncio.TaskGroup() as stories:
            control = Control(hall, stories)
            runner = web.AppRunner(control.app(), access_log=None, shutdown_timeout=_SHUTDOWN_PATIENCE)
            await runner.setup()
            try:
                await web.TCPSite(runner, hall.plan.host, hall.plan.control).start()
                host, port = runner.addresses[0][:2]
                say(json.dumps({"ready": True, "control": f"http://{host}:{port}", "links": hall.links}))
                await over.wait()
            finally:
                await runner.cleanup()
                control.end()
    finally:
        await hall.stop()


def _watch_parent(over: asyncio.Event) -> None:
    """Set `over` when the pipe or socket on stdin closes, as it does when the parent dies; no terminal is."""
    mode = fstat(_STDIN).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def look() -> None:
        if not read(_STDIN, 4096):
            loop.remove_reader(_STDIN)
            over.set()

    loop = asyncio.get_running_loop()
    loop.add_reader(_STDIN, look)


async def _run(plan: Mapping[str, object]) -> None:
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    _watch_parent(over)
    await serve(plan, clock=RealClock(), over=over, say=_say)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Serve the plan in the file that is named; 2: the plan is no plan, 1: something cannot listen."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m drivers.emulators.serve PLAN.json\n")
        return 2
    code = 0
    try:
        asyncio.run(_run(json.loads(Path(arguments[0]).read_text(encoding="utf-8"))))
    except* (json.JSONDecodeError, ValidationError, KeyError, DriverError) as group:
        sys.stderr.write(f"{arguments[0]} is no plan of a hall: {group.exceptions[0]}\n")
        code = 2
    except* OSError as group:
        sys.stderr.write(f"the hall cannot start: {group.exceptions[0]}; is a port taken?\n")
        code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
