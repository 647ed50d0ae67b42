"""The bar itself: every rule has a test that carries its number, and the page names each of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "design" / "reliability.md"
RULES = [f"R{number}" for number in range(1, 27)]
NUMBERED = re.compile(r"^(?:async )?def (test_r(\d\d)_\w+)\(", re.MULTILINE)
ANY_NUMBER = re.compile(r"^(?:async )?def (test_r\d+_\w+)\(", re.MULTILINE)


def texts() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py"))]


def numbered() -> dict[str, str]:
    """Return every test that carries a rule's number, with its rule."""
    return {name: f"R{int(number)}" for text in texts() for name, number in NUMBERED.findall(text)}


def rows() -> dict[str, str]:
    """Return the row of each rule on the page."""
    found = re.findall(r"^\| (R\d+) \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(found) == len(dict(found)), "a rule has one row"
    return dict(found)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_row_that_says_what_holds_which_tests_prove_it_and_how_it_is_broken(rule: str) -> None:
    holds, tests, fault = (cell.strip() for cell in rows()[rule].split("|"))
    assert holds and fault
    named = set(re.findall(r"`(test_\w+)`", tests))
    assert named
    assert {numbered().get(name) for name in named} == {rule}, "a test that is named carries the rule's number"


def test_every_test_that_carries_a_number_is_on_the_page_and_carries_two_digits() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert not [name for name in numbered() if f"`{name}`" not in page]
    assert not [name for text in texts() for name in ANY_NUMBER.findall(text) if name not in numbered()]
    assert set(rows()) == set(RULES)
