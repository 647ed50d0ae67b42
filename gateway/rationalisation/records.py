"""The records of a site: which one speaks for an alarm, what becomes of them, and what of them is to be mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

from gateway.alarms.rule import AlarmRule, Level
from gateway.rationalisation.record import MATRIX, Matrix, Record, derived
from gateway.rationalisation.sheet import FILE

SHOWN = 6
WILD = "*?["


@dataclass(frozen=True, slots=True)
class Records:
    """Every record of a site, in the order of its file, and the matrix of its priorities."""

    every: tuple[Record, ...] = ()
    matrix: Matrix = field(default_factory=lambda: MATRIX)

    def of(self, rule: str, code: str) -> Record | None:
        """Return the record of a rule at a level.

        The rule's own comes before a pattern, a longer pattern before a shorter one, a level's own before all levels'.
        """
        fitting = [each for each in self.every if each.level in ("", code) and fits(each, rule)]
        return max(fitting, key=_closeness, default=None)

    def priority(self, record: Record) -> int | None:
        """Return the priority of a record: what it says, else what the matrix says."""
        return record.priority or derived(record, self.matrix)


NO_RECORDS = Records()


def _closeness(record: Record) -> tuple[bool, int, bool]:
    patterned = any(sign in record.rule for sign in WILD)
    return (not patterned, sum(sign not in WILD for sign in record.rule), bool(record.level))


def fits(record: Record, rule: str) -> bool:
    """Return whether a record is about a rule."""
    return record.rule == rule or fnmatchcase(rule, record.rule)


def merged(old: Iterable[Record], new: Iterable[Record]) -> tuple[Record, ...]:
    """Return the old records with the new ones in place of those of the same rule and level, others behind."""
    return tuple(({each.key: each for each in old} | {each.key: each for each in new}).values())


def pairs(rules: Iterable[AlarmRule], records: Records) -> Iterator[tuple[AlarmRule, Level, Record | None]]:
    """Yield every level of every rule with its record."""
    for rule in rules:
        for level in rule.levels:
            yield rule, level, records.of(rule.id, level.code)


def doubts(rules: Sequence[AlarmRule], records: Records, *, today: date) -> Sequence[str]:
    """Return what is to be mended, a sentence each kind; a site without records has begun nothing."""
    if not records.every:
        return []
    known = list(pairs(rules, records))
    kinds = {
        "no record": [f"{rule.id} {level.code}" for rule, level, record in known if record is None],
        "for no rule or level that there is": [
            each.label for each in records.every if not any(_about(each, rule) for rule in rules)
        ],
        "the matrix says another priority": [
            f"{each.label} ({each.priority}, the matrix {due})"
            for each in records.every
            if (due := derived(each, records.matrix)) is not None and each.priority not in (None, due)
        ],
        "it rings with another severity": [
            f"{rule.id} {level.code} ({level.severity}, its record {due})"
            for rule, level, record in known
            if record and (due := records.priority(record)) not in (None, level.severity)
        ],
        "the operator is told no action": [each.label for each in records.every if not each.action.id],
        "the review is overdue": [
            f"{each.label} ({each.next_review})"
            for each in records.every
            if each.next_review is not None and each.next_review < today
        ],
    }
    return [f"{FILE}: {why}: {_some(names)}" for why, names in kinds.items() if names]


def _about(record: Record, rule: AlarmRule) -> bool:
    return fits(record, rule.id) and (not record.level or any(level.code == record.level for level in rule.levels))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
