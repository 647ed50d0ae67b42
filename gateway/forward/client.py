"""The way to one server: influxdb-client as a thin carrier of bytes; batching, retrying and judging are ours.

Its own retries give a batch up after three minutes, and its batching mode keeps what waits in memory.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import ssl
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from drivers.model import Clock
from gateway.forward.config import SinkConfig
from gateway.forward.errors import Unreadable
from gateway.forward.replies import TEXT_SHOWN, Answer, Reply, seconds_to_wait

CONNECT_S = 5.0
ANSWER_S = 30.0
LIBRARY = "influxdb_client.client.influxdb_client_async"
"""Imported when the first sink starts: it takes half a second."""


class Client:
    """One connection to a server, for the sink that opened it."""

    def __init__(self, config: SinkConfig, library: Any, *, clock: Clock) -> None:
        self._config = config
        self._library = library
        self._clock = clock
        self._write = _write_address(config)

    async def write(self, packed: bytes) -> Reply:
        """Return the server's reply to gzipped line protocol."""
        path, params = self._write
        headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain; charset=utf-8"}
        return await self._ask("POST", path, params, headers=headers, body=packed)

    async def query(self, influxql: str) -> dict[str, Any]:
        """Return the answer to an InfluxQL query, times in ns; raise Unreadable when there is none."""
        reply = await self._ask("GET", "/query", {**_database(self._config), "q": influxql, "epoch": "ns"})
        if reply.status != 200:
            raise Unreadable(f"{self._config.id} does not answer a query ({reply.status}): {reply.text[:TEXT_SHOWN]}")
        try:
            return msgspec.json.decode(reply.body, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise Unreadable(f"{self._config.id} answers a query with what is no JSON: {error}") from None

    async def create(self) -> None:
        """Create the bucket (InfluxDB 1: the database); raise Unreadable when the server will not."""
        database = _database(self._config)["db"].replace('"', r"\"")
        if self._config.api == "v1":
            await self._made("/query", params={"q": f'CREATE DATABASE "{database}"'})
            return
        organizations = await self._ask("GET", "/api/v2/orgs", {"org": self._config.org})
        found = _list_in(organizations.body, "orgs")
        if not found:
            raise Unreadable(f"{self._config.id}: no organization {self._config.org!r}: {organizations.text}")
        await self._made("/api/v2/buckets", body={"orgID": found[0].get("id"), "name": self._config.bucket})

    async def _made(self, path: str, *, params: Mapping[str, str] | None = None, body: object = None) -> None:
        headers = {"Content-Type": "application/json"}
        reply = await self._ask("POST", path, params or {}, headers=headers, body=body)
        if reply.answer is not Answer.STORED:
            raise Unreadable(f"{self._config.id} does not create it ({reply.status}): {reply.text[:TEXT_SHOWN]}")

    async def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Reply:
        try:
            response = await self._library.api_client.call_api(
                path, method, query_params=dict(params), header_params=dict(headers or {}), body=body,
                _preload_content=False,
            )  # fmt: skip
            told = await response.read()
        except TimeoutError:
            return Reply(0, f"no answer from {self._config.url} in {ANSWER_S:g} s".encode())
        except (aiohttp.ClientError, OSError) as error:
            return Reply(0, f"{self._config.url}: {error or type(error).__name__}".encode())
        wait = seconds_to_wait(response.headers.get("Retry-After", ""), self._clock.now())
        return Reply(response.status, told, wait)


@asynccontextmanager
async def opened(config: SinkConfig, aside: Executor, *, clock: Clock) -> AsyncIterator[Client]:
    """Give a client; nothing is sent yet. What blocks (the import, the CA certificates) is done `aside`."""
    loop = asyncio.get_running_loop()
    module = await loop.run_in_executor(aside, importlib.import_module, LIBRARY)
    tls = await loop.run_in_executor(aside, ssl.create_default_context)
    library = module.InfluxDBClientAsync(
        config.url, org=config.org or None, ssl_context=tls,
        timeout=aiohttp.ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S),
    )  # fmt: skip
    secret = config.token.get_secret_value()
    if secret:
        library.api_client.set_default_header("Authorization", _authorization(config, secret))
    try:
        yield Client(config, library, clock=clock)
    finally:
        await library.close()


def _authorization(config: SinkConfig, secret: str) -> str:
    """Return the header's value: InfluxDB before 1.8 knows no tokens, later ones take `Token user:password` too."""
    if config.api == "v1":
        return "Basic " + base64.b64encode(secret.encode()).decode()
    return f"Token {secret}"


def _write_address(config: SinkConfig) -> tuple[str, dict[str, str]]:
    if config.api == "v1":
        return "/write", {**_database(config), "precision": "n"}
    named = {"org": config.org} if config.org else {}
    return "/api/v2/write", {**named, "bucket": config.bucket, "precision": "ns"}


def _list_in(body: bytes, key: str) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(body, type=dict[str, list[dict[str, Any]]]).get(key, [])
    except msgspec.MsgspecError:
        return []


def _database(config: SinkConfig) -> dict[str, str]:
    """Return database and retention policy; InfluxDB 2 maps a bucket `db/rp` or `db` to them (DBRP)."""
    database, _, policy = config.bucket.partition("/")
    return {"db": database, "rp": policy} if policy else {"db": database}
