"""What of an alarm's life goes into the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    Cue.REALARM: "alarm.realarm",
    Cue.RESET: "alarm.reset",
    Cue.SHELVE: "alarm.shelve",
    Cue.SHELVE_ONCE: "alarm.shelve",
    Cue.UNSHELVE: "alarm.unshelve",
    Cue.SUPPRESS: "alarm.suppress",
    Cue.UNSUPPRESS: "alarm.unsuppress",
    Cue.OUT_OF_SERVICE: "alarm.out_of_service",
    Cue.IN_SERVICE: "alarm.in_service",
    Cue.MARK: "alarm.mark",
    Cue.BOOT: "alarm.restore",
    Cue.RETIRE: "alarm.retire",
}

BY_RULE = frozenset({Cue.SUPPRESS, Cue.UNSUPPRESS})
BLIND_S = 2.0
"""Who acknowledges sooner than this cannot have read it."""

SOMETIMES: Mapping[str, Callable[[Alarm], object]] = {
    "group": lambda alarm: alarm.group,
    "first_out": lambda alarm: str(alarm.first_out),
    "chattering": lambda alarm: alarm.chattering,
    "shelved_until": lambda alarm: alarm.facts.shelved_until,
    "oneshot": lambda alarm: alarm.facts.oneshot,
    "suppressed_by": lambda alarm: list(alarm.facts.suppressed_by),
    "due": lambda alarm: alarm.outage and alarm.outage.until,
    "time_to_ack": lambda alarm: None if alarm.time_to_ack is None else round(alarm.time_to_ack, 3),
    "blind": lambda alarm: alarm.time_to_ack is not None and alarm.time_to_ack < BLIND_S,
    "station": lambda alarm: alarm.station,
}
"""What is told of an alarm only where there is something to tell; times are UTC ns, spans seconds."""


def write_down(
    audit: AuditPort, was: Alarm, alarm: Alarm, cue: Cue, *, actor: str = ENGINE, why: str = ""
) -> None:  # fmt: skip
    """Record a change that belongs in the audit.

    A new peak and a change of trust do not, nor does a rule that suppresses what does not stand: it may be thousands.
    """
    if cue not in RECORDED or (cue is Cue.ON and was.active) or (cue in BY_RULE and not alarm.standing):
        return
    audit.record(
        actor, RECORDED[cue], alarm.id,
        before=partial(_in_short, was), after=partial(_in_short, alarm), outcome=str(alarm.state), why=why,
    )  # fmt: skip


def _in_short(alarm: Alarm) -> dict[str, object]:
    return _always(alarm) | {name: told for name, tell in SOMETIMES.items() if (told := tell(alarm))}


def _always(alarm: Alarm) -> dict[str, object]:
    return {
        "occurrence": alarm.occurrence,
        "state": str(alarm.state),
        "code": alarm.code,
        "severity": alarm.severity,
        "value": alarm.value,
        "disposition": str(alarm.disposition),
    }
