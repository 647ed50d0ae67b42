"""JSON for whatever the parts may hold."""

from __future__ import annotations

import json
from types import MappingProxyType

from gateway.api.as_json import dumps
from gateway.api.shapes import Place


def test_what_is_usual_is_written_plainly() -> None:
    assert dumps({"place": Place(-3.77, 102.27), "n": None}) == b'{"place":{"lat":-3.77,"lon":102.27},"n":null}'


def test_what_is_not_usual_is_written_too() -> None:
    odd = {"half": "\ud800", "big": 2**70, "nan": float("nan"), "inside": MappingProxyType({"at": Place(1.0, 2.0)})}
    assert json.loads(dumps(odd)) == {
        "half": "\ud800",
        "big": 2**70,
        "nan": None,
        "inside": {"at": {"lat": 1, "lon": 2}},
    }


def test_nan_is_null() -> None:
    assert dumps([float("nan"), float("inf")]) == b"[null,null]"
