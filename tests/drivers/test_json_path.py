"""Paths into JSON: what they find, and what is no path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.json_path import compile_path, find, written

DOCUMENT = {"data": [{"temp": 27.4, "a b": 1}, {"temp": 28.0}], "0": "zero", "deep": {"er": {"still": True}}, "n": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.data[0].temp", 27.4),
        ("data[-1].temp", 28.0),
        ("$['data'][0]['a b']", 1),
        ('$.data[0]["a b"]', 1),
        ("$.0", "zero"),
        ("deep.er.still", True),
        ("$.n", None),
        ("$", DOCUMENT),
    ],
)
def test_a_path_finds_what_stands_there(path: str, found: object) -> None:
    assert find(DOCUMENT, compile_path(path), "value") == found


@pytest.mark.parametrize(
    "path",
    ["$.data[2].temp", "$.data[-3].temp", "$.data.temp", "$[0]", "$.deep.er.still.more", "$.n.x", "$.0[0]", "$.Data"],
)
def test_what_is_not_there_is_said_with_its_path(path: str) -> None:
    with pytest.raises(BadPayload, match="is not in the message: there is no") as refused:
        find(DOCUMENT, compile_path(path), "value")
    assert refused.value.word == "value"


@pytest.mark.parametrize(
    "path", ["", "$.", "$..a", "a.", "$[", "$[x]", "$.a[0", "$['a", "$.a b", "a[0]b", "$[*]", "$.*x[]"]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        compile_path(path)


@given(st.text(max_size=20))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        steps = compile_path(text)
    except ValueError:
        return
    assert compile_path(written(steps)) == steps or any(set(str(step)) & set(""".[]"' """) for step in steps)
