"""What is wrong in a site's files: each fault with its file, line, path, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from drivers.strict_yaml import Document, KeyPath, YamlError
from gateway.errors import GatewayError


@dataclass(frozen=True, slots=True)
class SiteFault:
    """One thing wrong: `line` and `column` count from 1, `path` is dotted."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return the fault as the line that an editor can jump to."""
        where = f"{self.file}:{self.line}:{self.column}: "
        what = f"{self.path}: {self.message}" if self.path else self.message
        return where + what + (f" ({self.hint})" if self.hint else "")


class SiteError(GatewayError):
    """The site's files cannot be used; `faults` has every reason that was found."""

    def __init__(self, faults: Sequence[SiteFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


HINTS = {
    "extra_forbidden": "remove it, or correct its spelling",
    "missing": "add it",
    "bool_type": "write true or false",
    "string_type": "write it in quotes",
}


def at(document: Document, path: KeyPath, message: str, hint: str = "") -> SiteFault:
    """Return a fault at `path` of a file."""
    line, column = document.place(path)
    return SiteFault(document.file, line, column, ".".join(map(str, path)), message, hint)


def of_yaml(error: YamlError) -> SiteFault:
    """Return the fault of a file that is not strict YAML."""
    return SiteFault(error.file, error.line, error.column, "", error.text)


def of_validation(document: Document, error: ValidationError, *, under: KeyPath = ()) -> list[SiteFault]:
    """Return a fault for everything that a model refuses."""
    return [_of_model(document, dict(one), under) for one in error.errors(include_url=False, include_context=False)]


def _of_model(document: Document, one: dict[str, Any], under: KeyPath) -> SiteFault:
    path = _written(document, (*under, *one["loc"]), missing=one["type"] == "missing")
    message = str(one["msg"]).removeprefix("Value error, ")
    if one["type"] == "extra_forbidden":
        message = f"there is no key {path[-1]!r} here"
    return at(document, path, message, HINTS.get(one["type"], ""))


def _written(document: Document, path: KeyPath, *, missing: bool) -> KeyPath:
    """Return the path without what only the model knows, which of several it took; a `missing` key stays."""
    found: KeyPath = ()
    for place, part in enumerate(path, 1):
        if isinstance(part, int) or (*found, part) in document.places or (missing and place == len(path)):
            found = (*found, part)
    return found


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the hint for a name that nobody has."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(names[:12])}" if names else "none is configured"
