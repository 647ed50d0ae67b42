"""What the tests of sinks share: a server in memory that plays every reply, and a sink before a real journal."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.model import Device, Name, Point, Reading, Value
from gateway.forward.config import SinkConfig
from gateway.forward.heads import Heads
from gateway.forward.replies import Reply
from gateway.forward.sink import ClientPort, Sink
from gateway.repairs import Repair, Repairs
from gateway.store.limits import Limits
from gateway.store.store import Store
from tests.fakes import FakeClock
from tests.gateway.line_parser import Line, parsed

S = 1_000_000_000
POINTS = {f"p{n}": Point(f"p{n}", "broker", Name(f"P{n}", f"P{n}"), owner="BPBD") for n in range(40)}
BROKER = Device("broker", Name("Broker", "Broker"), "mqtt", "mqtt://127.0.0.1", room="server")


@dataclass
class Server:
    """Takes line protocol as InfluxDB does: a row written again replaces itself, some rows it will not have."""

    rows: dict[object, Line] = field(default_factory=dict)
    order: list[Line] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    """What it says next, whatever is written; then it behaves."""
    away: Reply | None = None
    """What it says to everything."""
    most: int = 1_000_000
    longest: int = 1_000_000
    """The longest text that fits into a request."""
    refuses: Callable[[Line], str] = lambda _: ""
    """Why it does not take a line; empty: it does."""
    partial: bool = True
    """InfluxDB 1.8, and 2 from 2.5: the good rows of a refused write are stored."""
    asked: list[int] = field(default_factory=list)
    """How many lines each write had."""
    created: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, packed: bytes) -> Reply:
        lines = parsed(gzip.decompress(packed))
        self.asked.append(len(lines))
        self.news.set()
        if self.away is not None:
            return self.away
        if self.replies:
            return self.replies.pop(0)
        texts = [str(dict(line.fields).get("text", "")) for line in lines]
        if len(lines) > self.most or any(len(text) > self.longest for text in texts):
            return Reply(413, b'{"code":"request too large","message":"too many lines"}')
        refused = [(line, why) for line in lines if (why := self.refuses(line))]
        if self.partial or not refused:
            self._store([line for line in lines if not self.refuses(line)])
        return Reply(400, f'{{"error":"{refused[0][1]}"}}'.encode()) if refused else Reply(204)

    async def create(self) -> None:
        self.created += 1
        self.away = None

    def _store(self, lines: Sequence[Line]) -> None:
        self.order += lines
        self.rows |= {line.key: line for line in lines}

    def values(self, point: str = "p1") -> list[object]:
        """Return what it has of a point, in the order of time."""
        mine = sorted((line for line in self.rows.values() if line.point == point), key=lambda line: line.at)
        return [dict(line.fields).get("value") for line in mine]

    def open(self, _aside: Executor) -> AbstractAsyncContextManager[ClientPort]:
        @asynccontextmanager
        async def opened() -> AsyncIterator[ClientPort]:
            yield self

        return opened()


def entry(**more: object) -> SinkConfig:
    return SinkConfig.model_validate({"id": "influx", "url": "http://influx.example", "bucket": "hall", **more})


class Noted:
    """The real journal; that a sink has moved on is news."""

    def __init__(self, store: Store, news: asyncio.Event) -> None:
        self._store, self._news = store, news

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def hold(self, sink: str, seq: int) -> None:
        self._store.hold(sink, seq)
        self._news.set()


class World:
    """A real journal, one sink of it, and what its repairs say.

    A test waits with `until`, never for a time: in virtual time nothing else may make the clock jump.
    """

    def __init__(self, folder: Path, server: Server, **config: object) -> None:
        self.clock = FakeClock()
        self.store = Store.open(folder / "semarak.db", clock=self.clock, limits=Limits())
        self.server = server
        self.told: list[Repair] = []
        self.repairs = Repairs(clock=self.clock, publish=self._hear)
        self.sink = self.make(**config)

    def make(self, *, described: Mapping[str, Point] = POINTS, **config: object) -> Sink:
        heads = Heads("reading", site="hall", points=described, devices={"broker": BROKER})
        return Sink(
            entry(**config), open_client=self.server.open, spool=Noted(self.store, self.server.news), heads=heads,
            repairs=self.repairs, clock=self.clock, room=1_000_000,
        )  # fmt: skip

    def _hear(self, batch: Sequence[object]) -> None:
        self.told += [one for one in batch if isinstance(one, Repair)]
        self.server.news.set()

    async def until(self, true: Callable[[], object]) -> None:
        """Return as soon as it is true; looked at whenever something was written, moved on, or went wrong."""
        while not true():
            self.server.news.clear()
            await self.server.news.wait()

    async def read(self, *values: Value, point: str = "p1", step: float = 0.001) -> None:
        """Commit readings of a point, one after the other, now."""
        for value in values:
            self.clock.advance(step)
            now = self.clock.now()
            self.store.on_readings([Reading(point, value, now, now, self.clock.mono())])
        await self.store.flush()

    @asynccontextmanager
    async def running(self, sink: Sink | None = None) -> AsyncIterator[None]:
        """Run the sink; at the end take it away as a change of the configuration does."""
        task = asyncio.get_running_loop().create_task((sink or self.sink).run(), name="sink")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def caught_up(self) -> bool:
        """Return whether everything in the journal is acknowledged."""
        return self.store.cursor("influx") == self.store.newest_seq

    @property
    def open(self) -> list[str]:
        return [repair.kind for repair in self.repairs.open()]

    def raised(self) -> list[tuple[str, bool]]:
        """Return which repairs were raised and cleared, in order, each once."""
        return list(dict.fromkeys((repair.kind, repair.over) for repair in self.told))
