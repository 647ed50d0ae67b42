"""Stores to test on, and how to say what is in them."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from argon2 import PasswordHasher

from drivers.model import Reading, Value
from gateway.auth.accounts import Accounts
from gateway.auth.roles import Role
from gateway.auth.sessions import Sessions
from gateway.auth.tokens import Tokens
from gateway.store.limits import Limits
from gateway.store.store import Store
from tests.fakes import EPOCH_NS, FakeClock

S = 1_000_000_000
EVER = {"since": 0, "until": 2**62}
TOKEN = (
    "INSERT INTO token (id, name, prefix, hash, roles, only, made_by, created_at, expires_at, used_at)"
    " VALUES (?, 'pos hujan', 'semarak_x', ?, 'technician', '', 'ani', 0, 0, 0)"
)


def reading(second: float, value: Value = 1.0, *, point: str = "tma.1") -> Reading:
    at = EPOCH_NS + round(second * S)
    return Reading(point, value, at, at + 8_000_000, 0.0)


def opened(folder: Path, limits: Limits | None = None) -> Store:
    return Store.open(folder / "semarak.db", clock=FakeClock(), limits=limits or Limits())


async def told(store: Store, point: str = "tma.1") -> list[tuple[int, Value]]:
    """Return (ns after the epoch, value) of everything that the store has of a point."""
    return [(one.source_at - EPOCH_NS, one.value) for one in await store.readings(point, **EVER, limit=10_000)]


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Let no file of this process grow beyond what the store's log has now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name(path.name + "-wal").stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "semarak-demo"
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
OPERATOR = frozenset({Role.OPERATOR})


class House:
    """A store with everything of auth on it."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.store = Store.open(folder / "semarak.db", clock=self.clock)
        self.accounts = Accounts(self.store, self.clock, hasher=QUICK)
        self.sessions = Sessions(self.store, self.clock)
        self.tokens = Tokens(self.store, self.clock)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    one = House(folder)
    try:
        yield one
    finally:
        await one.store.close()
