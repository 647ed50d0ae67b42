"""Links over UDP and TLS, and links that are open for an exchange only: real sockets, and what a technician is told."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from drivers.errors import BadConfig, LinkError
from drivers.links import Unreachable
from drivers.links.dial import dial, opening
from drivers.links.exchange import ExchangeLink
from drivers.links.memory import memory_pair
from tests.drivers.authority import Authority

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Echo(asyncio.DatagramProtocol):
    """Answers every datagram with two: its own bytes, and where it came from."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.transport.sendto(b"", address)
        self.transport.sendto(data, address)
        self.transport.sendto(str(address[1]).encode(), address)


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.mark.real
async def test_a_datagram_is_received_alone_and_whole() -> None:
    async with echo() as port:
        link = await dial(f"udp://127.0.0.1:{port}")
        await link.send(b"one")
        first, mine = await link.receive(), int(await link.receive())
        await link.send(b"two")
        assert (first, await link.receive(), int(await link.receive())) == (b"one", b"two", mine)
        await link.close()
        for used in (link.receive(), link.send(b"more")):
            with pytest.raises(LinkError, match="is closed"):
                await used


@pytest.mark.real
async def test_a_device_that_answers_to_one_port_only_gets_its_datagrams_from_there() -> None:
    mine = free_port()
    async with echo() as one, echo() as other:
        links = [await dial(f"udp://127.0.0.1:{port}?source={mine}") for port in (one, other)]
        for name, link in zip((b"one", b"other"), links, strict=True):
            await link.send(name)
            assert (await link.receive(), await link.receive()) == (name, str(mine).encode())
            await link.close()


@pytest.mark.real
async def test_whoever_answers_a_broadcast_is_heard() -> None:
    async with echo() as port:
        link = await dial(f"udp://127.0.0.1:{port}?broadcast=on")
        await link.send(b"who?")
        assert await link.receive() == b"who?"
        await link.close()


@pytest.mark.real
async def test_closing_ends_a_wait_for_a_datagram() -> None:
    async with echo() as port, asyncio.TaskGroup() as tasks:
        link = await dial(f"udp://127.0.0.1:{port}")
        waiting = tasks.create_task(loss(link.receive()), name="receive")
        await asyncio.wait((waiting,), timeout=0)
        await link.close()
        assert "is closed" in str(await waiting)


@pytest.mark.real
async def test_a_udp_port_where_nobody_listens_is_named() -> None:
    link = await dial(f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}")
    await link.send(b"anybody?")
    error = await loss(link.receive())
    assert isinstance(error, Unreachable)
    assert "nobody listens on UDP port 127.0.0.1" in str(error)
    assert "is the port right" in error.hint
    await link.close()


async def loss(used: Awaitable[object]) -> LinkError:
    with pytest.raises(LinkError) as caught:
        await used
    return caught.value


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data.upper())


@asynccontextmanager
async def server(serve: Serve, secure: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except OSError:
            pass
        finally:
            writer.transport.abort()

    listening = await asyncio.start_server(until_gone, "127.0.0.1", 0, ssl=secure)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> tuple[Path, Path]:
    return authority.sign("panel.example")


def secured(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def fingerprint(file: Path) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read_text())).hexdigest()


@pytest.mark.real
async def test_a_certificate_is_proved_by_its_authority_or_by_its_fingerprint(
    authority: Authority, certificate: tuple[Path, Path]
) -> None:
    pin = fingerprint(certificate[0])
    colons = ":".join(pin[at : at + 2].upper() for at in range(0, 64, 2))
    async with server(shout, secured(certificate)) as port:
        for query in (f"ca={authority.file}", f"ca={authority.file}&name=panel.example", f"fingerprint={colons}",
                      f"fingerprint={pin}&sni=off", f"ca={authority.file}&sni=off"):  # fmt: skip
            link = await dial(f"tls://127.0.0.1:{port}?{query}")
            await link.send(b"hello")
            assert await link.receive() == b"HELLO"
            await link.close()


