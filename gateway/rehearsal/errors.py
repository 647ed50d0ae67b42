"""Why a rehearsal cannot be."""

from __future__ import annotations

from gateway.errors import GatewayError


class RehearsalError(GatewayError):
    """A rule cannot be rehearsed now; the text says why and what to do."""


class NoSuchRehearsal(RehearsalError):
    """Nothing of that number is being rehearsed, or it was long ago."""
