"""Editing one rule of `alarms.yaml` touches nothing else, and what is written is what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.strict_yaml import YamlError, load
from gateway.settings.rule_file import FILE, NoSuchRule, RuleFile, RuleTextError, read_draft, rewritten

FILE_TEXT = """\
# Limits are invented.
shelving: {3: 2h}
rules:
  # The river.
  - id: river
    point: river   # upstream
    kind: high
    scale: internal
    levels: {L2: 250, L3: 350}

  # The door, after hours.
  - id: door
    kind: flag
    point: door
    scale: internal
    levels: {L2: true}
    # The end.

chatter: {shelve: true}
"""
DEMO = (Path(__file__).parents[2] / "config" / "balai-raya" / FILE).read_text(encoding="utf-8")


def test_a_rule_is_taken_out_as_it_is_written() -> None:
    assert RuleFile(FILE_TEXT).draft("river") == (
        "id: river\npoint: river   # upstream\nkind: high\nscale: internal\nlevels: {L2: 250, L3: 350}\n"
    )


def test_a_rule_that_is_put_back_leaves_the_file_byte_for_byte() -> None:
    for text in (FILE_TEXT, DEMO):
        file = RuleFile(text)
        for rule in file.rules:
            assert file.with_rule(rule["id"], file.draft(rule["id"])) == text


def test_only_the_lines_of_the_rule_change() -> None:
    file = RuleFile(FILE_TEXT)
    changed = file.with_rule("river", file.draft("river").replace("250", "240"))
    assert changed == FILE_TEXT.replace("250", "240")
    assert file.without("river") == FILE_TEXT.replace(
        "  - id: river\n    point: river   # upstream\n    kind: high\n    scale: internal\n"
        "    levels: {L2: 250, L3: 350}\n", "",
    )  # fmt: skip


def test_a_new_rule_stands_at_the_end_of_the_list() -> None:
    told = RuleFile(FILE_TEXT).with_rule("new", "id: new\nkind: flag\n")
    assert [rule["id"] for rule in RuleFile(told).rules] == ["river", "door", "new"]
    assert told.replace("  - id: new\n    kind: flag\n", "") == FILE_TEXT


@pytest.mark.parametrize("text", ["", "rules: []\n", "# none yet\nrules: []\nshelving: {3: 2h}\n"])
def test_the_first_rule_begins_the_list(text: str) -> None:
    told = load(RuleFile(text).with_rule("new", "id: new\nkind: flag\n"), FILE).data
    assert told["rules"] == [{"id": "new", "kind": "flag"}]
    assert told.get("shelving") == (load(text, FILE).data or {}).get("shelving")


def test_what_cannot_be_edited_is_refused_with_what_to_do() -> None:
    with pytest.raises(NoSuchRule, match=r"alarms\.yaml has no rule 'none'"):
        RuleFile(FILE_TEXT).draft("none")
    with pytest.raises(RuleTextError, match=r"alarms\.yaml:1: rules in one line cannot be edited here"):
        RuleFile("rules: [{id: a, kind: flag}]\n").draft("a")
    with pytest.raises(RuleTextError, match="is the only rule"):
        RuleFile("rules:\n  - id: a\n").without("a")
    with pytest.raises(RuleTextError, match="no list"):
        RuleFile("rules: 3\n")
    with pytest.raises(RuleTextError, match="the draft is no rule"):
        read_draft("[1, 2]")
    with pytest.raises(YamlError, match=r"alarms\.yaml:2:"):
        read_draft("id: a\n  b: c: d\n")


def test_what_a_form_changes_keeps_comments_and_order() -> None:
    draft = RuleFile(FILE_TEXT).draft("river")
    rule = {**read_draft(draft).data, "levels": {"L2": 240, "L3": [1, None]}, "deadband": 5}
    assert rewritten(draft, rule) == (
        "id: river\npoint: river   # upstream\nkind: high\nscale: internal\nlevels: {L2: 240, L3: [1, null]}\n"
        "deadband: 5\n"
    )
    del rule["point"]
    assert "point" not in rewritten(draft, rule)


KEYS = st.sampled_from(["id", "point", "kind", "levels", "deadband", "name", "say", "actions"])
PLAIN = st.one_of(
    st.booleans(), st.integers(-1_000, 1_000), st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)),
    st.text("abc:# '\"{}[],-&*?!%@yesnoff0123456789~|>\nä", max_size=12),
)  # fmt: skip
VALUES = st.recursive(
    PLAIN, lambda some: st.one_of(st.lists(some, max_size=3), st.dictionaries(KEYS, some, max_size=3)), max_leaves=6
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1), st.dictionaries(KEYS, VALUES, min_size=1))
def test_what_is_written_is_what_was_meant_or_it_is_refused(first: dict[str, Any], second: dict[str, Any]) -> None:
    try:
        draft = rewritten("", first)
        again = rewritten(draft, second)
    except RuleTextError:
        return
    assert load(draft, FILE).data == first
    assert load(again, FILE).data == second
