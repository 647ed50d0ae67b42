"""Rehearsals of rules, one at a time, each in a process of its own that yields to everything else."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from gateway.rehearsal.errors import NoSuchRehearsal, RehearsalError
from gateway.rehearsal.job import Job, Word

MOST_WAITING = 8
REMEMBERED = 20
"""So many rehearsals can be asked about, the latest."""
LONGEST_LINE = 16 * 1024 * 1024
LONGEST_S = 120.0
"""A process that is still at work then is ended."""


State = Literal["waiting", "running", "done", "refused", "cancelled"]


@dataclass(eq=False)
class Running:
    """One rehearsal: waits, is at work, or has its last word."""

    id: str
    by: str
    job: Job
    word: Word = field(default_factory=Word)
    begun: bool = False
    cancelled: bool = False
    process: Process | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is done, refused or cancelled."""

    @property
    def state(self) -> State:
        """Return how it stands."""
        if self.cancelled:
            return "cancelled"
        if self.word.last:
            return "done" if self.word.rehearsal is not None else "refused"
        return "running" if self.begun else "waiting"

    def cancel(self) -> None:
        """End it, wherever it is; what is done stays done."""
        if self.word.last:
            return
        self.cancelled = True
        self.over.set()
        if self.process is not None and self.process.returncode is None:
            self.process.kill()


class Rehearsals:
    """Who asks for another one gives up the one before."""

    def __init__(self, *, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._all: dict[str, Running] = {}
        self._more = asyncio.Event()

    def begin(self, by: str, job: Job) -> Running:
        """Have a job done as soon as there is time; raise RehearsalError while too many wait."""
        for running in self._all.values():
            if running.by == by:
                running.cancel()
        if sum(running.state == "waiting" for running in self._all.values()) >= MOST_WAITING:
            raise RehearsalError(f"{MOST_WAITING} rehearsals wait already; try again in a minute")
        running = Running(self._new_id(), by, job)
        self._all[running.id] = running
        while len(self._all) > REMEMBERED:
            self._all.pop(next(iter(self._all))).cancel()
        self._more.set()
        return running

    def find(self, id: str) -> Running:  # noqa: A002 - the glossary's word
        """Return one; raise NoSuchRehearsal."""
        if id not in self._all:
            raise NoSuchRehearsal(f"there is no rehearsal {id!r}; begin another one")
        return self._all[id]

    async def run(self) -> None:
        """Do one after the other, for ever."""
        while True:
            running = next((one for one in self._all.values() if one.state == "waiting"), None)
            if running is None:
                self._more.clear()
                await self._more.wait()
            else:
                await _play(running)


async def _play(running: Running) -> None:
    """Let a process do a job; whatever becomes of it, it has a last word."""
    running.begun = True
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __package__, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=LONGEST_LINE
    )
    running.process = process
    try:
        if running.cancelled:
            return
        async with asyncio.timeout(LONGEST_S):
            why = await _heard(running, process)
    except msgspec.MsgspecError as error:
        why = f"its process says what nobody understands: {error}"
    except TimeoutError:
        why = f"it took longer than {LONGEST_S:g} s; choose a shorter span"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    if not running.word.last and not running.cancelled:
        running.word = Word(refused=f"the rehearsal broke off: {why}")
    running.over.set()


async def _heard(running: Running, process: Process) -> str:
    """Follow what a process tells; return its last complaint."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RehearsalError("the process that rehearses has no pipes")
    process.stdin.write(msgspec.json.encode(running.job))
    process.stdin.close()
    async for line in process.stdout:
        running.word = msgspec.json.decode(line, type=Word)
    complaint = (await process.stderr.read()).decode("utf-8", "replace").strip()
    return complaint.splitlines()[-1] if complaint else "its process ended without a word"
