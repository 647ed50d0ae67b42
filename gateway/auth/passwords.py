"""Passwords: the policy, and hashing that keeps the loop free."""

from __future__ import annotations

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.auth.errors import WeakPassword

SHORTEST, LONGEST = 12, 256
"""BSSN regulation 4/2021 asks for twelve characters; the longest bounds the work of a login."""
AT_ONCE = 2
"""Hashes at the same time: each takes 64 MiB and a core."""


class Passwords:
    """Argon2id in a thread, two at a time."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._dummy = ""

    async def hash(self, password: str) -> str:
        """Return the hash with its parameters."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Return whether the password fits; for None it takes as long as for an account that exists, and does not."""
        if len(password) > LONGEST:
            return False
        if kept is None and not self._dummy:
            self._dummy = await self.hash("somebody who is not there")
        async with self._turn:
            fits = await asyncio.to_thread(self._fits, self._dummy if kept is None else kept, _normal(password))
        return kept is not None and fits

    def _fits(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, kept: str) -> bool:
        """Return whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def check_policy(name: str, password: str) -> None:
    """Raise WeakPassword, with the reason, when the password does not meet the policy."""
    plain = _normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise WeakPassword(f"a password has {SHORTEST} to {LONGEST} characters; this one has {len(plain)}")
    if plain.casefold() == name.casefold():
        raise WeakPassword("a password must not be the user name")
    if len(set(plain)) < SHORTEST // 3:
        raise WeakPassword("a password must not repeat the same few characters")


def _normal(password: str) -> str:
    """Return one spelling for what a person types as the same letters on different keyboards."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode("utf-8")
