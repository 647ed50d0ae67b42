"""The record of notifications, page by page, the newest first: whom, over what, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.notify.delivery import Attempt, Delivery, Notification
from gateway.notify.queue import DELIVERY, NOTIFICATION, delivery_of

_NOTIFICATIONS = f"""
SELECT {NOTIFICATION} FROM notification n
WHERE (at < ? OR (at = ? AND id < ?)) AND (? = '' OR alarm = ?)
AND EXISTS (SELECT 1 FROM delivery d WHERE d.notification = n.id AND (? = '' OR d.state = ?)
            AND (? = '' OR d.channel = ?) AND (? = '' OR d.person = ?))
ORDER BY at DESC, id DESC LIMIT ?"""  # noqa: S608 - constants
_ONE = f"SELECT {NOTIFICATION} FROM notification WHERE id = ?"  # noqa: S608 - constants
_DELIVERIES = f"SELECT {DELIVERY} FROM delivery WHERE notification = ? ORDER BY place"  # noqa: S608 - constants
_ATTEMPTS = (
    "SELECT a.at, a.delivery, a.what, a.detail FROM attempt a JOIN delivery d ON d.id = a.delivery"
    " WHERE d.notification = ? ORDER BY a.id"
)
EVER = 2**63 - 1


class QueryPort(Protocol):
    """The committed rows."""

    def query(self, sql: str, args: tuple[str | int, ...] = (), /) -> Sequence[tuple[Any, ...]]: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notifications are asked for; empty: all. `before` is a notification's (at, id)."""

    state: str = ""
    alarm: str = ""
    channel: str = ""
    person: str = ""
    before: tuple[int, str] = (EVER, "")


@dataclass(frozen=True, slots=True)
class Told:
    """A notification with its deliveries, and with what happened to them when only one was asked for."""

    notification: Notification
    deliveries: Sequence[Delivery]
    attempts: Sequence[Attempt] = ()


class Listing:
    """It sees what is committed: some 30 ms late."""

    def __init__(self, rows: QueryPort) -> None:
        self._rows = rows

    def page(self, wanted: Wanted, *, limit: int) -> list[Told]:
        """Return the newest that are wanted."""
        at, id_ = wanted.before
        twice = [word for word in (wanted.alarm, wanted.state, wanted.channel, wanted.person) for _ in range(2)]
        rows = self._rows.query(_NOTIFICATIONS, (at, at, id_, *twice, limit))
        return [Told(Notification(*row), self._deliveries(row[0])) for row in rows]

    def one(self, notification: str) -> Told | None:
        """Return one notification with everything that happened to it."""
        rows = self._rows.query(_ONE, (notification,))
        if not rows:
            return None
        attempts = [Attempt(*row) for row in self._rows.query(_ATTEMPTS, (notification,))]
        return Told(Notification(*rows[0]), self._deliveries(notification), attempts)

    def _deliveries(self, notification: str) -> list[Delivery]:
        return [delivery_of(row) for row in self._rows.query(_DELIVERIES, (notification,))]
