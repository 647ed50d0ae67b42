"""An emulated device on its port: clients, buttons, faults of the wire, stop and start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from drivers.codecs.samsung_mdc import Frame, accept
from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.faults import FAULTS, Faults
from drivers.emulators.tcp_device import TcpDevice
from drivers.errors import BadCommand
from drivers.model import Value

pytestmark = pytest.mark.real
HOST = "127.0.0.1"
ASK = Frame(0x12, 1).encode()
ANSWER = accept(0x12, 1, b"\x0a")


@asynccontextmanager
async def device(family: str = "samsung_mdc", **options: Value) -> AsyncIterator[tuple[TcpDevice[Any], int]]:
    made = emulate(family, name=family, options=options, clock=RealClock())
    assert isinstance(made, TcpDevice)
    port = await made.start()
    try:
        yield made, port
    finally:
        await made.stop()


@asynccontextmanager
async def client(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def ask(port: int) -> bytes:
    """Return what a fresh client is told about the volume, until the device closes or nine bytes came."""
    async with client(port) as (reader, writer):
        writer.write(ASK)
        return await reader.read(len(ANSWER))


async def test_it_comes_back_on_the_same_port_with_the_state_that_it_had() -> None:
    async with device() as (panel, port):
        panel.press("volume", {"level": 77})
        await panel.stop()
        with pytest.raises(ConnectionRefusedError):
            await ask(port)
        assert await panel.start() == port
        assert await ask(port) == accept(0x12, 1, b"\x4d")


async def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    async with device() as (_, port):
        other = emulate("samsung_mdc", name="other", options={}, clock=RealClock())
        with pytest.raises(OSError, match="address already in use"):
            await other.start(HOST, port)


async def test_stopping_drops_every_client_even_in_the_middle_of_a_late_answer() -> None:
    async with device() as (panel, port), client(port) as (reader, writer):
        panel.inject("late", seconds=1000)
        writer.write(ASK)
        await heard(panel)
        await panel.stop()
        with pytest.raises((ConnectionResetError, EOFError)):
            await reader.readexactly(1)


async def heard(panel: TcpDevice[Any]) -> None:
    """Wait until the device has heard something."""
    while not panel.log:
        await RealClock().sleep(0.001)


async def test_the_second_connection_can_be_refused() -> None:
    async with device() as (panel, port), client(port) as (reader, writer):
        panel.inject("refuse_second_connection")
        writer.write(ASK)
        assert await reader.readexactly(len(ANSWER)) == ANSWER
        async with client(port) as (second, _):
            assert await second.read(-1) == b""
        panel.clear()
        assert await ask(port) == ANSWER


async def test_dribbling_sends_byte_by_byte_and_all_of_it() -> None:
    async with device() as (panel, port), client(port) as (reader, writer):
        panel.inject("dribble", gap=0.005)
        writer.write(ASK)
        pieces = [await reader.read(100)]
        while len(b"".join(pieces)) < len(ANSWER):
            pieces.append(await reader.read(100))
        assert b"".join(pieces) == ANSWER
        assert len(pieces) > 2


async def test_closing_in_mid_frame_leaves_half_an_answer() -> None:
    async with device() as (panel, port), client(port) as (reader, writer):
        panel.inject("close_mid_frame")
        writer.write(ASK)
        assert await reader.read(-1) == ANSWER[: len(ANSWER) // 2]


async def test_a_half_open_connection_is_neither_answered_nor_closed_and_new_ones_work() -> None:
    async with device() as (panel, port), client(port) as (reader, writer):
        writer.write(ASK)
        await reader.readexactly(len(ANSWER))
        panel.inject("half_open")
        writer.write(ASK)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        assert await ask(port) == ANSWER


async def test_garbage_is_the_same_for_the_same_seed() -> None:
    noise = []
    for _ in range(2):
        async with device() as (panel, port), client(port) as (reader, writer):
            panel.inject("garbage_before", size=9)
            writer.write(ASK)
            noise.append(await reader.readexactly(9))
    assert noise[0] == noise[1]


async def test_a_client_that_reads_nothing_is_dropped_before_it_fills_the_memory() -> None:
    async with device("videohub") as (matrix, port), client(port) as (reader, _):
        await reader.readuntil(b"END PRELUDE:\n\n")
        for _ in range(200):
            matrix.load({"input_labels": ["x" * 4000] * 16})
            matrix.load({"present": "false"})
            matrix.load({"present": "true"})
        await emptied(matrix)


async def emptied(matrix: TcpDevice[Any]) -> None:
    """Wait until the device has no client any more."""
    async with asyncio.timeout(5):
        while "'clients': 0" not in str(matrix.state()["wire"]):
            await RealClock().sleep(0.01)


async def test_a_projector_greets_the_next_client_when_the_first_has_gone() -> None:
    async with device("pjlink") as (_, port), client(port) as (first, writer):
        assert await first.readuntil(b"\r") == b"PJLINK 0\r"
        async with client(port) as (second, _):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await second.readuntil(b"\r")
            writer.close()
            assert await second.readuntil(b"\r") == b"PJLINK 0\r"


async def test_a_projector_drops_a_silent_client() -> None:
    async with device("pjlink", idle=0.05) as (_, port), client(port) as (reader, _):
        assert await reader.read(-1) == b"PJLINK 0\r"


async def test_every_exchange_is_logged_in_hexadecimal_and_in_words() -> None:
    async with device() as (panel, port):
        await ask(port)
        assert [(entry["direction"], entry["text"]) for entry in panel.log] == [
            ("heard", "volume ? (id 1)"),
            ("said", "ACK volume 0a"),
        ]
        assert panel.log[0]["hex"] == ASK.hex(" ")


async def test_a_button_that_is_not_there_is_a_bad_command() -> None:
    async with device() as (panel, _):
        with pytest.raises(BadCommand):
            panel.press("route", {"routes": {"1": 1}})


async def test_a_fault_puts_its_changes_back_when_it_is_cleared() -> None:
    async with device("pjlink", password="rahasia") as (projector, _):
        before = projector.machine.state()
        projector.inject("wrong_password")
        projector.inject("other_identity")
        assert projector.machine.state() != before
        projector.clear()
        assert projector.machine.state() == before


@pytest.mark.parametrize(
    ("name", "params", "error"),
    [
        ("sunspots", {}, KeyError),
        ("big_state", {}, KeyError),
        ("late", {"minutes": 1}, ValueError),
        ("late", {"seconds": "soon"}, ValueError),
        ("late", {"seconds": -1}, ValueError),
    ],
)
def test_a_fault_that_is_none_is_refused(name: str, params: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        Faults("samsung_mdc", ("id", "password")).add(name, params)


def test_a_fault_strikes_as_often_as_it_is_told_to() -> None:
    faults = Faults("samsung_mdc", ())
    faults.add("late", {"times": 2, "seconds": 3})
    assert [faults.strikes("late") for _ in range(3)] == [{"seconds": 3}, {"seconds": 3}, None]


def test_a_device_has_the_faults_of_the_catalogue_that_it_can_have() -> None:
    assert len(FAULTS) >= 24
    panel, matrix = (emulate(family, name="x", options={}, clock=RealClock()) for family in ("samsung_mdc", "videohub"))
    assert isinstance(panel, TcpDevice)
    assert isinstance(matrix, TcpDevice)
    assert set(FAULTS) - set(panel.faults.known) == {"big_state"}
    assert {"bad_checksum", "id_collision", "wrong_password"} & set(matrix.faults.known) == set()
    assert "big_state" in matrix.faults.known
