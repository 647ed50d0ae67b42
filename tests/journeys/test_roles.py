"""Roles over the real service: the API says no, whatever the page shows."""

from __future__ import annotations

import pytest

from tests.journeys.world import Hall, Person

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

Wish = tuple[str, str, dict[str, object] | None]

COMMAND: Wish = ("POST", "devices/lfd-r1c1/commands", {"verb": "power", "args": {"on": True}, "why": "uji"})
AUDIT: Wish = ("GET", "audit", None)
USERS: Wish = ("GET", "users", None)
APPLY: Wish = ("POST", "config/check", {})
LOG: Wish = ("GET", "devices/lfd-r1c1/log", None)
FLOOD: Wish = ("POST", "scenes/banjir/recall", {"dry_run": True})
ROUTINE: Wish = ("POST", "scenes/rutin/recall", {"dry_run": True})

MAY: dict[str, tuple[Wish, ...]] = {
    "operator": (FLOOD, ROUTINE),
    "teknisi": (COMMAND, LOG, APPLY, ROUTINE),
    "pimpinan": (FLOOD,),
    "auditor": (AUDIT, APPLY),
    "admin": (COMMAND, LOG, APPLY, AUDIT, USERS, ROUTINE),
}
EVERYTHING = (COMMAND, AUDIT, USERS, APPLY, LOG, FLOOD, ROUTINE)


@pytest.mark.parametrize("name", MAY)
async def test_a_role_may_do_what_the_table_says_and_nothing_else(hall: Hall, name: str) -> None:
    async with Person(hall, name) as person:
        assert (await person.get("points")).status == 200
        for wish in EVERYTHING:
            method, path, body = wish
            answer = await person.ask(method, path, **({} if body is None else {"json": body}))
            assert answer.status == 403 if wish not in MAY[name] else answer.status < 300, (name, path, answer)


async def test_a_stranger_may_nothing(hall: Hall) -> None:
    async with Person(hall, "operator") as person:
        assert (await person.ask("DELETE", "session")).status < 300
        for method, path, body in EVERYTHING:
            answer = await person.ask(method, path, **({} if body is None else {"json": body}))
            assert answer.status == 401, (path, answer)


async def test_a_write_without_the_page_s_own_token_is_refused(hall: Hall) -> None:
    async with Person(hall, "operator") as person:
        answer = await person.ask("POST", "scenes/rutin/recall", json={}, headers={"X-CSRF-Token": "guessed"})
        assert answer.status == 403


async def test_an_operator_does_not_see_the_audit_or_the_bytes_on_the_live_stream(hall: Hall) -> None:
    async with Person(hall, "operator") as operator, Person(hall, "admin") as admin:
        assert (await admin.post("scenes/rutin/recall", {})).status < 300
        await admin.until(lambda: any(each["kind"] == "audit" for each in admin.screen.heard), what="the audit, live")
        await admin.post("walls/utama/release", {"region": "tanggap"})
        await admin.post("walls/utama/release", {"region": "informasi"})
        await operator.until(lambda: any(each["kind"] == "device" for each in operator.screen.heard), what="a device")
        assert not [each for each in operator.screen.heard if each["kind"] == "audit"]
        assert not [name for name, device in operator.screen.devices.items() if device["log"]]
