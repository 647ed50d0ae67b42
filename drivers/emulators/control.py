"""The emulators' side door: plain HTTP on the loopback, to look, to press buttons and to break things."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

from aiohttp import web

from drivers.emulators.emulator import Emulator
from drivers.errors import DriverError

_WRONG: tuple[type[Exception], ...] = (ValueError, TypeError, DriverError)
_NOT_PLAYED: tuple[type[Exception], ...] = (KeyError, *_WRONG)
_FIRST_STEP = 0.1
"""Seconds in which a story that cannot be played says so."""


class Scenario(Protocol):
    """Plays stories, each once at a time."""

    def state(self) -> Mapping[str, object]:
        """Return how far each story is."""

    def fall(self, name: str) -> None:
        """Let the story end; raise KeyError when it is not being played."""

    @property
    def play(self) -> Callable[..., Awaitable[None]]:
        """`play(name, **params)`: to the end; KeyError for an unknown story, ValueError when it is being played."""


class Stage(Protocol):
    """What the side door opens on."""

    emulators: dict[str, Emulator]

    @property
    def scenarios(self) -> Scenario | None:
        """The stories, when there are sensors to play them on."""

    def state(self) -> Mapping[str, object]:
        """Return the state of everything."""

    async def start_one(self, name: str) -> None:
        """Start a stopped emulator again, on the port that it had."""


class Control:
    """The routes; stories are played in `tasks`."""

    def __init__(self, stage: Stage, tasks: asyncio.TaskGroup) -> None:
        self._stage = stage
        self._tasks = tasks
        self._playing: set[asyncio.Task[Exception | None]] = set()

    def app(self) -> web.Application:
        """Return the application, to be served on the loopback only."""
        app = web.Application(middlewares=[_in_words], client_max_size=65_536)
        app.add_routes([
            web.get("/state", self._state),
            web.get("/log/{id}", self._log),
            web.post("/devices/{id}/press", self._press),
            web.post("/devices/{id}/fault", self._fault),
            web.delete("/devices/{id}/fault", self._mend),
            web.post("/devices/{id}/state", self._load),
            web.post("/devices/{id}/stop", self._stop),
            web.post("/devices/{id}/start", self._start),
            web.get("/scenario", self._stories),
            web.post("/scenario/{name}", self._play),
            web.post("/scenario/{name}/fall", self._fall),
        ])  # fmt: skip
        return app

    def end(self) -> None:
        """Break off the stories that are being played."""
        for story in self._playing:
            story.cancel()

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response(self._stage.state())

    async def _log(self, request: web.Request) -> web.Response:
        log: Iterable[object] = self._device(request).log
        return web.json_response({"items": list(log)})

    async def _press(self, request: web.Request) -> web.Response:
        body = await _body(request)
        self._device(request).press(str(body.get("verb", "")), body.get("args", {}))
        return self._told(request)

    async def _fault(self, request: web.Request) -> web.Response:
        body = await _body(request)
        self._device(request).inject(str(body.pop("fault", "")), **body)
        return self._told(request)

    async def _mend(self, request: web.Request) -> web.Response:
        self._device(request).clear()
        return self._told(request)

    async def _load(self, request: web.Request) -> web.Response:
        body = await _body(request)
        self._device(request).load(body)
        return self._told(request)

    async def _stop(self, request: web.Request) -> web.Response:
        await self._device(request).stop()
        return self._told(request)

    async def _start(self, request: web.Request) -> web.Response:
        device = self._device(request)
        await device.stop()
        await self._stage.start_one(request.match_info["id"])
        return self._told(request)

    async def _stories(self, _request: web.Request) -> web.Response:
        return web.json_response(self._scenarios().state())

    async def _play(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await _body(request)
        story = self._tasks.create_task(self._played(name, body), name=f"story {name}")
        self._playing.add(story)
        story.add_done_callback(self._playing.discard)
        done, _ = await asyncio.wait((story,), timeout=_FIRST_STEP)
        refusal = story.result() if done else None
        if isinstance(refusal, KeyError):
            raise refusal
        if refusal is not None:
            return web.json_response({"error": str(refusal)}, status=409)
        return web.json_response(self._scenarios().state(), status=202)

    async def _fall(self, request: web.Request) -> web.Response:
        self._scenarios().fall(request.match_info["name"])
        return web.json_response(self._scenarios().state())

    async def _played(self, name: str, params: Mapping[str, Any]) -> Exception | None:
        """Play to the end; a story that cannot be played gives its reason back, and breaks nothing."""
        try:
            await self._scenarios().play(name, **params)
        except _NOT_PLAYED as error:
            return error
        return None

    def _device(self, request: web.Request) -> Emulator:
        name = request.match_info["id"]
        if name not in self._stage.emulators:
            raise KeyError(f"there is no {name!r} here; there is {', '.join(self._stage.emulators)}")
        return self._stage.emulators[name]

    def _told(self, request: web.Request) -> web.Response:
        return web.json_response(self._device(request).state())

    def _scenarios(self) -> Scenario:
        if self._stage.scenarios is None:
            raise KeyError("this hall has no sensors, so no story can be played")
        return self._stage.scenarios


async def _body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of the request, or an empty one; raise ValueError for anything else."""
    text = await request.text()
    try:
        body = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ValueError(f"the body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise TypeError("the body must be a JSON object")
    return body


@web.middleware
async def _in_words(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer 404 for what is not there and 400 for what cannot be, with the reason."""
    try:
        return await handler(request)
    except KeyError as error:
        return web.json_response({"error": str(error.args[0])}, status=404)
    except _WRONG as error:
        return web.json_response({"error": str(error)}, status=400)
