"""What an alarm of the fake hall sets in motion: a scene with the nearest camera, a horn, and an escalation."""

from __future__ import annotations

from typing import Any

from tests.web.fake_world import Json

CAMERAS = ["cctv-rawamakmur"]
SECRETARY: Json = {"id": "Sekretaris Daerah", "en": "Provincial secretary"}
GOVERNOR: Json = {"id": "Gubernur", "en": "Governor"}


def deed(id: str, kind: str, **more: Any) -> Json:
    """Return a step as the API tells it."""
    return {
        "id": id, "response": "banjir", "kind": kind, "after": 0, "until": "cleared", "at_most": 0, "escalates": False,
        "wall": "aula", "scene": "", "region": "", "cameras": [], "command": None, "on_clear": None, **more,
    }  # fmt: skip


SCENE = deed("response:banjir:0", "scene", after=600, scene="banjir", region="tanggap", cameras=CAMERAS)
LIGHT = deed(
    "response:banjir:1", "command", at_most=900,
    command={"device": "matriks-1", "verb": "power", "args": {"on": True}},
    on_clear={"device": "matriks-1", "verb": "power", "args": {"on": False}},
)  # fmt: skip
TELL = deed("response:banjir:e0", "notify", after=120, until="acknowledged", escalates=True)


def foreseen(level: str) -> list[Json]:
    """Return what a level sets in motion: the mildest nothing."""
    if level.endswith("3"):
        return []
    worst = level.endswith("1")
    nothing: Json = {
        "priority": None, "windows": [], "commands": [], "call_list": "", "decides": None, "told": [], "refused": "",
    }  # fmt: skip
    return [
        {**nothing, "deed": LIGHT, "refused": "interlock listrik: no mains (pln-tegangan reads 0)" if worst else ""},
        {
            **nothing, "deed": TELL, "call_list": "gubernur" if worst else "sekda",
            "decides": GOVERNOR if worst else SECRETARY, "told": ["Dewi Anggraini (sms)"],
        },
        {
            **nothing, "deed": SCENE, "priority": 4 if worst else 3,
            "windows": [{"region": "tanggap", "source": "cctv-rawamakmur", "panels": ["r1c3", "r1c4", "r2c3", "r2c4"]}],
            "commands": [
                {"device": "matriks-1", "verb": "route", "result": "planned", "detail": "route.3=4, route.4=4"},
            ],
        },
    ]  # fmt: skip


def under_way(at: str) -> list[Json]:
    """Return how the steps of an alarm that stands are."""
    step: Json = {"since": at, "done_at": None, "call_lists": []}
    return [
        {**step, "deed": SCENE, "stage": "waiting", "outcome": ""},
        {**step, "deed": LIGHT, "stage": "done", "done_at": at, "outcome": "verified"},
    ]
