"""The figures for Prometheus, the sign of life, and playing a story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.api_fakes import Answer, Hall, serving

pytestmark = pytest.mark.real


def figures(answer: Answer) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.raw.decode())
        for sample in family.samples
    }


async def test_the_figures_tell_how_the_service_stands() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        hall.read("river", 360.0)
        await nobody.as_program("operator").ask("GET", "alarms")
        await nobody.as_program("technician").ask("POST", "devices/matrix/commands", raw=b"{")
        await nobody.sign_in("operator")
        answer = await nobody.ask("GET", "/metrics")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        told = figures(answer)
        expected = {
            ("semarak_store_total", "rows"): 1,
            ("semarak_device_state", "matrix", "up"): 1,
            ("semarak_device_total", "matrix", "sent"): 3,
            ("semarak_part_running", "store"): 1,
            ("semarak_part_restarts_total", "store"): 0,
            ("semarak_alarms", "3"): 1,
            ("semarak_alarms", "4"): 0,
            ("semarak_rejected_total", "api"): 1,
            ("semarak_sessions",): 1,
            ("semarak_live_clients",): 0,
            ("semarak_live_total", "resyncs"): 0,
            ("semarak_requests_total", "GET /api/v1/alarms", "200"): 1,
            ("semarak_requests_total", "POST /api/v1/devices/{id}/commands", "400"): 1,
        }
        assert {key: told.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    "headers", [{"Host": "rebound.example"}, {"X-Forwarded-For": "192.0.2.9"}, {"Forwarded": "for=192.0.2.9"}]
)
async def test_the_figures_are_for_this_machine_or_for_who_may_look(headers: dict[str, str]) -> None:
    async with serving(Hall()) as nobody:
        assert (await nobody.ask("GET", "/metrics", headers=headers)).status == 401
        assert (await nobody.as_program("program").ask("GET", "/metrics", headers=headers)).status == 403
        assert (await nobody.as_program("leader").ask("GET", "/metrics", headers=headers)).status == 200


async def test_the_sign_of_life_tells_a_stranger_nothing_more() -> None:
    async with serving(Hall()) as nobody:
        answer = await nobody.ask("GET", "/healthz")
        assert (answer.status, answer.body) == (200, {"ok": True})


@asynccontextmanager
async def simulator(status: int) -> AsyncIterator[tuple[str, list[str]]]:
    played: list[str] = []

    async def play(request: web.Request) -> web.Response:
        played.append(request.match_info["id"])
        return web.Response(status=status, text="because")

    app = web.Application()
    app.router.add_post("/scenario/{id}", play)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", played
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(("simulated", "answered"), [(200, 200), (202, 200), (404, 404), (409, 409), (500, 503)])
async def test_a_story_is_played_by_the_simulator(simulated: int, answered: int) -> None:
    async with simulator(simulated) as (url, played):
        hall = Hall(simulator=url)
        async with serving(hall) as nobody:
            answer = await nobody.as_program("operator").ask("POST", "demo/scenarios/banjir", {})
            assert (answer.status, played) == (answered, ["banjir"])
            assert (await nobody.as_program("operator").ask("POST", "demo/scenarios/..%2Fx", {})).status == 404
            assert hall.told == ([("operator program", "demo.play", "banjir")] if answered == 200 else [])
            assert played == ["banjir"]


async def test_without_a_simulator_there_is_nothing_to_play() -> None:
    async with serving(Hall()) as nobody:
        answer = await nobody.as_program("operator").ask("POST", "demo/scenarios/banjir")
        assert (answer.status, answer.body["detail"]) == (404, "this is no simulation: there is nothing to play")


async def test_a_simulator_that_is_away_is_told() -> None:
    async with simulator(200) as (url, _):
        pass
    async with serving(Hall(simulator=url)) as nobody:
        assert (await nobody.as_program("operator").ask("POST", "demo/scenarios/banjir")).status == 503
