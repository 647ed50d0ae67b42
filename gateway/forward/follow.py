"""Follow the journal for one sink: what is new goes first, what was left behind is made up for, the place is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from drivers.model import Clock
from gateway.forward.lag import Spooling
from gateway.forward.positions import restored
from gateway.store.columns import Columns
from gateway.store.spool import Spooled

KIND = "sink"
LIVE_NS = 10_000_000_000
"""Older rows than this are no news, when more waits behind them: they make up for it later, and the newest go first."""


class SpoolPort(Spooling, Protocol):
    """The journal as a sink reads it, and where its place in it is kept."""

    @property
    def newest_seq(self) -> int: ...

    async def committed(self, after: int, /, *, most: int) -> Spooled: ...
    def hold(self, sink: str, seq: int, /) -> None: ...
    def cursor(self, sink: str, /) -> int: ...
    def release(self, sink: str, /) -> None: ...
    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None, /) -> None: ...  # noqa: A002 - the store's word
    def kept(self, kind: str, /) -> Mapping[str, Mapping[str, object]]: ...


Deliver = Callable[[Spooled], Awaitable[int]]
"""Brings a batch to the server and returns its rows; what it raises leaves the place in the journal as it was."""


@dataclass(frozen=True, slots=True)
class Pace:
    """New rows are gathered for `every` seconds, old ones are `backlog_rate` a second, about `most` come at a time."""

    every: float
    backlog_rate: int
    most: int


class Follower:
    """Hands batches to `deliver`, and calls `moved` whenever the place in the journal is another."""

    def __init__(
        self, sink: str, spool: SpoolPort, *, deliver: Deliver, moved: Callable[[], None], clock: Clock, pace: Pace
    ) -> None:
        self._sink = sink
        self._spool = spool
        self._deliver = deliver
        self._moved = moved
        self._clock = clock
        self._pace = pace
        self.positions = restored(spool.cursor(sink), spool.kept(KIND).get(sink))

    def hold(self) -> None:
        """Have the journal keep what the sink has not had."""
        self._spool.hold(self._sink, self.positions.safe)

    async def follow(self) -> None:
        """Deliver for ever, or until `deliver` raises."""
        new_due = old_due = self._clock.mono()
        while True:
            if self._clock.mono() >= new_due and await self._send_new():
                new_due = self._clock.mono() + self._pace.every
            if self.positions.behind and self._clock.mono() >= old_due:
                old_due = self._clock.mono() + await self._send_old() / self._pace.backlog_rate
            due = min(new_due, old_due) if self.positions.behind else new_due
            await self._clock.sleep(max(0.0, due - self._clock.mono()))

    def skip(self, upto: int) -> None:
        """Go on after commit `upto`: nothing before it is owed any more."""
        self.positions.skip(upto)
        self._save()

    async def _send_new(self) -> bool:
        """Deliver what came in last, and return whether that was all; leave behind what is too old to be news."""
        positions, newest = self.positions, self._spool.newest_seq
        if newest <= positions.head:
            return True
        batch = await self._spool.committed(positions.head, most=self._pace.most)
        if batch.upto <= positions.head:
            return True
        if batch.refilled or (batch.upto < newest and self._is_old(batch.columns)):
            positions.leave_behind(newest)
        else:
            positions.sent_new(batch.upto, await self._deliver(batch))
        self._save()
        return positions.head >= newest

    def _is_old(self, rows: Columns) -> bool:
        return len(rows) > 0 and int(rows.received.min()) * 1_000_000 < self._clock.now() - LIVE_NS

    async def _send_old(self) -> int:
        """Deliver some of what was left behind, the oldest first; return how many rows that was."""
        stretch = self.positions.behind[0]
        batch = await self._spool.committed(stretch.after, most=self._pace.most)
        sent = await self._deliver(batch)
        self.positions.sent_old(batch.upto if batch.upto > stretch.after else stretch.upto)
        self._save()
        return sent

    def _save(self) -> None:
        """Keep the place in the journal with the next commit."""
        self._moved()
        document = self.positions.document()
        if document is not None or self._sink in self._spool.kept(KIND):
            self._spool.keep(KIND, self._sink, document)
        self.hold()

    def forget(self) -> None:
        """Let go of the place in the journal: the sink is no more."""
        self._spool.release(self._sink)
        self._spool.keep(KIND, self._sink, None)
