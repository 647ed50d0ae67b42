"""Sinks before a server that plays every reply and every fault of the line, over a real socket."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.forward import client, replies
from gateway.forward.errors import SinkError
from gateway.forward.status import SinkState
from tests.gateway.line_parser import Line, parsed
from tests.gateway.sink_desk import desk, hurry

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


class Fake:
    """Answers as it is told, over a real socket."""

    def __init__(self) -> None:
        self.script: list[Callable[[web.Request], Any]] = []
        self.lines: list[Line] = []
        self.seen: list[web.Request] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(request)
        if self.script:
            return await self.script.pop(0)(request)
        self.lines += parsed(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        return web.Response(status=204)


@asynccontextmanager
async def fake() -> AsyncIterator[Fake]:
    one, app = Fake(), web.Application()
    app.router.add_route("*", "/{path:.*}", one.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield one
    finally:
        await runner.cleanup()


def says(status: int, text: str = "", **headers: str) -> Callable[[web.Request], Any]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


async def hangs(_request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def breaks_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(status=200, headers={"Content-Length": "10"})
    await response.prepare(request)
    assert request.transport is not None
    request.transport.abort()
    return response


async def hangs_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_every_reply_and_every_fault_of_the_line_ends_with_all_rows_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_S", 0.3)
    monkeypatch.setattr(replies, "MOST_RETRY_S", 0.1)
    async with fake() as server, desk(tmp_path) as at:
        server.script = [
            says(500), hangs, breaks_off, hangs_up, says(429, Retry_After="0.05"), says(503), says(502), says(504),
            says(401), says(403), says(404), says(413), says(307, Location="/elsewhere"), says(418),
            says(400, '{"code":"invalid","message":"partial write: points beyond retention policy dropped=0"}'),
        ]  # fmt: skip
        await at.read(*map(float, range(10)))
        async with at.running(at.sink(server.url, org="hall", token="t0p", backlog_rate=1_000_000)) as sink:
            await at.until(lambda: not server.script and at.caught_up())
            await at.read(*map(float, range(10, 20)))
            await at.until(at.caught_up)
            assert sink.counters["retried"] >= 11
            assert at.repairs.open() == []
        told = {dict(line.fields)["value"] for line in server.lines}
        assert told >= {float(n) for n in range(10, 20)}
        request = server.seen[-1]
        assert (request.path, dict(request.query)) == (
            "/api/v2/write", {"org": "hall", "bucket": "hall", "precision": "ns"},
        )  # fmt: skip
        assert request.headers["Authorization"] == "Token t0p"
        assert request.headers["Content-Encoding"] == "gzip"


async def test_a_hanging_server_does_not_hold_up_a_change_of_the_configuration(tmp_path: Path) -> None:
    async with fake() as server, desk(tmp_path) as at:
        server.script = [hangs]
        await at.read(1.0)
        async with at.running(at.sink(server.url)):
            await at.until(lambda: server.seen)
            began = at.clock.mono()
        assert at.clock.mono() - began < 2.0


async def test_a_bucket_of_influxdb_2_is_created_in_its_organization(tmp_path: Path) -> None:
    async with fake() as server, desk(tmp_path) as at, at.running(at.sink(server.url, org="hall", token="t")) as sink:
        await at.until(lambda: sink._client)
        server.script = [says(200, '{"orgs":[{"id":"0a1b","name":"hall"}]}'), says(201, "{}")]
        await sink.create()
        assert [(each.method, each.path) for each in server.seen] == [
            ("GET", "/api/v2/orgs"), ("POST", "/api/v2/buckets"),
        ]  # fmt: skip
        assert await server.seen[1].json() == {"orgID": "0a1b", "name": "hall"}
        server.script = [says(200, '{"orgs":[]}')]
        with pytest.raises(SinkError, match="no organization 'hall'"):
            await sink.create()


async def test_nobody_listens_and_the_reason_says_so(tmp_path: Path) -> None:
    async with fake() as server:
        pass
    async with desk(tmp_path) as at, at.running(at.sink(server.url)) as sink:
        await at.read(1.0)
        await at.until(lambda: sink.status().state is SinkState.AWAY)
        assert server.url in sink.status().reason


def test_the_library_is_loaded_only_when_a_sink_starts() -> None:
    words = "import gateway.app.sinks, sys; sys.exit('influxdb_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
