"""YAML without surprises: `on` and `22:00` are text, a repeated key is an error, every value knows its line.

YAML 1.2 core schema (https://yaml.org/spec/1.2.2/, §10.3) without anchors, aliases and tags of one's own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from drivers.errors import BadConfig

MOST_BYTES = 1_048_576
"""A larger file is refused: no site needs it, and a bomb might."""

KeyPath = tuple[str | int, ...]


class YamlError(BadConfig):
    """A file that is not strict YAML; `line` and `column` count from 1."""

    def __init__(self, file: str, line: int, column: int, text: str) -> None:
        super().__init__(f"{file}:{line}:{column}: {text}")
        self.file, self.line, self.column, self.text = file, line, column, text


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and for each path into it the line and column (from 1) where it stands."""

    file: str
    data: Any
    places: Mapping[KeyPath, tuple[int, int]]

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Return where `path` stands, or where its nearest parent does."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"(?:|~|null)"), lambda _: None),
    (re.compile(r"true|false"), lambda text: text == "true"),
    (re.compile(r"[-+]?(?:0|[1-9][0-9]*)"), int),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text, 16)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+)"), float),
)


def load(text: str, file: str) -> Document:
    """Return the document in `text`; raise YamlError naming file, line and column."""
    if len(text) > MOST_BYTES:
        raise YamlError(file, 1, 1, f"the file is larger than {MOST_BYTES // 1024} KiB")
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlError(file, line, column, str(error.problem or error.context or "this is not YAML")) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise YamlError(file, 1, 1, f"this is not YAML: {str(error).splitlines()[0]}") from None
    places: dict[KeyPath, tuple[int, int]] = {}
    data = None if node is None else _Reader(file, places).value(node, ())
    return Document(file, data, places)


def load_file(path: Path) -> Document:
    """Return the document in a file; raise YamlError when it cannot be read or is not strict YAML."""
    try:
        return load(path.read_text(encoding="utf-8"), path.name)
    except OSError as error:
        raise YamlError(path.name, 1, 1, f"the file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise YamlError(path.name, 1, 1, f"the file is not UTF-8: byte {error.start}") from None


class _Reader:
    """Turns nodes into plain data and notes where each one stands."""

    def __init__(self, file: str, places: dict[KeyPath, tuple[int, int]]) -> None:
        self._file = file
        self._places = places
        self._seen: set[int] = set()

    def value(self, node: Node, path: KeyPath) -> Any:
        if node.anchor is not None or id(node) in self._seen:
            raise self._error(node, "anchors and aliases are not allowed; write the value again")
        self._seen.add(id(node))
        self._places.setdefault(path, self._place(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        raise self._error(node, "this is no value")

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key_node, ScalarNode) or not isinstance(key, str):
                raise self._error(key_node, "a key must be text")
            if key in data:
                raise self._error(key_node, f"the key {key!r} stands here a second time")
            self._places[*path, key] = self._place(key_node)
            data[key] = self.value(value_node, (*path, key))
        return data

    def _scalar(self, node: ScalarNode) -> Any:
        text: str = node.value
        if node.style is not None:
            return text
        for pattern, convert in _SCALARS:
            if pattern.fullmatch(text):
                value = convert(text)
                if isinstance(value, float) and not math.isfinite(value):
                    raise self._error(node, f"{text} is not a finite number")
                return value
        return text

    def _place(self, node: Node) -> tuple[int, int]:
        return node.start_mark.line + 1, node.start_mark.column + 1

    def _error(self, node: Node, text: str) -> YamlError:
        return YamlError(self._file, *self._place(node), text)
