"""Serial links: a question and its answer over a pseudo-terminal, and how a re-plug is survived, by back-end."""

from __future__ import annotations

import asyncio
import os
import statistics
import threading
import time
import tty
from contextlib import suppress
from pathlib import Path

from bench.report import Row
from drivers.errors import LinkError
from drivers.links import Link
from drivers.links.dial import dial

QUESTION, ANSWER = b"\xaa\x11\x01\x00\x12\r\n?", b"\xaa\xff\x01\x12"
ROUNDS, REPLUGS = 1_000, 100
BACKENDS = ("pyserial", "serialx")


class _Port:
    """A pseudo-terminal behind a stable name; its far end answers at once, in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.near, self._far = os.openpty()
        tty.setraw(self._far)
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(self._far))

    def answer(self) -> threading.Thread:
        thread = threading.Thread(target=self._answering, name="far end")
        thread.start()
        return thread

    def _answering(self) -> None:
        with suppress(OSError):  # nobody holds the port any more
            while os.read(self.near, 64):
                os.write(self.near, ANSWER)

    def release(self) -> None:
        os.close(self._far)

    def unplug(self) -> None:
        self.path.unlink()
        os.close(self.near)


def _raw(path: Path) -> None:
    """Talk as the reference does: blocking reads and writes of the same port."""
    port = os.open(path, os.O_RDWR | os.O_NOCTTY)
    for _ in range(ROUNDS):
        os.write(port, QUESTION)
        os.read(port, 64)
    os.close(port)


async def _talk(path: Path, backend: str) -> None:
    link = await dial(f"serial://{path}?backend={backend}")
    for _ in range(ROUNDS):
        await link.send(QUESTION)
        await link.receive()
    await link.close()


async def _lost(link: Link) -> float:
    try:
        await link.receive()
    except LinkError:
        return time.perf_counter()
    raise AssertionError("nothing was unplugged")


async def _replug(path: Path, backend: str) -> tuple[float, float, int]:
    """Return the median seconds until a loss is told and until the port is open again, and how often it was not."""
    told, again, failed = [], [], 0
    for _ in range(REPLUGS):
        port = _Port(path)
        began = time.perf_counter()
        try:
            link = await dial(f"serial://{path}?backend={backend}")
        except LinkError:
            failed += 1
            continue
        finally:
            port.release()
        again.append(time.perf_counter() - began)
        async with asyncio.TaskGroup() as tasks:
            lost = tasks.create_task(_lost(link))
            await asyncio.sleep(0)
            pulled = time.perf_counter()
            port.unplug()
        told.append(lost.result() - pulled)
        await link.close()
    return statistics.median(told), statistics.median(again), failed


async def _reopen(path: Path, backend: str) -> int:
    """Return how often a port that was just closed could not be opened again."""
    port, failed = _Port(path), 0
    for _ in range(REPLUGS):
        try:
            link = await dial(f"serial://{path}?backend={backend}")
            await link.close()
        except LinkError:
            failed += 1
    port.release()
    port.unplug()
    return failed


def _round_us(path: Path, backend: str) -> float:
    """Return the microseconds from a question to its answer."""
    port = _Port(path)
    far = port.answer()
    began = time.perf_counter()
    if backend == "raw":
        _raw(path)
    else:
        asyncio.run(_talk(path, backend))
    took = time.perf_counter() - began
    port.release()
    far.join()
    port.unplug()
    return took / ROUNDS * 1e6


def measure(folder: Path, *, runs: int) -> list[Row]:
    """Return the rows of both back-ends; what only they can do is measured with serialx as the reference."""
    path = folder / "port"
    rounds = {each: Row(f"question and answer over a pty, {each}", "us", "raw read and write") for each in BACKENDS}
    told = Row("unplugged until it is told, pyserial", "us", "serialx")
    again = Row("plugged in until it is open, pyserial", "us", "serialx")
    failed = Row(f"not opened of {REPLUGS} re-plugs and {REPLUGS} re-opens, pyserial", "times", "serialx")
    for _ in range(runs):
        raw = _round_us(path, "raw")
        for each, row in rounds.items():
            row.add(_round_us(path, each), raw)
        ours, theirs = (asyncio.run(_replug(path, each)) for each in BACKENDS)
        told.add(ours[0] * 1e6, theirs[0] * 1e6)
        again.add(ours[1] * 1e6, theirs[1] * 1e6)
        reopened = [asyncio.run(_reopen(path, each)) for each in BACKENDS]
        failed.add(ours[2] + reopened[0], theirs[2] + reopened[1])
    return [*rounds.values(), told, again, failed]
