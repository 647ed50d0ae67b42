"""What a change of the site's files does to what rings, in sentences: a second person may have to approve it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256

from gateway.alarms.policy import Policy, Suppression
from gateway.alarms.rule import AlarmRule

LONGEST = 120
"""A description of more characters is cut, and a sign of the whole put behind it."""


def threshold_changes(
    old: Iterable[AlarmRule], new: Iterable[AlarmRule], *, before: Policy, after: Policy
) -> tuple[str, ...]:
    """Return what differs, a sentence each: of rules, and of what silences them."""
    had, has = {rule.id: rule for rule in old}, {rule.id: rule for rule in new}
    return (*_of_rules(had, has), *_of_policies(before, after))


def _of_rules(had: Mapping[str, AlarmRule], has: Mapping[str, AlarmRule]) -> Iterator[str]:
    for id_ in sorted(had.keys() | has.keys()):
        if id_ not in has:
            yield f"{id_}: no longer judged (was {_levels(had[id_])})"
        elif id_ not in had:
            yield f"{id_}: new ({_levels(has[id_])})"
        else:
            yield from _of_rule(had[id_], has[id_])


def _of_rule(old: AlarmRule, new: AlarmRule) -> Iterator[str]:
    for what, tell in TOLD.items():
        if tell(old) != tell(new):
            yield f"{new.id}: {what} {tell(old)} → {tell(new)}"


def _of_policies(old: Policy, new: Policy) -> Iterator[str]:
    had, has = ({each.id: _silences(each) for each in policy.suppressions} for policy in (old, new))
    for id_ in sorted(had.keys() | has.keys()):
        if had.get(id_) != has.get(id_):
            yield f"suppress {id_}: {had.get(id_, 'none')} → {has.get(id_, 'none')}"
    for severity, longest in sorted(new.shelving.items()):
        if old.shelving.get(severity) != longest:
            yield f"shelving {severity}: {old.shelving.get(severity, 0):g} s → {longest:g} s"


def _levels(rule: AlarmRule) -> str:
    return ", ".join(
        f"{level.code} {'≥' if level.sign > 0 else '≤'} {level.limit:g} (severity {level.severity})"
        for level in rule.levels
    )


def _silences(suppression: Suppression) -> str:
    when = suppression.alarm or repr(suppression.reads)
    worse = f" from severity {suppression.severity}" if suppression.severity else ""
    return _short(f"{when}{worse} silences {', '.join(suppression.targets)}")


def _measure(rule: AlarmRule) -> str:
    return "its value" if rule.measure is None else _short(repr(rule.measure))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({sha256(text.encode()).hexdigest()[:8]})"


TOLD: Mapping[str, Callable[[AlarmRule], str]] = {
    "levels": _levels,
    "deadband": lambda rule: f"{rule.deadband:g}",
    "on_delay": lambda rule: f"{rule.on_delay:g} s",
    "off_delay": lambda rule: f"{rule.off_delay:g} s",
    "latching": lambda rule: str(rule.latching).lower(),
    "point": lambda rule: rule.point,
    "kind": lambda rule: rule.kind,
    "judges": _measure,
}
"""What of a rule is a threshold, and how it is told."""
