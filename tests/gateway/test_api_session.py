"""Signing in and out, and what a browser must and must not be able to do."""

from __future__ import annotations

import re

import pytest

from gateway.api.security import cookie_name
from tests.gateway.api_fakes import PASSWORD, Hall, serving

pytestmark = pytest.mark.real


async def test_a_session_begins_serves_and_ends_and_is_written_down() -> None:
    hall = Hall()
    async with serving(hall) as browser:
        assert (await browser.ask("GET", "session")).status == 401
        begun = await browser.sign_in("operator")
        assert re.fullmatch(r"semarak=[\w-]{43}; HttpOnly; Path=/; SameSite=Strict", begun.headers["Set-Cookie"])
        assert begun.body["me"] == {
            "name": "operator",
            "roles": ["operator"],
            "permissions": ["view", "alarm.ack", "scene.recall", "scene.emergency", "wall.take", "demo.play"],
        }
        again = await browser.ask("GET", "session")
        assert again.body == begun.body
        assert (await browser.ask("DELETE", "session")).status == 204
        assert hall.sessions.list("operator") == []
        assert (await browser.ask("GET", "points")).status == 401
        assert [(e.actor, e.action, e.subject, e.outcome, bool(e.request)) for e in hall.audit.recent(200)] == [
            ("operator", "login", "operator", "done", True),
            ("operator", "logout", "operator", "done", True),
        ]


async def test_signing_in_again_ends_the_session_before() -> None:
    hall = Hall()
    async with serving(hall) as browser:
        await browser.sign_in("operator")
        await browser.sign_in("leader")
        assert (len(hall.sessions.list("operator")), len(hall.sessions.list("leader"))) == (0, 1)
        assert "Python" in hall.sessions.list("leader")[0].agent


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer() -> None:
    hall = Hall()
    async with serving(hall) as browser:
        told = [
            await browser.ask("POST", "session", {"name": name, "password": password})
            for name, password in (("nobody", PASSWORD), ("operator", "guess"))
        ]
        assert [(a.status, a.body) for a in told] == [(401, told[0].body)] * 2
        assert [(e.actor, e.action, e.subject) for e in hall.audit.recent(200)] == [
            ("stranger", "login.failed", "nobody"),
            ("stranger", "login.failed", "operator"),
        ]
        assert "guess" not in str(hall.audit.recent(200))


async def test_too_many_failed_logins_are_told_when_to_try_again() -> None:
    hall = Hall()
    async with serving(hall) as browser:
        for _ in range(6):
            answer = await browser.ask("POST", "session", {"name": "operator", "password": "guess"})
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert answer.body["type"] == "urn:semarak:problem:too-many-requests"
        assert [e.action for e in hall.audit.recent(200)] == ["login.failed"] * 5 + ["login.limited"]


async def test_logins_from_one_address_are_limited_whatever_the_name() -> None:
    async with serving(Hall()) as browser:
        statuses = [(await browser.ask("POST", "session", {"name": f"n{n}"})).status for n in range(12)]
        assert (statuses[0], set(statuses)) == (422, {422, 429})


async def test_guessing_tokens_is_limited() -> None:
    async with serving(Hall()) as browser:
        browser.headers["Authorization"] = "Bearer guess"
        statuses = [(await browser.ask("GET", "points")).status for _ in range(40)]
        assert (statuses[0], set(statuses)) == (401, {401, 429})


async def test_a_write_with_a_session_needs_its_token() -> None:
    hall = Hall()
    async with serving(hall) as browser:
        await browser.sign_in("operator")
        good = browser.headers.pop("X-CSRF-Token")
        for wrong in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": good[:-1] + "x"}, {"X-CSRF-Token": "\xff"}):
            answer = await browser.ask("POST", "scenes/flood/recall", headers=wrong)
            assert (answer.status, "X-CSRF-Token" in answer.body["detail"]) == (403, True)
        assert (await browser.ask("DELETE", "session")).status == 403
        assert hall.keeper.view().claims == ()
        assert (await browser.ask("POST", "scenes/flood/recall", headers={"X-CSRF-Token": good})).status == 200


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_page_cannot_write_nor_sign_somebody_in(foreign: dict[str, str]) -> None:
    async with serving(Hall()) as browser:
        await browser.sign_in("operator")
        assert (await browser.ask("POST", "scenes/flood/recall", headers=foreign)).status == 403
        told = {"name": "operator", "password": PASSWORD}
        assert (await browser.ask("POST", "session", told, headers=foreign)).status == 403
        ours = {"Origin": browser.url, "Sec-Fetch-Site": "same-origin"}
        assert (await browser.ask("POST", "scenes/flood/recall", headers=ours)).status == 200


async def test_every_answer_carries_the_headers_that_guard_a_browser() -> None:
    async with serving(Hall()) as browser:
        for path in ("/", "/nothing", "points", "/healthz", "openapi.json"):
            headers = (await browser.ask("GET", path)).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "require-trusted-types-for 'script'" in policy
            assert "unsafe" not in policy
            assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"], headers["Referrer-Policy"]) == (
                "nosniff", "DENY", "no-referrer",
            )  # fmt: skip
            assert "aiohttp" not in headers["Server"]
        assert (await browser.ask("GET", "points")).headers["Cache-Control"] == "no-store"


def test_the_cookies_prefix_is_for_tls_only() -> None:
    assert (cookie_name(tls=True), cookie_name(tls=False)) == ("__Host-semarak", "semarak")
