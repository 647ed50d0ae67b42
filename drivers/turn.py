"""The order on one wire: who goes next, who comes too late, and who has been overtaken by a newer wish."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count

from drivers.capability import VERBS
from drivers.driver import Request
from drivers.model import Arg, Command, Priority, Result

MOST_WAITING = 64
POLL_SHARE = 0.2
"""The part of a link's time that polls may take."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended, and how many seconds of the wire's time it took."""

    result: Result
    detail: str = ""
    took: float = 0.0


@dataclass(slots=True, eq=False)
class Job:
    """Something to do on the wire: a command, or the questions of a poll. `end` is set once, whatever happens."""

    priority: Priority
    end: asyncio.Future[Ending]
    command: Command | None = None
    requests: Sequence[Request] = ()
    not_before: float = 0.0
    tries: int = 0
    age: int = 0
    began: float = 0.0
    mark: int = 0
    """How many readings had come when its bytes left: only later ones can prove it."""
    left: bool = False
    """Bytes of it have been handed to the wire."""

    @property
    def deadline(self) -> float:
        """Return the second on the monotonic clock after which it must not be sent."""
        return self.command.deadline if self.command else math.inf

    def finish(self, result: Result, detail: str = "", *, took: float = 0.0) -> None:
        """Tell whoever waits, unless the job has ended or nobody waits any more."""
        if not self.end.done():
            self.end.set_result(Ending(result, detail, took))


def scope(command: Command) -> tuple[object, ...]:
    """Return what a command is about: two commands of one scope say different things about the same value."""
    verb = VERBS.get(command.verb)
    which = verb.which if verb else ()
    return command.verb, frozenset(command.args), *(command.args.get(name) for name in which)


def remainder(older: Command, newer: Command) -> Command | None:
    """Return what of `older` still counts once `newer` is wished: all of it, the routes that are left, or None."""
    verb = VERBS.get(newer.verb)
    if verb and older.verb in verb.replaces:
        return None
    if scope(older) != scope(newer):
        return older
    args: dict[str, Arg] = dict(older.args)
    left = False
    for name, value in older.args.items():
        said = newer.args[name]
        if isinstance(value, Mapping) and isinstance(said, Mapping):
            args[name] = {key: wish for key, wish in value.items() if key not in said}
            left = left or bool(args[name])
    return replace(older, args=args) if left else None


def poll_pause(took: float, *, users: int = 1) -> float:
    """Return how many seconds one of `users` devices on a wire must poll nothing after `took` seconds on it."""
    return took * (users / POLL_SHARE - 1.0)


class Turn:
    """The jobs that wait for one wire, most urgent first, then oldest; seconds are those of the monotonic clock."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._waiting: list[Job] = []
        self._newer: list[Command] = []
        """The commands that came since a job was last taken."""
        self._ages = count()
        self._rested_at = 0.0
        self._wake = asyncio.Event()

    def add(self, job: Job, now: float) -> None:
        """Queue a job; what it replaces ends as SUPERSEDED, itself as EXPIRED when late, FAILED when too many wait."""
        job.age = next(self._ages)
        if job.deadline < now:
            self._expire(job)
            return
        if job.command is not None:
            self._overtake(job.command)
            if sum(other.command is not None for other in self._waiting) >= MOST_WAITING:
                self._counters["dropped"] += 1
                job.finish(Result.FAILED, f"{MOST_WAITING} commands wait for this device; it is too slow for more")
                return
        self._put(job)

    def put_back(self, job: Job, *, not_before: float) -> None:
        """Queue the job that was taken last again, at its old place, unless a newer wish has come meanwhile."""
        job.not_before = not_before
        if all(self._outlives(job, newer) for newer in self._newer):
            self._put(job)

    def most_urgent(self, now: float) -> Priority | None:
        """Return the priority of the job whose turn it is, or None; what is past its deadline ends as EXPIRED."""
        job = self._first(now)
        return job.priority if job else None

    def take(self, now: float) -> Job | None:
        """Return the job whose turn it is, or None; what is past its deadline ends as EXPIRED."""
        job = self._first(now)
        if job is None:
            return None
        self._waiting.remove(job)
        self._newer.clear()
        return job

    def rest(self, until: float) -> None:
        """Give nobody the wire before that second."""
        self._rested_at = max(self._rested_at, until)

    def hurry_questions(self) -> None:
        """Let the questions that wait go before the commands: the state is in doubt."""
        for job in self._waiting:
            if job.command is None:
                job.priority = Priority.ALARM

    async def wait(self, now: float, *, held: bool = False) -> None:
        """Wait until `take` may have another answer; `held`: somebody else has the wire, and `look_again` tells."""
        self._wake.clear()
        moment = min((job.deadline for job in self._waiting), default=math.inf) if held else self._next_moment()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if moment == math.inf else max(moment - now, 0.0)):
                await self._wake.wait()

    def look_again(self) -> None:
        """End the wait: something outside has changed."""
        self._wake.set()

    def clear(self, detail: str) -> None:
        """Let every waiting job fail."""
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            job.finish(Result.FAILED, detail)

    def _first(self, now: float) -> Job | None:
        self._drop_late(now)
        if now < self._rested_at:
            return None
        ready = [job for job in self._waiting if job.not_before <= now]
        return min(ready, key=lambda one: (one.priority, one.age), default=None)

    def _put(self, job: Job) -> None:
        self._waiting.append(job)
        self._wake.set()

    def _overtake(self, newer: Command) -> None:
        self._newer = [*self._newer[-MOST_WAITING:], newer]
        self._waiting = [job for job in self._waiting if self._outlives(job, newer)]

    def _outlives(self, job: Job, newer: Command) -> bool:
        """Cut down a job to what still counts; return False, and end it, when nothing does."""
        if job.command is None:
            return True
        left = remainder(job.command, newer)
        if left is not None:
            job.command = left
            return True
        self._counters["superseded"] += 1
        job.finish(Result.SUPERSEDED, f"replaced by a newer command of {newer.by}")
        return False

    def _drop_late(self, now: float) -> None:
        for job in list(self._waiting):
            if job.end.done():
                self._waiting.remove(job)
            elif job.deadline <= now:
                self._waiting.remove(job)
                self._expire(job)

    def _expire(self, job: Job) -> None:
        self._counters["expired"] += 1
        job.finish(Result.EXPIRED, "its time was over before the wire was free; it was not sent")

    def _next_moment(self) -> float:
        starts = (max(self._rested_at, job.not_before) for job in self._waiting)
        ends = (job.deadline for job in self._waiting)
        return min((*starts, *ends), default=math.inf)
