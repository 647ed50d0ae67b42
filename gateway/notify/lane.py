"""One channel's lane: its news goes out one after the other, rests when the channel is away, and expires in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from random import Random
from typing import Protocol

from drivers.backoff import Backoff
from drivers.model import Clock
from gateway.audit.audit import Audit
from gateway.errors import NotifyError
from gateway.notify.delivery import Delivery, DeliveryState
from gateway.notify.errors import ChannelAway, ChannelRefuses, Undeliverable
from gateway.notify.queue import Queue
from gateway.repairs import Repairs

NOTIFY = "notify"
"""Who acts, in the audit."""
REPAIR = "notify.channel"
PATIENCE_S = 90.0
"""How long one message may take, if it is worth sending for so long: an SMS in parts takes its time."""
FIRST_PAUSE_S, MOST_PAUSE_S = 4.0, 300.0
REFUSED_PAUSE_S = 60.0
"""How long a channel rests at least that refuses our login: asking more often may lock us out."""
TOLD_AFTER = 2
"""Failures in a row after which a person hears that a channel is away."""


class Sender(Protocol):
    """What a channel speaks: made once, opened while its lane runs."""

    def opened(self) -> AbstractAsyncContextManager[object]:
        """Hold what sending needs (a session, a thread)."""

    async def send(self, delivery: Delivery) -> str:
        """Send one message and return what the channel said; raise the errors of `gateway.notify.errors`."""


class Lane:
    """`run` works until it is cancelled; a failing channel holds no other up, and a failing address not its channel."""

    def __init__(
        self, channel: str, sender: Sender, *, queue: Queue, clock: Clock, audit: Audit, repairs: Repairs,
        random: Random, told: Callable[[Delivery], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.channel = channel
        self.reason = ""
        """Why the channel takes nothing; empty: it does, as far as is known."""
        self._sender, self._queue, self._clock = sender, queue, clock
        self._audit, self._repairs, self._told, self._random = audit, repairs, told, random
        self._backoff = Backoff(random, first=FIRST_PAUSE_S, most=MOST_PAUSE_S)
        self._rests_until = 0.0
        self._failures = 0
        self._stirred = asyncio.Event()

    def stir(self) -> None:
        """Look at the queue again: something is new, or withdrawn."""
        self._stirred.set()

    async def run(self) -> None:
        """Send what waits for this channel, for ever."""
        async with self._sender.opened():
            while True:
                self._stirred.clear()
                for stale in self._queue.expire(self.channel):
                    self._record(stale, why=stale.detail)
                waiting = self._queue.open(self.channel)
                rest = self._rests_until - self._clock.mono()
                if waiting and rest <= 0:
                    await self._deliver(waiting[0])
                else:
                    await self._wait(waiting, rest)

    async def _wait(self, waiting: list[Delivery], rest: float) -> None:
        """Wait until something is new, the rest is over, or something turns stale."""
        if not waiting:
            await self._stirred.wait()
            return
        stale = (min(each.valid_until for each in waiting) - self._clock.now()) / 1e9
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(rest, stale)) + 0.001):
                await self._stirred.wait()

    async def _deliver(self, waiting: Delivery) -> None:
        delivery = await self._queue.begin(waiting)
        try:
            detail = await self._sent(delivery)
        except Undeliverable as error:
            self._well()
            self._end(delivery, DeliveryState.FAILED, str(error))
        except (ChannelAway, ChannelRefuses) as error:
            self._rest(delivery, error)
        except asyncio.CancelledError:
            self._queue.back(delivery, "stopped while sending; it may have gone out")
            raise
        else:
            self._well()
            self._end(delivery, DeliveryState.SENT, detail)

    async def _sent(self, delivery: Delivery) -> str:
        patience = min(PATIENCE_S, (delivery.valid_until - self._clock.now()) / 1e9)
        try:
            async with asyncio.timeout(patience):
                return await self._sender.send(delivery)
        except TimeoutError:
            raise ChannelAway(f"no answer in {patience:.0f} s", doubtful=True) from None

    def _end(self, delivery: Delivery, state: DeliveryState, detail: str) -> None:
        over = self._queue.settle(delivery, state, detail)
        self._record(over, why=detail)
        self._told(over)

    def _rest(self, delivery: Delivery, error: NotifyError) -> None:
        """Let the channel rest; what was not taken waits behind what has been tried less."""
        refused = isinstance(error, ChannelRefuses)
        self._failures += 1
        self.reason = str(error)
        kind = "refused" if refused else "doubtful" if isinstance(error, ChannelAway) and error.doubtful else "away"
        self._queue.counters[self.channel, f"failed.{kind}"] += 1
        pause = FIRST_PAUSE_S / 2 + self._backoff.next()
        if refused:
            pause = max(pause, REFUSED_PAUSE_S * self._random.uniform(1.0, 1.5))
        self._rests_until = self._clock.mono() + pause
        self._queue.back(delivery, self.reason)
        if delivery.tries == 1 or refused:
            self._record(delivery, why=self.reason, outcome="refused" if refused else "retry")
        if refused or self._failures >= TOLD_AFTER:
            self._repairs.needed(REPAIR, self.channel, self.reason)

    def _well(self) -> None:
        self._failures, self.reason = 0, ""
        self._backoff.reset()
        self._repairs.done(REPAIR, self.channel)

    def _record(self, delivery: Delivery, *, why: str, outcome: str = "") -> None:
        self._audit.record(
            NOTIFY, "notify.delivery", delivery.notification,
            after={"person": delivery.person, "stands_for": delivery.stands_for, "channel": delivery.channel,
                   "tries": delivery.tries},
            outcome=outcome or delivery.state.value, why=why, request=delivery.id,
        )  # fmt: skip
