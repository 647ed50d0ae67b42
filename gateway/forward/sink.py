"""One sink: reads the journal from where the server is, the newest first, and does not rest until all is written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from drivers.model import Clock
from gateway.forward import history
from gateway.forward.config import SinkConfig
from gateway.forward.delivery import Body, Delivered, Delivery, packed
from gateway.forward.errors import Held
from gateway.forward.follow import Follower, Pace, SpoolPort
from gateway.forward.heads import Heads
from gateway.forward.lag import Lag
from gateway.forward.line_protocol import encoded
from gateway.forward.quarantine import Quarantine
from gateway.forward.replies import Answer, Reply
from gateway.forward.rows import settled, wanted
from gateway.forward.status import REPAIRS, Replayed, SinkState, SinkStatus
from gateway.forward.trouble import Trouble
from gateway.repairs import Repairs
from gateway.store.buckets import Bucket
from gateway.store.columns import Columns
from gateway.store.spool import Spooled

T = TypeVar("T")
READ = 20_000
"""Readings that are asked of the journal at a time."""
EVERY_S = 1.0
"""What is new is gathered for so long: many small writes cost a server more than one."""
NOT_CONNECTED = Reply(0, b"the sink is not connected yet; try again in a moment")


class ClientPort(Protocol):
    """The way to the server."""

    async def write(self, packed: bytes, /) -> Reply: ...
    async def create(self) -> None: ...
    async def query(self, influxql: str, /) -> Mapping[str, Any]: ...


Open = Callable[[Executor], AbstractAsyncContextManager[ClientPort]]


class Sink:
    """`run` writes for ever; it fails only when the journal cannot be read. `room` is the journal's, in bytes."""

    def __init__(
        self, config: SinkConfig, *, open_client: Open, spool: SpoolPort, heads: Heads, repairs: Repairs, clock: Clock,
        room: int,
    ) -> None:  # fmt: skip
        self.config = config
        self.quarantine = Quarantine(config.id, spool, clock=clock)
        self.counters: Counter[str] = Counter(written=0, retried=0, refused=0, old=0, replayed=0)
        self._open_client = open_client
        self._heads = heads
        self._repairs = repairs
        self._follower = Follower(
            config.id, spool, deliver=self._deliver, moved=self._moved, clock=clock,
            pace=Pace(EVERY_S, config.backlog_rate, READ),
        )  # fmt: skip
        self._trouble = Trouble(config.id, kinds=REPAIRS, repairs=repairs, clock=clock)
        self._lag = Lag(config.id, spool, self._follower.positions, clock=clock, room=room)
        self._delivery = Delivery(encode=self._encode, write=self._write)
        self._names: Callable[[int], str] = str
        self._client: ClientPort | None = None
        self._aside: Executor | None = None

    async def run(self) -> None:
        """Connect, and write whatever the journal brings."""
        self._follower.hold()
        with ThreadPoolExecutor(1, f"forward-{self.config.id}") as self._aside:
            async with self._open_client(self._aside) as self._client:
                try:
                    await self._forward()
                finally:
                    self._client = self._aside = None

    async def _forward(self) -> None:
        while True:
            try:
                await self._follower.follow()
            except Held as held:
                self.counters["retried"] += 1
                await self._trouble.rest(held.reply)

    def _moved(self) -> None:
        """Show how far behind the place in the journal is."""
        self._trouble.stands(SinkState.BEHIND if self._follower.positions.behind else SinkState.WRITING)

    # ── one batch ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _deliver(self, batch: Spooled) -> int:
        self._names = batch.points
        rows = await self._aside_from_all(lambda: settled(wanted(batch.columns, batch.points, self.config.points)))
        self._note(await self._delivery.deliver(rows))
        return len(rows)

    async def _encode(self, rows: Columns) -> Body:
        heads = self._heads.of(rows.series, self._names)
        return await self._aside_from_all(lambda: packed(encoded(rows, heads)))

    async def _aside_from_all(self, work: Callable[[], T]) -> T:
        """Do in this sink's own thread what would hold up everybody else."""
        return await asyncio.get_running_loop().run_in_executor(self._aside, work)

    async def _write(self, body: bytes) -> Reply:
        return NOT_CONNECTED if self._client is None else await self._client.write(body)

    def _note(self, done: Delivered) -> None:
        """Count what became of a batch; the server took it, so that whatever ailed it is over."""
        self.counters["written"] += done.stored
        self.counters["old"] += done.old
        self.counters["refused"] += len(done.refused)
        if done.refused:
            self.quarantine.put(done.refused)
            self._look_at_quarantine()
        if done.old:
            detail = f"{self.counters['old']:,} rows since the service started are older than the bucket keeps"
            self._repairs.needed("sink.old", self.config.id, detail)
        elif not self._follower.positions.behind:
            self._repairs.done("sink.old", self.config.id)
        self._trouble.over()

    # ── for people ────────────────────────────────────────────────────────────────────────────────────────────────

    def status(self) -> SinkStatus:
        """Return how the sink stands now."""
        lag, trouble = self._lag.now(), self._trouble
        return SinkStatus(
            self.config.id, self.config.kind, self.config.url, trouble.state, trouble.since, trouble.reason,
            rows=lag.rows, bytes=lag.bytes, age=lag.age, time_to_full=lag.time_to_full,
            batch=self._delivery.most, quarantined=self.quarantine.rows,
            counters={**self.counters, "quarantine_dropped": self.quarantine.dropped},
        )  # fmt: skip

    def watch(self) -> None:
        """Look at what waits, now and then, and raise or clear the repairs about it."""
        self._lag.sample()
        lag, name = self._lag.now(), self.config.id
        self._repairs.settle("sink.behind", name, lag.sentence() if lag.is_long else None)
        self._repairs.settle("sink.filling", name, lag.sentence() if lag.is_filling else None)
        self._look_at_quarantine()

    def _look_at_quarantine(self) -> None:
        entries = self.quarantine.entries()
        told = f"{self.quarantine.rows:,} rows; {entries[-1].why}" if entries else None
        self._repairs.settle("sink.quarantine", self.config.id, told)

    async def replay(self) -> Replayed:
        """Write what is in quarantine again; what is refused again stays. Raise Held when the server takes nothing."""
        written = 0
        for entry in self.quarantine.entries():
            left = await self._refused_again(list(entry.lines))
            written += len(entry.lines) - len(left)
            self.quarantine.replace(entry, left)
        self.counters["replayed"] += written
        self.watch()
        return Replayed(written, self.quarantine.rows)

    async def _refused_again(self, lines: list[str]) -> list[str]:
        reply = await self._write(packed("".join(f"{line}\n" for line in lines).encode()).packed)
        if reply.answer in (Answer.STORED, Answer.OLD):
            return []
        if reply.answer not in (Answer.REFUSED, Answer.TOO_LARGE):
            raise Held(reply)
        if len(lines) == 1:
            return lines
        return [line for each in lines for line in await self._refused_again([each])]

    def discard(self) -> int:
        """Throw away what is in quarantine, and return how many rows that was."""
        rows = self.quarantine.rows
        self.quarantine.forget()
        self.watch()
        return rows

    async def create(self) -> None:
        """Create the bucket that is missing, and go on at once; raise SinkError when the server will not."""
        if self._client is None:
            raise Held(NOT_CONNECTED)
        await self._client.create()
        self._trouble.hurry()

    async def buckets(self, points: Sequence[str], *, since: int, until: int, count: int) -> Mapping[str, list[Bucket]]:
        """Return history that the journal no longer has; raise SinkError when the server does not tell."""
        if self._client is None:
            raise Held(NOT_CONNECTED)
        return await history.buckets(
            points, since=since, until=until, count=count, ask=self._client.query, measurement=self._heads.measurement
        )

    def forget(self) -> None:
        """Let go of everything kept for this sink: it is taken out of the site's files."""
        self._follower.forget()
        self.quarantine.forget()
        self._repairs.forget("sink", self.config.id)
