"""Which levels of which rules a response answers."""

from __future__ import annotations

from fnmatch import fnmatchcase

from drivers.model import Place, Point
from gateway.actions.config import AlarmMatchConfig
from gateway.actions.nearest import distance
from gateway.alarms.rule import AlarmRule


def matched(when: AlarmMatchConfig, rule: AlarmRule, point: Point | None, *, least: int = 0) -> tuple[str, ...]:
    """Return the codes of the rule's levels that are answered, of severity `least` at the mildest; none: it is not."""
    if not any(fnmatchcase(rule.id, pattern) for pattern in when.alarms):
        return ()
    if when.scale is not None and rule.scale != when.scale:
        return ()
    if not _there(when, point):
        return ()
    mildest = max(when.severity, least)
    return tuple(dict.fromkeys(level.code for level in rule.levels if mildest <= level.severity <= when.up_to))


def _there(when: AlarmMatchConfig, point: Point | None) -> bool:
    if point is None:
        return not when.tags and when.near is None
    if not set(when.tags) <= set(point.tags):
        return False
    near = when.near
    return near is None or (point.place is not None and distance(Place(*near.place), point.place) <= near.within)
