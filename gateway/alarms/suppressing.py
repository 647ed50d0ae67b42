"""Rules that silence alarms: what they follow from holds, and whoever it concerns is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drivers.model import Clock, Point, Reading, Reason
from gateway.alarms.alarm import Alarm, AlarmChange, Category
from gateway.alarms.chronicle import ENGINE, AuditPort
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.lifecycle import Cue
from gateway.alarms.policy import Suppression
from gateway.alarms.timers import Timers
from gateway.alarms.watch import NEVER, trusted

UNHEARD_S = 300.0
"""How long a point without a limit of its own may be silent after a start before it suppresses nothing."""
LISTED = 100
"""So many alarms of one suppression are written into the audit by name; the rest is counted."""


@dataclass(slots=True)
class Gate:
    """A point that suppresses: the newest trusted value decides, and silence opens it."""

    point: Point
    suppressions: list[Suppression]
    source_at: int = NEVER


class Suppressing:
    """Every suppression of a site, and whether it is in force."""

    def __init__(self, engine: AlarmEngine, *, clock: Clock, timers: Timers, audit: AuditPort) -> None:
        self._engine, self._clock, self._timers, self._audit = engine, clock, timers, audit
        self._all: dict[str, Suppression] = {}
        self._by_alarm: dict[str, list[Suppression]] = {}
        self._gates: dict[str, Gate] = {}
        self._on: dict[str, bool] = {}
        """By id; what is not in it is not known yet, and leaves everything as it was."""

    def adopt(self, suppressions: Iterable[Suppression], points: Mapping[str, Point]) -> None:
        """Follow these from now on; whoever was silenced by another speaks again."""
        old, self._all = self._all, {each.id: each for each in suppressions}
        self._on = {id_: on for id_, on in self._on.items() if self._all.get(id_) == old.get(id_)}
        self._by_alarm, gates = defaultdict(list), defaultdict[str, list[Suppression]](list)
        for each in self._all.values():
            if each.reads is None:
                self._by_alarm[each.alarm].append(each)
            else:
                gates[each.reads.point].append(each)
        self._gates = {point: Gate(points[point], found) for point, found in gates.items()}
        self._begin()

    def _begin(self) -> None:
        for alarm in self._engine.every():
            for id_ in alarm.facts.suppressed_by:
                if alarm.id not in self._all.get(id_, NOBODY).targets:
                    self._let_go(alarm.id, id_, "its rule is no longer configured")
        for id_ in self._by_alarm:
            self._look(id_)
        for gate in self._gates.values():
            self._await(gate)

    def on_change(self, change: AlarmChange) -> None:
        """Follow an alarm that may silence others."""
        self._look(change.alarm.id)

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Follow the points that silence alarms."""
        if not self._gates:
            return
        for reading in batch:
            gate = self._gates.get(reading.point)
            if gate is not None and reading.reason is not Reason.TEST and reading.source_at >= gate.source_at:
                self._hear(gate, reading)

    def _hear(self, gate: Gate, reading: Reading) -> None:
        gate.source_at = reading.source_at
        value = trusted(reading, gate.point.kind)
        for each in gate.suppressions:
            met = value is not None and each.reads is not None and each.reads.met_by(value)
            self._flip(each, f"{gate.point.id} reads {reading.value}" if met else "", on=met)
        self._await(gate)

    def _await(self, gate: Gate) -> None:
        name, patience = f"gate:{gate.point.id}", gate.point.stale_after
        if gate.source_at == NEVER or patience:
            self._timers.at(name, self._clock.mono() + (patience or UNHEARD_S), lambda: self._miss(gate))
        else:
            self._timers.drop(name)

    def _miss(self, gate: Gate) -> None:
        for each in gate.suppressions:
            self._flip(each, f"{gate.point.id} is silent", on=False)

    def _look(self, id: str) -> None:  # noqa: A002 - the glossary's word
        found = self._by_alarm.get(id)
        if not found:
            return
        alarm = self._engine.alarm(id)
        for each in found:
            on = alarm.active and alarm.severity >= each.severity and not alarm.facts.out_of_service
            self._flip(each, f"{id} is at {alarm.code}" if on else f"{id} no longer stands", on=on)

    def _flip(self, suppression: Suppression, why: str, *, on: bool) -> None:
        if self._on.get(suppression.id) is on:
            return
        self._on[suppression.id] = on
        known = {id_: self._engine.alarm(id_) for id_ in suppression.targets}
        if on:
            concerned = [id_ for id_, alarm in known.items() if _concerns(suppression, alarm)]
        else:
            concerned = [id_ for id_, alarm in known.items() if suppression.id in alarm.facts.suppressed_by]
        if not concerned:
            return
        self._audit.record(
            ENGINE, "suppression.on" if on else "suppression.off", suppression.id,
            after={"alarms": concerned[:LISTED], "count": len(concerned)}, why=why,
        )  # fmt: skip
        for id_ in concerned:
            if on:
                self._engine.act(id_, Cue.SUPPRESS, by=suppression.id, why=why)
            else:
                self._let_go(id_, suppression.id, why)

    def _let_go(self, id: str, by: str, why: str) -> None:  # noqa: A002 - the glossary's word
        self._engine.act(id, Cue.UNSUPPRESS, by=by, why=why)


NOBODY = Suppression("", ())


def _concerns(suppression: Suppression, alarm: Alarm) -> bool:
    """Whether it is silenced: what a sensor has told before its device fell silent stands for all to see."""
    if suppression.id in alarm.facts.suppressed_by:
        return False
    return not (suppression.parent and alarm.active and alarm.category is Category.PROCESS)
