"""Real servers that take line protocol, started for a test on free loopback ports and ended by their own pid."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from gateway.clock import SystemClock
from tests.journeys.world import free_port

CONFIG = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  max-values-per-tag = {values}
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  auth-enabled = {auth}
  max-body-size = {most}
  log-enabled = false
"""
PATIENCE_S = 45.0


def program(name: str, package: str) -> str:
    """Return an installed program's path; skip the test without it."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        pytest.skip(f"there is no {name} here: apt-get install {package}")
    return path


@asynccontextmanager
async def influxdb(
    folder: Path, *, port: int = 0, auth: bool = False, most: int = 25_000_000, values: int = 100_000
) -> AsyncIterator[str]:  # fmt: skip
    """Run InfluxDB 1 from Debian; give its address. `most` is the largest body in bytes, `values` those of one tag."""
    http = port or free_port()
    told = {"folder": folder, "rpc": free_port(), "http": http, "auth": str(auth).lower(), "most": most}
    conf = _written(folder, CONFIG.format(**told, values=values))
    async with _running([program("influxd", "influxdb"), "-config", str(conf)], f"http://127.0.0.1:{http}/ping") as url:
        yield url.removesuffix("/ping")


def _written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    conf = folder / "influxdb.conf"
    conf.write_text(text)
    return conf


@asynccontextmanager
async def victoria_metrics(folder: Path) -> AsyncIterator[str]:
    """Run VictoriaMetrics from Debian; give its address."""
    port = free_port()
    words = [
        program("victoria-metrics", "victoria-metrics"), f"-storageDataPath={folder / 'vm'}",
        f"-httpListenAddr=127.0.0.1:{port}", "-search.latencyOffset=0s",
    ]  # fmt: skip
    async with _running(words, f"http://127.0.0.1:{port}/health") as url:
        yield url.removesuffix("/health")


@asynccontextmanager
async def _running(words: Sequence[str], health: str) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _answering(health, process)
        yield health
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _answering(url: str, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as http:
        while process.returncode is None:
            with suppress(aiohttp.ClientError):
                async with http.get(url) as response:
                    if response.status < 300:
                        return
            await SystemClock().sleep(0.02)
    raise AssertionError(f"{url} does not answer: the server has ended")