@pytest.mark.real
@pytest.mark.parametrize(
    ("query", "why", "hint"),
    [
        ("", "shows a certificate that proves nothing", "fingerprint=SHA256"),
        ("ca={ca}&name=other.example", "shows a certificate that proves nothing", "ca=FILE"),
        (
            "fingerprint=" + "ab" * 32,
            "shows another certificate than the one that was pinned: ",
            "write its fingerprint",
        ),
    ],
)
async def test_what_a_certificate_does_not_prove_is_told(
    authority: Authority, certificate: tuple[Path, Path], query: str, why: str, hint: str
) -> None:
    async with server(shout, secured(certificate)) as port:
        error = await loss(dial(f"tls://127.0.0.1:{port}?{query.format(ca=authority.file)}"))
    assert isinstance(error, Unreachable)
    assert why in str(error)
    assert hint in error.hint


@pytest.mark.real
async def test_a_port_without_tls_is_told() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await reader.read()

    async with server(plain) as port:
        error = await loss(dial(f"tls://127.0.0.1:{port}"))
    assert "does not come to terms over TLS" in str(error)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("tls://192.0.2.1:443?fingerprint=abcd", "fingerprint: Value error, a fingerprint is the SHA-256"),
        ("tls://192.0.2.1:443?sni=off", "sni=off leaves nothing to prove the device by"),
        ("tls://192.0.2.1:443?verify=no", "a tls link has fingerprint, ca, name, sni, after, mode"),
        ("tcp://192.0.2.1:23?mode=sometimes", "mode: Input should be 'persistent' or 'exchange'; a tcp link has mode"),
        ("udp://192.0.2.1:9?source=70000", "source: Input should be less than or equal to 65535"),
    ],
)
def test_a_link_that_cannot_be_is_explained(url: str, why: str) -> None:
    with pytest.raises(BadConfig) as caught:
        opening(url)
    assert why in str(caught.value)


@pytest.mark.real
async def test_an_authority_that_is_no_file_is_named() -> None:
    with pytest.raises(BadConfig, match=r"ca=/nowhere/ca\.pem is no file of certificates"):
        await dial("tls://127.0.0.1:443?ca=/nowhere/ca.pem")


@pytest.mark.real
async def test_a_device_that_hangs_up_after_each_answer_is_dialled_for_each_question() -> None:
    visits = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        writer.write((await reader.read(100)).upper())
        await writer.drain()
        writer.write_eof()
        await reader.read()

    async with server(once) as port:
        link = await dial(f"tcp://127.0.0.1:{port}?mode=exchange")
        assert visits == 0
        for word in (b"one", b"two"):
            await link.send(word)
            assert [await link.receive(), await link.receive()] == [word.upper(), b""]
        assert visits == 2
        await link.close()
        with pytest.raises(LinkError, match="was closed"):
            await link.receive()


@pytest.mark.real
async def test_a_device_that_is_away_fails_the_exchange_for_whoever_listens_too() -> None:
    link = await dial(f"tcp://127.0.0.1:{free_port()}?mode=exchange")
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(loss(link.receive()), name="receive")
        await loss(link.send(b"hello"))
        assert "refuses the connection" in str(await listening)


@pytest.mark.real
async def test_who_is_hung_up_on_before_a_word_is_told_of_the_other_controller() -> None:
    async def full(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with server(full) as port:
        link = await dial(f"tcp://127.0.0.1:{port}")
        error = await loss(link.receive())
        await link.close()
    assert isinstance(error, Unreachable)
    assert "closed the connection before it said anything" in str(error)
    assert "mode=exchange" in error.hint


async def test_the_place_is_given_up_when_all_is_said_and_not_while_an_answer_is_due() -> None:
    opened: list[object] = []
    clock = asyncio.get_running_loop()

    async def opening() -> object:
        near, far = memory_pair()
        opened.append(far)
        return near

    link = ExchangeLink(opening, rest=0.5)  # type: ignore[arg-type]  # the test's own opening
    await link.send(b"slow?")
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(link.receive(), name="receive")
        await asyncio.wait((first,), timeout=3.0)
        assert not first.done()
        await opened[0].send(b"here")  # type: ignore[attr-defined]  # a memory link
        assert await first == b"here"
    began = clock.time()
    assert await link.receive() == b""
    assert clock.time() - began == pytest.approx(0.5)
    await link.send(b"again")
    assert len(opened) == 2
    await link.close()
