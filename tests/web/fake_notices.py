"""Notifications of the fake gateway: one alarm that reached some, a list with a gap, and channels to try out."""

from __future__ import annotations

from aiohttp import web

from tests.web.fake_world import Json, World, rfc3339

ANI = {"person": "ani", "name": "Ani", "stands_for": "", "channel": "sms"}


def delivery(name: str, state: str, **changes: object) -> Json:
    """Return a delivery by SMS."""
    return {"id": f"d-{name}", "person": name.lower(), "name": name, "stands_for": "", "channel": "sms",
            "address": "…0001", "state": state, "tries": 1, "detail": "", "changed_at": rfc3339(0), "reply": "",
            "replied_at": None, **changes}  # fmt: skip


class FakeNotices:
    """Remembers the tests that it was asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.tested: list[Json] = []

    def routes(self, api: str) -> list[web.RouteDef]:
        """Return what it answers."""
        return [
            web.get(api + "notifications", self._list),
            web.get(api + "call-lists", self._lists),
            web.get(api + "channels", self._channels),
            web.post(api + "notifications/test", self._test),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        now = rfc3339(self._world.now())
        found = [
            {"id": "s1", "at": now, "valid_until": now, "call_list": "siaga-banjir", "alarm": "banjir", "severity": 4,
             "occurrence": "banjir@1", "told": "Ani (sms)", "withdrawn": "", "attempts": [], "deliveries": [
                 delivery("Ani", "delivered", reply="OK 4711"),
                 delivery("Budi", "expired", tries=7, detail="modem: no network", stands_for="cici"),
             ]},
            *({"id": f"t{n}", "at": now, "valid_until": now, "call_list": "", "alarm": "", "severity": 1, "told": "x",
               "occurrence": "", "withdrawn": "", "attempts": [], "deliveries": [delivery("Ani", "waiting")]}
              for n, _ in enumerate(self.tested)),
        ]  # fmt: skip
        state = request.query.get("state", "")
        kept = [one for one in found if not state or any(each["state"] == state for each in one["deliveries"])]
        return web.json_response({"items": kept, "next": None})

    async def _lists(self, _request: web.Request) -> web.Response:
        office = {"id": "Kepala BPBD", "en": "Head of BPBD"}
        duties = [{**ANI, "office": None, "opd": ""}, {**ANI, "name": "Budi", "office": office, "opd": "BPBD"}]
        lists = [
            {"id": "siaga-banjir", "name": {"id": "Siaga banjir", "en": "Flood levels"}, "on_call": duties, "gaps": []},
            {"id": "malam", "name": {"id": "Malam", "en": "Night"}, "on_call": [], "gaps": ["Monday 07.00-19.00"]},
        ]
        return web.json_response({"items": lists, "next": None})

    async def _channels(self, _request: web.Request) -> web.Response:
        sms = {"id": "sms", "kind": "sms", "enabled": True, "waiting": 1, "reason": "", "persons": ["ani", "budi"],
               "counters": {"sent": 12, "expired": 1, "replies": 3}}  # fmt: skip
        email = {"id": "email", "kind": "smtp", "enabled": True, "waiting": 0, "reason": "535 who are you",
                 "persons": ["ani"], "counters": {}}  # fmt: skip
        off = {
            "id": "wa",
            "kind": "webhook",
            "enabled": False,
            "waiting": 0,
            "reason": "",
            "persons": [],
            "counters": {},
        }
        return web.json_response({"items": [sms, email, off], "next": None})

    async def _test(self, request: web.Request) -> web.Response:
        self.tested.append(await request.json())
        return web.json_response({"id": "t", "deliveries": []}, status=202)
