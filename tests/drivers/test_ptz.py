"""What moves ends: by a stop that passes everything, by itself when its seconds are over, and after a broken cable."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from drivers.capability import VERBS
from drivers.codecs.visca import back, to
from drivers.devices.visca import HALT, Options, Visca
from drivers.emulators.families import emulate
from drivers.emulators.tcp_device import TcpDevice
from drivers.links.shared import SharedLinks
from drivers.model import Command, Device, DeviceState, Name, Result
from drivers.registry import DRIVERS
from drivers.session import Session
from tests.drivers.asking import command, payloads
from tests.drivers.meeting import Meeting, hasty, meeting
from tests.drivers.memory_port import MemoryPort
from tests.fakes import FakeClock

RIGHT: dict[str, Any] = {"pan": 0.2, "tilt": 0.0, "zoom": 0.0, "seconds": 2.0}


def still(met: Meeting) -> bool:
    return not met.emulator.state()["moving"]


async def test_a_movement_ends_by_itself_when_its_seconds_are_over() -> None:
    async with meeting("visca", memory=True) as met:
        await met.up()
        began = asyncio.get_running_loop().time()
        assert (await met.ask("move", **RIGHT)).result is Result.DONE
        assert not still(met)
        await met.until(lambda: still(met))
        assert 1.9 <= asyncio.get_running_loop().time() - began <= 3.0
        assert met.emulator.state()["pan"] != 0


async def test_a_movement_that_is_wished_again_goes_on() -> None:
    async with meeting("visca", memory=True) as met:
        await met.up()
        began = asyncio.get_running_loop().time()
        for _ in range(4):
            assert (await met.ask("move", **RIGHT)).result is Result.DONE
            await FakeClock().sleep(1.0)
            assert not still(met)
        await met.until(lambda: still(met))
        assert asyncio.get_running_loop().time() - began >= 4.9


async def test_a_stop_ends_it_at_once() -> None:
    async with meeting("visca", memory=True) as met:
        await met.up()
        await met.ask("move", **RIGHT)
        assert ((await met.ask("stop")).result, still(met)) == (Result.DONE, True)


async def test_a_stop_whose_answer_is_lost_is_sent_again_until_it_is_known_to_have_arrived() -> None:
    async with meeting("visca", memory=True) as met:
        await met.up()
        await met.ask("move", **{**RIGHT, "seconds": 20.0})
        met.emulator.inject("no_answer", times=1)
        assert (await met.ask("stop")).result is Result.UNSURE
        began = asyncio.get_running_loop().time()
        await met.until(lambda: still(met))
        assert asyncio.get_running_loop().time() - began < 5


async def test_what_moved_when_the_connection_broke_is_stopped_when_it_is_back() -> None:
    async with meeting("visca", memory=True) as met:
        await met.up()
        await met.ask("move", **RIGHT)
        met.emulator.inject("reboot", seconds=5.0)
        await met.until(lambda: met.session.status.state is not DeviceState.UP)
        assert not still(met)
        await met.until(lambda: still(met))


async def test_a_stop_passes_what_waits_and_what_it_stops_is_never_sent() -> None:
    async with meeting("visca", memory=True) as met:
        await met.up()
        async with asyncio.TaskGroup() as tasks:
            asked = [
                tasks.create_task(met.ask("autofocus", on=False)),
                tasks.create_task(met.ask("move", **RIGHT)),
                tasks.create_task(met.ask("preset", preset="3")),
                tasks.create_task(met.ask("stop")),
            ]
        assert [task.result().result for task in asked] == [
            Result.VERIFIED, Result.SUPERSEDED, Result.SUPERSEDED, Result.DONE,
        ]  # fmt: skip
        assert still(met)


async def test_a_stop_goes_before_what_it_does_not_stop() -> None:
    async with meeting("visca", memory=True) as met:
        await met.up()
        async with asyncio.TaskGroup() as tasks:
            for verb, args in (("autofocus", {"on": False}), ("save_preset", {"preset": "1"}), ("stop", {})):
                tasks.create_task(met.ask(verb, **args))
        heard = [entry["hex"] for entry in met.emulator.log if entry["direction"] == "heard"]
        assert heard.index(to(1, HALT).hex(" ")) < heard.index("81 01 04 3f 01 01 ff")


def test_every_movement_has_an_end_and_a_driver_that_moves_can_stop() -> None:
    lasting = {verb.name: verb.lasts for verb in VERBS.values() if verb.lasts}
    assert lasting == {"move": "stop", "focus": "stop"}
    for spec in DRIVERS.values():
        assert {lasting[verb] for verb in spec.verbs if verb in lasting} <= set(spec.verbs), spec.name


async def test_a_camera_that_answers_nothing_is_told_three_times_to_stop() -> None:
    async with meeting("pelco_d", memory=True) as met:
        await met.up()
        outcome = await met.ask("move", **RIGHT)
        assert (outcome.result, "acknowledges nothing" in outcome.detail) == (Result.UNSURE, True)
        await FakeClock().sleep(10.0)
        heard = [entry["hex"] for entry in met.emulator.log]
        assert heard == ["ff 01 00 02 0d 00 10", *["ff 01 00 00 00 00 01"] * 3]
        assert met.emulator.state()["moves"] == 0


async def test_a_preset_of_a_camera_that_answers_nothing_stays_unsure() -> None:
    async with meeting("pelco_d", memory=True) as met:
        await met.up()
        assert (await met.ask("preset", preset="5")).result is Result.UNSURE


async def test_a_journey_that_takes_long_is_done_when_accepted_and_read_when_it_ends() -> None:
    async with meeting("visca", state={"travel": 8.0}, memory=True) as met:
        await met.up()
        outcome = await met.ask("preset", preset="2")
        assert (outcome.result, "preset" in met.values) == (Result.DONE, False)
        await met.reads(preset="2")


async def test_a_stop_cancels_a_journey() -> None:
    async with meeting("visca", state={"travel": 60.0}, memory=True) as met:
        await met.up()
        await met.ask("preset", preset="2")
        assert ((await met.ask("stop")).result, still(met)) == (Result.DONE, True)
        assert "preset" not in met.values


# --- the chain ---------------------------------------------------------------------------------------------------


class Ear:
    """Hears for a meeting that its session needs before it is."""

    met: Meeting

    def hear(self, batch: Sequence[object]) -> None:
        self.met.hear(batch)


@asynccontextmanager
async def chain(count: int) -> AsyncIterator[tuple[TcpDevice[Any], list[Meeting]]]:
    """Let `count` sessions share one wire with as many cameras."""
    clock, port = FakeClock(), MemoryPort()
    emulator = emulate("visca", name="chain", options={"cameras": count}, clock=clock)
    assert isinstance(emulator, TcpDevice)
    emulator.listen = port.listen
    await emulator.start()
    links = SharedLinks(port.dial)
    met: list[Meeting] = []
    for number in range(1, count + 1):
        device = Device(f"c{number}", Name("Kamera", "Camera"), "visca", "serial:///dev/ttyS0", {"id": number})
        ear = Ear()
        session = Session(device, hasty(DRIVERS["visca"]), dial=links.dial, clock=clock, publish=ear.hear)
        ear.met = Meeting(emulator, session, device, clock=clock)
        met.append(ear.met)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(each.run(), name=f"session {each}") for each in met]
            yield emulator, met
            for task in running:
                task.cancel()
    finally:
        await emulator.stop()


async def test_three_cameras_share_one_wire_and_each_obeys_its_own_commands() -> None:
    async with chain(3) as (emulator, cameras):
        for camera in cameras:
            await camera.up()
        assert emulator.state()["wire"]["clients"] == 1  # type: ignore[index]  # a mapping, as state() says
        async with asyncio.TaskGroup() as tasks:
            for camera, on in zip(cameras, (True, False, True), strict=True):
                tasks.create_task(camera.ask("autofocus", on=on))
        await cameras[1].reads(autofocus="off")
        await cameras[0].reads(autofocus="on")
        units: Any = vars(emulator.machine)["units"]
        assert [units[number].autofocus for number in (1, 2, 3)] == [True, False, True]


async def test_a_camera_that_is_missing_leaves_the_others_in_peace() -> None:
    async with chain(3) as (emulator, cameras):
        for camera in cameras:
            await camera.up()
        emulator.load({"cameras": 2})
        await cameras[2].until(lambda: cameras[2].session.status.state is DeviceState.SILENT)
        assert (await cameras[1].ask("autofocus", on=False)).result is Result.VERIFIED
        assert cameras[1].session.status.state in (DeviceState.UP, DeviceState.DEGRADED)


# --- the driver alone --------------------------------------------------------------------------------------------


def test_a_changed_chain_is_numbered_again_with_the_next_poll() -> None:
    camera = Visca(Options())
    assert "addresses" not in [request.topic for request in camera.poll()]
    camera.feed(back(1, b"\x38"))
    assert camera.poll()[0].topic == "addresses"
    assert "addresses" not in [request.topic for request in camera.poll()]


def test_over_tcp_nobody_is_numbered() -> None:
    assert "addresses" not in [request.topic for request in Visca(Options(chain=False)).hello()]


def test_an_answer_is_read_as_what_was_asked_last() -> None:
    camera = Visca(Options())
    for request in camera.poll()[:3:2]:
        camera.leaving(request)
        (reply,) = camera.feed(back(1, b"\x50\x03"))
        assert dict(reply.values) == {request.topic: "off"}
    assert camera.feed(back(1, b"\x50\x03")) == []


def test_what_is_under_way_is_cancelled_by_its_socket() -> None:
    camera = Visca(Options())
    (recall,) = camera.request(command("preset", preset="2"))
    camera.leaving(recall)
    camera.feed(back(1, b"\x42"))
    (cancel, *_) = requests = camera.request(command("stop"))
    assert (cancel.payload, len(requests)) == (to(1, b"\x22"), 3)
    camera.leaving(cancel)
    assert [reply.topic for reply in camera.feed(back(1, b"\x62\x04"))] == [cancel.topic]
    assert len(camera.request(command("stop"))) == 2


def test_focus_is_stopped_only_when_it_was_driven() -> None:
    camera = Visca(Options(id=2))
    assert payloads(camera, "stop") == [to(2, HALT), to(2, b"\x01\x04\x07\x00")]
    camera.request(command("focus", drive=1, seconds=1))
    assert payloads(camera, "stop")[2:] == [to(2, b"\x01\x04\x08\x00")]
    assert len(payloads(camera, "stop")) == 2


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("move", {**RIGHT, "pan": 1.5}),
        ("move", {**RIGHT, "seconds": 31}),
        ("move", {**RIGHT, "pan": True}),
        ("focus", {"drive": -2, "seconds": 1}),
        ("preset", {"preset": "128"}),
        ("preset", {"preset": "pintu"}),
        ("save_preset", {"preset": "-1"}),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_leaves(verb: str, args: dict[str, Any]) -> None:
    async with meeting("visca", memory=True) as met:
        await met.up()
        outcome = await met.session.ask(Command("c", "unit", verb, args, "test", "a test", 0, math.inf))
        assert (outcome.result, still(met)) == (Result.FAILED, True)
