"""The master alarm database: every level of every rule with its limits and its record, as one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.alarms.rule import AlarmRule, Level
from gateway.rationalisation.record import Record
from gateway.rationalisation.records import Records, pairs
from gateway.rationalisation.sheet import COLUMNS, cells, table

JUDGED = ("point", "name", "name_en", "kind", "scale", "limit", "deadband", "on_delay_s", "off_delay_s", "latching",
          "severity")  # fmt: skip
RECORDED = COLUMNS[2:]
NOTHING = [""] * len(RECORDED)


def write(rules: Iterable[AlarmRule], records: Records) -> str:
    """Return the table as CSV: `record` tells by which rule or pattern the record was found, empty when none was."""
    rows = (_row(*each) for each in pairs(rules, records))
    return table(("rule", "level", *JUDGED, "record", *RECORDED), rows)


def _row(rule: AlarmRule, level: Level, record: Record | None) -> Sequence[str]:
    return [
        rule.id, level.code, rule.point, rule.name.id, rule.name.en, rule.kind, rule.scale, f"{level.limit:g}",
        f"{rule.deadband:g}", f"{rule.on_delay:g}", f"{rule.off_delay:g}", str(rule.latching).lower(),
        str(level.severity), record.label if record else "", *(cells(record)[2:] if record else NOTHING),
    ]  # fmt: skip
