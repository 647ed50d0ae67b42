"""The generated tables: drivers, verbs, operations of the API, and the commands' own help."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import UnionType

from drivers.capability import VERBS, kind_name
from drivers.driver import DriverSpec
from drivers.emulators.families import FAMILIES
from drivers.registry import DRIVERS, SOURCES
from gateway.api.operation import PREFIX, PUBLIC, Operation
from gateway.api.operations import OPERATIONS
from gateway.auth.roles import PERMISSIONS, Role
from tests.vectors import FILES

RENEWED = "Generated from the code; to renew it: `make docs`."


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def supported() -> str:
    """Return the page of what Semarak speaks to."""
    head = (
        f"# What Semarak speaks to\n\n{RENEWED}\n\n"
        "*Bronze*: every verb has a vector, byte for byte, with its source. *Silver*: the driver also meets a\n"
        "stateful emulator under faults: late, cut, garbled, refused. *Gold*: proven on hardware, with model,\n"
        "firmware and date. Nothing is gold yet: no claim here rests on a real device.\n\n## Devices\n"
    )
    parts = [
        head,
        table(
            ["driver", "maker", "models", "port", "verbs", "vectors", "tier"],
            ([f"`{each.name}`", each.maker, ", ".join(each.models), str(each.port), _codes(each.verbs),
              str(len(FILES[each.name].vectors)), tier(each)] for each in DRIVERS.values()),
        ),
    ]  # fmt: skip
    parts += [_device(each) for each in DRIVERS.values()]
    parts.append("## Sources of telemetry\n")
    sources = (
        [f"`{name}`", (sys.modules[spec.options.__module__].__doc__ or "").strip()] for name, spec in SOURCES.items()
    )
    parts.append(table(["source", "what it is"], sources))
    return "\n".join(parts)


def _device(spec: DriverSpec) -> str:
    points = spec.points(spec.options())
    values = table(
        ["value", "kind", "unit", "name"],
        ([f"`{each.name}`", each.kind.value, each.unit, f"{each.title.id} / {each.title.en}"] for each in points[:40]),
    )
    sources = "\n".join(f"- {what}: {where}" for what, where in spec.sources.items())
    return f"### {spec.name}\n\n{values}\nWhere the facts come from:\n\n{sources}\n"


def tier(spec: DriverSpec) -> str:
    """Return how far a driver is proven by what lies in this tree."""
    proven = {vector.verb for vector in FILES[spec.name].vectors}
    if missing := set(spec.verbs) - proven:
        return f"below bronze: no vector for {', '.join(sorted(missing))}"
    return "silver" if spec.name in FAMILIES else "bronze"


def _codes(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def verbs() -> str:
    """Return the page of the verbs that scenes, interlocks and the API use."""
    rows = (
        [f"`{verb.name}`", ", ".join(f"{name}: {_type(kind)}" for name, kind in verb.args.items()),
         _codes(spec.name for spec in (*DRIVERS.values(), *SOURCES.values()) if verb.name in spec.verbs) or "none yet"]
        for verb in VERBS.values()
    )  # fmt: skip
    return (
        f"# Verbs\n\n{RENEWED}\n\n"
        "What a device can be asked, whoever made it. A verb says the state that is wanted, never a step: asking\n"
        "twice is asking once. An output or an input counts from 1.\n\n" + table(["verb", "arguments", "drivers"], rows)
    )


def _type(kind: type | UnionType) -> str:
    words = {"bool": "true or false", "str": "text", "int": "whole number", "Mapping": "output → input"}
    name = kind_name(kind)
    return words.get(name, name)


def api() -> str:
    """Return the page of the API's operations and of who may."""
    rows = ([f"`{each.method}`", f"`{PREFIX}{each.path}`", _may(each), each.summary] for each in OPERATIONS)
    roles = (
        [f"`{name}`", *("yes" if role in allowed else "" for role in Role)] for name, allowed in PERMISSIONS.items()
    )
    return (
        f"# The API\n\n{RENEWED} The whole promise is the OpenAPI document: `GET {PREFIX}/openapi.json`.\n\n"
        f"A person logs in with `POST {PREFIX}/session` and sends `X-CSRF-Token` with every write; a program sends\n"
        "`Authorization: Bearer …`. An error is `application/problem+json`; times are RFC 3339 in UTC; a list is\n"
        "`{\"items\": […], \"next\": …}`. What happens comes over the WebSocket "
        f"`{PREFIX}/live`, a snapshot first.\n\n"
        + table(["method", "path", "permission", "what it does"], rows)
        + "\n## Who may\n\n"
        + table(["permission", *Role], roles)
    )  # fmt: skip


def _may(operation: Operation) -> str:
    return "anybody" if operation.any_of == (PUBLIC,) else " or ".join(f"`{name}`" for name in operation.any_of)


COMMANDS = (
    "semarak", "semarak serve", "semarak demo", "semarak check", "semarak version", "semarak audit verify",
    "semarak user add", "semarak user list", "semarak token add",
    "semarak-bench", "semarak-bench probe", "semarak-bench talk", "semarak-bench check", "semarak-bench vectors",
    "semarak-bench discover",
    "semarak-bench emulate", "semarak-bench scenario banjir",
)  # fmt: skip


def commands() -> str:
    """Return the page of every command's help, as the terminal shows it."""
    parts = [f"# Commands\n\n{RENEWED} From a checkout, `./run` stands for `semarak`.\n"]
    parts += [f"## {words}\n\n```text\n{_help(words)}\n```\n" for words in COMMANDS]
    return "\n".join(parts)


def _help(words: str) -> str:
    name, *rest = words.split()
    terminal = os.environ | {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LINES": "50"}
    terminal.pop("FORCE_COLOR", None)
    command = [str(Path(sys.executable).with_name(name)), *rest, "--help"]
    done = subprocess.run(command, env=terminal, capture_output=True, text=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
