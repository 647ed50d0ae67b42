"""The world of the alarms with everything that persons and rules do to them; rules are written as in a site's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from drivers.model import Point, Reading
from gateway.alarms.annunciation import Annunciation, Notice
from gateway.alarms.config import AlarmsConfig
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.flood import Flood
from gateway.alarms.handling import Handling
from gateway.alarms.policy import Policy
from gateway.alarms.policy_compile import compile_policy
from gateway.alarms.rule import AlarmRule
from tests.gateway.alarm_world import Person, World
from tests.gateway.rules_world import POINTS, compiled

T = TypeVar("T")
HOUR = 3600.0
SARI, TONO = Person("sari"), Person("tono")


def high(point: str, *, id: str = "", levels: dict[str, float] | None = None, **more: Any) -> dict[str, Any]:
    """Return a rule that rings at 10 (L2) unless told otherwise."""
    written = {"id": id or point, "point": point, "kind": "high", "scale": "internal"}
    return {**written, "levels": levels or {"L2": 10.0}, **more}


def policy_of(rules: Sequence[AlarmRule], points: Sequence[Point] = POINTS, **written: Any) -> Policy:
    """Return the policy that a site's file gives these rules."""
    config = AlarmsConfig.model_validate({"rules": [], **written})
    return compile_policy(config, rules=rules, points=points)


class Hall(World):
    """An engine and its handling; `told` are the values of one sort that were published."""

    def __init__(
        self, *rules: dict[str, Any], points: Sequence[Point] = POINTS, pace: float = 1.0, **written: Any
    ) -> None:
        points = [replace(each, every=each.every / pace, stale_after=each.stale_after / pace) for each in points]
        compiled_rules = compiled(*rules, points=points, pace=pace)
        self.policy = policy_of(compiled_rules, points, **written)
        super().__init__(*compiled_rules, points=points, pace=pace)
        self.handling.restore()

    def _engine(self) -> AlarmEngine:
        engine = super()._engine()
        self.handling = Handling(
            engine, self.policy, points=self.points, clock=self.clock, store=self.store, publish=self._publish,
            audit=self.audit, pace=self.pace,
        )  # fmt: skip
        return engine

    def restart(self, *, after: float = 0.0) -> None:
        super().restart(after=after)
        self.handling.restore()

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.handling.tick()

    def give(self, reading: Reading) -> None:
        self.handling.on_readings([reading])
        super().give(reading)
        self.handling.tick()

    def rise(self, point: str, value: float = 50.0, **more: Any) -> None:
        self.read(point, value, **more)

    def fall(self, point: str) -> None:
        self.read(point, 0.0)

    def told(self, sort: type[T]) -> list[T]:
        return [each for each in self.changes if isinstance(each, sort)]

    @property
    def sounded(self) -> list[str]:
        """The ids of what was annunciated, in order; a star for what was only listed."""
        return [each.alarm.id + "*" * each.list_only for each in self.told(Annunciation)]

    @property
    def notices(self) -> list[tuple[str, str, list[str]]]:
        return [(each.group, str(each.why), [alarm.id for alarm in each.alarms]) for each in self.told(Notice)]

    @property
    def floods(self) -> list[bool]:
        return [each.on for each in self.told(Flood)]

    @property
    def aside(self) -> list[str]:
        """The ids of what is shelved, suppressed or out of service."""
        return [alarm.id for alarm in self.engine.every() if alarm.facts.quiet]

    def why(self, action: str) -> list[str]:
        return [entry.why for entry in self.audit.entries if entry.action == action]

    def adopt(self, *rules: dict[str, Any], **written: Any) -> None:
        """Follow other rules from now on."""
        self.rules = compiled(*rules, points=self.points, pace=self.pace)
        self.policy = policy_of(self.rules, self.points, **written)
        self.handling.adopt(self.rules, self.policy, points=self.points)
