"""The flood's story: how the water moves, and how the technician's tool follows it at the gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web

from drivers.bench.scenario import Desk, StoryFailed, follow
from drivers.emulators.scenario import BANJIR, LEAST_HOLD_S, RAWA_MAKMUR, Scenarios, falling, rising
from drivers.model import Value
from tests.fakes import FakeClock


class River:
    """A field that remembers what it was directed to, and when."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.said: list[tuple[float, str, Value | None]] = []

    def override(self, point: str, value: Value | None) -> None:
        self.said.append((self.clock.mono(), point, value))

    @property
    def levels(self) -> list[float]:
        return [float(value) for _, _, value in self.said if value is not None]


def test_the_water_rises_through_both_limits_and_falls_below_the_deadband() -> None:
    up, down = rising(BANJIR), falling(BANJIR, crest=372.0)
    assert (up[0], round(up[-1])) == (200.0, 372)
    assert all(later > sooner for sooner, later in pairwise(up))
    assert all(later < sooner for sooner, later in pairwise(down))
    assert any(250 < level < 350 for level in up)
    assert down[-1] < 245


async def test_the_story_is_played_at_the_sites_pace_and_gives_the_gauge_back() -> None:
    river = River(FakeClock())
    stories = Scenarios(river, clock=river.clock, pace=60.0)
    await stories.play("banjir")
    times = [at for at, _, _ in river.said]
    assert 85 <= times[-1] - times[0] <= 95  # half an hour up, high and down, sixty times as fast
    assert max(later - sooner for sooner, later in pairwise(times)) >= 30
    assert all(later - sooner >= 1.0 for sooner, later in pairwise(times[:-1]))
    assert river.said[-1][1:] == (RAWA_MAKMUR, None)
    assert (350 < max(river.levels) < 374, min(river.levels[-1:]) < 245) == (True, True)
    assert stories.state() == {"banjir": {"phase": "over", "gauge": RAWA_MAKMUR, "level": river.levels[-1]}}


async def test_the_water_falls_at_once_when_it_is_told() -> None:
    river = River(FakeClock())
    stories = Scenarios(river, clock=river.clock, pace=600.0)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stories.play("banjir", hold=10_000.0))
        await river.clock.sleep(60.0)
        assert stories.state()["banjir"]["phase"] == "holding"  # type: ignore[index]
        stories.fall("banjir")
    assert river.clock.mono() < 120.0
    assert river.levels[-1] < 245


async def test_however_fast_the_site_the_operator_has_time_to_see_it() -> None:
    river = River(FakeClock())
    await Scenarios(river, clock=river.clock, pace=100_000.0).play("banjir")
    times = [at for at, _, _ in river.said]
    assert max(later - sooner for sooner, later in pairwise(times)) >= LEAST_HOLD_S


async def test_another_gauge_floods_through_its_own_limits() -> None:
    river = River(FakeClock())
    await Scenarios(river, clock=river.clock, pace=600.0, levels={"g": (120.0, 160.0, 200.0)}).play("banjir", gauge="g")
    assert 160 < max(river.levels) < 200
    assert river.levels[-1] < 110


async def test_a_story_is_played_once_at_a_time_and_by_its_name() -> None:
    river = River(FakeClock())
    stories = Scenarios(river, clock=river.clock, pace=600.0)
    with pytest.raises(KeyError, match="no story 'gempa'"):
        await stories.play("gempa")
    with pytest.raises(KeyError, match="not being played"):
        stories.fall("banjir")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stories.play("banjir"))
        await river.clock.sleep(1.0)
        with pytest.raises(ValueError, match="being played already"):
            await stories.play("banjir")
        stories.fall("banjir")


NAME = {"id": "Rawa Makmur", "en": "Rawa Makmur"}


def alarm(**changes: Any) -> dict[str, Any]:
    calm = {
        "id": "rule", "occurrence": "", "point": RAWA_MAKMUR, "name": NAME, "label": {"id": "", "en": "Siaga II"},
        "value": 372.0, "unit": "cm", "active": False, "acked": False, "acked_by": "", "note": "",
    }  # fmt: skip
    return calm | changes


def wall(
    claim: dict[str, Any] | None = None, state: str = "verified", steps: tuple[dict[str, str], ...] = ()
) -> dict[str, Any]:
    panels = [{"id": "p1", "state": state, "dead": False}, {"id": "p2", "state": "unsure", "dead": True}]
    region = {"id": "respons", "name": NAME, "panels": ["p1", "p2"], "claim": claim}
    return {
        "id": "w",
        "name": NAME,
        "panels": panels,
        "regions": [region],
        "claims": [claim] if claim else [],
        "operation": {"steps": list(steps)},
    }


