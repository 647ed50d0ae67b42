"""One connection's talk with one device: one request in flight, and every answer given to the request it belongs to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.driver import Attentive, Driver, EndsByHangUp, Reply, Request
from drivers.errors import LinkError, ProtocolError, Refused
from drivers.links import Link
from drivers.model import Value

GREETING = "greeting"
MOST_GARBLED = 5
MOST_MISSED = 2


class Unanswered(LinkError):
    """A request's bytes left and its answer did not come in time."""


class Garbled(LinkError):
    """So much garbage in a row that only a new connection can help."""


class LoginRefused(Refused):
    """The device refuses the login: trying again soon does not help and may lock us out."""

    permanent = True


@dataclass(slots=True, eq=False)
class _Asked:
    """A request in flight; the answer to a question tells the state, the answer to a command only accepts it."""

    request: Request
    question: bool
    reply: asyncio.Future[Reply]

    def fits(self, reply: Reply) -> bool:
        """Return whether `reply` may answer this: it has the same topic, or none."""
        return not self.request.silent and reply.topic in (None, self.request.topic)


def _as_it_is(request: Request) -> bytes:
    return request.payload


class Conversation:
    """Made anew for every connection; `heard` gets every value that is state, `garbled` every piece of garbage."""

    def __init__(
        self,
        link: Link,
        driver: Driver,
        *,
        counters: Counter[str],
        heard: Callable[[Mapping[str, Value]], None],
        garbled: Callable[[ProtocolError], None],
    ) -> None:
        self.driver = driver
        self._leaving = driver.leaving if isinstance(driver, Attentive) else _as_it_is
        self.missed = 0
        """Requests in a row that got no answer; after MOST_MISSED a late answer could complete the wrong request."""
        self._link = link
        self._counters = counters
        self._heard = heard
        self._on_garbage = garbled
        self._garbled = 0
        self._back = b""
        self._asked: _Asked | None = None
        self._last: _Asked | None = None
        """What was sent last: its answer may have come before `send` was over, as it may on a slow wire."""
        self._owed: _Asked | None = None
        self._greeted = asyncio.Event()

    async def listen(self) -> None:
        """Take in what the device says until the link fails (LinkError) or the device refuses us (LoginRefused)."""
        while True:
            data = await self._link.receive()
            self._take_in(data) if data else self._hung_up()
            if self._back:
                back, self._back = self._back, b""
                await self._link.send(back)

    async def greeting(self, patience: float) -> None:
        """Wait until the device has greeted; raise Unanswered when it does not within `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._greeted.wait()
        except TimeoutError:
            raise Unanswered(f"connected, but no greeting came in {patience:g} s") from None

    async def send(self, request: Request, *, question: bool) -> None:
        """Hand a request to the wire before the first wait; nothing else may be in flight."""
        self._asked = self._last = _Asked(request, question, asyncio.get_running_loop().create_future())
        self._counters["sent"] += 1
        await self._link.send(self._leaving(request))

    async def answer(self) -> Reply:
        """Return the answer to the request in flight, or raise Unanswered when its patience is over."""
        asked = self._last
        assert asked is not None  # noqa: S101 - `send` comes before `answer`
        if asked.request.silent:
            self._asked = None
            return Reply(asked.request.topic)
        try:
            async with asyncio.timeout(asked.request.patience):
                return await asked.reply
        except TimeoutError:
            raise self._miss(asked) from None

    def _miss(self, asked: _Asked) -> Unanswered:
        self._asked, self._owed = None, asked
        self.missed += 1
        self._counters["timeouts"] += 1
        return Unanswered(f"no answer about {asked.request.topic} in {asked.request.patience:g} s")

    def _take_in(self, data: bytes) -> None:
        """Place every reply that `data` completes; what is good is kept when garbage came with it."""
        while True:
            try:
                replies = self.driver.feed(data)
            except ProtocolError as error:
                self._count_garbage(error)
                data = b""
                continue
            break
        for reply in replies:
            self._garbled = 0
            self._place(reply)

    def _hung_up(self) -> None:
        """Let the driver know that an exchange is over; what it had heard of the next answer is no part of it."""
        if isinstance(self.driver, EndsByHangUp):
            for reply in self.driver.hung_up():
                self._place(reply)

    def _count_garbage(self, error: ProtocolError) -> None:
        self._garbled += 1
        self._counters["garbage"] += 1
        self._on_garbage(error)
        if self._garbled >= MOST_GARBLED:
            raise Garbled(f"{MOST_GARBLED} pieces of garbage in a row; the last: {error}") from error

    def _place(self, reply: Reply) -> None:
        if reply.denied:
            raise LoginRefused(reply.denied)
        self._counters["received"] += 1
        self._back += reply.back
        if reply.topic == GREETING:
            self._greeted.set()
        asked = self._owner(reply)
        if reply.values and (asked is None or asked.question):
            self._heard(reply.values)
        if asked is not None and not asked.reply.done():
            asked.reply.set_result(reply)

    def _owner(self, reply: Reply) -> _Asked | None:
        """Return the request that this answers, or None for news; devices answer in order: a missed one is first."""
        owed, asked = self._owed, self._asked
        if owed is not None and owed.fits(reply):
            self._owed = None
            return owed
        if asked is None or not asked.fits(reply):
            return None
        self._asked, self._owed = None, None
        self.missed = 0
        return asked
