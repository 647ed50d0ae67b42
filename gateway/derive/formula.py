"""A formula over other points: a small part of Python's expressions, in three-valued logic that carries doubt.

What is not known makes the result unknown unless the rest decides it: `false and unknown` is false (Kleene's strong
logic). Nothing but numbers, names, operators and the functions below can be written, and nothing else is evaluated.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from drivers.model import Quality, Reason
from gateway.derive.errors import BadFormula
from gateway.derive.term import UNREAD, Term, weight, worst

Work = Callable[[Mapping[str, Term]], Term]
MOST_CHARACTERS = 500
MOST_DEPTH = 40

BINARY: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
UNARY: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
COMPARISONS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
COUNTS: Mapping[str, range] = {
    "one argument": range(1, 2),
    "one argument or two": range(1, 3),
    "two arguments or more": range(2, MOST_CHARACTERS),
}
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], str]] = {
    "min": (min, "two arguments or more"),
    "max": (max, "two arguments or more"),
    "abs": (abs, "one argument"),
    "round": (lambda number, digits=0: round(number, int(digits)), "one argument or two"),
    "sqrt": (math.sqrt, "one argument"),
}
"""The functions, with how many arguments each takes; `at_least(k, …)` is the other one."""
AT_LEAST = "at_least"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the point that each of its names stands for."""

    text: str
    of: tuple[tuple[str, str], ...]
    work: Work = field(compare=False, repr=False)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the points."""
        return tuple(dict.fromkeys(point for _, point in self.of))

    def term(self, terms: Mapping[str, Term]) -> Term:
        """Return the result, from the terms of the points."""
        return self.work({name: terms[point] for name, point in self.of})


def formula(text: str, of: Mapping[str, str]) -> Formula:
    """Return a formula; raise BadFormula for what cannot be read, and for names that are missing or not used."""
    if len(text) > MOST_CHARACTERS:
        raise BadFormula(f"the formula has more than {MOST_CHARACTERS} characters", "derive a part of it first")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BadFormula("this is no formula", 'write it as "a - 2 * b"') from None
    names: set[str] = set()
    work = _Reading(of, names).work(tree.body, MOST_DEPTH)
    unused = sorted(set(of) - names)
    if unused:
        raise BadFormula(f"the formula does not use {', '.join(unused)}", "use it, or take it out of `of`")
    return Formula(text, tuple(of.items()), work)


def at_least(count: int, terms: Sequence[Term]) -> Term:
    """Return whether at least `count` are true, as soon as those that are known decide it."""
    for outcome, needed in ((True, count), (False, len(terms) - count + 1)):
        saying = [term for term in terms if term.value is not None and bool(term.value) is outcome]
        if len(saying) >= needed:
            return Term(outcome, *worst(sorted(saying, key=weight)[: max(needed, 1)]))
    return Term(None, *worst(terms))


class _Reading:
    """One formula on its way from text to work; notes the names that it uses."""

    def __init__(self, of: Mapping[str, str], names: set[str]) -> None:
        self._of, self._names = of, names

    def work(self, node: ast.AST, depth: int) -> Work:
        if not depth:
            raise BadFormula(f"the formula is nested deeper than {MOST_DEPTH}", "derive a part of it first")
        read = READERS.get(type(node))
        if read is None:
            raise BadFormula(
                f"{_shown(node)} cannot be used in a formula", f"there are numbers, names, + - * / % **, {_KNOWN}"
            )
        return read(self, node, depth - 1)

    def _all(self, nodes: Sequence[ast.AST], depth: int) -> list[Work]:
        return [self.work(node, depth) for node in nodes]

    def constant(self, node: Any, _depth: int) -> Work:
        value = node.value
        if not isinstance(value, bool | int | float):
            raise BadFormula(f"{_shown(node)} is no number", "a formula calculates with numbers and flags")
        try:
            term = Term(value if isinstance(value, bool) else float(value))
        except OverflowError:
            raise BadFormula("a number in the formula is too large") from None
        return lambda _terms: term

    def name(self, node: Any, _depth: int) -> Work:
        name = node.id
        if name in ("true", "false"):
            term = Term(name == "true")
            return lambda _terms: term
        if name not in self._of:
            raise BadFormula(f"nothing says what {name!r} is", f"add it to `of`; there is {', '.join(self._of)}")
        self._names.add(name)
        return lambda terms: terms.get(name, UNREAD)

    def binary(self, node: Any, depth: int) -> Work:
        return _strict(_operator(node.op, BINARY), self._all([node.left, node.right], depth))

    def unary(self, node: Any, depth: int) -> Work:
        return _strict(_operator(node.op, UNARY), [self.work(node.operand, depth)])

    def compare(self, node: Any, depth: int) -> Work:
        sides = self._all([node.left, *node.comparators], depth)
        parts = [
            _strict(_operator(op, COMPARISONS), list(pair)) for op, pair in zip(node.ops, pairwise(sides), strict=True)
        ]
        return parts[0] if len(parts) == 1 else _logic(len(parts), parts)

    def logic(self, node: Any, depth: int) -> Work:
        parts = self._all(node.values, depth)
        return _logic(len(parts) if isinstance(node.op, ast.And) else 1, parts)

    def choice(self, node: Any, depth: int) -> Work:
        test, yes, no = self._all([node.test, node.body, node.orelse], depth)

        def chosen(terms: Mapping[str, Term]) -> Term:
            asked = test(terms)
            if asked.value is None:
                return asked
            term = (yes if asked.value else no)(terms)
            return Term(term.value, *worst([asked, term]))

        return chosen

    def call(self, node: Any, depth: int) -> Work:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if node.keywords or (name not in FUNCTIONS and name != AT_LEAST):
            raise BadFormula(f"{_shown(node.func)} cannot be called in a formula", f"there is {_KNOWN}")
        if name == AT_LEAST:
            return self._at_least(node.args, depth)
        function, counts = FUNCTIONS[name]
        if len(node.args) not in COUNTS[counts]:
            raise BadFormula(f"{name} takes {counts}")
        return _strict(function, self._all(node.args, depth))

    def _at_least(self, args: Sequence[ast.AST], depth: int) -> Work:
        count = args[0].value if args and isinstance(args[0], ast.Constant) else None
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= len(args) - 1:
            raise BadFormula("at_least needs a number first, and as many conditions or more", "as at_least(2, a, b, c)")
        return _logic(count, self._all(args[1:], depth))


READERS: Mapping[type[ast.AST], Callable[[_Reading, Any, int], Work]] = {
    ast.Constant: _Reading.constant,
    ast.Name: _Reading.name,
    ast.BinOp: _Reading.binary,
    ast.UnaryOp: _Reading.unary,
    ast.Compare: _Reading.compare,
    ast.BoolOp: _Reading.logic,
    ast.IfExp: _Reading.choice,
    ast.Call: _Reading.call,
}
_KNOWN = f"{', '.join(FUNCTIONS)}, {AT_LEAST}, and, or, not, if else"


def _operator(op: ast.AST, known: Mapping[type[ast.AST], Callable[..., Any]]) -> Callable[..., Any]:
    work = known.get(type(op))
    if work is None:
        raise BadFormula(
            f"the operator {type(op).__name__} cannot be used in a formula", f"there is + - * / % **, {_KNOWN}"
        )
    return work


def _shown(node: ast.AST) -> str:
    text = ast.unparse(node)
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def _strict(operation: Callable[..., Any], parts: Sequence[Work]) -> Work:
    """Return the work that needs every part to be known."""

    def done(terms: Mapping[str, Term]) -> Term:
        found = [part(terms) for part in parts]
        doubt = worst(found)
        if any(term.value is None for term in found):
            return Term(None, *doubt)
        value = _calculated(operation, [term.value for term in found])
        return Term(None, Quality.BAD, Reason.RANGE) if value is None else Term(value, *doubt)

    return done


def _calculated(operation: Callable[..., Any], values: Sequence[Any]) -> bool | float | None:
    """Return the result; None when there is none, as of a division by zero."""
    try:
        value = operation(*values)
    except (ArithmeticError, ValueError):
        return None
    if isinstance(value, bool):
        return value
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _logic(count: int, parts: Sequence[Work]) -> Work:
    return lambda terms: at_least(count, [part(terms) for part in parts])
