"""Serial ports for tests, which can be pulled out and plugged in again, and a source on one."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from drivers.errors import DriverError, LinkError
from drivers.links import Link
from drivers.model import Clock, Device, Name, Point, Value
from drivers.sensors.serial_lines import SerialLinesSource
from tests.drivers.telemetry_world import Heard, Silence
from tests.fakes import FakeClock


class Port:
    """What is at the other end of the cable: the test reads and writes there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self.near, False)
        path.symlink_to(os.ttyname(self._far))
        self._in = True

    def url(self, **settings: object) -> str:
        return f"serial://{self.path}?" + "&".join(f"{key}={value}" for key, value in settings.items())

    @property
    def far(self) -> int:
        return self._far

    def say(self, data: bytes) -> None:
        assert os.write(self.near, data) == len(data)

    async def heard(self, size: int) -> bytes:
        """Return so many bytes that were sent to this end."""
        found, loop, news = b"", asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.near, news.set)
        try:
            async with asyncio.timeout(5):
                while len(found) < size:
                    await news.wait()
                    news.clear()
                    with suppress(BlockingIOError):
                        found += os.read(self.near, size - len(found))
        finally:
            loop.remove_reader(self.near)
        return found

    def unplug(self) -> None:
        if self._in:
            self._in = False
            self.path.unlink()
            os.close(self._far)
            os.close(self.near)


@contextmanager
def plugged(path: Path) -> Iterator[Port]:
    port = Port(path)
    try:
        yield port
    finally:
        port.unplug()


CLOCK = FakeClock()
"""Virtual time: it follows the loop of each test."""


def points(of: dict[str, dict[str, Value]], *, every: float) -> list[Point]:
    return [Point(name, "line", Name(name, name), every=every, address=address) for name, address in of.items()]


class Line:
    """A source that is run again whenever its line fails, with everything it publishes."""

    def __init__(
        self, of: Sequence[Point], *, clock: Clock, link: str = "", ends: list[Link] | None = None, **options: Value
    ) -> None:
        self.heard = Heard()
        self.failures: list[DriverError] = []
        self._clock = clock

        async def dial(_url: str) -> Link:
            assert ends is not None
            if not ends:
                raise LinkError("the port is not there")
            return ends.pop(0)

        device = Device("line", Name("Line", "Line"), "serial_lines", link or "serial:///dev/ttyS0", options)
        more = {} if ends is None else {"dial": dial}
        self.source = SerialLinesSource(
            device,
            of,
            clock=clock,
            publish=self.heard.publish,
            tap=Silence(),
            **more,  # type: ignore[arg-type]  # one key
        )

    async def run(self) -> None:
        while True:
            try:
                await self.source.run()
            except DriverError as error:
                self.failures.append(error)
            await self._clock.sleep(0.02)

    @property
    def last(self) -> tuple[str, str]:
        status = self.heard.statuses[-1]
        return status.reason, status.hint


@asynccontextmanager
async def running(line: Line) -> AsyncIterator[Line]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(line.run(), name="line")
        yield line
        task.cancel()
