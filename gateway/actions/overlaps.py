"""Which steps would stand in each other's way on the wall: sound, and not what anybody wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from gateway.actions.response import Planned, Plans, Show
from gateway.alarms.rule import AlarmRule
from wall_controller.layout import Wall
from wall_controller.scene import Scene


def overlaps(
    rules: Iterable[AlarmRule], plans: Plans, *, walls: Mapping[str, Wall], scenes: Mapping[str, Scene]
) -> Sequence[str]:
    """Return a sentence for each two that claim a region with one priority for one alarm, and different things."""
    told: dict[tuple[str, str, str], str] = {}
    for rule in rules:
        severities = {level.code: level.severity for level in rule.levels}
        claims = [planned for planned in plans.get(rule.id, ()) if planned.show is not None]
        for one, other in combinations(claims, 2):
            shared = _shared(one, other, severities, walls=walls, scenes=scenes)
            if shared:
                told.setdefault((one.origin, other.origin, shared), _sentence(one, other, rule, shared))
    return list(told.values())


def _shared(
    one: Planned, other: Planned, severities: Mapping[str, int], *, walls: Mapping[str, Wall],
    scenes: Mapping[str, Scene],
) -> str:  # fmt: skip
    """Return the regions that both want with the same priority; empty: none."""
    mine, theirs = one.show, other.show
    if mine is None or theirs is None or mine.wall != theirs.wall:
        return ""
    if (mine.scene, mine.layout) == (theirs.scene, theirs.layout):
        return ""
    codes = set(one.codes) & set(other.codes)
    if not any(mine.at(severities[code]) == theirs.at(severities[code]) for code in codes):
        return ""
    return ", ".join(sorted(_regions(mine, walls, scenes) & _regions(theirs, walls, scenes)))


def _regions(show: Show, walls: Mapping[str, Wall], scenes: Mapping[str, Scene]) -> set[str]:
    regions = walls[show.wall].regions
    return (
        {show.region} if show.region else {name for name in scenes[show.scene].layouts if regions[name].alarm_may_enter}
    )


def _sentence(one: Planned, other: Planned, rule: AlarmRule, regions: str) -> str:
    return (
        f"{_who(one)} and {_who(other)} claim region {regions} with one priority for {rule.id}: "
        "the older claim stays and the other waits behind it; give one of them a `priority`"
    )


def _who(planned: Planned) -> str:
    return f"response {planned.origin}" if planned.origin else "the rule's own action"
