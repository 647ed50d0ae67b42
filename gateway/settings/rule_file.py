"""One rule of `alarms.yaml` as text: taken out, put back, added; everything else stays as it is, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from drivers.strict_yaml import Document, YamlError, load
from gateway.errors import GatewayError
from gateway.settings.fault import SiteFault

FILE = "alarms.yaml"
RULES = "rules"
WIDEST = 4_096
"""No line is folded that a person has not folded."""


class RuleTextError(GatewayError):
    """The file, or the draft, is not written so that one rule of it can be edited; the text says what to do."""


class NoSuchRule(RuleTextError):
    """The file has no rule of that id."""


@dataclass(frozen=True, slots=True)
class Written:
    """One rule as it is written: its lines in the file, from 0, and how far they are indented."""

    id: str
    number: int
    begin: int
    end: int
    indent: int


class RuleFile:
    """The text of `alarms.yaml`; raises YamlError when it is not strict YAML, RuleTextError when it has no list."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._document = load(text, FILE)
        data = self._document.data
        rules = data.get(RULES, []) if isinstance(data, dict) else []
        if not isinstance(rules, list):
            raise RuleTextError(f"{FILE}: `{RULES}` is no list; mend it in the file")
        self.rules: Sequence[Mapping[str, Any]] = [each for each in rules if isinstance(each, dict)]

    def find(self, id: str) -> Written:  # noqa: A002 - the glossary's word
        """Return where a rule stands; raise NoSuchRule."""
        for number, rule in enumerate(self.rules):
            if rule.get("id") == id:
                return self._written(id, number)
        raise NoSuchRule(f"{FILE} has no rule {id!r}")

    def draft(self, id: str) -> str:  # noqa: A002 - the glossary's word
        """Return a rule's own text, not indented; raise NoSuchRule."""
        return self._draft(self.find(id))

    def with_rule(self, id: str, draft: str) -> str:  # noqa: A002 - the glossary's word
        """Return the file with `draft` in place of a rule, or at the end of the list when there is none of that id."""
        lines = draft.rstrip().splitlines()
        if not any(rule.get("id") == id for rule in self.rules):
            return self._with_new(lines)
        place = self.find(id)
        return _text([*self._lines[: place.begin], *_item(lines, place.indent), *self._lines[place.end :]])

    def without(self, id: str) -> str:  # noqa: A002 - the glossary's word
        """Return the file without a rule; raise NoSuchRule, or RuleTextError for the only one."""
        place = self.find(id)
        if len(self.rules) == 1:
            raise RuleTextError(f"{id} is the only rule; take it out in {FILE}")
        return _text([*self._lines[: place.begin], *self._lines[place.end :]])

    def _with_new(self, lines: Sequence[str]) -> str:
        if self.rules:
            last = self._written("", len(self.rules) - 1)
            return _text([*self._lines[: last.end], *_item(lines, last.indent), *self._lines[last.end :]])
        row = self._row((RULES,)) if (RULES,) in self._document.places else len(self._lines)
        return _text([*self._lines[:row], f"{RULES}:", *_item(lines, 4), *self._lines[row + 1 :]])

    def _row(self, path: tuple[str | int, ...]) -> int:
        return self._document.place(path)[0] - 1

    def _written(self, id: str, number: int) -> Written:  # noqa: A002 - the glossary's word
        row, column = self._document.place((RULES, number))
        begin, indent = row - 1, column - 1
        if self._lines[begin][:indent].strip() != "-":
            raise RuleTextError(f"{FILE}:{row}: rules in one line cannot be edited here; write one below the other")
        rows = sorted(place[0] - 1 for path, place in self._document.places.items() if len(path) == 1)
        after = [self._row((RULES, number + 1))] if number + 1 < len(self.rules) else []
        end = min([*after, *(row for row in rows if row > begin)], default=len(self._lines))
        while end > begin + 1 and _says_nothing(self._lines[end - 1]):
            end -= 1
        return Written(id, number, begin, end, indent)

    def _draft(self, place: Written) -> str:
        first, *others = self._lines[place.begin : place.end]
        return _text([first[place.indent :], *(_outdented(line, place.indent) for line in others)])


def placed(fault: SiteFault, text: str, id: str) -> SiteFault:  # noqa: A002 - the glossary's word
    """Return a fault of the file as one of the draft that stands in it, where it is one."""
    place = RuleFile(text).find(id)
    begin = f"{RULES}.{place.number}"
    if fault.file != FILE or not f"{fault.path}.".startswith(f"{begin}."):
        return fault
    path = fault.path.removeprefix(begin).removeprefix(".")
    return replace(fault, path=path, line=fault.line - place.begin, column=max(fault.column - place.indent, 1))


def read_draft(draft: str) -> Document:
    """Return a draft as data; raise YamlError with its place in the draft, RuleTextError when it is no rule."""
    document = load(draft, FILE)
    if not isinstance(document.data, dict) or not isinstance(document.data.get("id"), str):
        raise RuleTextError("the draft is no rule; begin it with `id: …`")
    return document


def rewritten(draft: str, rule: Mapping[str, Any]) -> str:
    """Return a draft that says `rule`, with the comments and the order that it has; raise RuleTextError."""
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, WIDEST
    told = yaml.load(draft) if draft.strip() else CommentedMap()
    known = load(draft, FILE).data if draft.strip() else {}
    for key in [key for key in told if key not in rule]:
        del told[key]
    for key, value in rule.items():
        if key not in known or known[key] != value:
            told[key] = _flowing(value)
    out = StringIO()
    yaml.dump(told, out)
    text = out.getvalue()
    try:
        same = load(text, FILE).data == rule
    except YamlError:
        same = False
    if not same:
        raise RuleTextError("this rule cannot be written as it is filled in; write it as text")
    return text


def _flowing(value: Any) -> Any:
    """Return a value that is written in one line, as people write limits."""
    if isinstance(value, dict):
        keys = CommentedMap({key: _flowing(each) for key, each in value.items()})
        keys.fa.set_flow_style()
        return keys
    if isinstance(value, list):
        items = CommentedSeq([_flowing(each) for each in value])
        items.fa.set_flow_style()
        return items
    return value


def _item(lines: Sequence[str], indent: int) -> Sequence[str]:
    first, *others = lines
    begin = f"{'- ':>{indent}}"
    return [begin + first, *(" " * indent + line if line.strip() else "" for line in others)]


def _outdented(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip() else line.lstrip()


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
