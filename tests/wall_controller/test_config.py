"""Walls and scenes of a site: read strictly, refused with every reason and its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.model import Name
from drivers.strict_yaml import load_file
from tests.wall_controller.wall_world import SITE, demo_scenes, demo_wall
from wall_controller.config import LayoutConfig, ScenesFile, WallsFile, read_layout, read_scenes, read_walls
from wall_controller.errors import BadWall

SAMPLES = Path(__file__).parents[1] / "samples"
Change = Callable[[Any], object]


def walls(change: Change = lambda wall: None) -> Any:
    doc = copy.deepcopy(load_file(SITE / "walls.yaml").data)
    change(doc["walls"][0])
    return doc


def scenes(change: Change = lambda scenes: None) -> Any:
    doc = copy.deepcopy(load_file(SITE / "scenes.yaml").data)
    change({scene["id"]: scene for scene in doc["scenes"]})
    return doc


def problems(read: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(BadWall) as caught:
        read()
    return [(".".join(map(str, problem.path)), problem.text) for problem in caught.value.problems]


def test_the_demo_site_has_every_scene_of_the_table_under_its_names() -> None:
    table = {
        row["id"]: Name(row["nama_id"], row["nama_en"])
        for row in json.loads((SAMPLES / "demo_scenes.json").read_text())
    }
    assert {scene.id: scene.name for scene in demo_scenes().values()} == table
    assert demo_scenes()["banjir"].regions == ("tanggap",)
    assert demo_scenes()["banjir"].permission == "scene.emergency"


def test_the_demo_wall_is_fed_by_the_devices_of_the_site() -> None:
    devices = {device["id"] for device in load_file(SITE / "devices.yaml").data["devices"]}
    steps = {step.device for scene in demo_scenes().values() for step in scene.steps}
    assert {panel.device for panel in demo_wall().panels.values()} | {demo_wall().matrix} | steps <= devices


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        (lambda w: w["panels"].append(dict(w["panels"][0])), "walls.0.panels.12", "panel r1c1 is already used above"),
        (lambda w: w["panels"][1].update(output=1), "walls.0.panels.1", "matrix output 1 is already used above"),
        (lambda w: w["panels"][1].update(column=1), "walls.0.panels.1", "place row 1 column 1 is already used above"),
        (lambda w: w["panels"][0].update(row=4), "walls.0.panels.0", "r1c1 hangs outside"),
        (lambda w: w["panels"][0].update(output=17), "walls.0.panels.0.output", "outputs 1 to 16, not 17"),
        (lambda w: w["sources"][0].update(input=17), "walls.0.sources.0.input", "inputs 1 to 16, not 17"),
        (lambda w: w["sources"][1].update(input=1), "walls.0.sources.1", "matrix input 1 is already used above"),
        (lambda w: w["regions"][1]["panels"].append("r9c9"), "walls.0.regions.1.panels.2", "no panel 'r9c9'"),
        (lambda w: w["regions"][1]["panels"].append("r1c1"), "walls.0.regions", "a panel belongs to one region"),
        (lambda w: w["regions"][1]["panels"].pop(), "walls.0.regions", "panels r3c2 belong to no region"),
    ],
)
def test_a_wall_that_cannot_be_is_refused_with_place_and_reason(change: Change, path: str, text: str) -> None:
    found = problems(lambda: read_walls(WallsFile.model_validate(walls(change))))
    assert any(where == path and text in why for where, why in found), found


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        (lambda s: s["banjir"]["windows"][0].update(panels=["r1c1", "r2c2"]), "scenes.1.windows.0", "not a rectangle"),
        (lambda s: s["banjir"]["windows"][0].update(source="petaa"), "scenes.1.windows.0", "no source 'petaa'"),
        (lambda s: s["banjir"]["windows"][0]["panels"].append("r9"), "scenes.1.windows.0.panels.4", "no panel 'r9'"),
        (lambda s: s["banjir"].update(regions=["tangap"]), "scenes.1.regions.0", "no region 'tangap'; there"),
        (lambda s: s["banjir"].update(wall="dua"), "scenes.1.wall", "no wall 'dua'"),
        (lambda s: s["banjir"]["windows"][2].update(panels=["r1c1"]), "scenes.1.windows.2", "it overlaps window 0"),
        (lambda s: s["banjir"]["windows"][2].update(panels=["r3c1"]), "scenes.1.windows.2.panels", "do not lie in one"),
        (lambda s: s["banjir"]["windows"].pop(), "scenes.1", "panels r3c4 have no window"),
        (lambda s: s["banjir"].update(off=["r3c4"]), "scenes.1", "panels r3c4 are named twice"),
        (lambda s: s["banjir"].update(off=["r3c1"]), "scenes.1.off.0", "panel r3c1 is outside region tanggap"),
        (lambda s: s["banjir"].update(off=["r7"]), "scenes.1.off.0", "no panel 'r7'"),
        (lambda s: s["tsunami"]["outputs"][0].update(output=3), "scenes.3.outputs.0.output", "output 3 feeds panel"),
        (lambda s: s["tsunami"]["outputs"][0].update(source="x"), "scenes.3.outputs.0.source", "no source 'x'"),
        (lambda s: s["tsunami"]["steps"][0].update(verb="toggle"), "scenes.3.steps.0", "no verb 'toggle'"),
        (lambda s: s["tsunami"]["steps"][0].update(args={"on": "yes"}), "scenes.3.steps.0", "on must be bool"),
        (
            lambda s: s["tsunami"]["steps"][0].update(verb="lock_output", args={"output": 1, "on": True}),
            "scenes.3.steps.0.verb", "cannot use lock_output",
        ),
        (lambda s: s["rutin"].update(id="harian"), "scenes", "names scene 'rutin' as its base"),
        (lambda s: s["malam"].update(id="asap"), "scenes.11", "scene asap is already used above"),
    ],
)  # fmt: skip
def test_a_scene_that_cannot_be_shown_is_refused_with_place_and_reason(change: Change, path: str, text: str) -> None:
    found = problems(lambda: read_scenes(ScenesFile.model_validate(scenes(change)), {"utama": demo_wall()}))
    assert any(where == path and text in why for where, why in found), found


def test_every_reason_is_told_at_once() -> None:
    def change(scenes: Any) -> None:
        scenes["banjir"]["windows"][0]["source"] = "a"
        scenes["gempa"]["windows"][0]["source"] = "b"

    found = problems(lambda: read_scenes(ScenesFile.model_validate(scenes(change)), {"utama": demo_wall()}))
    assert [where for where, _ in found] == ["scenes.1.windows.0", "scenes.2.windows.0"]


def test_the_base_must_fill_every_region() -> None:
    def change(scenes: Any) -> None:
        scenes["rutin"]["regions"] = ["tanggap"]
        scenes["rutin"]["windows"] = [w for w in scenes["rutin"]["windows"] if w["panels"] not in (["r3c1"], ["r3c2"])]

    found = problems(lambda: read_scenes(ScenesFile.model_validate(scenes(change)), {"utama": demo_wall()}))
    assert found == [("scenes.0.regions", "it is the base of wall utama and must fill region informasi too")]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["banjir"].update(warna="merah"),
        lambda s: s["banjir"].update(confirm="yes"),
        lambda s: s["banjir"]["windows"][0].update(rect=[0, 0, 10, 10]),
        lambda s: s["banjir"]["windows"][0].pop("panels"),
        lambda s: s["banjir"].update(permission="anybody"),
    ],
)
def test_unknown_keys_and_guessed_types_are_refused(change: Change) -> None:
    with pytest.raises(ValidationError):
        ScenesFile.model_validate(scenes(change))


def test_a_window_may_be_placed_in_millimetres() -> None:
    def change(scenes: Any) -> None:
        window = scenes["banjir"]["windows"][0]
        window.pop("panels")
        window["rect"] = [0, 0, 2421, 1362.6]

    read = read_scenes(ScenesFile.model_validate(scenes(change)), {"utama": demo_wall()})
    assert read["banjir"].layouts == demo_scenes()["banjir"].layouts


@pytest.mark.parametrize(
    ("rect", "text"),
    [
        ([0.0, 0.0, 1500.0, 700.0], "it ends inside panel r1c2"),
        ([0.0, 0.0, 100.0, 100.0], "no panel lies wholly inside"),
    ],
)
def test_a_window_that_ends_inside_a_panel_is_refused(rect: list[float], text: str) -> None:
    config = LayoutConfig.model_validate({"windows": [{"source": "peta", "rect": rect}]})
    found = problems(lambda: read_layout(config, demo_wall()))
    assert any(text in why for _, why in found), found


def test_a_drawn_layout_claims_the_regions_that_it_touches() -> None:
    config = LayoutConfig.model_validate({"windows": [{"source": "peta", "panels": ["r3c1"]}], "off": ["r3c2"]})
    layouts = read_layout(config, demo_wall())
    assert list(layouts) == ["informasi"]
    assert layouts["informasi"].off == ("r3c2",)
    empty = problems(lambda: read_layout(LayoutConfig(), demo_wall()))
    assert empty == [("", "the layout touches no region of the wall; give it a window")]
