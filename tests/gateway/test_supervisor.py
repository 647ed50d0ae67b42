"""The supervisor brings failed parts back, says so once, and lets no part harm another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.supervisor import LASTING_PAUSE_S, PartHealth, PartState, Supervisor
from tests.fakes import FakeClock


class Fragile:
    """A part that fails a given number of times and then works until it is cancelled."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures, self.error, self.starts = failures, error, 0
        self.steady = asyncio.Event()
        self.let_go = False

    async def run(self) -> None:
        self.starts += 1
        if self.starts <= self.failures:
            raise self.error
        self.steady.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.let_go = True


class Heard:
    def __init__(self) -> None:
        self.news: list[PartHealth] = []

    def publish(self, batch: Sequence[object]) -> None:
        self.news += [item for item in batch if isinstance(item, PartHealth)]


async def test_a_part_that_fails_comes_back_and_its_sibling_never_notices() -> None:
    heard = Heard()
    supervisor = Supervisor(clock=FakeClock(), publish=heard.publish)
    broken, sound = Fragile(3, OSError("no route")), Fragile(0, OSError())
    supervisor.add("broken", broken.run)
    supervisor.add("sound", sound.run)
    await broken.steady.wait()
    health = {part.name: part for part in supervisor.health()}
    assert (broken.starts, sound.starts) == (4, 1)
    assert health["broken"].restarts == 3
    assert [part.state for part in heard.news if part.name == "broken"] == [PartState.RESTARTING, PartState.RUNNING] * 3
    await supervisor.stop()
    assert sound.let_go


async def test_an_error_that_will_last_is_not_hammered() -> None:
    clock = FakeClock()
    error = OSError("wrong password")
    error.permanent = True  # type: ignore[attr-defined]
    part = Fragile(1, error)
    supervisor = Supervisor(clock=clock, publish=lambda batch: None)
    began = clock.mono()
    supervisor.add("login", part.run)
    await part.steady.wait()
    assert clock.mono() - began >= LASTING_PAUSE_S / 2
    await supervisor.stop()


async def test_the_first_cause_is_shown_not_the_bundle_around_it() -> None:
    supervisor = Supervisor(clock=FakeClock(), publish=lambda batch: None)
    part = Fragile(1, ExceptionGroup("unhandled", [OSError("the cable is out")]))
    supervisor.add("line", part.run)
    await part.steady.wait()
    assert supervisor.health()[0].reason == "OSError: the cable is out"
    supervisor.well("line")
    assert supervisor.health()[0].reason == ""
    await supervisor.stop()


def test_a_listener_that_raises_is_counted_and_harms_nobody() -> None:
    heard = Heard()
    supervisor = Supervisor(clock=FakeClock(), publish=heard.publish)

    def listener(batch: Sequence[int]) -> None:
        raise KeyError(batch[0])

    guarded = supervisor.guard("alarms", listener)
    guarded([1])
    guarded([2])
    assert [(part.name, part.faults) for part in heard.news] == [("alarms", 1), ("alarms", 2)]


async def test_a_removed_part_is_forgotten_and_can_be_added_again() -> None:
    supervisor = Supervisor(clock=FakeClock(), publish=lambda batch: None)
    first, second = Fragile(0, OSError()), Fragile(0, OSError())
    supervisor.add("device/a", first.run)
    await first.steady.wait()
    await supervisor.remove("device/a")
    assert supervisor.health() == []
    supervisor.add("device/a", second.run)
    await second.steady.wait()
    await supervisor.stop()
    assert (first.let_go, second.let_go) == (True, True)


async def test_a_part_that_turns_its_cancellation_into_an_error_is_removed_all_the_same() -> None:
    supervisor = Supervisor(clock=FakeClock(), publish=Heard().publish)
    starts: list[int] = []
    started = asyncio.Event()

    async def run() -> None:
        starts.append(1)
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise OSError("the library lost its connection") from None

    supervisor.add("line", run)
    await started.wait()
    async with asyncio.timeout(5):
        await supervisor.remove("line")
    assert (starts, supervisor.health()) == ([1], [])
