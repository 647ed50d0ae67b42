"""The world around the judges in tests: a store that keeps JSON, an audit that is a list, one river and one tank."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from drivers.model import Name, Point, PointKind, Quality, Reading, Reason, Value
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.lifecycle import Effect
from gateway.alarms.rule import AlarmRule, Level
from tests.fakes import FakeClock

SCALE = Name("banjir", "flood")


def name(text: str) -> Name:
    return Name(text, text)


RIVER = Point("river", "broker", name("River"), unit="cm", low=0, high=700, every=300, stale_after=900)
TANK = Point("tank", "plc", name("Tank"), unit="%", low=0, high=100)
DOOR = Point("door", "broker", name("Door"), kind=PointKind.FLAG)

FLOOD = AlarmRule(
    id="flood",
    point="river",
    name=name("River"),
    kind="high",
    scale="banjir_siaga",
    scale_name=SCALE,
    levels=(
        Level("SIAGA3", name("Siaga III"), 250.0, 2),
        Level("SIAGA2", name("Siaga II"), 350.0, 3),
        Level("SIAGA1", name("Siaga I"), 450.0, 4),
    ),
    deadband=5.0,
    on_delay=300.0,
)
DRY = AlarmRule(
    id="dry",
    point="tank",
    name=name("Tank"),
    kind="low",
    scale="internal",
    scale_name=name("level"),
    levels=(Level("L1", name("Attention"), 20.0, 1, -1), Level("L2", name("Important"), 10.0, 2, -1)),
    deadband=2.0,
    latching=True,
)
OPEN_DOOR = AlarmRule(
    id="open-door",
    point="door",
    name=name("Door"),
    kind="flag",
    scale="internal",
    scale_name=name("level"),
    levels=(Level("L2", name("Important"), 1.0, 2),),
    on_delay=60.0,
)


@dataclass
class Store:
    """Keeps documents as the real one does: as text."""

    docs: dict[tuple[str, str], str] = field(default_factory=dict)
    writes: int = 0

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None) -> None:
        self.writes += 1
        if doc is None:
            self.docs.pop((kind, id), None)
        else:
            self.docs[kind, id] = json.dumps(doc)

    def kept(self, kind: str) -> dict[str, dict[str, object]]:
        return {id: json.loads(text) for (its_kind, id), text in self.docs.items() if its_kind == kind}


@dataclass(frozen=True)
class Entry:
    actor: str
    action: str
    subject: str
    before: Any
    after: Any
    outcome: str
    why: str
    request: str


@dataclass
class Audit:
    """An audit that remembers."""

    entries: list[Entry] = field(default_factory=list)

    def record(
        self, actor: str, action: str, subject: str, *,
        before: Any = None, after: Any = None, outcome: str = "", why: str = "", request: str = "",
    ) -> Entry:  # fmt: skip
        before, after = (told() if callable(told) else told for told in (before, after))
        json.dumps([before, after])
        entry = Entry(actor, action, subject, before, after, outcome, why, request)
        self.entries.append(entry)
        return entry

    @property
    def actions(self) -> list[str]:
        return [entry.action for entry in self.entries]


@dataclass(frozen=True)
class Person:
    name: str = "sari"
    allowed: bool = True

    def may(self, permission: str) -> bool:
        return self.allowed


class World:
    """An engine with its surroundings; `restart` is what kill -9 and a new start leave."""

    def __init__(
        self, *rules: AlarmRule, points: Sequence[Point] = (RIVER, TANK, DOOR), pace: float = 1.0,
    ) -> None:  # fmt: skip
        self.rules, self.points, self.pace = rules, points, pace
        self.clock, self.store, self.audit = FakeClock(), Store(), Audit()
        self.changes: list[AlarmChange] = []
        self.heard: Callable[[Sequence[Any]], None] = lambda _batch: None
        self.latest: dict[str, Reading] = {}
        self.engine = self._engine()

    def _engine(self) -> AlarmEngine:
        return AlarmEngine(
            self.rules, points=self.points, clock=self.clock, store=self.store, publish=self._publish,
            audit=self.audit, pace=self.pace,
        )  # fmt: skip

    def _publish(self, batch: Sequence[Any]) -> None:
        self.changes.extend(batch)
        self.heard(batch)

    def restart(self, *, after: float = 0.0) -> None:
        self.clock.advance(after)
        self.engine = self._engine()
        self.engine.restore(self.latest.values())

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.engine.tick()

    def reading(self, point: str, value: Value, *, source_at: int | None = None, **more: Any) -> Reading:
        now = self.clock.now()
        return structs.replace(Reading(point, value, source_at or now, now, self.clock.mono()), **more)

    def read(self, point: str, value: Value, **more: Any) -> None:
        self.give(self.reading(point, value, **more))

    def give(self, reading: Reading) -> None:
        known = self.latest.get(reading.point)
        if known is None or reading.source_at >= known.source_at:
            self.latest[reading.point] = reading
        self.engine.on_readings([reading])

    def state(self, id: str = "flood") -> str:
        return str(self.engine.alarm(id).state)

    @property
    def rings(self) -> int:
        return sum(Effect.ANNUNCIATE in change.effects for change in self.changes)


BAD = {"quality": Quality.BAD, "reason": Reason.COMM}
