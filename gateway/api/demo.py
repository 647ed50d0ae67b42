"""Playing a story in the simulator, where one is attached."""

from __future__ import annotations

import re
from http import HTTPStatus

from aiohttp import ClientError, ClientSession, ClientTimeout

from gateway.api import house_shapes
from gateway.api.operation import Call, Operation
from gateway.api.problem import Problem, conflict, not_found, unavailable

PATIENCE = ClientTimeout(total=5.0)
SCENARIO = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


async def play_scenario(call: Call, *, id: str) -> house_shapes.ScenarioStarted:  # noqa: A002 - the path's name
    """Let the simulator play a story."""
    simulator = call.gateway.simulator
    if simulator is None or not SCENARIO.fullmatch(id):
        raise not_found("scenario", id) if simulator else _no_simulation()
    try:
        async with ClientSession(timeout=PATIENCE) as client, client.post(f"{simulator}/scenario/{id}") as answer:
            status, text = answer.status, (await answer.text(errors="replace"))[:300]
    except (ClientError, TimeoutError) as error:
        raise unavailable(f"the simulator does not answer: {error or type(error).__name__}") from None
    if status == HTTPStatus.NOT_FOUND:
        raise not_found("scenario", id)
    if status == HTTPStatus.CONFLICT:
        raise conflict(f"scenario {id} cannot be played now: {text}")
    if status >= HTTPStatus.BAD_REQUEST:
        raise unavailable(f"the simulator refused scenario {id} ({status}): {text}")
    call.gateway.audit.record(call.who.name, "demo.play", id, outcome="done", request=call.request_id)
    return house_shapes.ScenarioStarted(id)


def _no_simulation() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "this is no simulation: there is nothing to play")


OPERATIONS = (Operation("POST", "/demo/scenarios/{id}", play_scenario, "demo.play", rate="write"),)
