"""R24: what goes out to a broker goes from the journal, and counts as gone only when the broker has it."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.drivers.tcp_proxy import Proxy
from tests.drivers.telemetry_world import publisher, serving
from tests.gateway.publisher_world import Listener
from tests.journeys.world import Person
from tests.reliability.world import SmallHall, broker, gauge, said, topic, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

BURST = 200
FROZEN = 10
"""So many go into the dead wire: fewer than may be on their way at once."""
OUT = "semarak/v1/uji/points/river/reading"


async def test_r24_what_was_published_into_a_dead_wire_before_a_kill_is_published_again(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    inner.mkdir()
    outer.mkdir()
    heard = Listener()
    async with (
        AsyncExitStack() as stack,
        serving("mosquitto", inner) as (port, _),
        serving("mosquitto", outer) as (far, _),
        heard.on(far),
    ):
        proxy = Proxy(far)
        stack.push_async_callback(proxy.stop)
        out = {"id": "dinas", "kind": "mqtt", "url": f"mqtt://127.0.0.1:{await proxy.start()}", "backlog": "all"}
        with SmallHall(tmp_path, devices=[broker(port)], points=[gauge("river")], sinks=[out]) as hall:
            sensor = await publisher(port)
            async with Person(hall, "admin") as person:
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                await until(lambda: counted(person, "connections", 1))
                for n in range(BURST):
                    sensor.publish(topic("river"), said(n))
                await until(lambda: come(heard, BURST))
                await until(lambda: nothing_waits(person))
                sent = (await a_sink(person))["counters"]["published"]
                proxy.freeze()
                for n in range(BURST, BURST + FROZEN):
                    sensor.publish(topic("river"), said(n))
                await until(lambda: counted(person, "published", sent + 1))
                await person.until(lambda: shown(person) == BURST + FROZEN - 1)
                await person.listen(0.5)  # so that what counts as delivered would be on the disk
                assert (await a_sink(person))["backlog"]["rows"] == FROZEN
                assert not await come(heard, BURST + 1)
            hall.kill()
            hall.start()
            async with Person(hall, "admin") as person:
                await until(lambda: come(heard, BURST + FROZEN))
            sensor.close()


def shown(person: Person) -> object:
    """Return what the screens show of the river."""
    return person.screen.readings.get("river", {}).get("value")


async def counted(person: Person, what: str, least: int) -> bool:
    """Return whether the sink has counted so many."""
    return bool((await a_sink(person))["counters"].get(what, 0) >= least)


async def nothing_waits(person: Person) -> bool:
    """Return whether everything in the journal was acknowledged."""
    return bool((await a_sink(person))["backlog"]["rows"] == 0)


async def a_sink(person: Person) -> dict[str, Any]:
    """Return the sink as it stands."""
    (one,) = (await person.get("sinks")).body["items"]
    return dict(one)


async def come(heard: Listener, count: int) -> bool:
    """Return whether every value from 0 on has come out, so many of them."""
    return set(range(count)) <= {json.loads(payload)["value"] for payload in heard.payloads(OUT)}
