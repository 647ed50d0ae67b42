"""What was pushed, told to the devices that pushed it and to the audit: machines push too often for an event each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.model import Reading
from gateway.audit.audit import Audit
from gateway.auth.roles import Actor

ACTION = "readings.push"
TOLD_EVERY_S = 60.0
"""Pushes of a machine are counted for so long before the audit has them as one event."""


class PushedDevice(Protocol):
    """A device of the site that pushes its readings."""

    def took(self, readings: Sequence[Reading], *, refused: int, body: bytes) -> None:
        """Learn of a push for this device."""


@dataclass(slots=True)
class _Tally:
    who: str
    subject: str
    pushes: int = 0
    accepted: int = 0
    refused: int = 0


class Pushes:
    """`devices` is live; single pushes and those of a device's own token are counted, a program's batch is an event."""

    def __init__(self, devices: Mapping[str, PushedDevice], audit: Audit) -> None:
        self.devices = devices
        self._audit = audit
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}

    def note(self, who: Actor, *, accepted: int, refused: int, batch: bool, request: str) -> None:
        """Write down that somebody pushed: a program's batch at once, the rest with all of the next minute."""
        if batch and not who.device:
            after = {"pushes": 1, "accepted": accepted, "refused": refused}
            self._audit.record(who.name, ACTION, "readings", after=after, outcome="done", request=request)
            return
        key = (who.via + who.id, who.name)
        if key not in self._tallies:
            self._tallies[key] = _Tally(who.name, who.device or "readings")
            self._timers[key] = asyncio.get_running_loop().call_later(TOLD_EVERY_S, self._tell, key)
        tally = self._tallies[key]
        tally.pushes += 1
        tally.accepted += accepted
        tally.refused += refused

    def settle(self) -> None:
        """Write down what was counted and is not told yet."""
        for key in list(self._tallies):
            self._timers.pop(key).cancel()
            self._tell(key)

    def _tell(self, key: tuple[str, str]) -> None:
        tally = self._tallies.pop(key)
        self._timers.pop(key, None)
        after = {"pushes": tally.pushes, "accepted": tally.accepted, "refused": tally.refused}
        self._audit.record(tally.who, ACTION, tally.subject, after=after, outcome="done")
