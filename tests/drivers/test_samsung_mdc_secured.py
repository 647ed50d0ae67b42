"""A panel in secured mode: TLS after its banner, its certificate pinned, and its PIN."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.tcp_device import TcpDevice
from drivers.links import Unreachable
from drivers.links.dial import dial
from drivers.links.tap import Tap
from drivers.model import Device, DeviceState, Name, Result, Value
from drivers.registry import DRIVERS
from drivers.session import Session
from tests.drivers.meeting import Meeting, hasty

pytestmark = pytest.mark.real
HOST = "127.0.0.1"
BANNER = "MDCSTART<<TLS>>"


async def fingerprint(port: int) -> str:
    """Return what a technician pins: the SHA-256 of the certificate that the panel shows."""
    reader, writer = await asyncio.open_connection(HOST, port)
    await reader.readexactly(len(BANNER))
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    await writer.start_tls(blind)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return hashlib.sha256(shown).hexdigest()


@asynccontextmanager
async def secured(*, pin: str = "4711", state: dict[str, Value] | None = None) -> AsyncIterator[tuple[Meeting, Tap]]:
    """Let a session with this PIN meet a panel whose PIN is 4711."""
    clock = RealClock()
    emulator = emulate("samsung_mdc", name="panel", options={"password": "4711", **(state or {})}, clock=clock)
    assert isinstance(emulator, TcpDevice)
    port = await emulator.start(HOST, 0)
    url = f"tls://{HOST}:{port}?fingerprint={await fingerprint(port)}"
    device = Device("unit", Name("Panel", "Panel"), "samsung_mdc", url, {"pin": pin})
    told: list[Meeting] = []
    tap = Tap(clock)
    session = Session(
        device,
        hasty(DRIVERS["samsung_mdc"]),
        dial=dial,
        clock=clock,
        publish=lambda batch: told[0].hear(batch),
        tap=tap,
    )
    told.append(Meeting(emulator, session, device, clock=clock))
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(told[0].run(), name="session")
            yield told[0], tap
            running.cancel()
    finally:
        await emulator.stop()


async def test_with_the_pin_a_secured_panel_is_commanded_and_the_pin_is_in_no_log() -> None:
    async with secured() as (met, tap):
        await met.up()
        assert (await met.ask("volume", level=33)).result is Result.VERIFIED
        sent = b"".join(each.data for each in tap.last("unit", 200) if each.direction == "sent")
        assert (b"4711" in sent, sent[:4]) == (False, b"****")


@pytest.mark.parametrize(("state", "word"), [({}, "refuses the PIN"), ({"blocked": True}, "has blocked")])
async def test_a_wrong_pin_and_a_blocked_one_are_told_apart(state: dict[str, Value], word: str) -> None:
    async with secured(pin="0000", state=state) as (met, _):
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)
        assert word in met.session.status.reason


async def test_a_panel_without_secured_mode_says_nothing_and_that_is_told() -> None:
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-dropbear\r\n")
        with suppress(OSError):
            await reader.read()
        writer.transport.abort()
        over.set()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable, match="does not ask for TLS but says b'SSH"):
            await dial(f"tls://{HOST}:{port}?after={BANNER}&sni=off&fingerprint={'0' * 64}")
        await over.wait()
