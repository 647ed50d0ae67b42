"""A thousand alarms within a second: from the sensor's message to a screen, and whether the rest still answers."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bench.load import HELLO, TOPIC, packet
from bench.processes import gateway, mosquitto
from bench.report import Row, quantile
from bench.site import LIMIT, SCALES, write_site

ALARMS = 1_000
SINGLE = 100
"""Alarms that are raised one after the other, for comparison."""
PATIENCE_S = 30.0
ASK_EVERY_S = 0.02
RULES = f"""\
rules:
  - id: flood
    points: ["b*"]
    kind: high
    scale: banjir
    levels: {{S1: {LIMIT:g}}}
    deadband: 5
"""


def measure(folder: Path, *, runs: int) -> list[Row]:
    """Return latencies, losses and how long the API takes to answer meanwhile, each beside its calm."""
    p50 = Row(f"sensor -> screen, {ALARMS:,} alarms in 1 s, p50", "ms", "one at a time")
    p99 = Row(f"sensor -> screen, {ALARMS:,} alarms in 1 s, p99", "ms", "one at a time", "p99 < 1 s")
    once = Row(f"sensor -> screen, {ALARMS:,} alarms at once, p99", "ms", "one at a time")
    lost = Row(f"alarms of {2 * ALARMS:,} that did not reach the screen", "", goal="0")
    alive = Row("an answer of the API meanwhile, p99", "ms", "while nothing happens")
    for run in range(runs):
        print(f"burst: run {run + 1} of {runs} …", flush=True)
        place = folder / f"burst-{run}"
        with mosquitto(folder) as broker:
            site = write_site(place / "site", broker=broker, sensors=ALARMS, every=0)
            (site / "scales.yaml").write_text(SCALES)
            (site / "alarms.yaml").write_text(RULES)
            with gateway(site, place / "data") as (_, http):
                found = asyncio.run(_measured(broker, http, place / "data"))
        p50.add(quantile(found["burst"], 0.5), quantile(found["single"], 0.5))
        p99.add(quantile(found["burst"], 0.99), quantile(found["single"], 0.99))
        once.add(quantile(found["once"], 0.99), quantile(found["single"], 0.99))
        alive.add(quantile(found["busy"], 0.99), quantile(found["calm"], 0.99))
        lost.values.append(2 * ALARMS - len(found["burst"]) - len(found["once"]))
    return [p50, p99, once, lost, alive]


async def _measured(broker: int, http: int, data: Path) -> dict[str, list[float]]:
    """Return milliseconds: of alarms one at a time, in a second and at once; of answers in the calm and meanwhile."""
    url = f"http://127.0.0.1:{http}"
    login = dict(line.split(": ", 1) for line in (data / "first-login.txt").read_text().splitlines() if ": " in line)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with client.post(f"{url}/api/v1/session", json=login) as answer:
            answer.raise_for_status()
        live = await client.ws_connect(f"{url}/api/v1/live", origin=url, max_msg_size=0)
        screen, field = Screen(), Sensors(broker)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(screen.watch(live), name="screen")
            await _settled(screen, field)
            found = {"calm": await _answers(client, url, 2.0)}
            found["single"] = [await _one(screen, field, n) for n in range(SINGLE)]
            asking = tasks.create_task(_answers(client, url, 3.0), name="answers")
            found["burst"] = await _many(screen, field, over=1.0)
            found["busy"] = await asking
            found["once"] = await _many(screen, field, over=0.0)
            watching.cancel()
        await live.close()
        field.link.close()
    return found


class Sensors:
    """Gauges that publish: each sample has a newer time stamp than the one before."""

    def __init__(self, port: int) -> None:
        self.link = socket.create_connection(("127.0.0.1", port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link.sendall(HELLO)
        if self.link.recv(4)[3:] != b"\0":
            raise SystemExit("the broker did not accept the sensors")

    def publish(self, sensors: Iterable[int], value: float) -> None:
        """Publish a value of each."""
        self.link.sendall(b"".join(_sample(sensor, value) for sensor in sensors))


def _sample(sensor: int, value: float) -> bytes:
    stamp = datetime.now(UTC).isoformat(timespec="microseconds")
    body = {"v": 1, "ts": stamp, "sensor": f"b{sensor:04d}", "metric": "tma", "value": value, "unit": "cm", "q": "good"}
    return packet(TOPIC.format(sensor).encode(), json.dumps(body).encode(), 0, 0)


class Screen:
    """What a page has been told: when each alarm came last (CLOCK_MONOTONIC ns), and whether it is active."""

    def __init__(self) -> None:
        self.came: dict[str, int] = {}
        self.active: set[str] = set()
        self._news = asyncio.Event()

    async def watch(self, live: aiohttp.ClientWebSocketResponse) -> None:
        """Take every message."""
        async for message in live:
            at, told = time.monotonic_ns(), json.loads(message.data)
            if told["kind"] == "alarm":
                self._take(told["data"], at)
                self._news.set()
        raise SystemExit("the gateway closed the screen's connection")

    def _take(self, alarm: dict[str, Any], at: int) -> None:
        if not alarm["active"]:
            self.active.discard(alarm["id"])
        elif alarm["id"] not in self.active:
            self.active.add(alarm["id"])
            self.came[alarm["id"]] = at

    async def until(self, active: int) -> bool:
        """Return once so many alarms are active; False after a while."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(self.active) != active:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


