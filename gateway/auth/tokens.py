"""Bearer tokens: the accounts of programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from drivers.model import Clock
from gateway.auth.database import Database
from gateway.auth.errors import BadToken
from gateway.auth.roles import PERMISSIONS, Actor, Role, roles_of, text_of
from gateway.auth.secrets import MINUTE_NS, fingerprint, new_secret

MARK = "semarak_"
"""How every token begins, so that one that leaks is recognised."""
SHOWN = len(MARK) + 4
DAY_NS = 86_400_000_000_000
LONGEST_DAYS = 3_650

COLUMNS = "id, name, prefix, roles, only, device, made_by, created_at, expires_at, used_at"
LIST = f"SELECT {COLUMNS} FROM token ORDER BY id"  # noqa: S608 - a constant
BY_HASH = f"SELECT {COLUMNS} FROM token WHERE hash = ?"  # noqa: S608 - a constant
INSERT = """
INSERT INTO token (name, prefix, hash, roles, only, device, made_by, created_at, expires_at, used_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"""
OF_A_DEVICE = (frozenset({Role.TECHNICIAN}), frozenset({"readings.push"}))
"""The roles and permissions of every token that is a device's."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a list shows of a token: never the token; times are UTC ns, `used_at` 0 means never.

    `device` is whose own it is: it pushes that device's points and may do nothing else.
    """

    id: int
    name: str
    prefix: str
    roles: frozenset[Role]
    only: frozenset[str]
    device: str
    made_by: str
    created_at: int
    expires_at: int
    used_at: int


class Tokens:
    """Make, find, list and revoke tokens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    async def make(
        self,
        name: str,
        roles: Iterable[Role],
        *,
        made_by: str,
        days: int = 365,
        only: Iterable[str] = (),
        device: str = "",
    ) -> tuple[str, Token]:
        """Return a new token, to be shown this once, and what stays of it; raise BadToken when it cannot be made so."""
        mine, narrowed = frozenset(roles), frozenset(only)
        if device:
            mine, narrowed = _of_a_device(mine, narrowed)
        _check(name, mine, narrowed, days=days)
        text, now = MARK + new_secret(), self._clock.now()
        row = (
            name,
            text[:SHOWN],
            fingerprint(text),
            text_of(mine),
            text_of(narrowed),
            device,
            made_by,
            now,
            now + days * DAY_NS,
        )
        await self._db.write(INSERT, row)
        return text, _token(*self._db.query(BY_HASH, (fingerprint(text),))[0])

    def find(self, text: str) -> Actor | None:
        """Return the program that has this token, or None when it is unknown or over."""
        rows = self._db.query(BY_HASH, (fingerprint(text),))
        now = self._clock.now()
        if not rows or now >= (token := _token(*rows[0])).expires_at:
            return None
        if now - token.used_at >= MINUTE_NS:
            self._db.submit("UPDATE token SET used_at = ? WHERE id = ?", (now, token.id))
        return actor_of(token)

    def list(self) -> list[Token]:
        """Return all tokens, those that are over included."""
        return [_token(*row) for row in self._db.query(LIST)]

    async def revoke(self, number: int) -> Token:
        """Remove a token at once, and return what it was; raise BadToken when there is none of that number."""
        found = [token for token in self.list() if token.id == number]
        if not found:
            raise BadToken(f"there is no token {number}; look at the list of tokens")
        await self._db.write("DELETE FROM token WHERE id = ?", (number,))
        return found[0]


def actor_of(token: Token) -> Actor:
    """Return the program that acts with a token."""
    return Actor(token.name, token.roles, "token", str(token.id), token.only, token.device)


def _of_a_device(roles: frozenset[Role], only: frozenset[str]) -> tuple[frozenset[Role], frozenset[str]]:
    if roles or only:
        raise BadToken("a device's token pushes its readings and may do nothing else; leave roles and permissions out")
    return OF_A_DEVICE


def _check(name: str, roles: frozenset[Role], only: frozenset[str], *, days: int) -> None:
    if not name.strip() or not name.isprintable() or len(name) > 64:
        raise BadToken("a token needs a name of 1 to 64 printable characters that says what it is for")
    if not 1 <= days <= LONGEST_DAYS:
        raise BadToken(f"a token lives 1 to {LONGEST_DAYS} days, not {days}")
    beyond = sorted(one for one in only if not PERMISSIONS.get(one, frozenset()) & roles)
    if not roles or beyond:
        raise BadToken(f"the token's roles do not allow {', '.join(beyond) or 'anything'}; give it a role that does")


def _token(number: int, name: str, prefix: str, roles: str, only: str, *rest: Any) -> Token:
    return Token(number, name, prefix, roles_of(roles), frozenset(only.split()), *rest)
