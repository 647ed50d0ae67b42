"""Sessions and tokens: random, kept as hashes, over when they must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.auth.errors import BadToken
from gateway.auth.roles import Actor, Role
from gateway.auth.sessions import PER_ACCOUNT, csrf_fits, csrf_of
from tests.gateway.stores import OPERATOR, PASSWORD, house


async def test_a_session_is_found_by_its_cookie_which_is_not_kept(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        cookie = await it.sessions.open("ani", address="10.0.0.9", agent="Firefox")
        assert it.sessions.find(cookie) == Actor("ani", OPERATOR, "session", "1")
        assert it.sessions.find(cookie + "x") is it.sessions.find("\ud800") is None
        assert cookie not in str(it.store.query("SELECT * FROM session"))


async def test_a_session_ends_when_it_is_idle_and_after_a_day_in_any_case(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        idle, busy = await it.sessions.open("ani"), await it.sessions.open("ani")
        for _ in range(3):
            it.clock.advance(7 * 3600)
            assert it.sessions.find(busy) is not None
            await it.store.flush()
        assert it.sessions.find(idle) is None
        assert [session.id for session in it.sessions.list("ani")] == [2]
        it.clock.advance(3 * 3600)
        assert it.sessions.find(busy) is None
        await it.sessions.open("ani")
        assert it.store.query("SELECT count(*) FROM session") == [(1,)]


async def test_a_login_ends_the_session_that_the_browser_had(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        old = await it.sessions.open("ani")
        new = await it.sessions.open("ani", old=old)
        assert old != new
        assert it.sessions.find(old) is None and it.sessions.find(new) is not None


async def test_sessions_are_listed_revoked_and_bounded(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        cookies = [await it.sessions.open("ani") for _ in range(PER_ACCOUNT + 2)]
        assert [session.id for session in it.sessions.list("ani")] == list(range(3, PER_ACCOUNT + 3))
        await it.sessions.revoke("budi", 5)
        await it.sessions.revoke("ani", 4)
        assert it.sessions.find(cookies[4]) is not None and it.sessions.find(cookies[3]) is None
        await it.sessions.end(cookies[4])
        assert it.sessions.find(cookies[4]) is None
        await it.sessions.revoke_all("ani", but=7)
        assert [session.id for session in it.sessions.list("ani")] == [7]


async def test_a_csrf_token_belongs_to_one_session() -> None:
    assert csrf_fits("cookie", csrf_of("cookie"))
    assert not csrf_fits("cookie", csrf_of("cookie2"))
    assert not csrf_fits("cookie", "")


async def test_a_token_is_shown_once_found_by_its_text_and_ends(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        text, token = await it.tokens.make(
            "pos hujan", [Role.TECHNICIAN], made_by="ani", days=1, only=["readings.push"]
        )
        assert text.startswith(token.prefix) and len(token.prefix) < len(text) / 2
        assert text not in str(it.store.query("SELECT * FROM token"))
        assert it.tokens.list() == [token]
        actor = it.tokens.find(text)
        assert actor == Actor("pos hujan", frozenset({Role.TECHNICIAN}), "token", "1", frozenset({"readings.push"}))
        await it.store.flush()
        assert it.tokens.list()[0].used_at == it.clock.now()
        assert it.tokens.find(text[:-1]) is None
        it.clock.advance(86_400)
        assert it.tokens.find(text) is None


async def test_a_revoked_token_is_out_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        text, token = await it.tokens.make("laporan", [Role.AUDITOR], made_by="ani")
        assert await it.tokens.revoke(token.id) == token
        assert it.tokens.find(text) is None
        with pytest.raises(BadToken, match="there is no token 1"):
            await it.tokens.revoke(token.id)


@pytest.mark.parametrize(
    ("name", "roles", "days", "only", "why"),
    [
        ("", [Role.AUDITOR], 1, (), "needs a name"),
        ("x", [Role.AUDITOR], 0, (), "lives 1 to"),
        ("x", [], 1, (), "do not allow anything"),
        ("x", [Role.AUDITOR], 1, ("users",), "do not allow users"),
        ("x", [Role.AUDITOR], 1, ("no such thing",), "do not allow no such thing"),
    ],
)
async def test_a_token_that_makes_no_sense_is_not_made(
    tmp_path: Path, name: str, roles: list[Role], days: int, only: tuple[str, ...], why: str
) -> None:
    async with house(tmp_path) as it:
        with pytest.raises(BadToken, match=why):
            await it.tokens.make(name, roles, made_by="ani", days=days, only=only)


async def test_being_seen_is_written_once_a_minute_at_most(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        cookie = await it.sessions.open("ani")
        commits = it.store.counters["commits"]
        for _ in range(50):
            it.sessions.find(cookie)
            await it.store.flush()
            it.clock.advance(1)
        assert it.store.counters["commits"] == commits
