"""A stand-in for the service, on loopback, so that the screens can be built and tested alone.

Run it with `python -m tests.web.fake_gateway`; sign in with the name of a role and the password `semarak`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web

from gateway.clock import SystemClock
from tests.web.fake_alarms import FakeAlarms
from tests.web.fake_hall import SETTLE_S, Hall
from tests.web.fake_notices import FakeNotices
from tests.web.fake_occurrences import FakeOccurrences
from tests.web.fake_rules import FakeRules
from tests.web.fake_world import Json, World, rfc3339

WEB = Path(__file__).parent.parent.parent / "gateway" / "web"
PASSWORD = "semarak"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'; require-trusted-types-for 'script'"
)
ROLES = {
    "operator": "view alarm.ack scene.recall scene.emergency wall.take demo.play",
    "supervisor": "view alarm.ack alarm.shelve scene.recall scene.emergency wall.take threshold.approve audit.read",
    "technician": "view alarm.shelve alarm.service scene.recall device.command device.log config.read demo.play "
    "notify.test",
    "leader": "view scene.emergency",
    "auditor": "view audit.read",
    "administrator": "view alarm.ack scene.recall scene.emergency wall.take device.command device.log audit.read "
    "demo.play users tokens config.apply config.read threshold.approve alarm.service "
    "notify.test",
}

REPAIR = {
    "id": "sink.quarantine:influx",
    "kind": "sink.quarantine",
    "severity": "warning",
    "subject": "influx",
    "title": {"id": "Baris yang ditolak basis data", "en": "Rows that the database refuses"},
    "detail": "3 rows; field type conflict",
    "hint": {"id": "Lihat sebabnya, lalu kirim ulang.", "en": "Look at the reason, then write them again."},
    "since": rfc3339(0),
    "act": {"id": "Kirim ulang", "en": "Write again"},
    "action": "sinks/influx/replay",
}


class FakeGateway:
    """Serves the page, answers the API of the brief, and tells the same story to every screen that listens."""

    def __init__(self, clock: SystemClock) -> None:
        self.world = World(clock)
        self.hall = Hall(self.world)
        self.alarms = FakeAlarms(self.world, tell=self.tell, me=self._me)
        self.occurrences = FakeOccurrences(self.world)
        self.notices = FakeNotices(self.world)
        self.rules = FakeRules(self.world)
        self.silent = False
        self.repaired = False
        self.asked: list[tuple[str, Json]] = []
        self._screens: dict[web.WebSocketResponse, int] = {}
        self._settled = True

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[self._guard])
        api = "/api/v1/"
        app.add_routes(
            [
                web.get("/", self._page),
                web.post(api + "session", self._enter),
                web.get(api + "session", self._who),
                web.delete(api + "session", self._leave),
                web.get(api + "live", self._live),
                web.get(api + "history", self._history),
                *self.alarms.routes(api),
                *self.occurrences.routes(api),
                *self.notices.routes(api),
                *self.rules.routes(api),
                web.post(api + "scenes/{id}/recall", self._recall),
                web.post(api + "walls/{id}/{what:release|undo}", self._give_back),
                web.post(api + "walls/{id}/answer", self._answer),
                web.post(api + "operations/{id}/retry", self._retry),
                web.post(api + "devices/{id}/commands", self._command),
                web.post(api + "demo/scenarios/banjir", self._flood),
                web.post(api + "sinks/influx/replay", self._replay),
                web.get(api + "audit", self._audit),
                web.get(api + "audit/verify", self._verify),
                web.static("/", WEB),
            ]
        )
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.method == "POST" and not request.path.endswith("/session"):
            body = await request.json()
            self.asked.append((request.path.removeprefix("/api/v1/"), body))
            if request.headers.get("X-CSRF-Token") != "csrf":
                return _problem(403, "The header X-CSRF-Token is missing.")
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = CSP
            response.headers["Cache-Control"] = "no-cache"
        return response

    async def _page(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(WEB / "index.html")

    def _me(self, request: web.Request) -> Json | None:
        name = request.cookies.get("session", "")
        return {"name": name, "roles": [name], "permissions": ROLES[name].split()} if name in ROLES else None

    async def _enter(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["name"] not in ROLES or body["password"] != PASSWORD:
            return _problem(401, "Nama atau kata sandi salah.")
        me = {"name": body["name"], "roles": [body["name"]], "permissions": ROLES[body["name"]].split()}
        response = web.json_response({"me": me, "csrf": "csrf"})
        response.set_cookie("session", body["name"], httponly=True, samesite="Strict")
        return response

    async def _who(self, request: web.Request) -> web.Response:
        me = self._me(request)
        return web.json_response({"me": me, "csrf": "csrf"}) if me else _problem(401, "Belum masuk.")

    async def _leave(self, _request: web.Request) -> web.Response:
        response = web.Response(status=204)
        response.del_cookie("session")
        return response

    async def _live(self, request: web.Request) -> web.StreamResponse:
        me = self._me(request)
        if me is None:
            return _problem(401, "Belum masuk.")
        screen = web.WebSocketResponse()
        await screen.prepare(request)
        self._screens[screen] = 1
        await self._tell(screen, "snapshot", self._snapshot(me))
        async for _message in screen:
            pass
        self._screens.pop(screen, None)
        return screen

    def _snapshot(self, me: Json) -> Json:
        world = self.world
        return {
            "me": me,
            "site": self._health()["site"],
            "points": [{**point, "latest": world.reading(point)} for point in world.points],
            "alarms": list(world.alarms.values()),
            "flood": self.alarms.flood,
            "devices": self.hall.devices(),
            "walls": [self.hall.wall()],
            "scenes": self.hall.scenes(),
            "health": self._health(),
            "audit": world.audit[-50:],
            "repairs": [] if self.repaired else [REPAIR],
        }

    def _health(self) -> Json:
        names = ["alarms", "api", "device/lfd-r3c4", "device/matriks-1", "source/mqtt-1", "store", "wall/aula"]
        bad = self.hall.troubled
        parts = [
            {
                "name": name,
                "state": "restarting" if bad and name == "device/lfd-r3c4" else "running",
                "since": rfc3339(self.world.born),
                "restarts": int(bad and name == "device/lfd-r3c4"),
                "reason": "tidak ada jawaban dalam 3 s" if bad and name == "device/lfd-r3c4" else "",
            }
            for name in names
        ]
        site = {"id": "balai-raya", "name": {"id": "Balai Raya Semarak", "en": "Balai Raya Semarak"}}
        return {"parts": parts, "pace": 60, "simulation": True, "version": "0.1.0", "site": site}

    async def _tell(self, screen: web.WebSocketResponse, kind: str, data: object) -> None:
        number = self._screens[screen]
        self._screens[screen] = number + 1
        await screen.send_json({"n": number, "kind": kind, "at": rfc3339(self.world.now()), "data": data})

    async def tell(self, kind: str, data: object) -> None:
        """Tell every screen, unless the gateway plays dead."""
        for screen in [] if self.silent else list(self._screens):
            if not screen.closed:
                await self._tell(screen, kind, data)

    async def skip(self) -> None:
        """Lose one message on the way to every screen."""
        for screen in self._screens:
            self._screens[screen] += 1

    async def drop(self) -> None:
        """Close every screen's line."""
        for screen in list(self._screens):
            await screen.close(code=WSCloseCode.GOING_AWAY)

    async def step(self) -> None:
        """Publish what changed since the last step."""
        world = self.world
        await self.tell("health", self._health())
        await self.tell(
            "readings", [world.reading(point) for point in world.points if point["id"] != "awlr-air-manna-manna"]
        )
        for alarm in world.judge():
            await self.tell("alarm", alarm)
            if alarm["severity"] >= 3 and alarm["active"] and world.scene != "banjir":
                await self._take("banjir", alarm["id"], "alarm")
            elif alarm["state"] == "NORM" and world.scene == "banjir":
                await self._take("rutin", "07.30", "schedule")
        if not self._settled and world.now() - world.taken_at > SETTLE_S:
            self._settled = True
            await self.show()

    async def _take(self, scene: str, by: str, kind: str) -> None:
        before = self.world.scene
        self.hall.take(scene, by, kind)
        self._settled = False
        await self._note(
            by, "claim", "aula/tanggap", before={"scene": before}, after={"scene": scene}, outcome="done", why=kind
        )
        await self.show()

    async def show(self) -> None:
        """Tell every screen how the hall stands."""
        await self.tell("wall", self.hall.wall())
        for scene in self.hall.scenes():
            await self.tell("scene", scene)
        for device in self.hall.devices():
            await self.tell("device", device)
        await self.tell("health", self._health())

    async def _note(self, actor: str, action: str, subject: str, **more: Any) -> None:
        await self.tell("audit", self.world.note(actor, action, subject, **more))

    async def _history(self, request: web.Request) -> web.Response:
        point = next(one for one in self.world.points if one["id"] == request.query["points"])
        since, until = (datetime.fromisoformat(request.query[name]).timestamp() for name in ("since", "until"))
        return web.json_response(self.world.history(point, since, until, int(request.query["buckets"])))

    async def _recall(self, request: web.Request) -> web.Response:
        scene, body = request.match_info["id"], await request.json()
        if scene == "gempa":
            return _problem(409, "Wilayah situasi dipegang klaim pimpinan. Lepaskan klaim itu dahulu.")
        if body.get("dry_run"):
            steps = [{"device": "matriks-1", "verb": "route", "result": "planned", "detail": "route.3=11, route.4=11"}]
            return web.json_response(
                {
                    "id": "",
                    "scene": scene,
                    "state": "planned",
                    "steps": steps,
                    "estimated_s": 0.4,
                    "started_at": None,
                    "ended_at": None,
                }
            )
        await self._take(scene, (self._me(request) or {"name": "?"})["name"], "operator")
        return web.json_response(self.hall.operation(), status=202)

    async def _give_back(self, request: web.Request) -> web.Response:
        await self._take("rutin", "07.30", "schedule")
        return web.json_response(self.hall.wall())

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.hall.asked.append((body["device"], body["answer"]))
        self.hall.asks = [ask for ask in self.hall.asks if ask["device"] != body["device"]]
        await self.show()
        return web.json_response(self.hall.wall())

    async def _retry(self, request: web.Request) -> web.Response:
        self.hall.asked.append((request.match_info["id"], "retry"))
        return web.json_response(self.hall.operation())

    async def _command(self, request: web.Request) -> web.Response:
        device, body = request.match_info["id"], await request.json()
        await self._note("technician", "command", device, after=body["args"], outcome="verified", why=body["why"])
        return web.json_response(
            {
                "command": "c-1",
                "result": "verified",
                "detail": f"{body['verb']} terbaca kembali",
                "at": rfc3339(self.world.now()),
            }
        )

    async def _flood(self, _request: web.Request) -> web.Response:
        self.world.flood_at = self.world.now()
        await self._note("operator", "demo.play", "banjir", outcome="done")
        await self.tell(
            "rejected",
            {
                "device": "mqtt-1",
                "where": "bkl/v1/bpbd/arr-curup",
                "why": "bukan JSON",
                "at": rfc3339(self.world.now()),
                "count": 3,
            },
        )
        return web.json_response({"scenario": "banjir"})

    async def _replay(self, _request: web.Request) -> web.Response:
        self.repaired = True
        await self.tell("repairs", [])
        return web.json_response({"written": 3, "left": 0})

    async def _audit(self, request: web.Request) -> web.Response:
        wanted = request.query.get("action")
        return web.json_response(
            {"items": [event for event in self.world.audit if wanted in (None, event["action"])], "next": None}
        )

    async def _verify(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "count": len(self.world.audit), "first_bad": None, "why": ""})


def _problem(status: int, detail: str) -> web.Response:
    body = {"type": "about:blank", "title": "Refused", "status": status, "detail": detail, "instance": ""}
    return web.Response(status=status, body=json.dumps(body), content_type="application/problem+json")


async def run(gateway: FakeGateway, clock: SystemClock, *, port: int, ready: Callable[[int], None]) -> None:
    """Serve on loopback until cancelled; `ready` hears the port."""
    runner = web.AppRunner(gateway.app(), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        ready(runner.addresses[0][1])
        while True:
            await gateway.step()
            await clock.sleep(0.5)
    finally:
        await gateway.drop()
        await runner.cleanup()


if __name__ == "__main__":
    real = SystemClock()
    asyncio.run(
        run(
            FakeGateway(real),
            real,
            port=int(sys.argv[1]) if sys.argv[1:] else 0,
            ready=lambda port: print(f"http://127.0.0.1:{port}", flush=True),
        )
    )
