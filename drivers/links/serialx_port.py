"""Serial ports through serialx: the other back-end, with the same tests."""

from __future__ import annotations

import asyncio
import termios

from serialx import BaseSerialTransport, SerialTransport, open_serial_connection

from drivers.errors import BadConfig, LinkError
from drivers.links import Link
from drivers.links.serial_port import PortSettings, path_of, unopened

_MOST_READ = 65_536


class SerialxLink:
    """A port that serialx watches."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        self._reader = reader
        self._writer = writer
        self._name = name

    async def send(self, data: bytes) -> None:
        """Hand `data` to the port before the first wait; raise LinkError when it is closed or gone."""
        if self._writer.is_closing():
            raise LinkError(f"{self._name} is closed")
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise self._lost() from error

    async def receive(self) -> bytes:
        """Return what has come; raise LinkError when the port is closed or gone."""
        try:
            data = await self._reader.read(_MOST_READ)
        except OSError as error:
            raise self._lost() from error
        if not data:
            raise self._lost()
        return data

    async def close(self) -> None:
        """Let go of the port, and wait until it is free for the next to open it."""
        transport = self._writer.transport
        assert isinstance(transport, BaseSerialTransport)  # noqa: S101 - nothing else opens one of these
        transport.abort()
        await transport.wait_closed()

    def _lost(self) -> LinkError:
        return LinkError(f"{self._name} is gone: was it unplugged?")


async def open_serialx(settings: PortSettings) -> Link:
    """Find and open a local port; raise Unreachable or BadConfig."""
    if settings.rs485 == "on":
        raise BadConfig(f"{settings.name}: serialx has no RS-485 mode; write backend=pyserial")
    path = await asyncio.to_thread(path_of, settings.name)
    try:
        reader, writer = await open_serial_connection(
            url=path, baudrate=settings.baud, byte_size=settings.bits, parity=settings.parity, stopbits=settings.stop,
            rtscts=settings.flow == "rtscts", xonxoff=settings.flow == "xonxoff", transport_cls=SerialTransport,
        )  # fmt: skip
    except (OSError, ValueError, termios.error) as error:
        raise unopened(settings.name, error) from error
    return SerialxLink(reader, writer, settings.name)
