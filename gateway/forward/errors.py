"""What keeps rows from a sink, or history from being read back.

SinkError
├── Held         the server does not take the rows now: its reply says why
├── NotNow       this cannot be asked of the server, or not at this moment
├── TakesNothing the server refuses every row: it is not the rows that are wrong
└── Unreadable   a query got no answer, or one that cannot be used
"""

from __future__ import annotations

from gateway.errors import GatewayError
from gateway.forward.replies import Reply


class SinkError(GatewayError):
    """Anything that keeps rows from a sink, or history from being read back."""


class Held(SinkError):
    """The rows have to wait; some may have been stored, and writing them again is harmless."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class NotNow(SinkError):
    """This cannot be asked of the server, or not at this moment."""


class TakesNothing(SinkError):
    """The server refuses every row: it is not the rows that are wrong."""


class Unreadable(SinkError):
    """A query got no answer, or one that cannot be used."""
