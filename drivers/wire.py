"""One connection's queue at work: the next job gets the wire when it is free, and every job ends, whatever happens."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

from drivers.channel import Channel
from drivers.conversation import MOST_MISSED, Conversation, Unanswered
from drivers.driver import Driver, Reply, Request
from drivers.errors import BadCommand, LinkError
from drivers.model import Clock, Command, Priority, Result
from drivers.turn import Ending, Job, Turn

BUSY_PAUSES = (0.5, 1.0, 2.0)
"""Seconds before a command that the device was too busy for is sent again."""


class Wire:
    """Made anew for every connection; `place` tells how many values have been heard, `missed` hears of lost answers."""

    def __init__(
        self,
        talk: Conversation,
        *,
        clock: Clock,
        gap: float,
        counters: Counter[str],
        place: Callable[[], int],
        missed: Callable[[Unanswered], None],
        channel: Channel | None = None,
    ) -> None:
        self.doubt = asyncio.Event()
        """Set when a command's bytes left and no answer came: the state must be read at once."""
        self._talk = talk
        self._clock = clock
        self._gap = gap
        self._counters = counters
        self._place = place
        self._missed = missed
        self._turn = Turn(counters)
        self._channel = channel or Channel()
        self._job: Job | None = None
        self._ended = ""

    @property
    def users(self) -> int:
        """Return how many devices share the wire."""
        return self._channel.users

    @property
    def driver(self) -> Driver:
        """Return the driver that knows this connection."""
        return self._talk.driver

    def command(self, command: Command) -> Job:
        """Return the job that sends a command."""
        return Job(command.priority, asyncio.get_running_loop().create_future(), command)

    def question(self, request: Request, priority: Priority) -> Job:
        """Return the job that asks a question."""
        return Job(priority, asyncio.get_running_loop().create_future(), requests=(request,))

    async def do(self, job: Job) -> Ending:
        """Return how the job ended."""
        await self.begin(job)
        return await job.end

    async def begin(self, job: Job) -> None:
        """Let a job wait for its turn; on an idle wire its bytes leave before the first wait."""
        if self._ended:
            job.finish(Result.FAILED, self._ended)
            return
        self._turn.add(job, self._clock.mono())
        with suppress(LinkError):  # The listener meets the same failure, and the job ends with the connection.
            await self._start()

    async def work(self) -> None:
        """Serve the jobs until the link fails; raise LinkError, Unanswered when the device says nothing any more."""
        while True:
            await self._start()
            if self._job is None:
                await self._turn.wait(self._clock.mono(), held=self._channel.awaits(self))
                continue
            await self._serve(self._job)
            if self.users > 1:  # the others pause too after an answer on the wire that they share
                await self._clock.sleep(self._gap)
            self._job = None
            self._channel.leave(self)

    def end(self, detail: str) -> None:
        """End whatever waits, and whatever comes; nothing is kept for the next connection."""
        self._ended = detail
        job, self._job = self._job, None
        if job is not None:
            job.finish(Result.UNSURE if job.left else Result.FAILED, detail)
        self._turn.clear(detail)
        self._channel.leave(self)

    async def _start(self) -> None:
        """Give the wire to the next job if it is free, and let the first bytes go."""
        now = self._clock.mono()
        job = self._take(now) if self._job is None else None
        if job is None:
            return
        try:
            job.requests = self._talk.driver.request(job.command) if job.command else job.requests
        except BadCommand as error:
            job.finish(Result.FAILED, str(error))
            self._channel.leave(self)
            return
        self._job, job.left, job.began, job.mark = job, True, now, self._place()
        await self._talk.send(job.requests[0], question=job.command is None)

    def _take(self, now: float) -> Job | None:
        """Return the job whose turn it is here, once it is also our turn on a wire that others share."""
        priority = self._turn.most_urgent(now)
        if priority is None:
            self._channel.leave(self)
            return None
        if not self._channel.enter(self, priority, self._turn.look_again):
            return None
        return self._turn.take(now)

    async def _serve(self, job: Job) -> None:
        try:
            reply = await self._exchange(job)
        except Unanswered as error:
            if self._talk.missed >= MOST_MISSED:
                raise
            self._miss(job, error)
            await self._clock.sleep(0)  # Whoever clears up the doubt asks before the next command is taken.
            return
        settle = 0.0 if reply.refused else job.requests[-1].settle
        self._turn.rest(self._clock.mono() + max(self._gap, settle))
        self._conclude(job, reply)

    async def _exchange(self, job: Job) -> Reply:
        reply = await self._talk.answer()
        for sent, request in pairwise(job.requests):
            if reply.refused:
                break
            await self._clock.sleep(max(self._gap, sent.settle))
            await self._talk.send(request, question=job.command is None)
            reply = await self._talk.answer()
        return reply

    def _miss(self, job: Job, error: Unanswered) -> None:
        self._turn.rest(self._clock.mono() + self._gap)
        self._missed(error)
        if job.command is not None:
            self.doubt.set()
            self._turn.hurry_questions()
        job.finish(Result.UNSURE, f"{error}; whether it has taken is being read", took=self._took(job))

    def _conclude(self, job: Job, reply: Reply) -> None:
        refusal = reply.refused
        if refusal is None or job.command is None:
            job.finish(Result.DONE, took=self._took(job))
            return
        if refusal.busy and self._try_later(job):
            return
        self._counters["refused"] += 1
        job.finish(Result.REFUSED, refusal.text, took=self._took(job))

    def _try_later(self, job: Job) -> bool:
        if job.tries >= len(BUSY_PAUSES):
            return False
        again = self._clock.mono() + BUSY_PAUSES[job.tries]
        if again > job.deadline:
            return False
        job.tries, job.left = job.tries + 1, False
        self._turn.put_back(job, not_before=again)
        return True

    def _took(self, job: Job) -> float:
        return self._clock.mono() - job.began + self._gap
