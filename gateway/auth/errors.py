"""The errors of logins, tokens and accounts.

AuthError
├── BadLogin         the name or the password is wrong; it never says which
├── TooManyTries     wait before the next try
├── WeakPassword     the password does not meet the policy
├── BadAccount       the account is not there, is there already, or cannot be changed so
└── BadToken         the token cannot be made so, or is not there
"""

from __future__ import annotations

from gateway.errors import GatewayError


class AuthError(GatewayError):
    """Anything about who somebody is."""


class BadLogin(AuthError):
    """The name or the password is wrong."""


class TooManyTries(AuthError):
    """There were too many wrong passwords; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many wrong passwords; try again in {retry_after:.0f} s")
        self.retry_after = retry_after


class WeakPassword(AuthError):
    """The password does not meet the policy."""


class BadAccount(AuthError):
    """The account is not there, is there already, or cannot be changed so."""


class BadToken(AuthError):
    """The token cannot be made so, or is not there."""