CLAIM = {"id": "c1", "scene": "banjir", "kind": "alarm"}
ROUTE = {"device": "matrix", "verb": "route", "result": "ok"}
TILE = {"device": "lfd", "verb": "tile", "result": "ok"}


class Gateway:
    """A gateway that tells the story over its live connection, as far as `tells` goes."""

    def __init__(self, *, tells: int = 100, audit: int = 200) -> None:
        self.before = [
            ("alarm", alarm(active=True, occurrence="o1")),
            ("wall", wall(CLAIM, "pending")),
            ("wall", wall(CLAIM, steps=(ROUTE, TILE))),
        ][:tells]
        self.after = [("alarm", alarm(occurrence="o1")), ("wall", wall())]
        self.audit = audit
        self.asked: list[tuple[str, str, object]] = []
        self.live: asyncio.Queue[tuple[str, object]] = asyncio.Queue()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/v1/live", self._live)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        live = web.WebSocketResponse()
        await live.prepare(request)
        await live.send_json({"n": 1, "kind": "snapshot", "data": {"alarms": [alarm()], "walls": [wall()]}})
        async with asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(self._tell(live))
            async for _ in live:
                pass
            telling.cancel()
        return live

    async def _tell(self, live: web.WebSocketResponse) -> None:
        while True:
            kind, data = await self.live.get()
            await live.send_json({"n": 2, "kind": kind, "data": data})

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.asked.append((request.method, request.path, json.loads(body) if body else None))
        path = request.path.removeprefix("/api/v1/")
        for happens in {"/scenario/banjir": self.before, "/scenario/banjir/fall": self.after}.get(path, []):
            self.live.put_nowait(happens)
        if path.endswith("/ack"):
            assert request.headers["X-CSRF-Token"] == "token"
            self.live.put_nowait(
                ("alarm", alarm(active=True, occurrence="o1", acked=True, acked_by="operator", note="seen"))
            )
        if path == "audit/verify" and self.audit != 200:
            return web.json_response({"detail": "not for operators"}, status=self.audit)
        answers = {
            "session": {"csrf": "token"},
            "health": {"simulator": f"http://{request.host}", "pace": 60},
            "audit/verify": {"ok": True, "count": 42},
        }
        return web.json_response(answers.get(path, {}))


@asynccontextmanager
async def served(gateway: Gateway) -> AsyncIterator[str]:
    runner = web.AppRunner(gateway.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.real
async def test_every_step_is_said_when_it_has_happened() -> None:
    gateway, said = Gateway(), list[str]()
    async with served(gateway) as url, Desk(url, user="operator", password="secret") as desk:
        await follow(desk, name="banjir", simulator="", ack=True, say=said.append)
    assert said == [
        "The river rises at Rawa Makmur.",
        "The alarm has risen: Rawa Makmur is at Siaga II (372.0 cm).",
        "The scene banjir has claimed the region Rawa Makmur of Rawa Makmur.",
        "One salvo has gone to matrix, and 1 commands to panels.",
        "The devices' own answers verify all 1 panels of the region.",
        "operator has acknowledged the alarm: seen",
        "The alarm has cleared: the water is below the limit minus its deadband.",
        "The wall shows again what was there before.",
        "The audit's chain of 42 events is whole.",
    ]
    assert gateway.asked[0] == ("POST", "/api/v1/session", {"name": "operator", "password": "secret"})


@pytest.mark.real
async def test_a_login_that_may_not_read_the_audit_is_told_where_to_prove_it() -> None:
    said = list[str]()
    async with served(Gateway(audit=403)) as url, Desk(url, user="operator", password="secret") as desk:
        await follow(desk, name="banjir", simulator="", ack=False, say=said.append)
    assert "semarak audit verify" in said[-1]
    assert not any("acknowledged" in sentence for sentence in said)


@pytest.mark.real
async def test_a_step_that_does_not_come_ends_the_story_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.bench.scenario.LEAST_PATIENCE_S", 0.2)
    monkeypatch.setattr("drivers.bench.scenario.STORY_S", 1.0)
    async with served(Gateway(tells=1)) as url, Desk(url, user="operator", password="secret") as desk:
        with pytest.raises(StoryFailed, match="the scene's claim did not come within 0 s"):
            await follow(desk, name="banjir", simulator="", ack=True, say=lambda _: None)


@pytest.mark.real
async def test_a_gateway_that_does_not_run_is_a_sentence() -> None:
    with pytest.raises(StoryFailed, match="is the gateway running"):
        async with Desk("http://127.0.0.1:9", user="operator", password="secret"):
            pass
