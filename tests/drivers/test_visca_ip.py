"""VISCA over IP: golden datagrams, numbers in the order in which messages leave, and a camera over real UDP."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.visca_ip import COMMAND, CONTROL, INQUIRY, REPLY, RESET, Decoder, Message
from drivers.devices.visca_ip import ViscaIp
from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.udp_device import UdpDevice
from drivers.emulators.visca_ip import Head
from drivers.links.dial import dial
from drivers.model import Arg, Command, Device, DeviceState, Name, Outcome, Reading, Result, Value
from drivers.registry import DRIVERS
from drivers.session import Session
from tests.drivers.asking import command
from tests.drivers.meeting import hasty
from tests.fakes import FakeClock

RIGHT: dict[str, Arg] = {"pan": 0.2, "tilt": 0.0, "zoom": 0.0, "seconds": 2.0}
GOLDEN = [
    ("020000010000000101", Message(CONTROL, 1, RESET)),
    ("01000006000000038101040002ff", Message(COMMAND, 3, bytes.fromhex("8101040002ff"))),
    ("011000050000000481090400ff", Message(INQUIRY, 4, bytes.fromhex("81090400ff"))),
    ("01110003000000039041ff", Message(REPLY, 3, bytes.fromhex("9041ff"))),
    ("01110003000000039051ff", Message(REPLY, 3, bytes.fromhex("9051ff"))),
]


@pytest.mark.parametrize(("raw", "message"), GOLDEN)
def test_a_datagram_is_written_and_read_as_the_makers_do(raw: str, message: Message) -> None:
    read, errors = drain(Inbox[Message, Message](Decoder(), lambda one: [one]).feed, bytes.fromhex(raw))
    assert (message.encode().hex(), read, errors) == (raw, [message], [])


@pytest.mark.parametrize("raw", ["0111", "0111000300000003", "01110004000000039041ff", "0111000000000003"])
def test_a_datagram_that_is_none_is_counted_and_the_next_is_read(raw: str) -> None:
    camera = ViscaIp()
    assert len(drain(camera.feed, bytes.fromhex(raw))[1]) >= 1
    camera.leaving(camera.hello()[0])
    assert [reply.topic for reply in camera.feed(Message(0x0201, 0, RESET).encode())] == ["numbers"]


def numbers(camera: ViscaIp, payloads: Sequence[bytes]) -> list[int]:
    return [int.from_bytes(payload[4:8], "big") for payload in payloads]


def test_numbers_rise_in_the_order_in_which_messages_leave_and_start_again_with_a_reset() -> None:
    camera = ViscaIp()
    questions, wish = camera.poll(), camera.request(command("home"))
    order = [*camera.hello()[:1], questions[0], wish[0], questions[1], *camera.hello()[:1], questions[2]]
    assert numbers(camera, [camera.leaving(request) for request in order]) == [0, 1, 2, 3, 0, 1]


def test_an_inquiry_is_marked_as_one() -> None:
    camera = ViscaIp()
    assert [request.payload[:2].hex() for request in (*camera.poll()[:1], *camera.request(command("home")))] == [
        "0110", "0100",
    ]  # fmt: skip


def test_the_late_answer_to_an_earlier_inquiry_is_not_taken_for_that_to_the_next() -> None:
    camera = ViscaIp()
    power, _, autofocus, _ = camera.poll()
    camera.leaving(power)
    camera.leaving(autofocus)
    assert camera.feed(Message(REPLY, 1, bytes.fromhex("905003ff")).encode()) == []
    (reply,) = camera.feed(Message(REPLY, 2, bytes.fromhex("905003ff")).encode())
    assert dict(reply.values) == {"autofocus": "off"}


def test_after_a_dispute_about_numbers_they_start_again() -> None:
    camera = ViscaIp()
    camera.leaving(camera.poll()[0])
    (reply,) = camera.feed(Message(0x0201, 1, b"\x0f\x01").encode())
    assert reply.refused is not None
    assert reply.refused.busy
    assert camera.poll()[0].topic == "numbers"


def test_the_camera_repeats_its_answer_to_a_number_that_comes_again_and_disputes_an_older_one() -> None:
    head = Head(FakeClock())
    home = Message(COMMAND, 2, bytes.fromhex("81010604ff")).encode()
    assert head.hear(home) == head.hear(home)
    (answer,) = head.hear(Message(COMMAND, 1, bytes.fromhex("81010604ff")).encode())
    assert answer.hex() == "02010002000000010f01"


class Meeting:
    """A session and a camera on a real UDP port."""

    def __init__(self, head: UdpDevice, session: Session) -> None:
        self.head, self.session = head, session
        self.values: dict[str, Value] = {}
        self.stirred = asyncio.Event()

    def hear(self, batch: Sequence[object]) -> None:
        self.values.update({one.point.removeprefix("unit."): one.value for one in batch if isinstance(one, Reading)})
        self.stirred.set()

    async def until(self, true: Any) -> None:
        async with asyncio.timeout(25):
            while not true():
                self.stirred.clear()
                await self.stirred.wait()

    async def up(self) -> None:
        await self.until(lambda: self.session.status.state is DeviceState.UP)

    async def ask(self, verb: str, args: Mapping[str, Arg]) -> Outcome:
        return await self.session.ask(Command("c", "unit", verb, args, "test", "a test", 0, math.inf))


class Ear:
    """Hears for a meeting that its session needs before it is."""

    met: Meeting

    def hear(self, batch: Sequence[object]) -> None:
        self.met.hear(batch)


@asynccontextmanager
async def meeting() -> AsyncIterator[Meeting]:
    clock, ear = RealClock(), Ear()
    head = emulate("visca_ip", name="head", options={}, clock=clock)
    assert isinstance(head, UdpDevice)
    port = await head.start()
    device = Device("unit", Name("Kamera", "Camera"), "visca_ip", f"udp://127.0.0.1:{port}", {})
    session = Session(device, hasty(DRIVERS["visca_ip"]), dial=dial, clock=clock, publish=ear.hear)
    ear.met = Meeting(head, session)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(session.run(), name="session")
            yield ear.met
            running.cancel()
    finally:
        await head.stop()


@pytest.mark.real
async def test_a_camera_is_commanded_over_udp_and_its_movement_ends() -> None:
    async with meeting() as met:
        await met.up()
        assert met.values["model"] == "0020/0467"
        assert (await met.ask("autofocus", {"on": False})).result is Result.VERIFIED
        assert (await met.ask("preset", {"preset": "0"})).result is Result.VERIFIED
        assert (await met.ask("move", RIGHT)).result is Result.DONE
        assert met.head.state()["moving"] == 1
        await met.until(lambda: met.head.state()["moving"] == 0)


@pytest.mark.real
async def test_a_stop_that_the_network_loses_is_sent_again() -> None:
    async with meeting() as met:
        await met.up()
        assert (await met.ask("move", {**RIGHT, "seconds": 20.0})).result is Result.DONE
        met.head.inject("loses")
        assert (await met.ask("stop", {})).result is Result.UNSURE
        met.head.clear()
        await met.until(lambda: met.head.state()["moving"] == 0)
