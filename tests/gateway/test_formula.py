"""Formulas: a small, safe language in three-valued logic, with doubt carried along."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.model import Quality, Reason
from gateway.derive.errors import BadFormula
from gateway.derive.formula import formula
from gateway.derive.term import Term

GOOD = Term(0.0)
SHAKY = Term(True, Quality.UNCERTAIN, Reason.RATE)
LOST = Term(None, Quality.BAD, Reason.COMM)


def of(*names: str) -> dict[str, str]:
    return {name: f"point-{name}" for name in names}


def result(text: str, **terms: Term | float | bool) -> Term:
    """Return what a formula gives for these terms; a plain value is good."""
    as_terms = {f"point-{name}": each if isinstance(each, Term) else Term(each) for name, each in terms.items()}
    return formula(text, of(*terms)).term(as_terms)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a - b * 2", -1.0),
        ("(a + b) / 2", 2.5),
        ("a ** b % 5 + 0 * a", 4.0),
        ("-a + +b", -1.0 + 0.0),
        ("min(a, b) + max(a, b, 7)", 9.0),
        ("abs(b - a * 9) + 0 * b", 25.0),
        ("round(a / b, 2)", 1.5),
        ("round(a * b)", 6.0),
        ("sqrt(a * 3 + 0 * b)", 3.0),
        ("a > b", True),
        ("1 < b < a <= 3 != b", True),
        ("a == b or not a < b", True),
        ("a if a > b else b", 3.0),
        ("true and a > 2 and b > 1", True),
        ("at_least(2, a > 2, b > 2, a > b)", True),
        ("false or a < b", False),
    ],
)
def test_a_formula_calculates(text: str, value: float | bool) -> None:
    found = result(text, a=3.0, b=2.0)
    assert (found, type(found.value)) == (Term(value), type(value))


@pytest.mark.parametrize("text", ["a / b", "a % b", "sqrt(b - a)", "(b - a) ** 0.5", "a ** a ** a ** a + b", "b ** -a"])
def test_what_has_no_result_is_bad(text: str) -> None:
    assert result(text, a=99.0, b=0.0) == Term(None, Quality.BAD, Reason.RANGE)


def test_what_is_not_known_makes_the_result_unknown() -> None:
    assert result("a + b", a=1.0, b=LOST) == LOST
    assert result("a > b", a=1.0, b=LOST) == LOST
    assert result("a if b else 2 * a", a=1.0, b=LOST) == LOST


def test_the_branch_that_is_not_taken_does_not_matter() -> None:
    assert result("a if a > 0 else b", a=1.0, b=LOST) == Term(1.0)


def test_doubt_is_carried_to_the_result_and_the_worst_reason_with_it() -> None:
    doubtful, manual = Term(2.0, Quality.UNCERTAIN, Reason.TWIN), Term(3.0, Quality.UNCERTAIN, Reason.MANUAL)
    assert result("a + b", a=1.0, b=doubtful) == Term(3.0, Quality.UNCERTAIN, Reason.TWIN)
    assert result("a + b", a=1.0, b=manual) == Term(4.0, Quality.UNCERTAIN, Reason.MANUAL)
    assert result("a + b", a=doubtful, b=manual) == Term(5.0, Quality.UNCERTAIN, Reason.TWIN)


KLEENE = {True: 2, None: 1, False: 0}


@pytest.mark.parametrize(("a", "b"), list(product([True, False, None], repeat=2)))
def test_logic_is_kleenes_strong_three_valued_logic(a: bool | None, b: bool | None) -> None:
    one, other = Term(a) if a is not None else LOST, Term(b) if b is not None else LOST
    said = {value: key for key, value in KLEENE.items()}
    assert result("a and b", a=one, b=other).value is said[min(KLEENE[a], KLEENE[b])]
    assert result("a or b", a=one, b=other).value is said[max(KLEENE[a], KLEENE[b])]
    assert result("not a or b and b", a=one, b=other).value is said[max(2 - KLEENE[a], KLEENE[b])]


def test_a_decision_that_rests_on_what_is_certain_is_certain() -> None:
    assert result("a or b", a=True, b=SHAKY) == Term(True)
    assert result("a and b", a=False, b=SHAKY) == Term(False)
    assert result("a or b", a=False, b=SHAKY) == SHAKY
    assert result("a or b", a=LOST, b=SHAKY) == SHAKY
    assert result("at_least(2, a, b, c)", a=True, b=True, c=LOST) == Term(True)
    assert result("at_least(2, a, b, c)", a=False, b=LOST, c=False) == Term(False)
    assert result("at_least(2, a, b, c)", a=True, b=False, c=LOST) == LOST


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a +", "this is no formula"),
        ("(" * 240 + "a" + ")" * 240, "this is no formula"),
        ("not " * 60 + "a", "the formula is nested deeper than 40"),
        ("a + " * 200 + "a", "the formula has more than 500 characters"),
        ("a + b", "nothing says what 'b' is"),
        ("1 + 2", "the formula does not use a"),
        ("a.real", "'a.real' cannot be used in a formula"),
        ("a[0]", "'a[0]' cannot be used in a formula"),
        ("lambda: a", "'lambda: a' cannot be used in a formula"),
        ("[x for x in a]", "'[x for x in a]' cannot be used in a formula"),
        ("a if (a := 1) else 2", "'(a := 1)' cannot be used in a formula"),
        ("__import__('os').system('true') + a", '"__import__(\'os\').system" cannot be called in a formula'),
        ("open(a)", "'open' cannot be called in a formula"),
        ("min(a, key=a)", "'min' cannot be called in a formula"),
        ("'text' + a", "\"'text'\" is no number"),
        ("a + None", "'None' is no number"),
        ("a + 1j", "'1j' is no number"),
        ("a + " + "9" * 400, "a number in the formula is too large"),
        ("a // 2", "the operator FloorDiv cannot be used in a formula"),
        ("a << 2", "the operator LShift cannot be used in a formula"),
        ("a is 2", "the operator Is cannot be used in a formula"),
        ("~a", "the operator Invert cannot be used in a formula"),
        ("sqrt(a, 2)", "sqrt takes one argument"),
        ("min(a)", "min takes two arguments or more"),
        ("round()", "round takes one argument or two"),
        ("at_least(3, a, a)", "at_least needs a number first"),
        ("at_least(a, a)", "at_least needs a number first"),
        ("at_least()", "at_least needs a number first"),
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(BadFormula) as refused:
        formula(text, of("a"))
    assert str(refused.value).startswith(message)


@given(st.text(alphabet="ab01 .+-*/%()<>=,!:[]'\"\\\n\tandorifelsminqt_", max_size=60))
def test_no_text_does_more_than_be_refused_or_calculate(text: str) -> None:
    try:
        made = formula(text, {"a": "a"})
    except BadFormula:
        return
    found = made.term({"a": Term(2.0)})
    assert found.value is None or isinstance(found.value, bool | float)


@given(
    st.sampled_from(["a + b", "a - b", "a * b", "a / b", "a % b", "a ** b", "min(a, b)", "round(a, b)", "sqrt(a) + b"]),
    st.floats(allow_nan=False),
    st.floats(allow_nan=False),
)
def test_every_number_is_finite_or_not_known(text: str, a: float, b: float) -> None:
    found: Any = result(text, a=a, b=b).value
    assert found is None or (isinstance(found, float) and math.isfinite(found))
