"""Serial links over real pseudo-terminals, the same for both back-ends; and a driver that speaks over one."""

from __future__ import annotations

import asyncio
import os
import socket
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import serial
from serial.rfc2217 import PortManager

from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.pty_port import plugged_in
from drivers.errors import BadConfig, LinkError
from drivers.links import Link, Unreachable
from drivers.links.dial import dial
from drivers.model import Device, DeviceState, Name, Result
from drivers.registry import DRIVERS
from drivers.session import Session
from tests.drivers.meeting import Meeting, hasty
from tests.drivers.serial_world import Port, plugged
from tests.drivers.test_links import free_port

pytestmark = pytest.mark.real
BACKENDS = ("pyserial", "serialx")
EVERY_BYTE = bytes(range(256))


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Port]:
    with plugged(tmp_path / "usb-FTDI_A50285BI") as made:
        yield made


async def loss(link: Link) -> LinkError:
    """Return the error with which a link that is lost ends."""
    with pytest.raises(LinkError) as caught:
        async with asyncio.timeout(2):
            while True:
                await link.receive()
    return caught.value


async def all_of(link: Link, size: int) -> bytes:
    """Return so many bytes, in whatever pieces they come."""
    heard = b""
    while len(heard) < size:
        heard += await link.receive()
    return heard


async def test_every_byte_passes_unchanged_in_both_directions(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend))
    await link.send(EVERY_BYTE)
    assert await port.heard(256) == EVERY_BYTE
    port.say(EVERY_BYTE)
    assert await all_of(link, 256) == EVERY_BYTE
    await link.close()


async def test_the_port_is_set_as_the_url_says(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend, baud=4800, stop=2, flow="xonxoff"))
    iflag, _, cflag, _, ispeed, ospeed, _ = termios.tcgetattr(port.far)
    assert (ispeed, ospeed) == (termios.B4800, termios.B4800)
    assert cflag & termios.CSTOPB
    assert iflag & termios.IXON
    await link.close()
    link = await dial(port.url(backend=backend))
    iflag, _, cflag, _, ispeed, _, _ = termios.tcgetattr(port.far)
    assert (ispeed, cflag & termios.CSTOPB, iflag & termios.IXON) == (termios.B9600, 0, 0)
    await link.close()


async def test_a_port_has_one_owner_until_it_is_closed(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend))
    with pytest.raises(Unreachable, match="is in use") as caught:
        await dial(port.url(backend=backend))
    assert "which other program holds it" in caught.value.hint
    await link.close()
    await link.close()
    again = await dial(port.url(backend=backend))
    await again.close()


async def test_a_port_that_is_pulled_out_is_a_lost_link_at_once(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend))
    async with asyncio.TaskGroup() as tasks:
        lost = tasks.create_task(loss(link))
        await RealClock().sleep(0)
        port.unplug()
    assert str(lost.result()) == f"{port.path} is gone: was it unplugged?"
    with pytest.raises(LinkError):
        await link.send(b"more")
    await link.close()


async def test_a_port_is_found_again_by_its_stable_name_under_another_number(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend))
    number = port.path.readlink()
    port.unplug()
    assert "is gone" in str(await loss(link))
    await link.close()
    with pytest.raises(Unreachable, match="is not there") as caught:
        await dial(port.url(backend=backend))
    assert "is the adapter plugged in?" in caught.value.hint
    taken = os.openpty()
    with plugged(port.path) as again:
        assert again.path.readlink() != number
        link = await dial(again.url(backend=backend))
        await link.send(b"hello")
        assert await again.heard(5) == b"hello"
        await link.close()
    for each in taken:
        os.close(each)


async def test_closing_ends_who_waits_for_bytes(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend))
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(loss(link))
        await RealClock().sleep(0)
        await link.close()
    assert isinstance(waiting.result(), LinkError)
    with pytest.raises(LinkError, match="is closed"):
        await link.send(b"more")


async def test_who_sends_more_than_the_line_takes_waits_and_loses_nothing(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend))
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(link.send(EVERY_BYTE * 400))
        await RealClock().sleep(0)
        assert await port.heard(256 * 400) == EVERY_BYTE * 400
        await sending
    await link.close()


async def test_a_line_that_is_held_back_does_not_hold_up_its_end(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend))
    async with asyncio.timeout(2), asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(link.send(EVERY_BYTE * 400))
        await RealClock().sleep(0)
        sending.cancel()
        await link.close()


async def test_a_receive_that_is_given_up_loses_no_byte(port: Port, backend: str) -> None:
    link = await dial(port.url(backend=backend))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await link.receive()
    port.say(b"late")
    assert await link.receive() == b"late"
    await link.close()


async def test_what_is_no_port_is_named(tmp_path: Path, backend: str) -> None:
    with pytest.raises(Unreachable, match="/dev/null is no serial port"):
        await dial(f"serial:///dev/null?backend={backend}")


async def test_rs485_needs_a_port_that_has_it_and_says_so(port: Port) -> None:
    with pytest.raises(Unreachable, match=r"cannot be set up: .*RS485") as caught:
        await dial(port.url(rs485="on"))
    assert "RS-485" in caught.value.hint
    with pytest.raises(BadConfig, match="serialx has no RS-485 mode; write backend=pyserial"):
        await dial(port.url(rs485="on", backend="serialx"))
    link = await dial(port.url())
    await link.close()


