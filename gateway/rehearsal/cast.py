"""Which rules and points a rehearsal needs: the rules meant, what they are made of, and what silences them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from drivers.model import Point
from gateway.alarms.measure import Combined
from gateway.alarms.policy import Policy, Suppression
from gateway.alarms.rule import AlarmRule
from gateway.rehearsal.stage import Cast
from gateway.settings.site import Site

LEAST_BEFORE_S, MOST_BEFORE_S = 3_600.0, 86_400.0
"""How long before its span a rehearsal begins to listen: windows and delays are then as they would have been."""


def cast_of(site: Site, shown: Iterable[str]) -> Cast:
    """Return who plays when the rules `shown` are rehearsed; those that the site has not are left out.

    A device's silence suppresses only where its own rule is among those that play: to follow it would take every
    point of the device.
    """
    all_rules = {rule.id: rule for rule in site.rules}
    meant = frozenset(shown) & all_rules.keys()
    needed: dict[str, AlarmRule] = {}
    wanted = set(meant)
    while wanted:
        _take(wanted, all_rules, needed)
        wanted = _silencers(site.handling, needed) - needed.keys()
    suppressions = tuple(
        replace(each, targets=targets)
        for each in site.handling.suppressions
        if (targets := tuple(target for target in each.targets if target in needed))
        and (each.reads is not None or each.alarm in needed)
    )
    policy = replace(site.handling, suppressions=suppressions)
    rules = tuple(rule for rule in site.rules if rule.id in needed)
    return Cast(rules, meant, {name: _as_recorded(point) for name, point in site.points.items()}, policy, site.pace)


def before(cast: Cast) -> float:
    """Return how many seconds before its span a cast should begin to listen."""
    longest = max(
        (_window(rule) + rule.on_delay + rule.off_delay + cast.points[rule.point].stale_after for rule in cast.rules),
        default=0.0,
    )
    return min(max(2 * longest, LEAST_BEFORE_S), MOST_BEFORE_S) / cast.pace


def _take(ids: Iterable[str], rules: Mapping[str, AlarmRule], found: dict[str, AlarmRule]) -> None:
    """Add rules, and those whose conditions they are made of."""
    waiting = [id_ for id_ in ids if id_ not in found]
    while waiting:
        rule = rules[waiting.pop()]
        found[rule.id] = rule
        conditions = rule.measure.conditions if isinstance(rule.measure, Combined) else ()
        waiting += [each.rule for each in conditions if each.rule not in found]


def _silencers(policy: Policy, needed: Mapping[str, AlarmRule]) -> set[str]:
    def silences(each: Suppression) -> bool:
        return bool(each.alarm) and not each.parent and any(target in needed for target in each.targets)

    return {each.alarm for each in policy.suppressions if silences(each)}


def _window(rule: AlarmRule) -> float:
    return float(getattr(rule.measure, "window", 0.0))


def _as_recorded(point: Point) -> Point:
    """Return the point as it speaks in the journal: where only changes are stored, silence lasts longer."""
    if point.report is None or not point.stale_after:
        return point
    longest = point.report.max_interval
    return replace(point, stale_after=point.stale_after + longest if longest else 0.0)
