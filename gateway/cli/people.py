"""Subcommands about who may log in; they write to the data folder themselves, so the service must be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import typer

from gateway.app.running_site import STORE_FILE
from gateway.audit.audit import Audit
from gateway.auth.accounts import Accounts
from gateway.auth.roles import Role
from gateway.auth.tokens import Tokens
from gateway.clock import SystemClock, clock_quality
from gateway.errors import GatewayError
from gateway.store.store import Store

ACTOR = "command line"


def add_user(data: Path, name: str, password: str, roles: Sequence[str]) -> int:
    """Add a person; return 1 with a sentence when that cannot be."""

    async def add(store: Store, audit: Audit) -> str:
        account = await Accounts(store, SystemClock()).add(name, password, _roles(roles))
        audit.record(ACTOR, "user.add", account.name, after={"roles": sorted(account.roles)})
        return f"{account.name} may log in as {', '.join(sorted(account.roles))}."

    return _with_store(data, add)


def list_users(data: Path) -> int:
    """List who may log in."""

    async def tell(store: Store, _audit: Audit) -> str:
        accounts = Accounts(store, SystemClock()).list()
        lines = [
            f"{each.name:24} {' '.join(sorted(each.roles))}{'' if each.enabled else '  (disabled)'}"
            for each in accounts
        ]
        return "\n".join(lines) or "Nobody yet: semarak user add NAME --role administrator"

    return _with_store(data, tell)


def add_token(
    data: Path, name: str, roles: Sequence[str], *, days: int, only: Sequence[str] = (), device: str = ""
) -> int:
    """Make a token and show it, this once; a device's own when `device` is its id."""

    async def make(store: Store, audit: Audit) -> str:
        text, made = await Tokens(store, SystemClock()).make(
            name, _roles(roles), made_by=ACTOR, days=days, only=only, device=device
        )
        audit.record(ACTOR, "token.add", made.name, after={"roles": sorted(made.roles), "device": device, "days": days})
        what = f" It pushes the points of {device}, and nothing else." if device else ""
        return f"{text}\nShown this once; use it as `Authorization: Bearer …`. It lives {days} days.{what}"

    return _with_store(data, make)


def _roles(words: Sequence[str]) -> list[Role]:
    try:
        return [Role(word) for word in words]
    except ValueError as error:
        raise GatewayError(f"{error}; the roles are {', '.join(Role)}") from None


def _with_store(data: Path, work: Callable[[Store, Audit], Awaitable[str]]) -> int:
    async def run() -> str:
        store = Store.open(data / STORE_FILE, clock=SystemClock())
        audit = Audit(store, SystemClock(), clock_quality=clock_quality)
        audit.load()
        try:
            return await work(store, audit)
        finally:
            await store.close()

    try:
        typer.echo(asyncio.run(run()))
    except GatewayError as error:
        typer.echo(str(error), err=True)
        return 1
    return 0
