"""Strict YAML keeps text as text, refuses what is ambiguous, and knows where every value stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.strict_yaml import MOST_BYTES, YamlError, load


def test_words_that_other_readers_bend_stay_text() -> None:
    assert load("a: on\nb: off\nc: 22:00\nd: yes\ne: 1_000\nf: 010\n", "x.yaml").data == {
        "a": "on", "b": "off", "c": "22:00", "d": "yes", "e": "1_000", "f": "010",
    }  # fmt: skip


def test_numbers_flags_and_nothing_are_read_as_such() -> None:
    data = load("a: 12\nb: -0.5\nc: true\nd: ~\ne: 0x1F\nf: 1e3\ng: '12'\n", "x.yaml").data
    assert data == {"a": 12, "b": -0.5, "c": True, "d": None, "e": 31, "f": 1000.0, "g": "12"}


def test_every_value_knows_its_line() -> None:
    document = load("rules:\n  - id: one\n    levels: {A: 1}\n  - id: two\n", "alarms.yaml")
    assert document.place(("rules", 1, "id")) == (4, 5)
    assert document.place(("rules", 0, "levels", "A", "missing")) == (3, 14)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\na: 2\n", 2, "second time"),
        ("a: &x 1\nb: *x\n", 1, "anchors"),
        ("a:\n  - b\n c: 1\n", 3, "expected"),
        ("1: a\n? [x]\n: y\n", 2, "key must be text"),
        ("a: .inf\nb: 1e999\n", 2, "finite"),
        ("a: [1, 2\n", 2, "expected"),
        ("x" * (MOST_BYTES + 1), 1, "larger"),
    ],
)
def test_what_is_ambiguous_is_refused_with_its_place(text: str, line: int, said: str) -> None:
    with pytest.raises(YamlError, match=said) as refused:
        load(text, "x.yaml")
    assert refused.value.line == line


@given(st.text(max_size=200))
def test_no_text_brings_down_the_reader(text: str) -> None:
    try:
        load(text, "x.yaml")
    except YamlError as error:
        assert error.line >= 1
