"""Browser sessions: a random cookie, kept as its hash, with an idle and an absolute end."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from drivers.model import Clock
from gateway.auth.database import Database
from gateway.auth.roles import Actor, roles_of
from gateway.auth.secrets import MINUTE_NS, fingerprint, new_secret

IDLE, ABSOLUTE = 8 * 3600, 24 * 3600
"""Seconds: a shift, and a day."""
PER_ACCOUNT = 20
"""Open sessions of one account; the oldest ends when one more is opened."""

COLUMNS = "id, account, address, agent, created_at, seen_at"
INSERT = "INSERT INTO session (hash, account, address, agent, created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)"
LIVE = "created_at > ? AND seen_at > ?"
FIND = """
SELECT session.id, session.account, session.seen_at, account.roles FROM session
JOIN account ON account.name = session.account AND account.enabled = 1
WHERE session.hash = ? AND session.created_at > ? AND session.seen_at > ?"""
LIST = f"SELECT {COLUMNS} FROM session WHERE account = ? AND {LIVE} ORDER BY id"  # noqa: S608 - a constant
PURGE = f"DELETE FROM session WHERE NOT ({LIVE})"  # noqa: S608 - a constant
CROWD = """
DELETE FROM session WHERE account = ?
AND id NOT IN (SELECT id FROM session WHERE account = ? ORDER BY id DESC LIMIT ?)"""


@dataclass(frozen=True, slots=True)
class Session:
    """What a list shows of a session; times are UTC ns."""

    id: int
    account: str
    address: str
    agent: str
    created_at: int
    seen_at: int


class Sessions:
    """Open, find, list and end sessions; `idle` and `absolute` are seconds."""

    def __init__(self, database: Database, clock: Clock, *, idle: int = IDLE, absolute: int = ABSOLUTE) -> None:
        self._db = database
        self._clock = clock
        self._idle_ns = idle * 1_000_000_000
        self._absolute_ns = absolute * 1_000_000_000

    async def open(self, account: str, *, address: str = "", agent: str = "", old: str | None = None) -> str:
        """Return the cookie of a new session, after a login; the cookie that the browser had before it ends."""
        cookie, now = new_secret(), self._clock.now()
        self._db.submit(PURGE, self._bounds())
        if old is not None:
            self._db.submit("DELETE FROM session WHERE hash = ?", (fingerprint(old),))
        self._db.submit(CROWD, (account, account, PER_ACCOUNT - 1))
        await self._db.write(INSERT, (fingerprint(cookie), account, address[:64], agent[:256], now, now))
        return cookie

    def find(self, cookie: str) -> Actor | None:
        """Return who has this cookie, with the roles of now, or None when the session is over."""
        rows = self._db.query(FIND, (fingerprint(cookie), *self._bounds()))
        if not rows:
            return None
        number, account, seen_at, roles = rows[0]
        now = self._clock.now()
        if now - seen_at >= MINUTE_NS:
            self._db.submit("UPDATE session SET seen_at = ? WHERE id = ?", (now, number))
        return Actor(account, roles_of(roles), "session", str(number))

    def list(self, account: str) -> list[Session]:
        """Return the open sessions of an account, oldest first."""
        return [Session(*row) for row in self._db.query(LIST, (account, *self._bounds()))]

    async def end(self, cookie: str) -> None:
        """End the session with this cookie: a logout."""
        await self._db.write("DELETE FROM session WHERE hash = ?", (fingerprint(cookie),))

    async def revoke(self, account: str, number: int) -> None:
        """End one session of an account by its number."""
        await self._db.write("DELETE FROM session WHERE account = ? AND id = ?", (account, number))

    async def revoke_all(self, account: str, *, but: int = 0) -> None:
        """End all sessions of an account, one excepted."""
        await self._db.write("DELETE FROM session WHERE account = ? AND id <> ?", (account, but))

    def _bounds(self) -> tuple[int, int]:
        """Return when a session must have been made, and been seen last, to be open still."""
        now = self._clock.now()
        return now - self._absolute_ns, now - self._idle_ns


def csrf_of(cookie: str) -> str:
    """Return the token that a page sends with each write: bound to the session, and of no use to find its cookie."""
    return fingerprint(f"csrf {cookie}")


def csrf_fits(cookie: str, token: str) -> bool:
    """Return, in constant time, whether the token belongs to this session."""
    return hmac.compare_digest(csrf_of(cookie).encode(), token.encode("utf-8", "replace"))
