"""Sessions over UDP meet emulated nodes and sleeping computers on real sockets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.codecs.wake_on_lan import address, magic_packet, woken
from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.udp_device import UdpDevice
from drivers.links.dial import dial
from drivers.model import Arg, Command, Device, DeviceState, Name, Outcome, Reading, Result, Value
from drivers.registry import DRIVERS
from drivers.session import Session

PATIENCE = 25.0


class Met:
    """A session and the device that hears it."""

    def __init__(self, family: str, options: Mapping[str, Value]) -> None:
        found = emulate(family, name=family, options=options, clock=RealClock())
        assert isinstance(found, UdpDevice)
        self.device = found
        self.values: dict[str, Value] = {}
        self._family, self._options = family, options
        self._stirred = asyncio.Event()

    def hear(self, batch: Sequence[object]) -> None:
        self.values.update({one.point.removeprefix("unit."): one.value for one in batch if isinstance(one, Reading)})
        self.device.stirred.set()

    def session(self, port: int) -> Session:
        device = Device("unit", Name("Alat", "Unit"), self._family, f"udp://127.0.0.1:{port}", self._options)
        self.talk = Session(device, DRIVERS[self._family], dial=dial, clock=RealClock(), publish=self.hear)
        return self.talk

    async def until(self, **facts: object) -> None:
        """Wait until the device's state, or what the session has read, shows these."""
        async with asyncio.timeout(PATIENCE):
            while (
                not facts.items() <= {**self.device.state(), **self.values, "session": self.talk.status.state}.items()
            ):
                self.device.stirred.clear()
                await self.device.stirred.wait()

    async def ask(self, verb: str, **args: Arg) -> Outcome:
        return await self.talk.ask(Command("c1", "unit", verb, args, "test", "a test", 0, math.inf))


@asynccontextmanager
async def met(family: str, **options: Value) -> AsyncIterator[Met]:
    both = Met(family, options)
    port = await both.device.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(both.session(port).run(), name="session")
            await both.until(session=DeviceState.UP)
            yield both
            running.cancel()
    finally:
        await both.device.stop()


@pytest.mark.real
async def test_a_computer_is_woken_and_nobody_claims_to_know_it() -> None:
    async with met("wake_on_lan", machines="wall=00:11:22:33:44:55; desk=00:11:22:33:44:56") as both:
        outcome = await both.ask("wake", machine="wall")
        assert outcome.result is Result.UNSURE
        assert "acknowledges nothing" in outcome.detail
        await both.until(awake="wall", heard=3)
        assert (await both.ask("wake", machine="roof")).result is Result.FAILED


@pytest.mark.real
async def test_only_who_knows_the_password_wakes() -> None:
    async with met("wake_on_lan", machines="wall=00:11:22:33:44:55", password="aa:bb:cc:dd:ee:ff") as both:
        assert both.device.machine.hear(magic_packet(address("00:11:22:33:44:55"))) == []
        assert both.device.state()["awake"] == ""
        await both.ask("wake", machine="wall")
        await both.until(awake="wall")


def test_a_magic_packet_is_found_anywhere_in_a_frame() -> None:
    target = address("00-11-22-33-44-55")
    assert woken(b"\xff\x00\xff" + magic_packet(target, b"secret")) == (target, b"secret")
    assert woken(b"\xff" * 6 + target * 15) is None


@pytest.mark.real
async def test_lights_come_to_their_level_and_are_kept_alive() -> None:
    async with met("artnet", zones="podium=1,2; audience=4") as both:
        await both.until(node="Semarak dimmer")
        outcome = await both.ask("light", levels={"podium": 100, "audience": 20}, seconds=0.2)
        assert outcome.result is Result.UNSURE
        await both.until(slots="ffff0033")
        both.device.load({"packets": 0, "slots": ""})
        await both.until(slots="ffff0033")


@pytest.mark.real
async def test_a_node_that_loses_packets_still_comes_to_the_level() -> None:
    async with met("sacn", zones="podium=1", priority=150) as both:
        both.device.inject("loses", nth=2)
        await both.ask("light", levels={"podium": 100}, seconds=0)
        await both.until(slots="ff")
