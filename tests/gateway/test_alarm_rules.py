"""Rules that cannot work are refused with the reason and the place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from drivers.model import Name
from gateway.alarms.compile import compile_rules
from gateway.alarms.config import AlarmsConfig, ScaleConfig, ScalesConfig
from gateway.alarms.rule import AlarmAction, AlarmRule, Level, RuleError
from tests.gateway.alarm_world import DOOR, RIVER, TANK

SCALES = [
    scale.scale()
    for scale in ScalesConfig.model_validate(
        {
            "scales": [
                {
                    "id": "banjir_siaga",
                    "name": {"id": "banjir", "en": "flood"},
                    "levels": [
                        {"code": "SIAGA4", "label": "Siaga IV", "severity": 0},
                        {"code": "SIAGA3", "label": "Siaga III", "severity": 2},
                        {"code": "SIAGA2", "label": "Siaga II", "severity": 3},
                        {"code": "SIAGA1", "label": "Siaga I", "severity": 4, "colour": "merah"},
                    ],
                },
                {
                    "id": "internal",
                    "name": "tingkat",
                    "levels": [
                        {"code": "L1", "label": "Perhatian", "severity": 1},
                        {"code": "L2", "label": "Penting", "severity": 2},
                        {"code": "X2", "label": "Penting juga", "severity": 2},
                    ],
                },
            ]
        }
    ).scales
]

FLOOD: dict[str, Any] = {
    "id": "flood",
    "point": "river",
    "kind": "high",
    "scale": "banjir_siaga",
    "levels": {"SIAGA1": 450, "SIAGA3": 250, "SIAGA2": 350.5},
    "deadband": 5,
    "on_delay": 300,
    "actions": [{"scene": "banjir", "level": "SIAGA2", "after": 600, "region": "tanggap"}],
}
DRY: dict[str, Any] = {
    "id": "dry", "point": "tank", "kind": "low", "scale": "internal", "levels": {"L1": 20, "L2": 10}, "deadband": 1,
}  # fmt: skip
DOOR_OPEN: dict[str, Any] = {
    "id": "open", "point": "door", "kind": "flag", "scale": "internal", "levels": {"L2": True},
}  # fmt: skip


def compiled(*rules: dict[str, Any]) -> tuple[AlarmRule, ...]:
    config = AlarmsConfig.model_validate({"rules": list(rules)})
    return compile_rules(config, scales=SCALES, points=[RIVER, TANK, DOOR], scenes={"banjir"})


def test_a_rule_becomes_a_value_with_its_levels_from_mild_to_bad() -> None:
    (rule,) = compiled(FLOOD)
    assert rule == AlarmRule(
        id="flood",
        point="river",
        name=RIVER.name,
        kind="high",
        scale="banjir_siaga",
        scale_name=Name("banjir", "flood"),
        levels=(
            Level("SIAGA3", Name("Siaga III", "Siaga III"), 250.0, 2),
            Level("SIAGA2", Name("Siaga II", "Siaga II"), 350.5, 3),
            Level("SIAGA1", Name("Siaga I", "Siaga I"), 450.0, 4),
        ),
        deadband=5.0,
        on_delay=300.0,
        actions=(AlarmAction("banjir", 3, 600.0, "tanggap"),),
    )


@pytest.mark.parametrize(("value", "sign"), [(True, 1), (False, -1), (1, 1), (0, -1)])
def test_a_flag_is_worse_in_the_direction_of_its_limit(value: bool | int, sign: int) -> None:
    (rule,) = compiled(DOOR_OPEN | {"levels": {"L2": value}})
    assert (rule.levels[0].sign, rule.levels[0].limit) == (sign, float(value))


REFUSED = [
    ("an unknown point", FLOOD | {"point": "rivr"}, ("point",), "did you mean 'river'"),
    ("an unknown scale", FLOOD | {"scale": "gempa"}, ("scale",), "known are banjir_siaga, internal"),
    ("an unknown code", FLOOD | {"levels": {"SIAGA5": 250}}, ("levels", "SIAGA5"), "banjir_siaga: 'SIAGA5'"),
    (
        "a normal level",
        FLOOD | {"levels": {"SIAGA4": 100, "SIAGA3": 250}, "actions": []},
        ("levels", "SIAGA4"),
        "no alarm",
    ),
    ("a deadband that reaches the next level", FLOOD | {"deadband": 99.5}, ("deadband",), "make it smaller than 99.5"),
    (
        "limits that do not climb with severity",
        FLOOD | {"levels": {"SIAGA3": 350, "SIAGA2": 250}},
        ("levels", "SIAGA2"),
        "its limit must be higher",
    ),
    ("a low rule that climbs", DRY | {"levels": {"L1": 10, "L2": 20}}, ("levels", "L2"), "its limit must be lower"),
    ("equal limits", DRY | {"levels": {"L1": 10, "L2": 10}}, ("levels", "L2"), "must be lower"),
    ("equal severities", DRY | {"levels": {"L2": 20, "X2": 10}}, ("levels", "X2"), "equally severe"),
    ("a flag rule on a number", DOOR_OPEN | {"point": "tank"}, ("kind",), "use high, low, outside"),
    ("a high rule on a flag", FLOOD | {"point": "door"}, ("kind",), "use flag"),
    ("a rule without limits", FLOOD | {"levels": {}}, ("levels",), "nothing gives river its limits"),
    ("a text as a limit", FLOOD | {"levels": {"SIAGA3": "tinggi"}}, ("levels", "SIAGA3"), "is a number"),
    ("two levels of a flag", DOOR_OPEN | {"levels": {"L1": True, "L2": True}}, ("levels",), "one level"),
    ("a flag with a number", DOOR_OPEN | {"levels": {"L2": 3}}, ("levels",), "true or false"),
    ("a flag with a deadband", DOOR_OPEN | {"deadband": 1}, ("deadband",), "use off_delay"),
    ("a number with a flag as limit", DRY | {"levels": {"L1": True}}, ("levels", "L1"), "is a number"),
    (
        "a limit that cannot be read",
        FLOOD | {"levels": {"SIAGA1": 701}, "actions": []},
        ("levels", "SIAGA1"),
        "never ring",
    ),
    ("a limit below what can be read", DRY | {"levels": {"L1": -1}}, ("levels", "L1"), "never ring"),
    ("a high alarm that cannot clear", FLOOD | {"levels": {"SIAGA3": 5}, "actions": []}, ("deadband",), "never reads"),
    ("a low alarm that cannot clear", DRY | {"levels": {"L1": 99}}, ("deadband",), "never reads"),
    (
        "an action at a level that is not the rule's",
        FLOOD | {"actions": [{"scene": "banjir", "level": "SIAGA4"}]},
        ("actions", 0, "level"),
        "did you mean",
    ),
    (
        "an action with an unknown scene",
        FLOOD | {"actions": [{"scene": "banjr", "level": "SIAGA2"}]},
        ("actions", 0, "scene"),
        "did you mean 'banjir'",
    ),
]


@pytest.mark.parametrize(("rule", "path", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_rule_that_cannot_work_is_refused_where_it_stands(
    rule: dict[str, Any], path: tuple[str | int, ...], words: str
) -> None:
    with pytest.raises(RuleError) as refused:
        compiled(DRY | {"id": "first"}, rule)
    assert refused.value.path == ("rules", 1, *path)
    assert words in str(refused.value)
    assert refused.value.message
    assert refused.value.hint


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(RuleError, match="rule dry is there twice"):
        compiled(DRY, DRY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"deadband": -1},
        {"deadband": float("nan")},
        {"on_delay": "300"},
        {"off_delay": 100_000},
        {"levels": {"SIAGA3": float("inf")}},
        {"levels": {"SIAGA3": {"tinggi": 1}}},
        {"kind": "tinggi"},
        {"window": "satu jam"},
        {"of": {"a b": {"point": "river"}}},
        {"table": "../batas.csv"},
        {"id": "Banjir Besar"},
    ],
    ids=str,
)
def test_what_is_not_a_rule_at_all_is_refused_by_its_shape(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AlarmsConfig.model_validate({"rules": [FLOOD | wrong]})


def test_a_scale_does_not_use_a_code_twice() -> None:
    level = {"code": "L1", "label": "Perhatian", "severity": 1}
    with pytest.raises(ValidationError, match="same code"):
        ScaleConfig.model_validate({"id": "internal", "name": "tingkat", "levels": [level, level]})
