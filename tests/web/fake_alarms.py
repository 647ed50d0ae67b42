"""What persons do with alarms in the fake hall, and the change of thresholds that waits there for a second person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from tests.web.fake_records import recorded
from tests.web.fake_responses import foreseen, under_way
from tests.web.fake_world import Json, World, rfc3339

CALM: Json = {"on": False, "since": None, "counts": {}, "listed": 0, "list_only": 2}
DOES = {"unshelve": "shelf", "in-service": "outage"}


class FakeAlarms:
    """Handles alarms of the fake world and tells every screen; `waiting` is what a second person may decide."""

    def __init__(
        self, world: World, *, tell: Callable[[str, object], Awaitable[None]], me: Callable[[web.Request], Json | None]
    ) -> None:
        self._world, self._tell, self._me = world, tell, me
        self.flood: Json = CALM
        self.waiting: list[Json] = []

    def routes(self, api: str) -> Sequence[web.RouteDef]:
        """Return the routes under `api`."""
        return [
            web.post(api + "alarms/ack", self._acknowledge_several),
            web.get(api + "alarms/{id}", self._detail),
            web.get(api + "alarms/{id}/actions", self._actions),
            web.get(api + "rationalisation/{id}", self._rationale),
            web.get(api + "alarms/{id}/actions/preview", self._foresight),
            web.post(api + "alarms/{id}/ack", self._acknowledge),
            web.post(api + "alarms/{id}/{what:shelve|out-of-service}", self._put_aside),
            web.post(api + "alarms/{id}/{what:unshelve|in-service}", self._take_back),
            web.get(api + "config/approvals", self._approvals),
            web.post(api + "config/approvals/{id}/{what:approve|reject}", self._decide),
        ]

    async def _rationale(self, request: web.Request) -> web.Response:
        alarm = self._world.alarms[request.match_info["id"]]
        return web.json_response({"items": recorded(alarm["code"])})

    async def drown(self) -> None:
        """Let there be a flood."""
        self.flood = {**CALM, "on": True, "since": rfc3339(self._world.now()), "counts": {"3": 4, "2": 7}, "listed": 2}
        await self._tell("flood", self.flood)

    async def change(self, id: str, **changes: Any) -> None:
        """Change an alarm and tell it."""
        self._world.alarms[id].update(changes)
        await self._tell("alarm", self._world.alarms[id])

    def _name(self, request: web.Request) -> str:
        return str((self._me(request) or {"name": "?"})["name"])

    async def _seen(self, id: str, by: str, body: Json) -> Json:
        alarm = self._world.alarms[id]
        told = {"acked_by": by, "acked_at": rfc3339(self._world.now()), "note": body["note"]}
        state = "ACKED" if alarm["active"] else "NORM"
        await self.change(id, acked=True, state=state, disposition=body["disposition"], **told)
        after = {"disposition": body["disposition"], "occurrence": alarm["occurrence"]}
        event = self._world.note(by, "alarm.ack", id, after=after, outcome="done", why=body["note"])
        await self._tell("audit", event)
        return alarm

    async def _acknowledge(self, request: web.Request) -> web.Response:
        seen = await self._seen(request.match_info["id"], self._name(request), await request.json())
        return web.json_response(seen)

    async def _acknowledge_several(self, request: web.Request) -> web.Response:
        body, by = await request.json(), self._name(request)
        items = []
        for n, id_ in enumerate(body["ids"]):
            if n:
                await self._seen(id_, by, body)
            items.append({"id": id_, "done": bool(n), "detail": "" if n else "the alarm is already acknowledged"})
        return web.json_response({"done": len(items) - 1, "refused": 1, "items": items})

    async def _detail(self, request: web.Request) -> web.Response:
        id_ = request.match_info["id"]
        point = next(point for point in self._world.points if point["id"] == id_)
        rule = {
            "kind": "high", "levels": point["levels"], "deadband": 5.0, "on_delay": 300.0, "off_delay": 0.0,
            "latching": False, "longest_shelf": 7200.0,
        }  # fmt: skip
        events = [event for event in self._world.audit if event["subject"] == id_]
        return web.json_response({"alarm": self._world.alarms[id_], "rule": rule, "history": events[::-1]})

    async def _actions(self, request: web.Request) -> web.Response:
        alarm = self._world.alarms[request.match_info["id"]]
        steps = under_way(rfc3339(self._world.now())) if alarm["active"] else []
        return web.json_response({"steps": steps, "history": []})

    async def _foresight(self, request: web.Request) -> web.Response:
        level = request.query["level"]
        return web.json_response({"level": level, "at": rfc3339(self._world.now()), "steps": foreseen(level)})

    async def _put_aside(self, request: web.Request) -> web.Response:
        id_, what, body = request.match_info["id"], request.match_info["what"], await request.json()
        now = self._world.now()
        aside = {
            "by": self._name(request), "at": rfc3339(now), "why": body["why"], "overdue": False,
            "until": body.get("due") or rfc3339(now + body["seconds"]),
        }  # fmt: skip
        if what == "shelve":
            await self.change(id_, shelf=aside, oneshot=body["once"])
        else:
            await self.change(id_, outage=aside)
        return web.json_response(self._world.alarms[id_])

    async def _take_back(self, request: web.Request) -> web.Response:
        await self.change(request.match_info["id"], **{DOES[request.match_info["what"]]: None})
        return web.json_response(self._world.alarms[request.match_info["id"]])

    async def _approvals(self, _request: web.Request) -> web.Response:
        return web.json_response({"items": self.waiting, "next": None})

    async def _decide(self, _request: web.Request) -> web.Response:
        self.waiting.clear()
        return web.json_response({"changes": [], "applied": True, "approval": None})
