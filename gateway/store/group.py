"""Group commit: what comes in meanwhile is written together, by the one thread that may block."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from drivers.model import Clock
from gateway.store.errors import StoreUnavailable
from gateway.store.journal import Journal
from gateway.store.limits import Limits
from gateway.store.pending import Pending

T = TypeVar("T")


class GroupCommit:
    """`pending` is what the next commit takes and `flying` what the present one writes; both belong to the loop."""

    def __init__(self, journal: Journal, *, clock: Clock, limits: Limits) -> None:
        self.pending = Pending()
        self.flying = Pending()
        self.last_commit_mono = clock.mono()
        self.unacknowledged = 0
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")
        self._job: asyncio.Future[None] | None = None
        self._wake = asyncio.Event()
        self._waited_for = asyncio.Event()
        self._full = asyncio.Event()
        self._holed = False

    def stir(self) -> None:
        """Let the next commit happen in time: something waits that must not be lost."""
        self._wake.set()
        self._waited_for.set()

    def stir_readings(self) -> None:
        """Let the next commit happen when enough readings wait, or one has waited long."""
        self._wake.set()
        if len(self.pending.readings) >= self._limits.commit_rows:
            self._waited_for.set()
            self._full.set()

    def hole(self) -> None:
        """Remember that something published was dropped: nobody may be told that all of it is durable."""
        self._holed = True

    def when_durable(self, done: Callable[[], None]) -> None:
        """Call `done` once everything so far is committed; not at all when some of it was dropped meanwhile."""
        if self._holed:
            self.unacknowledged += 1
            return
        self.pending.waiting.append(done)
        self.stir()

    @property
    def stirred(self) -> bool:
        """Return whether something waits."""
        return self._wake.is_set()

    async def due(self) -> None:
        """Wait until a commit is due: something waits, and it waited long enough or is enough."""
        await self._wake.wait()
        if self.pending.writes:
            await _passed(self._waited_for, self._limits.unwaited_every)
            await _passed(self._full, self._limits.commit_every)

    async def flush(self) -> None:
        """Commit everything that has come in; raise StoreUnavailable, and keep it, when the disk does not take it."""
        while self._job is not None:
            await asyncio.wait([self._job])
        self._wake.clear()
        self._waited_for.clear()
        self._full.clear()
        if not self.pending.writes:
            self._tell(self.pending.waiting)
            return
        self.flying, self.pending = self.pending, Pending()
        job = asyncio.get_running_loop().run_in_executor(self._writer, self._journal.commit, self.flying)
        job.add_done_callback(self._landed)
        self._job = job
        await asyncio.shield(job)

    def _landed(self, job: asyncio.Future[None]) -> None:
        flown, self.flying, self._job = self.flying, Pending(), None
        if job.cancelled() or job.exception() is not None:
            flown.follow(self.pending)
            self.pending = flown
            self.stir()
            return
        self.last_commit_mono = self._clock.mono()
        self._holed = False
        self._tell(flown.waiting)

    @staticmethod
    def _tell(waiting: list[Callable[[], None]]) -> None:
        told, waiting[:] = waiting[:], []
        for done in told:
            done()

    async def do(self, work: Callable[..., T], *args: object) -> T:
        """Run `work` in the writer's thread, after everything that was given to it before."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._writer, work, *args)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the store cannot be read: {error}; look at the disk's health") from error

    async def close(self) -> None:
        """Commit what waits, then end the thread."""
        try:
            await self.flush()
        finally:
            self._writer.shutdown()


async def _passed(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
