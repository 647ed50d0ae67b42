"""Secrets that are shown once and kept as their hash."""

from __future__ import annotations

import hashlib
import secrets

MINUTE_NS = 60_000_000_000
"""How often 'last seen' is written at most: a request must not cost a commit."""


def new_secret() -> str:
    """Return 256 random bits as text that fits into a cookie or a header."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Return what is kept of a secret: it is random and long, so that one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
