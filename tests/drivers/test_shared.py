"""Several devices on one wire: one link, one queue, and whoever is dead does not take the others with it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.channel import Channel
from drivers.emulators.chain import Chain
from drivers.emulators.samsung_mdc import Panel
from drivers.emulators.tcp_device import TcpDevice
from drivers.errors import DriverError, LinkError
from drivers.links.memory import memory_pair
from drivers.links.shared import SharedLinks
from drivers.model import Command, Device, DeviceState, Name, Outcome, Priority, Result
from drivers.registry import DRIVERS
from drivers.session import Session
from tests.drivers.meeting import hasty
from tests.drivers.memory_port import MemoryPort
from tests.fakes import FakeClock


class World:
    """A chain of panels with ids from 1, and a session for each id that the site file names."""

    def __init__(self, ids: Sequence[int], *, panels: int) -> None:
        self.clock = FakeClock()
        self.panels = [Panel({"id": id, "serial": f"S{id}"}, clock=self.clock) for id in range(1, panels + 1)]
        self.chain = TcpDevice("chain", Chain(self.panels), clock=self.clock)
        port = MemoryPort()
        self.chain.listen = port.listen
        links = SharedLinks(port.dial)
        self.sessions = [
            Session(
                Device(f"p{id}", Name("P", "P"), "samsung_mdc", "tcp://chain", {"id": id}),
                hasty(DRIVERS["samsung_mdc"]), dial=links.dial, clock=self.clock, publish=self.stir,
            )
            for id in ids
        ]  # fmt: skip
        self._stirred = asyncio.Event()

    def stir(self, _batch: Sequence[object]) -> None:
        self._stirred.set()

    async def keep(self, session: Session) -> None:
        while True:
            try:
                await session.run()
            except DriverError:
                self._stirred.set()
            await self.clock.sleep(0.5)

    async def states(self, *wanted: DeviceState) -> None:
        async with asyncio.timeout(60):
            while [session.status.state for session in self.sessions] != list(wanted):
                self._stirred.clear()
                await self._stirred.wait()

    async def ask(self, place: int, priority: Priority = Priority.OPERATOR, **args: str) -> Outcome:
        name = f"p{place}"
        command = Command(f"c{place}", name, "input", args, "test", "a test", 0, math.inf, priority)
        return await self.sessions[place - 1].ask(command)


@asynccontextmanager
async def chained(ids: Sequence[int], *, panels: int) -> AsyncIterator[World]:
    world = World(ids, panels=panels)
    await world.chain.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(world.keep(each), name="session") for each in world.sessions]
            yield world
            for task in running:
                task.cancel()
    finally:
        await world.chain.stop()


UP, SILENT = DeviceState.UP, DeviceState.SILENT


async def test_panels_on_a_chain_share_one_connection_and_speak_in_turn() -> None:
    async with chained((1, 2, 3), panels=3) as world:
        await world.states(UP, UP, UP)
        wire = world.chain.state()["wire"]
        assert isinstance(wire, dict)
        assert wire["clients"] == 1
        outcomes = await asyncio.gather(*(world.ask(place, source="hdmi2") for place in (1, 2, 3)))
        assert [each.result for each in outcomes] == [Result.VERIFIED] * 3
        directions = [str(entry["direction"]) for entry in world.chain.log]
        assert directions == ["heard", "said"] * (len(directions) // 2)


async def test_a_dead_panel_on_the_chain_does_not_take_the_others_with_it() -> None:
    async with chained((1, 2, 9), panels=2) as world:
        await world.states(UP, UP, SILENT)
        assert (await world.ask(2, source="dp1")).result is Result.VERIFIED
        assert (await world.ask(3, source="dp1")).result is Result.FAILED
        assert world.panels[1].state()["source"] == 0x25


async def test_a_chain_that_is_cut_is_dialled_again_by_all() -> None:
    async with chained((1, 2), panels=2) as world:
        await world.states(UP, UP)
        await world.chain.stop()
        await world.states(DeviceState.DIALLING, DeviceState.DIALLING)
        await world.chain.start()
        await world.states(UP, UP)


async def test_the_last_to_leave_closes_the_wire_and_the_next_opens_it_anew() -> None:
    ends = []

    async def dial(_url: str) -> object:
        near, far = memory_pair()
        ends.append(far)
        return near

    links = SharedLinks(dial)  # type: ignore[arg-type]  # the test's own dial
    one, two = await links.dial("serial:///dev/chain"), await links.dial("serial:///dev/chain")
    other = await links.dial("serial:///dev/other")
    assert (len(ends), one.channel is two.channel, one.channel.users) == (2, True, 2)
    await ends[0].send(b"heard by all")
    assert [await one.receive(), await two.receive()] == [b"heard by all"] * 2
    await one.close()
    await two.send(b"still here")
    assert await ends[0].receive() == b"still here"
    await two.close()
    with pytest.raises(LinkError):
        await ends[0].receive()
    await links.dial("serial:///dev/chain")
    assert len(ends) == 3
    await other.close()


async def test_who_reads_for_all_and_gives_up_is_followed_by_the_next() -> None:
    near, far = memory_pair()

    async def dial(_url: str) -> object:
        return near

    links = SharedLinks(dial)  # type: ignore[arg-type]  # the test's own dial
    one, two = await links.dial("x"), await links.dial("x")
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(one.receive(), name="first")
        second = tasks.create_task(two.receive(), name="second")
        await asyncio.wait((first, second), timeout=0.1)
        first.cancel()
        await asyncio.wait((first,))
        await far.send(b"news")
        assert await second == b"news"


def test_the_most_urgent_wish_gets_the_wire_and_then_the_oldest() -> None:
    channel, called = Channel(), []

    def enter(who: str, priority: Priority) -> bool:
        return channel.enter(who, priority, lambda: called.append(who))

    assert enter("a", Priority.POLL)
    assert not enter("b", Priority.POLL)
    assert not enter("c", Priority.ALARM)
    assert not enter("d", Priority.ALARM)
    channel.leave("a")
    assert called == ["c"]
    assert not enter("b", Priority.POLL)
    assert enter("c", Priority.ALARM)
    channel.leave("c")
    channel.leave("d")
    assert called == ["c", "d", "b"]
    assert channel.awaits("b")
    assert enter("b", Priority.POLL)
    assert not channel.awaits("b")
