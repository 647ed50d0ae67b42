"""Tells a person which alarms need one: overdue from being out of service, chattering; and what waits for approval."""

from __future__ import annotations

from gateway.alarms.chatter import advice
from gateway.alarms.engine import AlarmEngine
from gateway.repairs import Repairs
from gateway.settings.approval import Approvals

OVERDUE, CHATTERS, WAITING = "alarm.overdue", "alarm.chatters", "config.waiting"


class AlarmRepairs:
    """Looked at now and then."""

    def __init__(self, engine: AlarmEngine, approvals: Approvals, repairs: Repairs) -> None:
        self._engine, self._approvals, self._repairs = engine, approvals, repairs

    def watch(self) -> None:
        """Raise what is new, clear what is over."""
        wanted: dict[tuple[str, str], str] = {}
        for alarm in self._engine.every():
            if alarm.outage is not None and alarm.outage.overdue:
                wanted[OVERDUE, alarm.id] = f"{alarm.outage.by}: {alarm.outage.why}"
            if alarm.chattering:
                wanted[CHATTERS, alarm.id] = advice(alarm, alarm.steadier)
        approval = self._approvals.waiting()
        if approval is not None:
            wanted[WAITING, approval.id] = f"{approval.by}: {'; '.join(approval.changes)}"
        for repair in self._repairs.open():
            if repair.kind in (OVERDUE, CHATTERS, WAITING) and (repair.kind, repair.subject) not in wanted:
                self._repairs.done(repair.kind, repair.subject)
        for (kind, subject), detail in wanted.items():
            self._repairs.needed(kind, subject, detail)
