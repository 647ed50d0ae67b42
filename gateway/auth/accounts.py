"""The people who may log in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from argon2 import PasswordHasher

from drivers.model import Clock
from gateway.auth.database import Database
from gateway.auth.errors import BadAccount, BadLogin
from gateway.auth.limiter import Limiter
from gateway.auth.passwords import Passwords, check_policy
from gateway.auth.roles import Role, roles_of, text_of

NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
COLUMNS = "name, roles, enabled, created_at, changed_at"
LIST = f"SELECT {COLUMNS} FROM account ORDER BY name"  # noqa: S608 - a constant
ONE = f"SELECT {COLUMNS} FROM account WHERE name = ?"  # noqa: S608 - a constant
HASH = "SELECT hash FROM account WHERE name = ? AND enabled = 1"
INSERT = "INSERT INTO account (name, hash, roles, enabled, created_at, changed_at) VALUES (?, ?, ?, 1, ?, ?)"
CLOSE_SESSIONS = "DELETE FROM session WHERE account = ?"


@dataclass(frozen=True, slots=True)
class Account:
    """One person; times are UTC ns, `changed_at` is the password's."""

    name: str
    roles: frozenset[Role]
    enabled: bool
    created_at: int
    changed_at: int


class Accounts:
    """Make, change and check accounts; the caller asks for permission before, and writes the audit after."""

    def __init__(self, database: Database, clock: Clock, *, hasher: PasswordHasher | None = None) -> None:
        self._db = database
        self._clock = clock
        self._passwords = Passwords(hasher or PasswordHasher())
        self._limiter = Limiter(clock)
        self._changing = asyncio.Lock()

    def is_empty(self) -> bool:
        """Return whether the first administrator is still to be made."""
        return not self._db.query("SELECT 1 FROM account LIMIT 1")

    def list(self) -> list[Account]:
        """Return all accounts by name."""
        return [_account(*row) for row in self._db.query(LIST)]

    def get(self, name: str) -> Account:
        """Return one account; raise BadAccount when there is none of that name."""
        rows = self._db.query(ONE, (name,))
        if not rows:
            raise BadAccount(f"there is no account {name!r}; look at the list of accounts")
        return _account(*rows[0])

    async def add(self, name: str, password: str, roles: Iterable[Role]) -> Account:
        """Make an account; raise WeakPassword or BadAccount when name, password or roles will not do."""
        if not NAME.fullmatch(name):
            raise BadAccount(f"{name!r} is no account name: 2 to 32 of a-z, 0-9, '.', '_', '-', the first a letter")
        check_policy(name, password)
        kept, now = await self._passwords.hash(password), self._clock.now()
        async with self._changing:
            if self._db.query(ONE, (name,)):
                raise BadAccount(f"there is an account {name!r} already; choose another name")
            await self._db.write(INSERT, (name, kept, _roles(name, roles), now, now))
        return self.get(name)

    async def login(self, name: str, password: str, address: str) -> Account:
        """Return whose password this is; raise BadLogin, or TooManyTries before even looking."""
        name = name.strip().lower()[:64]
        self._limiter.attempt(name, address)
        rows = self._db.query(HASH, (name,)) if NAME.fullmatch(name) else []
        kept: str | None = rows[0][0] if rows else None
        if not await self._passwords.verify(kept, password) or kept is None:
            raise BadLogin("the name or the password is wrong")
        self._limiter.succeeded(name, address)
        if self._passwords.outdated(kept):
            self._db.submit("UPDATE account SET hash = ? WHERE name = ?", (await self._passwords.hash(password), name))
        return self.get(name)

    async def set_password(self, name: str, password: str) -> None:
        """Set a password and end all sessions of the account; raise WeakPassword or BadAccount."""
        self.get(name)
        check_policy(name, password)
        kept = await self._passwords.hash(password)
        self._db.submit(CLOSE_SESSIONS, (name,))
        await self._db.write(
            "UPDATE account SET hash = ?, changed_at = ? WHERE name = ?", (kept, self._clock.now(), name)
        )

    async def set_roles(self, name: str, roles: Iterable[Role]) -> None:
        """Give an account other roles, at once for open sessions too; raise BadAccount for the last administrator."""
        async with self._changing:
            text = _roles(name, roles)
            self._keeps_an_administrator(name, roles_of(text))
            await self._db.write("UPDATE account SET roles = ? WHERE name = ?", (text, name))

    async def enable(self, name: str) -> None:
        """Let an account log in again."""
        self.get(name)
        await self._db.write("UPDATE account SET enabled = 1 WHERE name = ?", (name,))

    async def disable(self, name: str) -> None:
        """Lock an account and end its sessions; raise BadAccount for the last administrator."""
        async with self._changing:
            self._keeps_an_administrator(name, frozenset())
            self._db.submit(CLOSE_SESSIONS, (name,))
            await self._db.write("UPDATE account SET enabled = 0 WHERE name = ?", (name,))

    async def remove(self, name: str) -> None:
        """Remove an account with its sessions; raise BadAccount for the last administrator. Its audit stays."""
        async with self._changing:
            self._keeps_an_administrator(name, frozenset())
            self._db.submit(CLOSE_SESSIONS, (name,))
            await self._db.write("DELETE FROM account WHERE name = ?", (name,))

    def _keeps_an_administrator(self, name: str, roles: frozenset[Role]) -> None:
        account = self.get(name)
        others = [one for one in self.list() if one.enabled and one.name != name and Role.ADMINISTRATOR in one.roles]
        if account.enabled and Role.ADMINISTRATOR in account.roles - roles and not others:
            raise BadAccount(f"{name!r} is the last administrator; make another one first")


def _account(name: str, roles: str, enabled: int, created_at: int, changed_at: int) -> Account:
    return Account(name, roles_of(roles), bool(enabled), created_at, changed_at)


def _roles(name: str, roles: Iterable[Role]) -> str:
    text = text_of(frozenset(roles))
    if not text:
        raise BadAccount(f"{name!r} needs at least one role: {', '.join(Role)}")
    return text
