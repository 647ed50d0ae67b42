"""What of an alarm's life goes into the audit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from gateway.alarms.alarm import Alarm
from gateway.alarms.lifecycle import Cue

ENGINE = "alarms"
"""The actor of what the engine does by itself."""


class AuditPort(Protocol):
    """Where every change is written down."""

    def record(
        self, actor: str, action: str, subject: str, *,
        before: Any = None, after: Any = None, outcome: str = "", why: str = "", request: str = "",
    ) -> object:  # fmt: skip
        """Write one event."""


RECORDED: Mapping[Cue, str] = {
    Cue.ON: "alarm.raise",
    Cue.RISE: "alarm.severity",
    Cue.FALL: "alarm.severity",
    Cue.OFF: "alarm.clear",
    Cue.OFF_LATCHING: "alarm.clear",
    Cue.ACK: "alarm.ack",
    Cue.RESET: "alarm.reset",
    Cue.BOOT: "alarm.restore",
    Cue.RETIRE: "alarm.retire",
}


def write_down(
    audit: AuditPort, was: Alarm, alarm: Alarm, cue: Cue, *, actor: str = ENGINE, why: str = ""
) -> None:  # fmt: skip
    """Record a change that belongs in the audit; a new peak and a change of trust do not."""
    if cue not in RECORDED or (cue is Cue.ON and was.active):
        return
    audit.record(
        actor, RECORDED[cue], alarm.id,
        before=partial(_in_short, was), after=partial(_in_short, alarm), outcome=str(alarm.state), why=why,
    )  # fmt: skip


def _in_short(alarm: Alarm) -> dict[str, object]:
    return {
        "occurrence": alarm.occurrence,
        "state": str(alarm.state),
        "code": alarm.code,
        "severity": alarm.severity,
        "value": alarm.value,
        "disposition": str(alarm.disposition),
    }
