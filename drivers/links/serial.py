"""Links over serial lines: a port is found by its stable name, opened for us alone, and its loss is told at once."""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

from serial import Serial  # type: ignore[import-untyped]  # pyserial ships no types
from serial.rs485 import RS485Settings  # type: ignore[import-untyped]  # pyserial ships no types

from drivers.errors import LinkError
from drivers.links import Link, Unreachable
from drivers.links.serial_port import PortSettings, path_of, unopened
from drivers.links.serialx_port import open_serialx

PATIENCE_S = 3.0
"""An adapter that takes longer to open its port hangs."""
_MOST_READ = 65_536


class SerialLink:
    """An open port that the event loop watches; only its own thread opens and closes it, for both may block."""

    def __init__(self, port: Serial, name: str, thread: ThreadPoolExecutor) -> None:
        self._port = port
        self._fd: int = port.fileno()
        self._name = name
        self._thread = thread
        self._closed = False
        self._waiting: set[asyncio.Future[None]] = set()

    async def send(self, data: bytes) -> None:
        """Hand `data` to the port before the first wait; raise LinkError when it is closed or gone."""
        loop = asyncio.get_running_loop()
        rest = memoryview(data)
        while rest:
            self._check_open()
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                await self._until(loop.add_writer, loop.remove_writer)
            except OSError as error:
                raise self._lost() from error

    async def receive(self) -> bytes:
        """Return what has come; raise LinkError when the port is closed or gone."""
        loop = asyncio.get_running_loop()
        while True:
            self._check_open()
            await self._until(loop.add_reader, loop.remove_reader)
            self._check_open()
            try:
                data = os.read(self._fd, _MOST_READ)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._lost() from error
            if not data:  # ready, and yet nothing: that is how Linux tells that a terminal hung up
                raise self._lost()
            return data

    async def close(self) -> None:
        """Let go of the port; what is not yet sent is thrown away, lest a line that is held back holds us up."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        loop.remove_writer(self._fd)
        for waiter in self._waiting:
            _wake(waiter)
        with suppress(termios.error):
            termios.tcflush(self._fd, termios.TCOFLUSH)
        closing = self._thread.submit(self._port.close)
        self._thread.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closing))

    def _check_open(self) -> None:
        if self._closed:
            raise LinkError(f"{self._name} is closed")

    def _lost(self) -> LinkError:
        return LinkError(f"{self._name} is gone: was it unplugged?")

    async def _until(self, watch: Callable[..., object], unwatch: Callable[[int], object]) -> None:
        """Wait until the port is ready, or closed."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(ready)
        watch(self._fd, _wake, ready)
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            if not self._closed:
                unwatch(self._fd)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def open_serial(settings: PortSettings) -> Link:
    """Find the port by its name, open it for us alone, or raise Unreachable or BadConfig."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _BACKENDS[settings.backend](settings)
    except TimeoutError:
        hint = "the adapter hangs: unplug it and plug it in again"
        raise Unreachable(f"{settings.name} does not open in {PATIENCE_S:g} s", hint=hint) from None


async def _open_pyserial(settings: PortSettings) -> Link:
    port = Serial(
        baudrate=settings.baud, bytesize=settings.bits, parity=settings.parity, stopbits=settings.stop,
        rtscts=settings.flow == "rtscts", xonxoff=settings.flow == "xonxoff", exclusive=True,
        # 0: a read that brings nothing means a hang-up, and only that (VMIN 1, termios(3)).
        inter_byte_timeout=0,
    )  # fmt: skip
    if settings.rs485 == "on":
        port.rs485_mode = RS485Settings()
    thread = ThreadPoolExecutor(1, thread_name_prefix=f"serial {settings.name}")
    with ExitStack() as undo:
        # The thread does one thing after the other: an open that we no longer wait for is undone when it ends.
        undo.callback(thread.shutdown, wait=False)
        undo.callback(thread.submit, port.close)
        await asyncio.wrap_future(thread.submit(_find_and_open, port, settings))
        undo.pop_all()
    return SerialLink(port, settings.name, thread)


def _find_and_open(port: Serial, settings: PortSettings) -> None:
    port.port = path_of(settings.name)
    try:
        port.open()
    except (OSError, ValueError, termios.error) as error:
        raise unopened(settings.name, error) from error


_BACKENDS: Mapping[str, Callable[[PortSettings], Awaitable[Link]]] = {
    "pyserial": _open_pyserial,
    "serialx": open_serialx,
}
