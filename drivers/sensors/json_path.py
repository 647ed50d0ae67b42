"""Where in a JSON document a value stands: `$.data[0].temp`, compiled once, walked for every message.

The subset of RFC 9535 that names one place: member names, bare or quoted, and indexes, negative ones from the end.
"""

from __future__ import annotations

import re

from drivers.sensors.bad_payload import BadPayload

Path = tuple[str | int, ...]
"""The steps from the root: a member's name, or an index."""

STEP = re.compile(r"""\.([^.\[\]"'\s]+)|\[(-?\d{1,9})\]|\["([^"]+)"\]|\['([^']+)'\]""", re.ASCII)


def compile_path(text: str) -> Path:
    """Return the steps of a path (`$` in front may be left out); raise ValueError where it is none."""
    rest = text.removeprefix("$")
    if rest == text and rest[:1] not in ("", ".", "["):
        rest = f".{rest}"
    steps: list[str | int] = []
    at = 0
    while at < len(rest):
        step = STEP.match(rest, at)
        if step is None:
            raise ValueError(f"{text!r} is no path at {rest[at:]!r}; write it as $.data[0].temp")
        name, index, *quoted = step.groups()
        steps.append(int(index) if index else next(each for each in (name, *quoted) if each))
        at = step.end()
    if not text:
        raise ValueError("a path is not empty; write it as $.data[0].temp")
    return tuple(steps)


def find(document: object, path: Path, word: str) -> object:
    """Return what stands at a path; raise BadPayload, counted under `word`, when nothing does."""
    for step in path:
        if not _has(document, step):
            raise BadPayload(word, f"{written(path)} is not in the message: there is no {step!r}")
        document = document[step]  # type: ignore[index] # it has that step
    return document


def _has(document: object, step: str | int) -> bool:
    if isinstance(step, str):
        return isinstance(document, dict) and step in document
    return isinstance(document, list) and -len(document) <= step < len(document)


def written(path: Path) -> str:
    """Return a path as text."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