async def test_rs485_is_asked_of_the_ports_own_driver(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    # No pseudo-terminal has it: the call to the kernel is caught where pyserial makes it.
    asked = []
    monkeypatch.setattr(serial.Serial, "_set_rs485_mode", lambda _, settings: asked.append(settings))
    link = await dial(port.url(rs485="on"))
    await link.close()
    assert [(each.rts_level_for_tx, each.rts_level_for_rx) for each in asked] == [(True, False)]


async def test_an_adapter_that_hangs_is_given_up_and_its_port_not_kept(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, closed = threading.Event(), threading.Event()
    really_open, really_close = serial.Serial.open, serial.Serial.close
    hung: list[serial.Serial] = []

    def hang(self: serial.Serial) -> None:
        hung.append(self)
        go_on.wait(5)
        really_open(self)

    def close(self: serial.Serial) -> None:
        really_close(self)
        closed.set()

    with monkeypatch.context() as patched:
        patched.setattr(serial.Serial, "open", hang)
        patched.setattr(serial.Serial, "close", close)
        patched.setattr("drivers.links.serial.PATIENCE_S", 0.05)
        with pytest.raises(Unreachable, match=r"does not open in 0\.05 s"):
            await dial(port.url())
        go_on.set()
        assert await asyncio.to_thread(closed.wait, 5)
    assert not hung[0].is_open
    await (await dial(port.url())).close()


@contextmanager
def device_server(hang_up: threading.Event) -> Iterator[tuple[int, serial.SerialBase]]:
    """Serve a port, whose far end sends back what it hears, as RFC 2217 says: by pyserial's own implementation."""
    with serial.serial_for_url("loop://", timeout=0.05) as wire, socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client, client.makefile("wb", buffering=0) as answers, suppress(OSError):
                manager = PortManager(wire, answers)
                client.settimeout(0.02)
                while not hang_up.is_set():
                    client.sendall(b"".join(manager.escape(wire.read(wire.in_waiting))))
                    with suppress(TimeoutError):
                        data = client.recv(1024)
                        if not data:
                            return
                        wire.write(b"".join(manager.filter(data)))

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], wire
        thread.join()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's own, in its client
async def test_a_port_of_a_device_server_is_spoken_to_by_rfc_2217() -> None:
    hang_up = threading.Event()
    with device_server(hang_up) as (number, wire):
        link = await dial(f"rfc2217://127.0.0.1:{number}?baud=4800&parity=E&stop=2")
        try:
            assert (wire.baudrate, wire.parity, wire.stopbits) == (4800, "E", 2)
            await link.send(EVERY_BYTE)
            assert await all_of(link, 256) == EVERY_BYTE
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await link.receive()
            await link.send(b"late")
            assert await all_of(link, 4) == b"late"
            hang_up.set()
            assert "closed the connection" in str(await loss(link))
        finally:
            await link.close()


async def test_a_device_server_that_is_not_there_is_named() -> None:
    with pytest.raises(Unreachable, match="refuses the connection") as caught:
        await dial(f"rfc2217://127.0.0.1:{free_port()}")
    assert "RFC 2217" in caught.value.hint


async def test_a_panel_on_a_serial_port_is_driven_pulled_out_and_driven_again(tmp_path: Path) -> None:
    clock, path = RealClock(), tmp_path / "usb-panel"
    panel = emulate("samsung_mdc", name="panel", options={}, clock=clock)
    number = await panel.start("127.0.0.1", 0)
    device = Device("unit", Name("Panel", "Panel"), "samsung_mdc", f"serial://{path}?baud=9600")
    told: list[Meeting] = []
    session = Session(
        device, hasty(DRIVERS["samsung_mdc"]), dial=dial, clock=clock, publish=lambda batch: told[0].hear(batch)
    )
    told.append(Meeting(panel, session, device))  # type: ignore[arg-type]  # only its session is asked
    meeting = told[0]
    try:
        async with asyncio.TaskGroup() as tasks:
            async with plugged_in(path, "127.0.0.1", number, clock=clock):
                running = tasks.create_task(meeting.run(), name="session")
                await meeting.up()
                assert (await meeting.ask("input", source="hdmi2")).result is Result.VERIFIED
            await meeting.until(lambda: session.status.state is DeviceState.DIALLING)
            assert "is gone" in session.status.reason or "is not there" in session.status.reason
            async with plugged_in(path, "127.0.0.1", number, clock=clock):
                await meeting.up()
                assert (await meeting.ask("volume", level=33)).result is Result.VERIFIED
                running.cancel()
    finally:
        await panel.stop()
    assert panel.state()["volume"] == 33


async def test_a_session_adds_no_tcp_port_to_the_name_of_a_serial_one() -> None:
    urls = []

    async def dialled(url: str) -> Link:
        urls.append(url)
        raise Unreachable("not there", hint="")

    for link in ("serial://by-id/usb-FTDI_A50285BI?baud=9600", "serial:///dev/ttyS0", "tcp://192.0.2.1"):
        device = Device("unit", Name("Panel", "Panel"), "samsung_mdc", link)
        session = Session(device, DRIVERS["samsung_mdc"], dial=dialled, clock=RealClock(), publish=lambda _: None)
        with pytest.raises(Unreachable):
            await session.run()
    assert urls == ["serial://by-id/usb-FTDI_A50285BI?baud=9600", "serial:///dev/ttyS0", "tcp://192.0.2.1:1515"]
