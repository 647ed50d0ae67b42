"""One rule over many points."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from drivers.model import Point
from gateway.alarms.rule import RuleError
from tests.gateway.alarm_world import RIVER, TANK
from tests.gateway.rules_world import compiled, judged, rule

RIVERS = [
    replace(RIVER, id=f"river.{name}", device=device, tags=tags)
    for name, device, tags in (("a", "x", ("awlr",)), ("b", "x", ("awlr", "hulu")), ("c", "y", ("awlr", "hulu")))
]
POINTS: list[Point] = [*RIVERS, TANK]
FLOOD = rule("high", id="flood", points=["river.*"], levels={"L1": 250, "L2": 350}, deadband=5)


def ids(**more: Any) -> list[str]:
    return [each.id for each in compiled(FLOOD | more, points=POINTS)]


@pytest.mark.parametrize(
    ("points", "names"),
    [
        (["river.*"], "abc"),
        (["river.a", "*.c"], "ac"),
        ({"tags": ["awlr"]}, "abc"),
        ({"tags": ["awlr", "hulu"]}, "bc"),
        ({"tags": ["hulu"], "device": "x"}, "b"),
        ({"ids": ["river.*"], "but": ["*.b"]}, "ac"),
        ({"kind": "number", "tags": ["awlr"]}, "abc"),
    ],
    ids=str,
)
def test_points_are_chosen_by_pattern_tag_kind_and_device(points: Any, names: str) -> None:
    assert ids(points=points) == [f"flood.river.{name}" for name in names]


def test_each_point_has_its_own_alarm() -> None:
    world = judged(FLOOD, points=POINTS)
    world.read("river.b", 360)
    assert [(alarm.id, alarm.code) for alarm in world.engine.alarms()] == [("flood.river.b", "L2")]


def test_a_point_may_have_limits_of_its_own() -> None:
    rules = compiled(FLOOD | {"limits": {"river.b": {"L2": 300}}}, points=POINTS)
    assert [[level.limit for level in each.levels] for each in rules] == [[250, 350], [300], [250, 350]]


def test_limits_may_come_from_a_table() -> None:
    rules = compiled(
        FLOOD | {"table": "batas.csv", "limits": {"river.c": {"L2": 1}}, "deadband": 0},
        points=POINTS,
        read={"batas.csv": "\ufeffpoint,L1, L2\nriver.a,100,\nriver.c,200,300.5\n"}.__getitem__,
    )
    assert [[level.limit for level in each.levels] for each in rules] == [[100], [250, 350], [1]]


def test_a_composite_may_name_one_of_many() -> None:
    both = rule("composite", name="Dua", say="a and b", of={n: {"alarm": f"flood.river.{n}"} for n in "ab"})
    world = judged(FLOOD, both, points=POINTS)
    world.read("river.a", 300)
    world.read("river.b", 300)
    assert world.state("it") == "UNACK"


REFUSED = [
    ("nothing fits", {"points": ["sea.*"]}, ("points",), "no point fits"),
    (
        "another kind",
        {"points": ["*"], "kind": "flag", "levels": {"L1": True}, "deadband": 0},
        ("kind",),
        "rule flood.river.a",
    ),
    (
        "limits of a point that is not one",
        {"limits": {"river.d": {"L1": 1}}},
        ("limits", "river.d"),
        "did you mean 'river.c'",
    ),
    (
        "limits out of order",
        {"limits": {"river.b": {"L1": 300, "L2": 200}}},
        ("limits", "river.b", "L2"),
        "rule flood.river.b",
    ),
    ("limits of what is no alarm", {"limits": {"river.b": {"L0": 30}}}, ("limits", "river.b", "L0"), "severity 0"),
    ("limits with an unknown code", {"limits": {"river.b": {"L9": 300}}}, ("limits", "river.b", "L9"), "no code"),
    (
        "no limits for one",
        {"levels": {}, "limits": {"river.b": {"L1": 30}}},
        ("levels",),
        "nothing gives river.a its limits",
    ),
    ("a table that is not there", {"table": "batas.csv"}, ("table",), "put it beside alarms.yaml"),
]


@pytest.mark.parametrize(("wrong", "path", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_rule_over_many_that_cannot_work_is_refused(wrong: dict[str, Any], path: tuple[str, ...], words: str) -> None:
    with pytest.raises(RuleError) as refused:
        compiled(FLOOD | wrong, points=POINTS)
    assert refused.value.path == ("rules", 0, *path)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column 'point'"),
        ("titik,L1\nriver.a,1\n", "no column 'point'"),
        ("point,L1\nriver.a,tinggi\n", "row 2, L1 of the table: 'tinggi' is no number"),
        ("point,L1\nriver.a,nan\n", "is no number"),
        ("point,L1\nriver.a,1\nriver.a,2\n", "row 3"),
        ("point,L1\n,1\n", "row 2"),
        ("point,L1\nsea,1\n", "no point of rule flood: 'sea'"),
        ("point,L9\nriver.a,1\n", "no code in internal: 'L9'"),
        ("point,L1\nriver.a,1,2\n", "row 2"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_row(text: str, words: str) -> None:
    with pytest.raises(RuleError) as refused:
        compiled(FLOOD | {"table": "batas.csv"}, points=POINTS, read=lambda _name: text)
    assert refused.value.path[:3] == ("rules", 0, "table")
    assert words in str(refused.value)


def test_a_derived_id_is_taken_once() -> None:
    with pytest.raises(RuleError, match=r"rule flood\.river\.a is there twice"):
        compiled(FLOOD, FLOOD | {"id": "flood.river", "points": ["river.a"]}, FLOOD, points=POINTS)
