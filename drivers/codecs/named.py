"""A site's own names for a device's addresses, in one line of text: `hall=Level1 1; podium=Level2 3`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator

from drivers.errors import BadCommand

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def table(text: str) -> dict[str, str]:
    """Return the addresses by name, in the order of the text; raise ValueError for what is no such line."""
    found: dict[str, str] = {}
    for entry in text.split(";"):
        if not entry.strip():
            continue
        name, equals, address = (part.strip() for part in entry.partition("="))
        if not equals or not address or not _NAME.fullmatch(name):
            raise ValueError(f"{entry.strip()!r} is not written as name=address, with a name as hall or podium_2")
        if name in found:
            raise ValueError(f"the name {name!r} stands there twice")
        found[name] = address
    return found


def _checked(text: str) -> str:
    table(text)
    return text


Named = Annotated[str, AfterValidator(_checked)]
"""An option that holds such a line."""


def numbers(text: str, *, most: int) -> tuple[int, ...]:
    """Return the numbers of `1,2,5-8`, each from 1 to `most`; raise ValueError for anything else."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        ends = (first, last) if dash else (first, first)
        if not all(end.isascii() and end.isdecimal() and 1 <= int(end) <= most for end in ends):
            raise ValueError(f"{part.strip()!r} is no number from 1 to {most}, and no span as 5-8")
        found += range(int(ends[0]), int(ends[1]) + 1)
    return tuple(found)


def known(names: Mapping[str, T], name: str, what: str) -> T:
    """Return what stands under a name; raise BadCommand, with the names that there are."""
    if name not in names:
        raise BadCommand(f"there is no {what} {name!r}; the site file names {', '.join(names) or 'none'}")
    return names[name]
