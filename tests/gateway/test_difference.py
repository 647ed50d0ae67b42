"""What an apply touches: only what differs, and what hangs on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.forward.config import SinkConfig
from gateway.settings.difference import Difference, difference
from gateway.settings.site import load_site

ENTRY = {"id": "influx", "url": "http://influx.example", "bucket": "hall"}
SITE = load_site(Path(__file__).parents[2] / "config" / "balai-raya")


def test_the_same_files_differ_in_nothing() -> None:
    assert difference(SITE, load_site(Path(__file__).parents[2] / "config" / "balai-raya")) == Difference()


def test_a_changed_point_restarts_its_source_and_nothing_else() -> None:
    point = replace(SITE.points["pln-tegangan"], every=9.0)
    found = difference(SITE, replace(SITE, points={**SITE.points, point.id: point}))
    assert found == Difference(devices=("meter-pln",), points=("pln-tegangan",))


def test_a_changed_limit_restarts_nothing() -> None:
    rules = (replace(SITE.rules[0], deadband=6.0), *SITE.rules[1:])
    assert difference(SITE, replace(SITE, rules=rules)) == Difference(rules=(SITE.rules[0].id,))


def test_a_changed_scene_is_told_to_its_wall() -> None:
    scene = replace(SITE.scenes["banjir"], confirm=not SITE.scenes["banjir"].confirm)
    found = difference(SITE, replace(SITE, scenes={**SITE.scenes, scene.id: scene}))
    assert found == Difference(walls=("utama",), scenes=("banjir",))
    assert found.sentences() == ("scenes: banjir", "walls: utama")


def test_a_device_that_is_gone_is_stopped() -> None:
    devices = {name: device for name, device in SITE.devices.items() if name != "layar-rapat"}
    assert difference(SITE, replace(SITE, devices=devices)).devices == ("layar-rapat",)


def test_a_changed_token_restarts_its_sink_and_another_name_of_the_site_all_of_them() -> None:
    old, new = ({"influx": SinkConfig.model_validate({**ENTRY, "token": token})} for token in ("a", "b"))
    had = replace(SITE, sinks=old)
    assert difference(had, replace(SITE, sinks=new)) == Difference(sinks=("influx",))
    assert difference(had, replace(had, id="other")) == Difference(sinks=("influx",))
