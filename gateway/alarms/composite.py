"""Composite rules: a formula over points and over the conditions of other rules, nested three deep at most."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from drivers.model import Point, PointKind
from gateway.alarms.config import ConditionConfig
from gateway.alarms.measure import Combined, ConditionOf
from gateway.alarms.rule import AlarmRule, KeyPath, RuleError
from gateway.alarms.template import Entry, known
from gateway.derive.errors import BadFormula
from gateway.derive.formula import AT_LEAST, formula

MOST_NESTED = 3


@dataclass(frozen=True, slots=True)
class Composite:
    """What a composite judges, and the point that people look at."""

    measure: Combined
    point: str


def composites(
    entries: Mapping[str, Entry], rules: Mapping[str, AlarmRule], points: Mapping[str, Point]
) -> Mapping[str, Composite]:
    """Return the composites by rule; raise RuleError for unknown names, circles, and what is nested too deep."""
    made: dict[str, Composite] = {}
    depths: dict[str, int] = {}
    for entry in entries.values():
        for name, each in (entry.written.of or {}).items():
            _check_reference(entry, (*entry.path, "of", name), each, rules, points)
    for id_ in _in_order(entries):
        entry = entries[id_]
        below = [depths.get(each.alarm or "", 0) for each in (entry.written.of or {}).values()]
        depths[id_] = nesting(entry.written.say or "") + max(below)
        if depths[id_] > MOST_NESTED:
            raise RuleError(
                (*entry.path, "say"), f"rule {id_}: conditions are nested {depths[id_]} deep",
                f"{MOST_NESTED} is the most: nobody could say any longer why it rings",
            )  # fmt: skip
        made[id_] = _composite(entry, rules, made)
    return made


def nesting(text: str) -> int:
    """Return how deep and, or and at_least lie in each other; 0 for what is no formula."""
    try:
        return _depth(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0


def _depth(node: ast.AST) -> int:
    joins = isinstance(node, ast.BoolOp) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == AT_LEAST
    )
    return joins + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def _check_reference(
    entry: Entry, path: KeyPath, each: ConditionConfig, rules: Mapping[str, AlarmRule], points: Mapping[str, Point]
) -> None:
    if (each.alarm is None) is (each.point is None) or (each.point is not None and each.level is not None):
        raise RuleError(path, f"rule {entry.id}: name an alarm, with a level if you like, or a point", "keep one")
    if each.point is not None:
        if known(each.point, points, (*path, "point"), "point").kind is PointKind.TEXT:
            raise RuleError(
                (*path, "point"), f"rule {entry.id}: {each.point} is a text", "write a discrete rule, and name that"
            )
        return
    rule = known(each.alarm or "", rules, (*path, "alarm"), "rule")
    if each.level is not None:
        codes = {level.code: level for level in rule.levels}
        known(each.level, codes, (*path, "level"), f"level of rule {rule.id}:")


def _in_order(entries: Mapping[str, Entry]) -> list[str]:
    """Return the composites, each after those that it needs; raise RuleError for a circle, naming it."""
    needs = {
        id_: [each.alarm for each in (entry.written.of or {}).values() if each.alarm in entries]
        for id_, entry in entries.items()
    }
    try:
        return [id_ for id_ in TopologicalSorter(needs).static_order() if id_ is not None]
    except CycleError as error:
        circle = [str(id_) for id_ in error.args[1][::-1]]
        entry = entries[circle[0]]
        raise RuleError(
            (*entry.path, "of"), f"a composite cannot need itself: {' needs '.join(circle)}", "break the circle"
        ) from None


def _composite(entry: Entry, rules: Mapping[str, AlarmRule], made: Mapping[str, Composite]) -> Composite:
    keys: dict[str, str] = {}
    conditions: list[ConditionOf] = []
    looked_at: list[str] = [entry.point.id] if entry.point else []
    for name, each in (entry.written.of or {}).items():
        if each.point is not None:
            keys[name] = each.point
            looked_at.append(each.point)
            continue
        rule = rules[each.alarm or ""]
        levels = _levels(rule, each.level)
        condition = ConditionOf(f"{rule.id}@{levels}", rule.id, levels)
        keys[name] = condition.key
        conditions.append(condition)
        looked_at.append(made[rule.id].point if rule.id in made else rule.point)
    try:
        said = formula(entry.written.say or "", keys)
    except BadFormula as error:
        raise RuleError((*entry.path, "say"), f"rule {entry.id}: {error.message}", error.hint) from None
    return Composite(Combined(said, tuple(dict.fromkeys(conditions))), looked_at[0])


def _levels(rule: AlarmRule, code: str | None) -> int:
    return next((n for n, level in enumerate(rule.levels) if level.code == code), 0)
