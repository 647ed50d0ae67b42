"""What one live client is still to be sent: news in order, telemetry as far as the client keeps up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.auth.roles import Actor

MOST_WAITING = 4096
"""News that wait for one client: a storm of a thousand alarms fits; who is further behind starts anew."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the socket is closed: a WebSocket close code and a sentence of at most 123 bytes."""

    code: int
    why: str


RESYNC = Ending(4000, "this client is too far behind; connect again for a fresh snapshot")
CHANGED = Ending(4000, "the site or your rights have changed; connect again for a fresh snapshot")
SIGNED_OUT = Ending(4001, "the session is over; sign in again")
GONE = Ending(1000, "the client went")
STOPPING = Ending(1001, "the service stops")


def tail_of(kind: str, at: str, data: bytes) -> bytes:
    """Return a message without its number, which is each client's own."""
    return b'"kind":"%b","at":"%b","data":%b}' % (kind.encode(), at.encode(), data)


def readings_tail(at: str, pieces: Mapping[str, bytes]) -> bytes:
    """Return the message of these readings, each already written."""
    return tail_of("readings", at, b"[" + b",".join(pieces.values()) + b"]")


class Outbox:
    """Messages for one client, numbered from 1 without a gap.

    News are never dropped: when there are more than `MOST_WAITING` the client is ended with RESYNC. Readings that come
    while others wait are folded, the latest of each point, so they never hold more than one a point.
    """

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.allowed = frozenset(actor.permissions())
        self.ready = asyncio.Event()
        self.ending: Ending | None = None
        self.folded = 0
        self._waiting: deque[bytes] = deque()
        self._behind: dict[str, bytes] = {}
        self._at = ""
        self._n = 0

    def put(self, tail: bytes) -> None:
        """Add a message that must arrive."""
        if len(self._waiting) >= MOST_WAITING:
            self.end(RESYNC)
            return
        self._waiting.append(tail)
        self.ready.set()

    def put_readings(self, at: str, pieces: Mapping[str, bytes], tail: bytes) -> None:
        """Add readings, written one by one and as one message."""
        if not self._waiting and not self._behind:
            self._waiting.append(tail)
        else:
            self.folded += len(self._behind.keys() & pieces.keys())
            self._behind.update(pieces)
            self._at = at
        self.ready.set()

    def end(self, ending: Ending) -> None:
        """Close the connection once what is being sent is sent; the first reason stands."""
        if self.ending is None:
            self.ending = ending
        self.ready.set()

    def take(self) -> bytes | None:
        """Return the next message, numbered; None when there is nothing to send."""
        if not self._waiting and self._behind:
            self._waiting.append(readings_tail(self._at, self._behind))
            self._behind = {}
        if not self._waiting:
            self.ready.clear()
            return None
        self._n += 1
        return b'{"n":%d,%b' % (self._n, self._waiting.popleft())
