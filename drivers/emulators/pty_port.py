"""A serial port that is not there: a pseudo-terminal behind a stable name, with an emulated device at its far end."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from drivers.model import Clock

_MOST_READ = 65_536
_AGAIN_S = 0.1


class _Cable:
    """What is between the port and the device: bytes go both ways whenever both ends are there."""

    def __init__(self, port: int, host: str, number: int, clock: Clock) -> None:
        self._port, self._host, self._number, self._clock = port, host, number, clock
        self._device: asyncio.StreamWriter | None = None
        self.tried = asyncio.Event()
        """Set once the device was there, or was not."""

    async def run(self) -> None:
        """Carry bytes for ever; a device that goes is looked for again, as it is when somebody switches it on."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._port, self._to_device)
        try:
            while True:
                with suppress(OSError):
                    await self._from_device()
                self.tried.set()
                await self._clock.sleep(_AGAIN_S)
        finally:
            loop.remove_reader(self._port)

    async def _from_device(self) -> None:
        reader, self._device = await asyncio.open_connection(self._host, self._number)
        self.tried.set()
        try:
            while data := await reader.read(_MOST_READ):
                # What nobody takes from the port is lost, as on a line without flow control.
                with suppress(BlockingIOError):
                    os.write(self._port, data)
        finally:
            self._device.transport.abort()
            self._device = None

    def _to_device(self) -> None:
        data = os.read(self._port, _MOST_READ)
        if self._device is not None:
            self._device.write(data)


@asynccontextmanager
async def plugged_in(path: Path, host: str, port: int, *, clock: Clock) -> AsyncIterator[None]:
    """Hold a serial port at `path` that leads to the device on `port`; at the end it is pulled out."""
    near, far = _plug_in(path)
    try:
        async with asyncio.TaskGroup() as tasks:
            cable = _Cable(near, host, port, clock)
            carrying = tasks.create_task(cable.run(), name=f"cable of {path}")
            await cable.tried.wait()
            yield
            carrying.cancel()
    finally:
        _pull_out(path, near, far)


def _plug_in(path: Path) -> tuple[int, int]:
    """Return both ends of a new pseudo-terminal, and let `path` lead to the one that a program opens."""
    near, far = os.openpty()
    tty.setraw(far)
    os.set_blocking(near, False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(os.ttyname(far))
    return near, far


def _pull_out(path: Path, near: int, far: int) -> None:
    path.unlink(missing_ok=True)
    os.close(far)
    os.close(near)
