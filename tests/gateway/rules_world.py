"""A world whose rules are written as in a site's file; its points are one of each sort."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from drivers.model import Point, PointKind
from gateway.alarms.compile import compile_rules, no_files
from gateway.alarms.config import AlarmsConfig, ScalesConfig
from gateway.alarms.rule import AlarmRule
from gateway.alarms.template import ReadText
from tests.gateway.alarm_world import DOOR, RIVER, TANK, World, name

LEVELS = [{"code": f"L{n}", "label": f"Tingkat {n}", "severity": n} for n in range(5)]
INTERNAL = ScalesConfig.model_validate({"scales": [{"id": "internal", "name": "tingkat", "levels": LEVELS}]})

HALL = Point("hall", "plc", name("Hall"), unit="C", low=-10, high=60, every=60, stale_after=180)
WANTED = Point("wanted", "plc", name("Wanted"), unit="C", low=-10, high=60)
PUMP = Point("pump", "plc", name("Pump"), kind=PointKind.FLAG)
RUNS = Point("runs", "plc", name("Pump runs"), kind=PointKind.FLAG)
MODE = Point("mode", "ups", name("UPS mode"), kind=PointKind.TEXT)
CODE = Point("code", "ups", name("UPS code"))
POINTS = (RIVER, TANK, DOOR, HALL, WANTED, PUMP, RUNS, MODE, CODE)


def rule(kind: str, **more: Any) -> dict[str, Any]:
    """Return a rule as it is written, on the internal scale."""
    return {"id": "it", "kind": kind, "scale": "internal", "levels": {"L2": True}, **more}


def compiled(
    *rules: Mapping[str, Any], points: Iterable[Point] = POINTS, pace: float = 1.0, read: ReadText = no_files
) -> tuple[AlarmRule, ...]:
    config = AlarmsConfig.model_validate({"rules": list(rules)})
    scales = [scale.scale() for scale in INTERNAL.scales]
    return compile_rules(config, scales=scales, points=points, scenes={"banjir"}, pace=pace, read=read)


def judged(*rules: Mapping[str, Any], points: Iterable[Point] = POINTS, pace: float = 1.0) -> World:
    """Return a world that judges by these rules."""
    points = [replace(point, every=point.every / pace, stale_after=point.stale_after / pace) for point in points]
    return World(*compiled(*rules, points=points, pace=pace), points=points, pace=pace)


def code(world: World, id: str = "it") -> str:
    """Return the level that stands; empty: none."""
    alarm = world.engine.alarm(id)
    return alarm.code if alarm.active else ""


def unknown(world: World, id: str = "it") -> bool:
    return world.engine.alarm(id).cond_unknown


def told(world: World, point: str, *values: Any, every: float = 60.0) -> list[str]:
    """Read values one after the other; return the level after each."""
    levels = []
    for value in values:
        world.wait(every)
        world.read(point, value)
        levels.append(code(world))
    return levels
