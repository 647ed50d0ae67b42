"""Links: in memory, over TCP, by their URL, and with the technician's log on them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from drivers.errors import BadConfig, LinkError
from drivers.links import Unreachable
from drivers.links.dial import dial
from drivers.links.memory import memory_pair
from drivers.links.tap import Exchange, Tap
from drivers.links.tcp import open_tcp
from tests.fakes import EPOCH_NS, FakeClock


async def test_what_one_end_sends_the_other_receives_and_closing_ends_both() -> None:
    near, far = memory_pair()
    await near.send(b"one")
    await near.send(b"two")
    assert [await far.receive(), await far.receive()] == [b"one", b"two"]
    await far.send(b"last")
    await far.close()
    assert await near.receive() == b"last"
    for used in (near.receive(), near.send(b"more"), far.receive(), far.send(b"more")):
        with pytest.raises(LinkError):
            await used


async def test_who_sends_faster_than_the_other_reads_waits() -> None:
    near, far = memory_pair()

    async def pour() -> None:
        for _ in range(3000):
            await near.send(b"x")
        await near.close()

    async with asyncio.TaskGroup() as tasks:
        pouring = tasks.create_task(pour(), name="pour")
        await far.receive()
        assert not pouring.done()
        for _ in range(2999):
            await far.receive()


async def test_the_log_keeps_the_last_exchanges_of_each_device_and_no_more() -> None:
    tap = Tap(FakeClock(), keep=3)
    near, far = memory_pair()
    link = tap.on(near, "panel")
    await link.send(b"?1")
    await far.send(b"=1")
    await link.receive()
    assert tap.last("panel", 9) == [Exchange(EPOCH_NS, "sent", b"?1"), Exchange(EPOCH_NS, "received", b"=1")]
    for number in range(5):
        await link.send(bytes([number]))
    assert [each.data for each in tap.last("panel", 9)] == [b"\x02", b"\x03", b"\x04"]
    assert [each.data for each in tap.last("panel", 1)] == [b"\x04"]
    assert tap.last("panel", 0) == tap.last("unknown", 9) == []
    tap.seen("panel", "received", bytes(5000))
    assert len(tap.last("panel", 1)[0].data) == 1024
    await link.close()
    with pytest.raises(LinkError):
        await far.send(b"more")


@pytest.mark.parametrize(
    "chunks",
    [
        [b"PIN 8520 ok"],
        [b"PIN 85", b"20 ok"],
        [b"PIN ", b"8", b"5", b"2", b"0", b" ok"],
        [b"PIN 8", b"52", b"0 ok"],
    ],
)
async def test_the_log_shows_no_secret_that_an_echo_brings_however_it_is_chopped(chunks: list[bytes]) -> None:
    tap = Tap(FakeClock())
    near, far = memory_pair()
    link = tap.on(near, "panel", [b"8520", b"52"])
    for chunk in chunks:
        await far.send(chunk)
        assert await link.receive() == chunk
        await link.send(b"?")
    noted = [each.data for each in tap.last("panel", 99) if each.direction == "received"]
    assert b"".join(noted) == b"PIN **** ok"
    assert [len(each) for each in noted] == [len(each) for each in chunks]
    await link.close()


async def test_what_only_resembles_a_secret_is_shown_and_without_secrets_everything() -> None:
    tap = Tap(FakeClock())
    for device, secrets in (("panel", [b"8520"]), ("plain", [])):
        near, far = memory_pair()
        link = tap.on(near, device, secrets)
        for chunk in (b"852", b"852", b"1 8521"):
            await far.send(chunk)
            await link.receive()
        assert [each.data for each in tap.last(device, 9)] == [b"852", b"852", b"1 8521"]
        await link.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("carrier-pigeon://roof", "no link is called 'carrier-pigeon'; the links are tcp"),
        ("192.0.2.1", "no link is called '192.0.2.1'; the links are tcp"),
        ("tcp://192.0.2.1", "does not say where to; write it as tcp://192.0.2.21:9990"),
        ("tcp://192.0.2.1:mdc", "the port must be a number from 1 to 65535"),
    ],
)
async def test_a_url_that_leads_nowhere_is_named(url: str, why: str) -> None:
    with pytest.raises(BadConfig) as caught:
        await dial(url)
    assert why in str(caught.value)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[int]:
    """Listen on a free port while the block runs; every client must have left when it ends."""
    talks: list[asyncio.Task[None] | None] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.current_task())
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await asyncio.gather(*[each for each in talks if each])


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.real
async def test_bytes_go_both_ways_over_tcp_without_waiting_for_more() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(99))

    async with server(echo) as port:
        link = await dial(f"tcp://127.0.0.1:{port}")
        sock = link._writer.get_extra_info("socket")  # type: ignore[attr-defined]  # only a TcpLink has one
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        await link.send(b"hello")
        assert await link.receive() == b"hello"
        with pytest.raises(LinkError, match=f"127.0.0.1:{port} closed the connection"):
            await link.receive()
        await link.close()
        with pytest.raises(LinkError, match="is closed"):
            await link.send(b"more")


@pytest.mark.real
async def test_a_port_where_nobody_listens_refuses_and_says_what_to_look_at() -> None:
    port = free_port()
    with pytest.raises(Unreachable) as caught:
        await open_tcp("127.0.0.1", port)
    assert str(caught.value) == f"127.0.0.1:{port} refuses the connection"
    assert caught.value.hint == "is network control switched on there, and is the port right?"


@pytest.mark.real
async def test_a_connection_that_is_reset_is_a_broken_link() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        writer.transport.abort()

    async with server(reset) as port:
        link = await open_tcp("127.0.0.1", port)
        with pytest.raises(LinkError, match="broke: Connection reset by peer"):
            await link.receive()
        await link.close()


@pytest.mark.real
async def test_a_host_that_does_not_answer_is_given_up_in_time() -> None:
    # A listener whose queue is full lets a connection hang, as a machine that is off does.
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        with pytest.raises(Unreachable, match="does not answer"):
            await open_tcp("127.0.0.1", full.getsockname()[1], patience=0.2)
