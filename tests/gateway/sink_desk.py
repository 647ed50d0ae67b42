"""A real journal and a sink that runs in real time, for tests before servers on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from drivers.model import Device, Name, Point, Reading, Value
from gateway.clock import SystemClock
from gateway.forward import replies
from gateway.forward import sink as sinks
from gateway.forward.client import opened
from gateway.forward.heads import Heads
from gateway.forward.sink import Sink
from gateway.repairs import Repairs
from gateway.store.store import Store
from tests.gateway.sink_world import entry

PATIENCE_S = 45.0
S = 1_000_000_000
POINTS = {"tma": Point("tma", "broker", Name("TMA", "Level"), unit="cm", owner="BPBD Provinsi")}
DEVICES = {"broker": Device("broker", Name("Broker", "Broker"), "mqtt", "mqtt://x")}


class Desk:
    """A real journal, and one sink of it that runs."""

    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock()
        self.store = Store.open(folder / "semarak.db", clock=self.clock)
        self.repairs = Repairs(clock=self.clock, publish=lambda _: None)

    def sink(self, url: str, **config: object) -> Sink:
        one = entry(url=url, **config)
        heads = Heads(one.measurement, site="hall", points=POINTS, devices=DEVICES)
        return Sink(
            one, open_client=partial(opened, one, clock=self.clock), spool=self.store, heads=heads,
            repairs=self.repairs, clock=self.clock, room=10**9,
        )  # fmt: skip

    async def read(self, *values: Value, since: int = 0, step: int = S, **more: Any) -> int:
        """Commit readings, a step apart; return the time of the first."""
        now = self.clock.now()
        first = since or now - len(values) * step
        self.store.on_readings(
            [Reading("tma", value, first + n * step, now, 0.0, **more) for n, value in enumerate(values)]
        )
        await self.store.flush()
        return first

    def caught_up(self) -> bool:
        return self.store.cursor("influx") == self.store.newest_seq

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await self.clock.sleep(0.01)

    @asynccontextmanager
    async def running(self, sink: Sink) -> AsyncIterator[Sink]:
        task = asyncio.get_running_loop().create_task(sink.run(), name="sink")
        try:
            yield sink
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    one = Desk(folder)
    try:
        yield one
    finally:
        await one.store.close()


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a sink gather and probe more often than in life."""
    monkeypatch.setattr(sinks, "EVERY_S", 0.02)
    monkeypatch.setattr(replies, "PROBE_S", 0.1)
