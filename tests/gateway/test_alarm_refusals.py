"""Rules of every kind that cannot work are refused, each where it stands and with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.alarms.composite import nesting
from gateway.alarms.measure import Combined, Rate, Silence
from gateway.alarms.rule import KeyPath, RuleError
from tests.gateway.rules_world import HALL, POINTS, compiled, rule

UP = {"id": "up", "kind": "high", "point": "river", "scale": "internal", "levels": {"L1": 250, "L2": 350}}


def outside(**more: Any) -> dict[str, Any]:
    return rule("outside", **{"point": "hall", "levels": {"L1": [15, 27]}, **more})


def composite(say: str, id: str = "it", **of: Mapping[str, Any]) -> dict[str, Any]:
    return rule("composite", id=id, name="Gabungan", say=say, of=of)


def rate(**more: Any) -> dict[str, Any]:
    return rule("rate", **{"point": "hall", "levels": {"L1": 2}, "window": "10m", **more})


def deviation(**more: Any) -> dict[str, Any]:
    return rule("deviation", **{"point": "hall", "levels": {"L1": 2}, "setpoint": 20, **more})


def discrete(**more: Any) -> dict[str, Any]:
    return rule("discrete", **{"point": "mode", "levels": {"L1": "off"}, **more})


def stale(**more: Any) -> dict[str, Any]:
    return rule("stale", **{"levels": {"L1": 60}, **more})


L1, L2 = ("levels", "L1"), ("levels", "L2")
REFUSED: list[tuple[str, dict[str, Any], KeyPath, str]] = [
    ("one limit for two sides", outside(levels={"L1": 27}), L1, "write it as {L1: [15, 27]}"),
    ("no limit at all", outside(levels={"L1": [None, None]}), L1, "the low and the high limit"),
    ("sides that are swapped", outside(levels={"L1": [27, 15]}), L1, "write the low one first"),
    ("sides that meet", outside(levels={"L1": [None, 20], "L2": [20, None]}), L1, "leave room for what is normal"),
    ("a milder level beyond a worse one", outside(levels={"L1": [10, 27], "L2": [12, 30]}), L2, "must be lower"),
    (
        "a deadband to the next level",
        outside(levels={"L1": [15, 27], "L2": [12, 40]}, deadband=3),
        ("deadband",),
        "than 3",
    ),
    ("a deadband to the other side", outside(deadband=12), ("deadband",), "one side to the other, which are 12 apart"),
    (
        "a deadband in percent that is too wide",
        outside(deadband_percent=20),
        ("deadband_percent",),
        "deadband 14 reaches",
    ),
    ("two deadbands", outside(deadband=1, deadband_percent=2), ("deadband_percent",), "given twice"),
    (
        "a percentage of no range",
        rule("high", point="code", levels={"L1": 3}, deadband_percent=1),
        ("deadband_percent",),
        "no range",
    ),
    ("a limit beyond the range", outside(levels={"L1": [15, 61]}), L1, "never ring"),
    ("a rate without a window", rule("rate", point="hall", levels={"L1": 2}), ("kind",), "add `window`"),
    ("a window of two periods", rate(window="2m"), ("window",), "make it 180 s or longer"),
    ("a window with room for fewer samples", rate(samples=11), ("window",), "make it 660 s or longer"),
    ("a rate of what has no period", rate(point="wanted"), ("window",), "give it `every`"),
    ("a rate of nothing", rate(levels={"L1": 0}), L1, "a fall as {L1: -5}"),
    ("a rate with both signs swapped", rate(levels={"L1": [1, 2]}), L1, "a rise as"),
    ("a rate in percent", rate(deadband_percent=1), ("deadband_percent",), "write `deadband`"),
    ("a window where there is none", outside(window="10m"), ("window",), "kind outside has no `window`"),
    ("a counter where there is none", deviation(counter=True), ("counter",), "no `counter`"),
    ("a deviation from nothing", rule("deviation", point="hall", levels={"L1": 2}), ("kind",), "add `setpoint`"),
    ("a deviation below zero", deviation(levels={"L1": -2}), L1, "greater than 0"),
    ("an unknown setpoint", deviation(setpoint="wanter"), ("setpoint",), "did you mean 'wanted'"),
    ("a setpoint that is itself", deviation(setpoint="hall"), ("setpoint",), "compared with itself"),
    ("a setpoint of another kind", deviation(setpoint="pump"), ("setpoint",), "compare like with like"),
    ("an unknown feedback", rule("discrepancy", point="pump", feedback="run"), ("feedback",), "did you mean 'runs'"),
    (
        "a discrepancy with a deadband",
        rule("discrepancy", point="pump", feedback="runs", deadband=1),
        ("deadband",),
        "off_delay",
    ),
    (
        "a discrepancy of two levels",
        rule("discrepancy", point="pump", feedback="runs", levels={"L1": True, "L2": True}),
        ("levels",),
        "one level",
    ),
    (
        "a discrepancy that is not there",
        rule("discrepancy", point="pump", feedback="runs", levels={"L1": 3}),
        ("levels",),
        "{L3: true}",
    ),
    ("a text without a text", discrete(levels={"L1": []}), L1, "has no value"),
    ("a number of a text", discrete(levels={"L1": 3}), L1, "write it in quotes"),
    ("a text of a number", discrete(point="code", levels={"L1": ["3"]}), L1, "without quotes"),
    ("a text for two levels", discrete(levels={"L1": "off", "L2": ["on", "off"]}), L2, "stands for two levels"),
    ("a discrete rule on a flag", discrete(point="door"), ("kind",), "use flag"),
    ("a level of a text on another scale", discrete(levels={"L9": "off"}), ("levels", "L9"), "no code in internal"),
    ("silence of what may be silent", stale(point="wanted", levels={"L1": True}), L1, "write seconds"),
    ("silence of less than nothing", stale(point="hall", levels={"L1": -1}), L1, "greater than 0"),
    ("silence of a device without points", stale(device="broke"), ("device",), "did you mean 'broker'"),
    ("silence of a device in periods", stale(device="plc", levels={"L1": True}), ("levels",), "write seconds"),
    ("a device that is not silent", outside(device="plc", point=None), ("device",), "has no `device`"),
    ("a count of halves", rule("count", point="pump", levels={"L1": 2.5}, window="1h"), L1, "whole number"),
    ("a count of a number", rule("count", point="hall", levels={"L1": 3}, window="1h"), ("kind",), "judges a flag"),
    (
        "standing still by less than nothing",
        rule("flat", point="hall", levels={"L1": -1}, window="1h"),
        L1,
        "less than 0",
    ),
    ("two subjects", outside(points=["*"]), ("points",), "point and points are given"),
    ("no subject", outside(point=None), ("id",), "write `point` or `points`"),
    ("limits of a single point", outside(limits={"hall": {"L1": [1, 2]}}), ("limits",), "over many points"),
    ("a table for a single point", outside(table="batas.csv"), ("table",), "over many points"),
    ("a composite of nothing", rule("composite", name="x", say="a"), ("kind",), "add `of`"),
    ("a composite without a name", rule("composite", say="a", of={"a": {"point": "door"}}), ("kind",), "add `name`"),
    ("a composite of an unknown rule", composite("a", a={"alarm": "upp"}), ("of", "a", "alarm"), "did you mean 'up'"),
    (
        "a composite of an unknown level",
        composite("a", a={"alarm": "up", "level": "L3"}),
        ("of", "a", "level"),
        "level of rule up",
    ),
    (
        "a composite of an unknown point",
        composite("a", a={"point": "dor"}),
        ("of", "a", "point"),
        "did you mean 'door'",
    ),
    ("a composite of a text", composite("a", a={"point": "mode"}), ("of", "a", "point"), "write a discrete rule"),
    ("a name for two things", composite("a", a={"point": "door", "alarm": "up"}), ("of", "a"), "keep one"),
    ("a level of a point", composite("a", a={"point": "door", "level": "L1"}), ("of", "a"), "keep one"),
    ("a name that is not used", composite("a", a={"point": "door"}, b={"alarm": "up"}), ("say",), "does not use b"),
    ("a name that nobody explains", composite("a and b", a={"point": "door"}), ("say",), "'b'"),
    ("a composite that imports", composite("a.b", a={"point": "door"}), ("say",), "cannot be used in a formula"),
    ("a composite of itself", composite("a", a={"alarm": "it"}), ("of",), "it needs it"),
    (
        "a composite over many points",
        composite("a", a={"point": "door"}) | {"points": ["*"]},
        ("points",),
        "not one a point",
    ),
    (
        "nested four deep",
        composite("a and (b or (a and (b or a)))", a={"point": "door"}, b={"alarm": "up"}),
        ("say",),
        "nested 4 deep",
    ),
]


@pytest.mark.parametrize(("wrong", "path", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_rule_that_cannot_work_is_refused_where_it_stands(wrong: dict[str, Any], path: KeyPath, words: str) -> None:
    with pytest.raises(RuleError) as refused:
        compiled(UP, wrong)
    assert (refused.value.path, bool(refused.value.hint)) == (("rules", 1, *path), True)
    assert words in str(refused.value)


def test_a_circle_of_composites_is_told_as_a_chain() -> None:
    one = composite("a", a={"alarm": "two"}, id="one")
    two = composite("a", a={"alarm": "one"}, id="two")
    with pytest.raises(RuleError, match=r"one needs two needs one|two needs one needs two"):
        compiled(UP, one, two)


def test_composites_count_as_nested_in_each_other() -> None:
    chain = [composite("a and b", a={"alarm": "up"}, b={"point": "door"}, id="c0")]
    chain += [composite("a and b", a={"alarm": f"c{n}"}, b={"point": "door"}, id=f"c{n + 1}") for n in range(3)]
    assert len(compiled(UP, *chain[:3])) == 4
    with pytest.raises(RuleError, match="rule c3: conditions are nested 4 deep"):
        compiled(UP, *chain)


@pytest.mark.parametrize(
    ("say", "depth"), [("a", 0), ("not a", 0), ("a and b and c", 1), ("at_least(2, a, b or c, a)", 2), ("a +", 0)]
)
def test_only_joining_nests(say: str, depth: int) -> None:
    assert nesting(say) == depth


def test_a_composite_stands_at_the_first_place_that_it_names() -> None:
    deeper = composite("a", a={"alarm": "it"}, id="deeper")
    _, rule_, above = compiled(UP, composite("a and b", a={"alarm": "up"}, b={"point": "door"}), deeper)
    assert (rule_.point, above.point, rule_.unit, rule_.name.id) == ("river", "river", "", "Gabungan")
    assert isinstance(rule_.measure, Combined)
    assert (rule_.points, rule_.awaited, rule_.measure.points) == (("door",), ("door",), ("door",))


def test_a_window_is_judged_by_the_time_of_life_in_a_demonstration() -> None:
    hurried = [replace(point, every=point.every / 60) for point in POINTS]
    (rule_,) = compiled(rate(window="3m"), points=hurried, pace=60.0)
    assert rule_.measure == Rate(180.0)


def test_silence_of_a_point_is_its_own_unless_seconds_are_given() -> None:
    (own,) = compiled(stale(point="hall", levels={"L1": True, "L2": 600}))
    assert own.measure == Silence(("hall",), (180.0, 600.0))
    assert own.awaited == ()
    hurried = replace(HALL, every=1, stale_after=3)
    (same,) = compiled(stale(point="hall", levels={"L1": True, "L2": 600}), points=[hurried], pace=60.0)
    assert same.measure == own.measure


def test_a_kind_is_said_in_the_name_unless_the_rule_has_one() -> None:
    (named,) = compiled(stale(point="hall", name={"id": "Sepi di {point}", "en": "Quiet at {point}"}))
    (kind,) = compiled(stale(point="hall"))
    (whole,) = compiled(stale(device="plc"))
    assert (named.name.id, kind.name.id, whole.name.en) == ("Sepi di Hall", "Tidak ada data: Hall", "No data: plc")
