"""Links to the ports of a device server that speaks RFC 2217 (telnet COM port control), through pyserial's client."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack

from serial import SerialBase, serial_for_url  # type: ignore[import-untyped]  # pyserial ships no types

from drivers.errors import LinkError
from drivers.links import Link, Unreachable
from drivers.links.serial_port import PortSettings, unopened

PATIENCE_S = 10.0
"""Connecting, negotiating, and the acknowledgement of each setting."""
_LOOK_S = 0.25
"""How long the library's blocking read waits."""
_THREADS = 2
"""One reads and one writes: the library blocks."""


class Rfc2217Link:
    """A port of a device server."""

    def __init__(self, port: SerialBase, name: str, threads: ThreadPoolExecutor) -> None:
        self._port, self._name, self._threads = port, name, threads
        self._reading: asyncio.Future[bytes] | None = None
        self._closed = False

    async def send(self, data: bytes) -> None:
        """Hand `data` to the port; raise LinkError when it is closed or the server gone."""
        if self._closed:
            raise LinkError(f"{self._name} is closed")
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._port.write, data)
        except OSError as error:
            raise self._lost() from error

    async def receive(self) -> bytes:
        """Return what has come; raise LinkError when the port is closed or the server gone."""
        while not self._closed:
            if self._reading is None:
                self._reading = asyncio.get_running_loop().run_in_executor(self._threads, self._read)
            try:
                # Whoever gives up waiting leaves what is read meanwhile to the next.
                data = await asyncio.shield(self._reading)
            except OSError as error:
                raise self._lost() from error
            self._reading = None
            if data:
                return data
        raise LinkError(f"{self._name} is closed")

    async def close(self) -> None:
        """Hang up."""
        if self._closed:
            return
        self._closed = True
        if self._reading is not None:
            self._reading.add_done_callback(lambda read: read.cancelled() or read.exception())
        closing = self._threads.submit(self._port.close)
        self._threads.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closing))

    def _read(self) -> bytes:
        return bytes(self._port.read(self._port.in_waiting or 1))

    def _lost(self) -> LinkError:
        return LinkError(f"the device server of {self._name} closed the connection")


async def open_rfc2217(settings: PortSettings) -> Link:
    """Connect, and set the port as `settings` say; raise Unreachable."""
    port = serial_for_url(
        f"rfc2217://{settings.name}", do_not_open=True, baudrate=settings.baud, bytesize=settings.bits,
        parity=settings.parity, stopbits=settings.stop, rtscts=settings.flow == "rtscts",
        xonxoff=settings.flow == "xonxoff", timeout=_LOOK_S,
    )  # fmt: skip
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"rfc2217 {settings.name}")
    opening = threads.submit(_open, port, settings.name)
    with ExitStack() as undo:
        undo.callback(threads.shutdown, wait=False)
        undo.callback(threads.submit, _undo, opening, port)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.wrap_future(opening)
        except TimeoutError:
            raise Unreachable(f"{settings.name} does not answer", hint="is RFC 2217 switched on there?") from None
        undo.pop_all()
    return Rfc2217Link(port, settings.name, threads)


def _open(port: SerialBase, name: str) -> None:
    try:
        port.open()
    except (OSError, ValueError) as error:
        raise unopened(name, error) from error


def _undo(opening: Future[None], port: SerialBase) -> None:
    wait((opening,))
    port.close()
