"""After kill -9 nothing valid is lost, and only the one message whose fate nobody can know is sent again."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


class Receiver:
    """Takes messages, and keeps the answer to the third one to itself until it is told otherwise."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.holds = True
        self.third = asyncio.Event()
        self._free = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.got[json.loads(await request.read())["id"]] += 1
        if self.holds and len(self.got) == 3:
            self.third.set()
            await self._free.wait()
        return web.Response()

    def free(self) -> None:
        self.holds = False
        self._free.set()


async def process(folder: Path, url: str, *words: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.gateway.notify_process", str(folder), url, *words, stdout=DEVNULL
    )  # fmt: skip


async def test_the_process_after_a_kill_sends_the_rest_and_only_the_doubtful_one_twice(tmp_path: Path) -> None:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        first = await process(tmp_path, url, "ask")
        async with asyncio.timeout(50):
            await receiver.third.wait()
        first.kill()
        await first.wait()
        receiver.free()
        second = await process(tmp_path, url)
        async with asyncio.timeout(50):
            assert await second.wait() == 0
    finally:
        await runner.cleanup()
    assert sorted(receiver.got.values()) == [1, 1, 1, 1, 2]
    assert list(receiver.got.values())[2] == 2
