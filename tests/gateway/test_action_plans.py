"""From `actions.yaml` to the steps of each rule: what is answered, what is chosen, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.model import Name
from gateway.actions.config import ActionsConfig
from gateway.actions.overlaps import overlaps
from gateway.actions.plan import World, compile_plans, shows
from gateway.actions.response import Order, Plans, Show, Tell, Until
from gateway.alarms.rule import AlarmAction, RuleError
from gateway.alarms.scale import Scale, ScaleLevel
from gateway.settings.responses import verbs_of
from gateway.settings.site import load_site

SITE = load_site(Path(__file__).parents[1] / "configs" / "good" / "responding")
RULES = {rule.id: rule for rule in SITE.rules}
LEVELS = {
    code: ScaleLevel(code, Name(code, code), severity) for code, severity in [("SIAGA2", 3), ("SIAGA1", 4)]
}  # fmt: skip
WORLD = World(
    SITE.points, {"banjir": Scale("banjir", Name("b", "f"), LEVELS)}, SITE.walls, SITE.scenes,
    verbs_of(SITE.devices, SITE.drivers), frozenset({"piket", "sekda", "gubernur"}),
)  # fmt: skip
SCENE = {"scene": "kamera", "region": "kiri"}


def plans(*responses: dict[str, Any], world: World = WORLD, **more: Any) -> Plans:
    config = ActionsConfig.model_validate({"responses": list(responses), **more})
    return compile_plans(config, rules=SITE.rules, world=world)


def response(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "r", "steps": list(steps), **more}


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ({}, {"hulu", "hilir", "pompa"}),
        ({"alarms": ["*.h*"]}, {"hulu", "hilir"}),
        ({"alarms": ["banjir"]}, set()),
        ({"scale": "banjir"}, {"hulu", "hilir", "pompa"}),
        ({"severity": 4}, {"hulu", "hilir", "pompa"}),
        ({"up_to": 2}, set()),
        ({"tags": ["awlr"]}, {"hulu", "hilir"}),
        ({"tags": ["awlr", "pompa"]}, set()),
        ({"near": {"place": [-3.74, 102.39], "within": 1.0}}, {"hulu"}),
        ({"near": {"place": [-3.74, 102.39], "within": 50.0}}, {"hulu", "hilir"}),
        ({"near": {"place": [-3.74, 102.39], "within": 1.0}, "tags": ["pompa"]}, set()),
    ],
)
def test_a_response_answers_the_alarms_that_meet_all_it_says(when: dict[str, Any], found: set[str]) -> None:
    if found:
        assert set(plans(response(SCENE, when=when))) == {f"banjir.{name}" for name in found}
        return
    with pytest.raises(RuleError, match="no alarm is like this"):
        plans(response(SCENE, when=when))


@pytest.mark.parametrize(
    ("when", "codes"),
    [
        ({}, ("SIAGA2", "SIAGA1")), ({"severity": 4}, ("SIAGA1",)), ({"up_to": 3}, ("SIAGA2",)),
        ({"scale": "banjir", "level": "SIAGA1"}, ("SIAGA1",)),
    ],
)  # fmt: skip
def test_a_step_knows_the_levels_that_call_for_it(when: dict[str, Any], codes: tuple[str, ...]) -> None:
    assert [step.codes for step in plans(response(SCENE, when=when))["banjir.hulu"]] == [codes]


def test_the_nearest_camera_takes_the_window_of_each_alarm_and_the_wall_is_ready_for_all_of_them() -> None:
    chosen = {
        rule: step.show.cameras
        for rule, steps in SITE.responses.plans.items()
        for step in steps
        if step.show is not None and step.show.scene
    }
    assert chosen == {"banjir.hulu": ("kam-hulu",), "banjir.hilir": ("kam-hilir",), "banjir.pompa": ("kam-pompa",)}
    ready = {(show.cameras, severity) for show, severity in shows(SITE.rules, SITE.responses.plans)}
    assert {((name,), severity) for (name,) in chosen.values() for severity in (3, 4)} <= ready


def test_an_alarm_without_a_camera_near_it_shows_the_scene_as_it_is() -> None:
    bare = replace(WORLD, points={name: replace(point, place=None, tags=()) for name, point in SITE.points.items()})
    cameras = {"cameras": {"nearest": 4, "into": "bergilir"}}
    (step,) = plans(response({**SCENE, **cameras}), world=bare)["banjir.hulu"]
    assert step.show == Show("utama", "kamera", "kiri")


def test_what_moves_the_wall_stands_before_what_tells_and_commands() -> None:
    found = plans(
        response({"notify": "piket"}, {"command": {"device": "kiri", "verb": "mute", "args": {"on": True}}}, SCENE)
    )
    assert [step.kind for step in found["banjir.hulu"]] == ["scene", "notify", "command"]


def test_an_escalation_waits_for_an_acknowledgement_and_the_rest_for_the_end() -> None:
    steps = {step.id: step for step in SITE.responses.plans["banjir.hulu"]}
    assert {id_: (step.until, step.escalates) for id_, step in steps.items()} == {
        "response:sungai:0:banjir.hulu": (Until.CLEARED, False),
        "response:sungai:1:banjir.hulu": (Until.CLEARED, False),
        "response:sungai:e0:banjir.hulu": (Until.ACKNOWLEDGED, True),
        "response:sungai:e1:banjir.hulu": (Until.ACKNOWLEDGED, True),
        "response:hulu:0:banjir.hulu": (Until.ACKNOWLEDGED, False),
    }
    assert steps["response:sungai:e0:banjir.hulu"].tell == Tell({"SIAGA2": "sekda", "SIAGA1": "gubernur"}, 900.0, True)
    assert steps["response:sungai:1:banjir.hulu"].order == Order("kanan", "mute", {"on": False}, "mute", {"on": True})
    assert SITE.responses.authorities["banjir"]["SIAGA1"] == Name("Gubernur", "Governor")


@pytest.mark.parametrize(
    ("step", "path", "told"),
    [
        ({"scene": "banjr"}, "responses.0.steps.0.scene", "there is no scene 'banjr'"),
        ({"scene": "rutin", "region": "kanan"}, "responses.0.steps.0.region", "lets no alarm in"),
        ({"scene": "kamera", "region": "atas"}, "responses.0.steps.0.region", "does not fill region 'atas'"),
        ({**SCENE, "cameras": {"nearest": 1, "into": "peta"}}, "responses.0.steps.0.cameras.into", "shows no 'peta'"),
        ({"layout": {"wall": "dua"}, "region": "kiri"}, "responses.0.steps.0.layout.wall", "there is no wall 'dua'"),
        ({"layout": {"wall": "utama"}, "region": "atas"}, "responses.0.steps.0.region", "there is no region 'atas'"),
        ({"layout": {"wall": "utama"}, "region": "kanan"}, "responses.0.steps.0.region", "lets no alarm in"),
        ({"layout": {"wall": "utama"}, "region": "kiri"}, "responses.0.steps.0.layout", "have no window"),
        ({"command": {"device": "x", "verb": "mute"}}, "responses.0.steps.0.command.device", "no device 'x'"),
        ({"command": {"device": "kiri", "verb": "dance"}}, "responses.0.steps.0.command.verb", "no verb 'dance'"),
        (
            {"command": {"device": "kiri", "verb": "mute", "args": {"on": True}, "on_clear": {"verb": "mute"}}},
            "responses.0.steps.0.command.on_clear.verb", "mute takes on",
        ),
        (
            {"command": {"device": "kiri", "verb": "freeze", "args": {"on": True}}},
            "responses.0.steps.0.command.verb", "kiri cannot be asked for freeze",
        ),
        ({"notify": "pikt"}, "responses.0.steps.0.notify", "there is no call list 'pikt'"),
        ({"authority": True}, "responses.0.steps.0.authority", "nobody decides at SIAGA2, SIAGA1 of scale banjir"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_where_it_stands(step: dict[str, Any], path: str, told: str) -> None:
    with pytest.raises(RuleError) as refused:
        plans(response(step))
    assert ".".join(map(str, refused.value.path)) == path
    assert told in refused.value.message


@pytest.mark.parametrize(
    ("levels", "path"),
    [
        ({"SIAGA9": {"who": "G", "call_list": "piket"}}, "authorities.0.levels.SIAGA9"),
        ({"SIAGA1": {"who": "G", "call_list": "pikt"}}, "authorities.0.levels.SIAGA1.call_list"),
    ],
)
def test_an_authority_is_of_a_level_and_reached_by_a_list(levels: dict[str, Any], path: str) -> None:
    with pytest.raises(RuleError) as refused:
        plans(authorities=[{"scale": "banjir", "levels": levels}])
    assert ".".join(map(str, refused.value.path)) == path


def test_call_lists_that_are_not_known_are_not_looked_for() -> None:
    assert plans(response({"notify": "anybody"}), world=replace(WORLD, call_lists=None))


def test_one_id_is_for_one_response() -> None:
    with pytest.raises(RuleError, match="response r is there twice"):
        plans(response(SCENE), response(SCENE))


@pytest.mark.parametrize(
    "written",
    [
        response(), response({}), response({"scene": "kamera", "notify": "piket"}),
        response({"notify": "p", "dwell": 5.0}),
        response({"layout": {"wall": "utama"}}), response({"scene": "kamera", "cameras": {"nearest": 1, "into": "x"}}),
        response({"command": {"device": "kiri", "verb": "mute"}, "priority": 2}),
        {"id": "r", "escalate": [{"notify": "piket"}]}, response(SCENE, when={"level": "SIAGA1"}),
        {"id": "r", "escalate": [{"notify": "b", "after": 300.0}, {"notify": "a", "after": 120.0}]},
        response(SCENE, when={"severity": 4, "up_to": 2}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_by_itself_is_refused_by_the_model(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ActionsConfig.model_validate({"responses": [written]})


def test_a_rules_own_action_is_a_step_too_and_its_region_is_looked_for() -> None:
    rule = replace(RULES["banjir.hulu"], actions=(AlarmAction("kamera", 4, 60.0, "kiri"),))
    (step,) = compile_plans(ActionsConfig(), rules=[rule], world=WORLD)[rule.id]
    assert (step.id, step.codes, step.after, step.show) == (
        "alarm:banjir.hulu", ("SIAGA1",), 60.0, Show("utama", "kamera", "kiri"),
    )  # fmt: skip
    wrong = replace(rule, actions=(AlarmAction("kamera", 4, 60.0, "kanan"),))
    with pytest.raises(RuleError, match="does not fill region 'kanan'"):
        compile_plans(ActionsConfig(), rules=[wrong], world=WORLD)


def met(*responses: dict[str, Any]) -> list[str]:
    return list(overlaps(SITE.rules, plans(*responses), walls=SITE.walls, scenes=SITE.scenes))


def test_two_that_claim_a_region_with_one_priority_are_told_once() -> None:
    routine = {"scene": "rutin", "region": "kiri"}
    (told,) = met(response(SCENE), {"id": "s", "steps": [routine]})
    assert "response r and response s claim region kiri with one priority for banjir.hulu" in told
    assert met(response(SCENE), {"id": "s", "steps": [{**routine, "priority": 2}]}) == []
    assert met(response(SCENE), {"id": "s", "steps": [SCENE]}) == []
    apart = response(SCENE, when={"up_to": 3})
    assert met(apart, {"id": "s", "steps": [routine], "when": {"severity": 4}}) == []
