"""The keys of a site's files: their types, defaults and the sentence that stands under each in the code."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from drivers.registry import DRIVERS, SOURCES
from gateway.settings.site import FILES

HEAD = """\
# The files of a site

Generated from the code; to renew it: `make docs`. The same as JSON Schema for editors: `config/schemas/`.

A site is a folder. `site.yaml` must be there; every other file may be missing. YAML is strict: an unknown key, a
repeated key, an anchor and a value of another type are refused, each with file, line and a hint; `on` and `22:00` are
text. Put this into the first line of a file to have an editor complete its keys:

```yaml
# yaml-language-server: $schema=../schemas/points.json
```

A name is `{id: …, en: …}`. An id has lower-case letters, digits, dots, dashes and underscores, 63 at most.
`semarak check FOLDER` says everything that is wrong.
"""


class Undocumented(Exception):
    """A key without its sentence."""


@cache
def sentences(model: type[BaseModel]) -> dict[str, str]:
    """Return the sentence under each key of a model and of what it inherits."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            found |= dict(_written(kind))
    return found


def _written(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    for key, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            assert isinstance(key.target, ast.Name)
            yield key.target.id, str(text.value.value)


def _sentence(model: type[BaseModel], key: str) -> str:
    text = sentences(model).get(key)
    if not text:
        raise Undocumented(f"{model.__module__}.{model.__name__}.{key} has no sentence under it")
    return text


def models(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return a model and all that it is made of, each once, outermost first."""
    found = [model]
    for each in found:
        found += [
            part for field in each.model_fields.values() for part in _inside(field.annotation) if part not in found
        ]
    return list(dict.fromkeys(found))


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _inside(part)


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a file, every key with its sentence."""
    made = model.model_json_schema()
    for each in models(model):
        properties = made["properties"] if each is model else made["$defs"][each.__name__]["properties"]
        for key in each.model_fields:
            properties[key]["description"] = _sentence(each, key)
    return made


def site_files() -> str:
    """Return the page about every file of a site."""
    parts = [HEAD]
    seen = {"NameConfig"}
    for name, (model, _) in FILES.items():
        parts.append(f"## {name}\n")
        for each in models(model):
            if each.__name__ not in seen:
                seen.add(each.__name__)
                parts.append(_section(each, title=None if each is model else _words(each.__name__).capitalize()))
    parts.append("## Options and addresses by driver\n")
    parts += [_section(each.options, title=f"{each.name}: options") for each in DRIVERS.values()]
    for source in SOURCES.values():
        parts.append(_section(source.options, title=f"{source.name}: options"))
        parts.append(_section(source.address, title=f"{source.name}: the address of a point"))
    return "\n".join(parts)


def _section(model: type[BaseModel], *, title: str | None) -> str:
    told = [f"### {title}\n\n{inspect.cleandoc(model.__doc__ or '')}\n"] if title else []
    rows = [_row(model, key, field) for key, field in model.model_fields.items()]
    return "\n".join([*told, "| key | type | when left out | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def _row(model: type[BaseModel], key: str, field: FieldInfo) -> str:
    properties = model.model_json_schema(ref_template="{model}")["properties"][key]
    kind = _kind(properties).replace("|", "\\|")
    return f"| `{key}` | {kind} | {_default(field)} | {_sentence(model, key)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**must be there**"
    value = field.get_default(call_default_factory=True)
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    return "nothing" if value in (None, "", [], {}) else f"`{_text(value)}`"


def _text(value: Any) -> str:
    """Return a default as it would be written in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


_LIMITS = {"exclusiveMinimum": "> {}", "minimum": "≥ {}", "maximum": "≤ {}", "minLength": "{} or more characters"}
_LIMITS |= {"maxLength": "at most {} characters", "minItems": "{} or more", "maxItems": "at most {}"}
_KINDS = {"string": "text", "integer": "whole number", "boolean": "true or false"}
_SCALAR = ["boolean", "integer", "number", "string"]


def _kind(part: dict[str, Any]) -> str:
    """Return the type of a key in words."""
    if "$ref" in part:
        return "name" if part["$ref"] == "NameConfig" else _words(part["$ref"])
    if "oneOf" in part:
        return " or ".join(_kind(each) for each in part["oneOf"])
    if "anyOf" in part:
        if [each.get("type") for each in part["anyOf"]][:4] == _SCALAR:
            return "number, text, true or false"
        kinds = [_kind(each) for each in part["anyOf"] if each.get("type") != "null"]
        return "name" if "name" in kinds else " or ".join(dict.fromkeys(kinds))
    if "enum" in part:
        return ", ".join(f"`{each}`" for each in part["enum"])
    if "const" in part:
        return f"`{part['const']}`"
    return _plain(part)


def _plain(part: dict[str, Any]) -> str:
    kind = str(part.get("type", "value"))
    if kind == "array" and part.get("minItems") == part.get("maxItems", 0):
        return f"list of {part['maxItems']} {_kind(part['items'])}s"
    if kind == "array":
        kind = f"list of {_kind(part['items'])}"
    elif kind == "object":
        kind = f"mapping to {_kind(part['additionalProperties'])}" if "additionalProperties" in part else "mapping"
    elif part.get("pattern", "").startswith("^[a-z0-9]"):
        return "id"
    limits = [text.format(f"{part[key]:g}") for key, text in _LIMITS.items() if key in part]
    return ", ".join([_KINDS.get(kind, kind), *limits])


def _words(name: str) -> str:
    """Return what a model is called in running text: `ScaleLevelConfig` is a scale level."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name.removesuffix("Config")).lower()