async def _settled(screen: Screen, field: Sensors) -> None:
    """Return once a crossing comes through, and all sensors have spoken."""
    until = time.monotonic() + PATIENCE_S
    while not screen.active:
        if time.monotonic() > until:
            raise SystemExit("no alarm reached the screen")
        field.publish([0], LIMIT + 10)
        await asyncio.sleep(0.2)
    field.publish(range(ALARMS), LIMIT - 100)
    await screen.until(0)
    await asyncio.sleep(1.0)


async def _one(screen: Screen, field: Sensors, sensor: int) -> float:
    """Return the milliseconds of one crossing; the gauge falls again."""
    sent = time.monotonic_ns()
    field.publish([sensor], LIMIT + 10)
    if not await screen.until(1):
        raise SystemExit("an alarm by itself did not reach the screen")
    took = (screen.came[_alarm(sensor)] - sent) / 1e6
    field.publish([sensor], LIMIT - 100)
    await screen.until(0)
    return took


async def _many(screen: Screen, field: Sensors, *, over: float) -> list[float]:
    """Return the milliseconds of a thousand crossings, spread over a second or in one write; without those lost."""
    screen.came.clear()
    sent: dict[int, int] = {}
    began = time.monotonic()
    if not over:
        sent = dict.fromkeys(range(ALARMS), time.monotonic_ns())
        field.publish(range(ALARMS), LIMIT + 10)
    for sensor in range(ALARMS) if over else ():
        await asyncio.sleep(max(0.0, began + over * sensor / ALARMS - time.monotonic()))
        sent[sensor] = time.monotonic_ns()
        field.publish([sensor], LIMIT + 10)
    await screen.until(ALARMS)
    took = [(screen.came[_alarm(n)] - at) / 1e6 for n, at in sent.items() if _alarm(n) in screen.came]
    field.publish(range(ALARMS), LIMIT - 100)
    await screen.until(0)
    return took


def _alarm(sensor: int) -> str:
    return f"flood.b{sensor:04d}"


async def _answers(client: aiohttp.ClientSession, url: str, seconds: float) -> list[float]:
    """Return the milliseconds that the API takes to answer, asked again and again for so long."""
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic_ns()
        async with client.get(f"{url}/api/v1/health") as answer:
            await answer.read()
        took.append((time.monotonic_ns() - began) / 1e6)
        await asyncio.sleep(ASK_EVERY_S)
    return took
