"""The one door down: every command passes here, is checked, written down, sent, and its outcome written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from drivers.capability import check
from drivers.errors import BadCommand
from drivers.model import Clock, Command, Device, Outcome, Result

PERMISSION = "device.command"


class SessionPort(Protocol):
    """The talk with one device."""

    async def ask(self, command: Command) -> Outcome:
        """Send the command and return what became of it; trouble with the device is an outcome, not an error."""


class Issuer(Protocol):
    """Who issues: a person, a program or a part of the service."""

    @property
    def name(self) -> str: ...

    def may(self, permission: str) -> bool:
        """Whether the permission is theirs."""


class InterlockPort(Protocol):
    """What must be true before a device may be commanded."""

    def forbids(self, command: Command, device: Device) -> str:
        """Return why the command must not be sent now; empty: it may."""


class AuditPort(Protocol):
    """Where every command is written down."""

    def record(
        self, actor: str, action: str, subject: str, *,
        before: Any = None, after: Any = None, outcome: str = "", why: str = "", request: str = "",
    ) -> object:  # fmt: skip
        """Write one event."""


class Commands:
    """The only caller of sessions; `devices` and `sessions` are looked up anew for every command."""

    def __init__(
        self,
        sessions: Mapping[str, SessionPort],
        *,
        devices: Mapping[str, Device],
        audit: AuditPort,
        interlocks: InterlockPort,
        clock: Clock,
        publish: Callable[[Sequence[object]], None],
    ) -> None:
        self._sessions = sessions
        self._devices = devices
        self._audit = audit
        self._interlocks = interlocks
        self._clock = clock
        self._publish = publish
        self._closed = False

    def close(self) -> None:
        """Refuse every command from now on: the service stops."""
        self._closed = True

    async def issue(self, command: Command, actor: Issuer) -> Outcome:
        """Return what became of a command; whatever forbids it is an outcome too, and is written down as well."""
        stopped = self._stopped(command, actor)
        if stopped is not None:
            self._write("command", command, actor, stopped)
            return self._told(stopped)
        session = self._sessions[command.device]
        self._write("command", command, actor, None)
        try:
            outcome = await session.ask(command)
        except asyncio.CancelledError:
            unsure = self._outcome(command, Result.UNSURE, "whoever asked stopped waiting; read the device to find out")
            self._write("command.outcome", command, actor, unsure)
            self._told(unsure)
            raise
        self._write("command.outcome", command, actor, outcome)
        return self._told(outcome)

    def refusal(self, command: Command, actor: Issuer) -> str:
        """Return why a command would not be sent now; empty: it would. Nothing is sent or written down."""
        stopped = self._stopped(command, actor)
        return "" if stopped is None else stopped.detail

    def _stopped(self, command: Command, actor: Issuer) -> Outcome | None:
        """Return the outcome of a command that must not be sent, or None."""
        if self._closed:
            return self._refused(command, "the service is stopping; issue it again when it is back")
        try:
            check(command.verb, command.args)
        except BadCommand as error:
            return self._refused(command, str(error))
        why = self._forbidden(command, actor)
        if why:
            return self._refused(command, why)
        if self._clock.mono() > command.deadline:
            return self._outcome(command, Result.EXPIRED, "its deadline had passed before it could be sent")
        return None

    def _forbidden(self, command: Command, actor: Issuer) -> str:
        device = self._devices.get(command.device)
        if device is None:
            return f"there is no device {command.device!r}; look at the list of devices"
        if not device.enabled or device.id not in self._sessions:
            return f"device {device.id} is disabled; enable it in the site's files first"
        if not actor.may(PERMISSION):
            return f"{actor.name} may not command devices; this needs the permission {PERMISSION}"
        return self._interlocks.forbids(command, device)

    def _refused(self, command: Command, detail: str) -> Outcome:
        return self._outcome(command, Result.REFUSED, detail)

    def _outcome(self, command: Command, result: Result, detail: str) -> Outcome:
        return Outcome(command.id, result, detail, self._clock.now())

    def _write(self, action: str, command: Command, actor: Issuer, outcome: Outcome | None) -> None:
        self._audit.record(
            actor.name, action, command.device,
            after=partial(_in_short, command),
            outcome="" if outcome is None else str(outcome.result),
            why=command.why if outcome is None else outcome.detail,
            request=command.id,
        )  # fmt: skip

    def _told(self, outcome: Outcome) -> Outcome:
        self._publish([outcome])
        return outcome


def _in_short(command: Command) -> dict[str, object]:
    args = {name: dict(arg) if isinstance(arg, Mapping) else arg for name, arg in command.args.items()}
    return {"verb": command.verb, "args": args, "priority": command.priority.name.lower()}
