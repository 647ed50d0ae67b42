"""A projector's own datagrams: what has changed is read at once, whatever they say, and from nobody else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.pjlink import Projector
from drivers.emulators.tcp_device import TcpDevice
from drivers.links import Unreachable
from drivers.links.dial import dial
from drivers.links.hints import Hints
from drivers.model import Device, DeviceStatus, Name
from drivers.registry import DRIVERS
from drivers.session import Session
from tests.drivers.meeting import Meeting, hasty
from tests.fakes import FakeClock

HOST = "127.0.0.1"
SELDOM = 3600.0
"""Seconds between polls: what is read earlier was read for another reason."""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", 0))
        return int(sock.getsockname()[1])


def tell(port: int, *, source: str = HOST, data: bytes = b"%2POWR=1\r") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.sendto(data, (HOST, port))


class Ear:
    """Hears for a meeting that its session needs before it is, and keeps what was told of the device."""

    met: Meeting

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def hear(self, batch: Sequence[object]) -> None:
        self.reasons += [each.reason for each in batch if isinstance(each, DeviceStatus)]
        self.met.hear(batch)


@asynccontextmanager
async def projector(port: int) -> AsyncIterator[tuple[Meeting, Ear]]:
    """Let a session that seldom polls meet a projector that tells its changes to `port`."""
    clock, ear = RealClock(), Ear()
    emulator = emulate(
        "pjlink", name="p", options={"power": "on", "notify": f"{HOST}:{port}", "idle": 0.0}, clock=clock
    )
    assert isinstance(emulator, TcpDevice)
    device = Device("unit", Name("P", "P"), "pjlink", f"tcp://{HOST}:{await emulator.start(HOST, 0)}", {})
    spec = replace(hasty(DRIVERS["pjlink"]), hints=port, poll_every=SELDOM)
    session = Session(device, spec, dial=dial, clock=clock, publish=ear.hear, hints=Hints())
    ear.met = Meeting(emulator, session, device, clock=clock)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(ear.met.run(), name="session")
            yield ear.met, ear
            running.cancel()
    finally:
        await emulator.stop()


@pytest.mark.real
async def test_a_change_at_the_projector_is_read_at_once() -> None:
    async with projector(free_port()) as (met, _):
        await met.up()
        met.emulator.press("input", {"source": "digital2"})
        await met.reads(input="digital2")


@pytest.mark.real
async def test_when_the_port_is_taken_that_is_told_and_the_projector_works_all_the_same() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        async with projector(port) as (met, ear):
            await met.until(lambda: met.session.status.state in {"degraded", "up"})
            await met.until(lambda: any(f"nothing can be heard on UDP port {port}" in reason for reason in ear.reasons))
            assert met.values["power"] == "on"


@pytest.mark.real
async def test_a_hint_is_for_those_who_listen_to_its_sender() -> None:
    hints, port = Hints(), free_port()
    async with hints.of(HOST, port) as mine, hints.of("127.0.0.2", port) as other:
        tell(port, source="127.0.0.2")
        await asyncio.wait_for(other.wait(), 20)
        assert not mine.is_set()
        tell(port)
        await asyncio.wait_for(mine.wait(), 20)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("0.0.0.0", port))
        with pytest.raises(Unreachable, match="nothing can be heard"):
            async with hints.of(HOST, port):
                pass


def told(machine: Any) -> list[bytes]:
    return [message for _, _, message in machine.announcements()]


def test_a_projector_of_class_2_tells_what_has_changed_and_nothing_on_the_way() -> None:
    clock = FakeClock()
    machine = Projector({"notify": "192.0.2.5", "warm_up": 5.0}, clock=clock)
    assert told(machine) == []
    (request,) = machine.hear(1, b"%1POWR 1\r")
    machine.answer(1, request)
    assert (told(machine), machine.due()) == ([], 5.0)
    clock.advance(5)
    assert machine.announcements() == [("192.0.2.5", 4352, b"%2POWR=1\r")]
    machine.load({"errors": "010000", "input": "32"})
    assert told(machine) == [b"%2INPT=32\r", b"%2ERST=010000\r"]
    assert told(Projector({"notify": "192.0.2.5", "class": 1}, clock=clock)) == []
