"""Which alarm of a group was first: by the time that its source saw it begin, for arrival depends on the network."""

from __future__ import annotations

from collections import defaultdict

from gateway.alarms.alarm import Alarm, AlarmChange, FirstOut
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.lifecycle import Cue, Effect

TOLERANCE_NS = 1_000_000_000
"""Clocks of sources may differ by so much: within it nobody can say which was first."""
BEFORE_ALL = -(1 << 62)


class FirstOuts:
    """The groups in which something stands; a group is forgotten once all its alarms are normal."""

    def __init__(self, engine: AlarmEngine) -> None:
        self._engine = engine
        self._groups: dict[str, dict[str, int]] = defaultdict(dict)
        self._marks: dict[str, tuple[FirstOut, frozenset[str]]] = {}
        """By group: who is marked now, and as what."""

    def begin(self) -> None:
        """Take up the groups that stand; when the first of one is over already, nobody else becomes it."""
        self._groups.clear()
        self._marks.clear()
        for alarm in self._engine.alarms():
            if alarm.group and alarm.onset is not None:
                self._groups[alarm.group][alarm.id] = alarm.onset
        for group, members in self._groups.items():
            marks = {id_: mark for id_ in members if (mark := self._engine.alarm(id_).first_out) is not FirstOut.NONE}
            if marks:
                self._marks[group] = next(iter(marks.values())), frozenset(marks)
            else:
                members[""] = BEFORE_ALL

    def on_change(self, change: AlarmChange) -> None:
        """Follow one alarm."""
        alarm = change.alarm
        if not alarm.group:
            return
        if Effect.OPEN in change.effects and _counts(alarm):
            self._groups[alarm.group][alarm.id] = alarm.onset or alarm.since
            self._mark(alarm.group)
        elif not alarm.standing and alarm.group in self._groups:
            self._forget(alarm.group)

    def _mark(self, group: str) -> None:
        members = self._groups[group]
        earliest = min(members.values())
        near = frozenset(id_ for id_, onset in members.items() if onset - earliest <= TOLERANCE_NS)
        mark = FirstOut.FIRST if len(near) == 1 else FirstOut.UNCERTAIN
        was, had = self._marks.get(group, (FirstOut.NONE, frozenset()))
        self._marks[group] = mark, near
        changed = had ^ near if was is mark else had | near
        for id_ in sorted(changed & members.keys() - {""}):
            wanted = mark if id_ in near else FirstOut.NONE
            alarm = self._engine.alarm(id_)
            if alarm.standing and alarm.first_out is not wanted:
                self._engine.act(id_, Cue.MARK, first_out=wanted)

    def _forget(self, group: str) -> None:
        if not any(self._engine.alarm(id_).standing for id_ in self._groups[group] if id_):
            del self._groups[group]
            self._marks.pop(group, None)


def _counts(alarm: Alarm) -> bool:
    return not alarm.facts.suppressed_by and not alarm.facts.out_of_service
