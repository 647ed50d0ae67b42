"""What the actions need of the rest of the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from drivers.model import Command, Outcome
from gateway.actions.response import Show
from gateway.alarms.alarm import Alarm
from gateway.commands import Issuer
from wall_controller.layout import Layout
from wall_controller.plan import Plan


class ScenesPort(Protocol):
    """Who shows things; a claim of the same id replaces the one before, so asking twice is asking once."""

    def claim_for_alarm(self, alarm: Alarm, show: Show, *, claim: str) -> None:
        """Want `show` for `alarm`, with the priority of its severity; raise WallError."""

    def release(self, claim: str) -> None:
        """Want it no longer; raise WallError."""


class WallPreview(Protocol):
    """What the walls would do."""

    def preview(self, alarm: Alarm, show: Show, *, claim: str) -> tuple[Sequence[Layout], Plan]:
        """Return what claiming it now would show and send; nothing changes. Raise WallError."""


class CommandsPort(Protocol):
    """The one door for commands."""

    async def issue(self, command: Command, actor: Issuer, /) -> Outcome:
        """Return what became of a command."""

    def refusal(self, command: Command, actor: Issuer, /) -> str:
        """Return why the command would not be sent now; empty: it would."""


class NotifyPort(Protocol):
    """Who sends news of alarms to people."""

    def notify(self, alarm: Alarm, call_list: str, *, step: str, valid: float) -> str:
        """Queue news of `alarm` to whoever of the list is on call now, under the id `step`; return whom, in a sentence.

        Asking twice is asking once. It is worth sending for `valid` seconds. Raise NotifyError.
        """

    def withdraw(self, step: str, *, why: str) -> None:
        """Send no more of what waits under `step`."""


class NotifyPreview(Protocol):
    """Who would be told."""

    def would_notify(self, call_list: str, at: int, *, severity: int) -> Sequence[str]:
        """Return whom the list would tell of an alarm of that severity at `at` (UTC ns), one sentence each.

        Nothing is sent. Raise NotifyError.
        """
